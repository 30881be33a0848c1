"""A webhook on a loopback port that answers as a test wants it to, well or badly."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class WebhookServer:
    """Serves until it is left; keeps what it was asked.

    Args:
        answer: The JSON it answers with, or the bytes.
        status: With which status.
        headers: With which headers beside its length.
        delay: After how many seconds.
        drip: Seconds between two bytes of the answer.
    """

    def __init__(
        self,
        *,
        answer: object = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        drip: float = 0.0,
    ) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        shown = {"Content-Type": "application/json", **(headers or {})}
        kept = self.requests
        over = self._over = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                read = self.rfile.read(int(self.headers["content-length"]))
                kept.append(({name.lower(): value for name, value in self.headers.items()}, read))
                over.wait(delay)
                self.send_response(status)
                for name, value in shown.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if not drip:
                    self.wfile.write(body)
                    return
                for number in range(len(body)):
                    if over.is_set():
                        return
                    self.wfile.write(body[number : number + 1])
                    time.sleep(drip)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    @staticmethod
    def signature(secret: str, headers: Mapping[str, str], body: bytes) -> str:
        """What a receiver that knows the secret expects in ``webhook-signature``."""
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        return "v1," + base64.b64encode(hmac.digest(secret.encode(), said, hashlib.sha256)).decode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
