"""Header values with parameters, and what the Content-Type of a request says.

Decides nothing about routes. Never hands a charset to Python's codec table (reliability 0.5) and never
decodes the extended parameters of RFC 2231, which RFC 7578 section 4.2 forbids in forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from relay.errors import BadCharset, BadMultipart

# RFC 9110 section 5.6.6; wider in unquoted values, because some clients forget to quote a boundary.
_PARAMETER: Final = re.compile(
    r'[ \t]*;[ \t]*(?:([^\s;="\\]+)=(?:([^\s;"\\]+)|"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*)"))?'
)
_ESCAPE: Final = re.compile(r"\\(.)")

_BOUNDARY: Final = re.compile(
    r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]"
)  # RFC 2046 section 5.1.1


@dataclass(frozen=True, slots=True)
class HeaderValue:
    """A header value such as ``form-data; name="sdp"``.

    Args:
        name: What stands before the first semicolon, in lower case.
        parameters: Names in lower case and values unquoted, in order, repeats included.
    """

    name: str
    parameters: tuple[tuple[str, str], ...]

    def values(self, parameter: str) -> list[str]:
        """List every value the parameter was given."""
        return [value for name, value in self.parameters if name == parameter]


def parse_header_value(text: str) -> HeaderValue | None:
    """Read a header value; ``None`` when its parameters are malformed.

    Args:
        text: As it came, one character a byte.
    """
    name, semicolon, rest = text.partition(";")
    rest = (semicolon + rest).rstrip(" \t")
    parameters: list[tuple[str, str]] = []
    position = 0
    while position < len(rest):
        match = _PARAMETER.match(rest, position)
        if match is None:
            return None
        position = match.end()
        if match[1] is not None:
            value = match[2] if match[2] is not None else _ESCAPE.sub(r"\1", match[3])
            parameters.append((match[1].lower(), value))
    return HeaderValue(name.strip(" \t").lower(), tuple(parameters))


def require_utf8(value: HeaderValue) -> None:
    """Refuse any charset but UTF-8; none at all means UTF-8.

    Raises:
        BadCharset: Another one, whatever its name.
    """
    if any(charset.lower() != "utf-8" for charset in value.values("charset")):
        raise BadCharset("Send UTF-8, and name no other charset.")


def boundary_of(value: HeaderValue) -> bytes:
    """Take the boundary out of a ``multipart/form-data`` value.

    Raises:
        BadMultipart: None, several, or one that RFC 2046 section 5.1.1 does not allow (1 to 70 characters).
    """
    boundaries = value.values("boundary")
    if len(boundaries) != 1:
        raise BadMultipart("The Content-Type must name one boundary; let the browser set this header.")
    if _BOUNDARY.fullmatch(boundaries[0]) is None:
        raise BadMultipart("The boundary must have 1 to 70 of the characters RFC 2046 allows.")
    return boundaries[0].encode("ascii")
