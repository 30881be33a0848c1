"""Entra ID's token endpoint, played over TLS on the loopback address.

A real HTTPS server, so that azure-identity runs as it is. It answers discovery and
``POST /{tenant}/oauth2/v2.0/token``, counts the requests, and does what its script says.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

from tests.secrecy import ACCESS_TOKEN

if TYPE_CHECKING:
    from types import TracebackType

    import trustme

TENANT = "tenant-0001"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer of the token endpoint; `fields` replaces what is usual, ``None`` removes it."""

    status: int = 200
    fields: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


INVALID_CLIENT = Reply(
    status=401,
    fields={
        "error": "invalid_client",
        "error_description": f"AADSTS7000215: Invalid client secret for '{TENANT}'. Trace ID: trace-canary",
        "error_codes": [7000215],
        "trace_id": "trace-canary",
    },
)
DOWN = Reply(status=500, fields={"error": "server_error", "error_description": "no"})


class EntraStandIn:
    """The server; a context manager.

    `script` is used up from the front, one reply per token request; afterwards the endpoint succeeds with
    tokens ``{token}1``, ``{token}2``, …
    """

    def __init__(self, authority: trustme.CA, *, token: str = ACCESS_TOKEN) -> None:
        self.script: list[Reply] = []
        self.token = token
        self.forms: list[dict[str, str]] = []
        self._lock = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stand_in = self
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """What `authority` is set to."""
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> int:
        """Token requests so far."""
        return len(self.forms)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, form: dict[str, str]) -> Reply:
        """Count a token request and take what it is answered with."""
        with self._lock:
            self.forms.append(form)
            usual: dict[str, Any] = {
                "token_type": "Bearer",
                "expires_in": 3599,
                "ext_expires_in": 3599,
                "access_token": f"{self.token}{len(self.forms)}",
            }
            given = self.script.pop(0) if self.script else Reply()
        fields = {**(usual if given.status == 200 else {}), **given.fields}
        present = {name: value for name, value in fields.items() if value is not None}
        return Reply(status=given.status, fields=present, headers=given.headers, seconds=given.seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stand_in: EntraStandIn

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the handshake is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 5
    wbufsize = -1  # head and body in one segment: two would wait for a delayed acknowledgement

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Write nothing."""

    def do_GET(self) -> None:
        tenant = self.path.split("/")[1]
        root = f"{self.server.stand_in.url}/{tenant}"
        document = {
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
        }
        self._send(Reply(fields=document))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._send(self.server.stand_in.reply({**form, "path": self.path}))

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.seconds)
        body = json.dumps(reply.fields).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
