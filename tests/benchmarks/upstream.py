"""A pretend upstream for benchmarks: fast enough not to be the bottleneck, and nothing it says can be cached.

Every client secret and every answer is its own: an answer repeats the number that stands as session id in
the ``o=`` line of its offer, and an exchange must show a client secret that was minted here. Run as a program
it prints its two ports, plain and TLS; ``POST /knobs`` sets its delays in milliseconds. It imports nothing of
the relay. A sideband is attached and stays silent.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import re
import ssl
import time
from typing import cast

import uvloop

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_BEARER = re.compile(rb"(?i)\r\nauthorization: bearer (\S+)")
_MARKER = re.compile(rb"o=\S+ (\d+) ")
_KEY = re.compile(rb"(?i)\r\nsec-websocket-key: *(\S+)")
_GUID, _PING, _PONG = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 9, 10
_SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)
_BASE = b"/openai/v1/realtime/"
STANDING = b"ek_standing"
"""A client secret that is always good, for a peer that cannot mint."""

_ANSWER = (
    "v=0\r\no=- %d 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=setup:active\r\na=mid:0\r\n"
    "a=ice-ufrag:abcd1234\r\na=ice-pwd:" + "p" * 32 + "\r\na=rtcp-mux\r\na=sendrecv\r\n"
    + "".join(f"a=candidate:{n} 1 udp 2130706431 203.0.113.{n} 3478 typ host\r\n" for n in range(12))
).encode()  # fmt: skip


class Bench:
    """What all connections share."""

    def __init__(self) -> None:
        self.mint_seconds = self.calls_seconds = 0.0
        self.minted: dict[bytes, float] = {}
        self.mints = self.calls = 0

    def answer(self, path: bytes, head: bytes, body: bytes) -> tuple[float, bytes]:
        """Answer a request: after how many seconds, and with what."""
        if path == _BASE + b"calls":
            return self.calls_seconds, self._call(head, body)
        if path == _BASE + b"client_secrets":
            self.mints += 1
            value = b"ek_%d" % self.mints
            self.minted[value] = time.monotonic()
            said = b'{"value":"%s","expires_at":%d,"session":{"type":"realtime"}}'
            return self.mint_seconds, _response(b"200 OK", said % (value, int(time.time()) + 600))
        if path.endswith(b"/hangup"):
            return 0.0, _response(b"200 OK", b"")
        if path == b"/knobs":
            knobs = json.loads(body)
            self.mint_seconds, self.calls_seconds = knobs["mint"] / 1000, knobs["calls"] / 1000
        return 0.0, _response(b"200 OK", b"{}")

    def _call(self, head: bytes, body: bytes) -> bytes:
        shown, marker = _BEARER.search(head), _MARKER.search(body)
        if shown is None or (shown[1] not in self.minted and shown[1] != STANDING) or marker is None:
            return _response(b"401 Unauthorized", b"{}")
        self.calls += 1
        location = b"Location: /v1/realtime/calls/rtc_%032x\r\nContent-Type: application/sdp\r\n" % self.calls
        return _response(b"201 Created", _ANSWER % int(marker[1]), location)


def _response(status: bytes, body: bytes, headers: bytes = b"Content-Type: application/json\r\n") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, headers, len(body), body)


class _Connection(asyncio.Protocol):
    """One connection; one request at a time, as every client here asks."""

    def __init__(self, bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
        self._bench = bench
        self._loop = loop
        self._heard = b""
        self._is_sideband = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by type

    def data_received(self, data: bytes) -> None:
        if self._is_sideband:
            if data[0] & 15 == _PING:
                self._transport.write(bytes([128 | _PONG, 0]))
            return
        heard = self._heard + data if self._heard else data
        end = heard.find(b"\r\n\r\n")
        if end >= 0:
            head = heard[:end]
            length = _LENGTH.search(head)
            chunked = length is None and b"chunked" in head.lower()
            whole = end + 4 + (int(length[1]) if length else 0)
            if heard.endswith(b"0\r\n\r\n") if chunked else len(heard) >= whole:
                self._heard = b""
                path = head[head.index(b" ") + 1 : head.index(b" HTTP")]
                if (key := _KEY.search(head)) is not None:
                    self._is_sideband = True
                    self._transport.write(_SWITCHED % base64.b64encode(hashlib.sha1(key[1] + _GUID).digest()))
                    return
                self._answer(*self._bench.answer(path, head, heard[end + 4 :]))
                return
        self._heard = heard

    def _answer(self, seconds: float, said: bytes) -> None:
        if seconds:
            self._loop.call_later(seconds, self._write, said)
        else:
            self._transport.write(said)

    def _write(self, said: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(said)


async def _serve(certificate: str) -> None:
    loop, bench = asyncio.get_running_loop(), Bench()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    servers = [
        await loop.create_server(lambda: _Connection(bench, loop), "127.0.0.1", 0, ssl=tls, backlog=4096)
        for tls in (None, context)
    ]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    print(f"listening on {ports[0]} {ports[1]}", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", required=True, help="PEM file with certificate and key")
    uvloop.run(_serve(parser.parse_args().certificate))


if __name__ == "__main__":
    main()
