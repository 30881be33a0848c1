"""What a request shows of itself in its headers, read strictly: one header of a name, or none.

Decides nothing about who is right; what is doubled, over long or disguised is refused here for all verifiers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from relay.errors import AuthInvalid

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES: Final = 8192
"""Of any credential of a caller's; a real access token has 1 to 3 KiB."""

_BEARER: Final = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] +(\S[^\r\n]*)")
_TOKEN68: Final = re.compile(
    rb"[\x21-\x7e]+"
)  # wider than RFC 6750 section 2.1: a shared token may hold signs


def only_header(request: Request, name: str, *, most: int = MOST_BYTES) -> bytes | None:
    """Read a header that may stand there once.

    Args:
        request: As it came.
        name: In lower case.
        most: Bytes it may have.

    Returns:
        ``None`` when it is absent.

    Raises:
        AuthInvalid: It is there twice, or too long to be looked at.
    """
    wanted = name.encode("ascii")
    values = [value for key, value in request.scope["headers"] if key == wanted]
    if not values:
        return None
    if len(values) > 1 or len(values[0]) > most:
        raise AuthInvalid
    value: bytes = values[0]
    return value


def bearer(request: Request, header: str = "authorization") -> bytes | None:
    """Read the bearer credential (RFC 6750 section 2.1); from another header than Authorization, all of it.

    Returns:
        ``None`` when there is none, or Authorization has another scheme, which is not ours to judge.

    Raises:
        AuthInvalid: Doubled, over long, empty, or with spaces or other bytes than printable ASCII.
    """
    value = only_header(request, header)
    if value is None:
        return None
    value = value.strip(b" \t")
    if header == "authorization":
        if value[:6].lower() != b"bearer":
            return None
        match = _BEARER.fullmatch(value)
        value = match[1] if match else b""
    if not _TOKEN68.fullmatch(value):
        raise AuthInvalid
    return value


def lookalikes(request: Request, name: str) -> bool:
    """Whether a header is there that some program between takes for another (``X_User`` for ``X-User``)."""
    wanted = name.encode("ascii")
    return any(
        key != wanted and key.replace(b"_", b"-") == wanted.replace(b"_", b"-")
        for key, _ in request.scope["headers"]
    )
