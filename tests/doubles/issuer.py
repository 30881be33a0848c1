"""An OpenID provider, played over TLS on the loopback address: discovery and keys, and whatever goes wrong.

A real HTTPS server, so that the client that asks it is the real one.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import jwt
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

if TYPE_CHECKING:
    import trustme

AUDIENCE = "relay"
DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"


def public_jwk(key: Any, kid: str | None, **more: Any) -> dict[str, Any]:
    """The public half of a private key as a JSON Web Key."""
    kinds = {"RSAPrivateKey": RSAAlgorithm, "ECPrivateKey": ECAlgorithm, "Ed25519PrivateKey": OKPAlgorithm}
    writer: Any = next(
        kind for name, kind in kinds.items() if name in type(key).__name__.replace("Elliptic", "")
    )
    named = {} if kid is None else {"kid": kid}
    return {**writer.to_jwk(key.public_key(), as_dict=True), "use": "sig", **named, **more}


class Issuer:
    """The server; a context manager. Its switches are its public attributes."""

    def __init__(self, authority: trustme.CA) -> None:
        self.keys: list[dict[str, Any]] = []
        self.document: dict[str, Any] = {}  # replaces what the discovery document says
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: bytes | None = None  # replaces the key set
        self.seconds = 0.0
        self.asked: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.issuer = self
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its identifier."""
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    @property
    def fetches(self) -> int:
        """How often its keys were asked for."""
        return self.asked.count(KEYS)

    def token(self, key: Any, kid: str | None, algorithm: str, now: float, **claims: Any) -> str:
        """A token of alice's for an hour; claims that are ``None`` are left out."""
        given = {"iss": self.url, "aud": AUDIENCE, "sub": "alice", "exp": now + 3600, "iat": now, **claims}
        present = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(present, key, algorithm=algorithm, headers={} if kid is None else {"kid": kid})

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Count a request and say what it is answered with."""
        self.asked.append(path)
        time.sleep(self.seconds)
        if path == DISCOVERY:
            document = {"issuer": self.url, "jwks_uri": self.url + KEYS, **self.document}
            return 200, {}, json.dumps(document).encode()
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        return self.status, self.headers, body

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    issuer: Issuer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gives up on a slow or huge answer is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 5
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Write nothing."""

    def do_GET(self) -> None:
        status, headers, body = self.server.issuer.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
