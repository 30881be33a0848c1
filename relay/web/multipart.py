"""The parts of a ``multipart/form-data`` body that is already in memory and bounded.

Decides whether the body is a form of text fields (RFC 7578), in the strict reading of RFC 2046 section 5.1:
no preamble, line ends of CRLF, nothing behind a boundary on its line. Never writes a file, never decodes a
transfer encoding, never logs. Every step is a search of Python's own, linear in the length of the body.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from relay.errors import BadMultipart, TooManyParts, UnexpectedFile
from relay.web.content_type import parse_header_value, require_utf8

if TYPE_CHECKING:
    from relay.web.content_type import HeaderValue

_Headers = list[tuple[str, str]]

# A token and text without control characters (RFC 9110 sections 5.1 and 5.5).
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
# What every browser writes of a text field; anything else is read word by word.
_PLAIN: Final = re.compile(r'form-data; name="([A-Za-z0-9_]+)"')


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
    mark, delimiter = b"--" + boundary, b"\r\n--" + boundary
    if not body.startswith(mark):
        raise BadMultipart("The body does not begin with the boundary.")
    parts: list[tuple[_Headers, bytes]] = []
    at = len(mark)
    while (follows := body[at : at + 2]) != b"--":
        if follows != b"\r\n":
            raise BadMultipart("A boundary is followed by something else than a line end.")
        if len(parts) == max_parts:
            raise TooManyParts(f"A form may have {max_parts} parts.")
        begin, headers = _read_headers(body, at + 2, max_part_headers, max_part_header_bytes)
        end = body.find(delimiter, begin)
        if end < 0:
            raise BadMultipart("The body ends before the closing boundary.")
        parts.append((headers, body[begin:end]))
        at = end + len(delimiter)
    return [(_field_name(headers), content) for headers, content in parts]


def _read_headers(body: bytes, at: int, most: int, most_bytes: int) -> tuple[int, _Headers]:
    """Read a part's headers; tell where its content begins."""
    if body.startswith(b"\r\n", at):
        return at + 2, []
    end = body.find(b"\r\n\r\n", at)
    lines = body[at:end].split(b"\r\n", most) if end >= 0 else []
    if not 0 < len(lines) <= most:
        raise BadMultipart(f"A part may have {most} headers, and an empty line after them.")
    found = [_HEADER.fullmatch(line) for line in lines]
    headers = [(each[1].decode("ascii").lower(), each[2].decode("latin-1")) for each in found if each]
    if len(headers) < len(lines):
        raise BadMultipart("A part has a header that cannot be read.")
    if sum(len(name) + len(value) for name, value in headers) > most_bytes:
        raise BadMultipart(f"The headers of a part may have {most_bytes} bytes.")
    return end + 4, headers


def _field_name(headers: _Headers) -> str:
    """Read a part's headers: its name, and nothing that would change what its content means."""
    if (
        len(headers) == 1
        and headers[0][0] == "content-disposition"
        and (plain := _PLAIN.fullmatch(headers[0][1]))
    ):
        return plain[1]
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
