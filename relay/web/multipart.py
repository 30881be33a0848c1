"""The parts of a ``multipart/form-data`` body that is already in memory and bounded.

Decides whether the body is a form of text fields (RFC 7578). Never writes a file, never decodes a transfer
encoding, never logs: python-multipart reports each fault to its logger too, so its parser gets a mute one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from relay.errors import BadMultipart, TooManyParts, UnexpectedFile
from relay.web.content_type import parse_header_value, require_utf8

if TYPE_CHECKING:
    from relay.web.content_type import HeaderValue


def read_parts(
    body: bytes, boundary: bytes, *, max_parts: int, max_part_headers: int, max_part_header_bytes: int
) -> list[tuple[str, bytes]]:
    """Cut a form body into names and values, in order, repeats included.

    Args:
        body: The whole of it.
        boundary: Without the leading hyphens.
        max_parts: How many parts the form may have.
        max_part_headers: How many headers one part may have.
        max_part_header_bytes: Names and values of one part's headers together.

    Raises:
        TooManyParts: More parts; nothing after the first part too many is looked at.
        UnexpectedFile: A part carries a file name.
        BadCharset: A part names a charset other than UTF-8.
        BadMultipart: Broken, cut off, or not a form.
    """
    form = _Form(max_parts, max_part_header_bytes)
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": form.begin_part,
            "on_header_field": form.add_header_name,
            "on_header_value": form.add_header_value,
            "on_header_end": form.end_header,
            "on_part_data": form.add_content,
            "on_part_end": form.end_part,
            "on_end": form.end,
        },
        max_header_count=max_part_headers,
        max_header_size=max_part_header_bytes,
    )
    parser.logger = logging.Logger("mute", logging.CRITICAL + 1)  # noqa: LOG001 - outside the tree: none can unmute it
    try:
        parser.write(body)
    except FormParserError:
        raise BadMultipart("The body does not follow the multipart format.") from None
    if not form.ended:
        raise BadMultipart("The body ends before the closing boundary.")
    return [(_field_name(headers), content) for headers, content in form.parts]


class _Form:
    """Collects what the parser calls out, judging only amounts; `parts` is complete once `ended` is true."""

    def __init__(self, max_parts: int, max_part_header_bytes: int) -> None:
        self.parts: list[tuple[list[tuple[str, str]], bytes]] = []
        self.ended = False
        self._max_parts = max_parts
        self._max_part_header_bytes = max_part_header_bytes
        self._headers: list[tuple[str, str]] = []
        self._header_bytes = 0
        self._header_name = b""
        self._header_value = b""
        self._content = bytearray()

    def begin_part(self) -> None:
        if len(self.parts) == self._max_parts:
            raise TooManyParts(f"A form may have {self._max_parts} parts.")
        self._headers = []
        self._header_bytes = 0
        self._content = bytearray()

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._count_header_bytes(end - start)
        self._header_name += data[start:end]

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header_bytes(end - start)
        self._header_value += data[start:end]

    def end_header(self) -> None:
        name, value = self._header_name.decode("latin-1"), self._header_value.decode("latin-1")
        self._headers.append((name.lower(), value))
        self._header_name = self._header_value = b""

    def add_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def end_part(self) -> None:
        self.parts.append((self._headers, bytes(self._content)))

    def end(self) -> None:
        self.ended = True

    def _count_header_bytes(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > self._max_part_header_bytes:
            raise BadMultipart(f"The headers of a part may have {self._max_part_header_bytes} bytes.")


def _field_name(headers: list[tuple[str, str]]) -> str:
    """Read a part's headers: its name, and nothing that would change what its content means."""
    disposition: HeaderValue | None = None
    for name, text in headers:
        if name == "content-transfer-encoding" and text.strip(" \t").lower() not in {
            "7bit",
            "8bit",
            "binary",
        }:
            raise BadMultipart("A part's Content-Transfer-Encoding must be 7bit, 8bit or binary.")
        if name not in {"content-disposition", "content-type"}:
            continue
        value = parse_header_value(text)
        if value is None or (name == "content-disposition" and disposition is not None):
            raise BadMultipart("A part's headers cannot be read, or say the same thing twice.")
        require_utf8(value)
        if name == "content-disposition":
            disposition = value
    if disposition is None or disposition.name != "form-data":
        raise BadMultipart("A part's Content-Disposition must be form-data.")
    given = [name.partition("*")[0] for name, _ in disposition.parameters]
    if "filename" in given:
        raise UnexpectedFile("Send text fields; a part must not carry a file name.")
    names = disposition.values("name")
    if given.count("name") != 1 or len(names) != 1:
        raise BadMultipart("A part's Content-Disposition must give one plain name.")
    return names[0]
