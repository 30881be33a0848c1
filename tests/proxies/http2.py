"""HTTP/2 as frames: requests that no library would send (RFC 9113), with headers as literals (RFC 7541)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.doubles.raw_http import RawClient

_DATA, _HEADERS, _RESET, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1


def ask_in_http2(client: RawClient, headers: list[tuple[bytes, bytes]], body: bytes) -> bool:
    """Send one request and wait for the end of its answer.

    Args:
        client: A TLS connection for which ``h2`` was agreed.
        headers: Pseudo-headers first; sent as they are.
        body: The content; not more than one frame holds (16 KiB).

    Returns:
        Whether it was answered, and not refused as malformed.
    """
    block = b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers)
    client.send(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + _frame(_SETTINGS, 0, 0)
        + _frame(_HEADERS, _END_HEADERS, 1, block)
        + _frame(_DATA, _END_STREAM, 1, body)
    )
    while True:
        length, kind, flags = _head(_take(client, 9))
        _take(client, length)
        if kind == _SETTINGS and not flags & _ACK:
            client.send(_frame(_SETTINGS, _ACK, 0))
        if kind in (_RESET, _GOAWAY):
            return False
        if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
            return True


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _head(data: bytes) -> tuple[int, int, int]:
    return int.from_bytes(data[:3]), data[3], data[4]


def _text(text: bytes) -> bytes:
    """Write a string literal; lengths above 126 take more than a byte (RFC 7541 section 5.1)."""
    if len(text) < 127:
        return bytes((len(text),)) + text
    left, more = len(text) - 127, bytearray((127,))
    while left >= 128:
        more.append(left % 128 + 128)
        left //= 128
    more.append(left)
    return bytes(more) + text


def _take(client: RawClient, size: int) -> bytes:
    taken = b""
    while len(taken) < size:
        piece = client.socket.recv(size - len(taken))
        if not piece:
            raise ConnectionError("closed")
        taken += piece
    return taken
