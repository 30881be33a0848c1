"""nginx and Caddy as child processes, with the committed files of deploy/, on free ports of this machine.

The committed file is what runs. `Adaptation` is all that is changed in it: where it listens, its certificate
and log files, and where the relay is. A line that is no longer there fails the test.
"""

from __future__ import annotations

import getpass
import grp
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import httpx

from tests.doubles.process import ROOT
from tests.doubles.raw_http import RawClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import trustme

NAME: Final = "voice.example.com"
START_SECONDS: Final = 20.0
ADDRESSES: Final = ("127.0.0.1", "127.0.0.2" if os.uname().sysname == "Linux" else "::1")
"""Two addresses that a client of this machine can have, without setting anything up."""


class ServerMissing(Exception):  # noqa: N818 - told to a person
    """A server was not found; the text says what to do."""


def find_server(name: str) -> str:
    """Find a program where distributions, brew and `.make/servers` put it.

    Raises:
        ServerMissing: It is nowhere.
    """
    servers = ROOT / ".venv/servers/usr"
    places = [
        "/usr/sbin",
        "/usr/local/sbin",
        "/opt/homebrew/bin",
        str(servers / "sbin"),
        str(servers / "bin"),
    ]
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *places]))
    if found is None:
        raise ServerMissing(
            f"The tests of deploy/ need {name}, and none was found. "
            f"Run .make/servers, or install it: apt-get install {name}, brew install {name}."
        )
    return found


def adapted(file: str, changes: Mapping[str, str]) -> str:
    """Change lines of a committed file; each must be in it."""
    text = (ROOT / "deploy" / file).read_text()
    for committed, ours in changes.items():
        assert committed in text, f"deploy/{file} no longer has: {committed}"
        text = text.replace(committed, ours)
    return text


class Proxy(ABC):
    """A proxy in front of a relay.

    Args:
        authority: Whose certificate it shows.
        relay_port: Where the relay is, or will be.
        uncommented: Lines of the committed file to change beside what must be, as an operator would.
    """

    kind: str

    def __init__(
        self, authority: trustme.CA, relay_port: int, uncommented: Mapping[str, str] | None = None
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="proxy-test-"))
        self.port, self.plain_port = free_port(), free_port()
        self.relay_port = relay_port
        self.certificate, self.key = self.folder / "certificate.pem", self.folder / "key.pem"
        issued = authority.issue_cert(NAME)
        issued.private_key_and_cert_chain_pem.write_to_path(str(self.certificate))
        issued.private_key_pem.write_to_path(str(self.key))
        self._authority = authority
        self._said = self.folder / "said.log"
        self._clients: list[RawClient | httpx.Client] = []
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                self._command(uncommented or {}),
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self.web = self.client()

    @abstractmethod
    def _command(self, uncommented: Mapping[str, str]) -> Sequence[str]:
        """Write the adapted configuration; give the words that start the server."""

    @property
    def output(self) -> str:
        """Everything the proxy has said."""
        return self._said.read_text(errors="replace")

    def client(self, address: str = ADDRESSES[0], **headers: str) -> httpx.Client:
        """Make a client at one of `ADDRESSES`, which asks by name; closed with the proxy."""
        transport = httpx.HTTPTransport(verify=self._trust("http/1.1"), local_address=address)
        host = f"[{address}]" if ":" in address else address
        client = _NamedClient(
            base_url=f"https://{host}:{self.port}",
            transport=transport,
            headers={"Host": NAME, **headers},
            timeout=30,
        )
        self._clients.append(client)
        return client

    def _trust(self, protocol: str) -> ssl.SSLContext:
        trust = ssl.create_default_context()
        trust.set_alpn_protocols([protocol])
        self._authority.configure_trust(trust)
        return trust

    def raw(self, address: str = ADDRESSES[0], *, protocol: str = "http/1.1") -> RawClient:
        """Open a TLS connection for bytes of a protocol; closed with the proxy at the latest."""
        client = RawClient(self.port, address, tls=self._trust(protocol), name=NAME, source=address)
        self._clients.append(client)
        return client

    def plain(self) -> RawClient:
        """Open a connection without TLS; closed with the proxy at the latest."""
        client = RawClient(
            self.plain_port, ADDRESSES[1]
        )  # Caddy redirects at the last of its addresses alone
        self._clients.append(client)
        return client

    def __enter__(self) -> Self:
        until = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None, self.output
            try:
                self.raw(ADDRESSES[1]).close()
            except OSError:
                assert time.monotonic() < until, self.output
                time.sleep(0.02)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


class Nginx(Proxy):
    """nginx with deploy/nginx.conf inside the http block of a main file like Debian's."""

    kind = "nginx"

    def _command(self, uncommented: Mapping[str, str]) -> Sequence[str]:
        site = self.folder / "sdp-relay.conf"
        second = ADDRESSES[1] if "." in ADDRESSES[1] else f"[{ADDRESSES[1]}]"
        changes = {
            "listen 80;": f"listen {ADDRESSES[0]}:{self.plain_port};",
            "listen [::]:80;": f"listen {second}:{self.plain_port};",
            "listen 443 ssl;": f"listen {ADDRESSES[0]}:{self.port} ssl;",
            "listen [::]:443 ssl;": f"listen {second}:{self.port} ssl;",
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(self.certificate),
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(self.key),
            "/var/log/nginx/sdp-relay.log": str(self.folder / "access.log"),
            "127.0.0.1:8787": f"127.0.0.1:{self.relay_port}",
            **uncommented,
        }
        site.write_text(adapted("nginx.conf", changes))
        places = "".join(
            f"{use}_temp_path {self.folder / use};\n"
            for use in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = f"user {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name};" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"{user}\ndaemon off;\npid {self.folder / 'pid'};\nerror_log stderr warn;\n"
            f"events {{ worker_connections 512; }}\nhttp {{\n{places}include {site};\n}}\n"
        )
        program = find_server("nginx")
        return [program, "-e", "stderr", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]


class Caddy(Proxy):
    """Caddy with deploy/Caddyfile."""

    kind = "caddy"

    def _command(self, uncommented: Mapping[str, str]) -> Sequence[str]:
        ours = (
            f"admin off\n\thttp_port {self.plain_port}\n\thttps_port {self.port}\n"
            f"\tdefault_bind {' '.join(ADDRESSES)}\n\tskip_install_trust\n"
        )
        changes = {
            "\tservers {": f"\t{ours}\tservers {{",
            f"\n{NAME} {{": f"\n{NAME} {{\n\ttls {self.certificate} {self.key}",
            "127.0.0.1:8787": f"127.0.0.1:{self.relay_port}",
            **uncommented,
        }
        site = self.folder / "Caddyfile"
        site.write_text(adapted("Caddyfile", changes))
        return [find_server("caddy"), "run", "--config", str(site), "--adapter", "caddyfile"]


class _NamedClient(httpx.Client):
    """Asks for the proxy by its name in TLS too, whatever address it is reached at."""

    def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": NAME}
        return super().send(request, **how)


def free_port() -> int:
    """Find a port that nobody listens on, below those that the system gives to clients."""
    while True:
        port = 20000 + secrets.randbelow(10000)
        try:
            for address in ADDRESSES:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                socket.create_server((address, port), family=family).close()
        except OSError:
            continue
        return port
