"""What a signed set of claims says, once its signature was checked: times, subject, and a ticket's bounds.

Pure: the time comes in as an argument. A claim of the wrong type refuses the whole; nothing is mended.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relay.errors import AuthExpired, AuthInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

LEEWAY_SECONDS: Final = 30.0
"""How far apart the clocks of two machines may be."""

TICKET_SECONDS: Final = 300.0
"""How far ahead a ticket may expire: it is for the call that is about to be made."""

_MOST_CHARACTERS = 256
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClaims:
    """The claims of a ticket.

    Args:
        subject: Whose it is.
        jti: What tells it from every other ticket.
        expires: Unix time.
        profile: The only profile it is good for; ``None`` for no bound.
        max_seconds: The longest call it is good for; ``None`` for no bound.
        origin: The only origin whose page may use it; ``None`` for no bound.
    """

    subject: str
    jti: str
    expires: float
    profile: str | None
    max_seconds: float | None
    origin: str | None


def check_begun(claims: Mapping[str, Any], now: float) -> float:
    """Check ``nbf`` and ``iat`` and read ``exp`` (RFC 7519 sections 4.1.4 to 4.1.6).

    Returns:
        Unix time at which the claims expire, without leeway.

    Raises:
        AuthInvalid: One of them is no number, ``exp`` is missing, or the claims are of the future.
    """
    expires = _number(claims.get("exp"))
    for name in ("nbf", "iat"):
        if name in claims and _number(claims[name]) > now + LEEWAY_SECONDS:
            raise AuthInvalid
    return expires


def is_over(expires: float, now: float) -> bool:
    """Whether claims have expired, leeway included."""
    return now >= expires + LEEWAY_SECONDS


def check_times(claims: Mapping[str, Any], now: float) -> None:
    """Check that claims hold now.

    Raises:
        AuthInvalid: As `check_begun`.
        AuthExpired: They did, and do no longer.
    """
    if is_over(check_begun(claims, now), now):
        raise AuthExpired


def subject_of(claims: Mapping[str, Any]) -> str:
    """Read ``sub``.

    Raises:
        AuthInvalid: None, or no short line of text.
    """
    return _word(claims.get("sub"))


def ticket_claims(claims: Mapping[str, Any], now: float) -> TicketClaims:
    """Read a ticket. Whether it has expired is not judged: a spent one may, and serve its call on.

    Raises:
        AuthInvalid: A claim is missing or malformed, or the ticket would be good for too long.
    """
    expires = check_begun(claims, now)
    if expires > now + TICKET_SECONDS + LEEWAY_SECONDS:
        raise AuthInvalid
    seconds = claims.get("max_seconds")
    if seconds is not None and _number(seconds) < 1:
        raise AuthInvalid
    return TicketClaims(
        subject=subject_of(claims),
        jti=_word(claims.get("jti")),
        expires=expires,
        profile=None if claims.get("profile") is None else _word(claims["profile"]),
        max_seconds=None if seconds is None else float(seconds),
        origin=None if claims.get("origin") is None else _word(claims["origin"]),
    )


def flat_claims(claims: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Reduce claims to what profiles compare with: the words of each; what is no word is left out."""
    flat: dict[str, frozenset[str]] = {}
    for name, value in claims.items():
        values = value if isinstance(value, list) else [value]
        words = {_compared(item) for item in values if isinstance(item, str | int | bool)}
        if words:
            flat[name] = frozenset(words)
    return flat


def _compared(value: str | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(_float(value)):
        raise AuthInvalid
    return _float(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _word(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_CHARACTERS or _CONTROL.search(value):
        raise AuthInvalid
    if value.isspace():
        raise AuthInvalid
    return value
