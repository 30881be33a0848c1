"""A request as a server hands it to an application, made by hand so that every odd one can be made."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from starlette.requests import Request

from relay.web.form import CONNECT_FIELDS, FormBounds, read_connect_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Message

    from relay.core.request import ConnectRequest

KINDS: Final = ("multipart", "json", "sdp")
BOUNDARY: Final = "----RelayTest7MA4YWxk"
MULTIPART: Final = f"multipart/form-data; boundary={BOUNDARY}"


class Body:
    """What the server receives, chunk by chunk; `bytes_read` counts what the application has asked for.

    Args:
        chunks: One ASGI message each.
        leaves: Whether the client goes away before the body is complete.
    """

    def __init__(self, chunks: Iterable[bytes], *, leaves: bool = False) -> None:
        self.bytes_read = 0
        self._chunks = iter(chunks)
        self._leaves = leaves

    async def receive(self) -> Message:
        chunk = next(self._chunks, None)
        if chunk is not None:
            self.bytes_read += len(chunk)
            return {"type": "http.request", "body": chunk, "more_body": True}
        if self._leaves:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}


def asgi_request(
    body: bytes | Body = b"",
    content_type: str | None = None,
    *,
    query: bytes = b"",
    headers: Iterable[tuple[str, str]] = (),
) -> Request:
    """Build a POST request.

    Args:
        body: Sent as one chunk when it is bytes.
        content_type: The header; ``None`` for none.
        query: Behind the question mark, as it came.
        headers: Further ones, in order, repeats included.
    """
    given = [*headers] if content_type is None else [("content-type", content_type), *headers]
    stream = body if isinstance(body, Body) else Body([body])
    return Request(
        {
            "type": "http",
            "method": "POST",
            "path": "/connect",
            "query_string": query,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given],
        },
        stream.receive,
    )


def part(name: str | bytes, value: str | bytes, *, disposition: bytes = b"", headers: bytes = b"") -> bytes:
    """Build one part of a form, with its boundary before it.

    Args:
        name: Of the field.
        value: Its content.
        disposition: What follows the name in the Content-Disposition.
        headers: Further header lines, each with its end.
    """
    given = name.encode() if isinstance(name, str) else name
    content = value.encode() if isinstance(value, str) else value
    head = b'Content-Disposition: form-data; name="' + given + b'"' + disposition + b"\r\n" + headers
    return b"--" + BOUNDARY.encode() + b"\r\n" + head + b"\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    """Join parts into a whole body, with the closing boundary."""
    return b"".join(parts) + b"--" + BOUNDARY.encode() + b"--\r\n"


def request_in(kind: str, **fields: str) -> Request:
    """Build the same request in one of its three forms: ``multipart``, ``json`` or ``sdp``."""
    if kind == "multipart":
        return asgi_request(form(*(part(name, value) for name, value in fields.items())), MULTIPART)
    if kind == "json":
        return asgi_request(json.dumps(fields).encode(), "application/json")
    sdp = fields.pop("sdp", "")
    return asgi_request(sdp.encode(), "application/sdp", query=urlencode(fields).encode())


def read(
    request: Request, fields: frozenset[str] = CONNECT_FIELDS, *, bounds: FormBounds | None = None
) -> ConnectRequest:
    """Read a request's fields, under the bounds that are shipped unless told otherwise."""
    return asyncio.run(read_connect_request(request, bounds or FormBounds(), fields=fields))
