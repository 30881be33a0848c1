"""Who is asking, and what they may.

A `Caller` is made by a verifier that has proved who it is; there is no empty one. Names of people are kept
out of logs and stores: `caller_id` hashes them with a key, which comes in as an argument, so that the same
caller has the same name in every process that shares a store, and none outside.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from relay.errors import ProfileRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relay.core.record import Call

ANYONE: Final = "anyone"
"""Holder of a call that was opened without sign-in: whoever knows its id may touch it."""

ANY_TOKEN: Final = "token"  # noqa: S105 - a word
"""Holder of a call that was opened with the shared token: the token and the id are needed."""

_PREFIX_V6 = 64  # one household or host; a single IPv6 machine has as many addresses as it likes
_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket that was shown.

    Args:
        key: Hash of its ``jti``; the store remembers it once it is spent.
        expires: Unix time until which a second use must be refused.
        fresh: Whether it is neither spent nor expired. One that is not serves only the call it opened.
    """

    key: str
    expires: float
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody whose right to ask was proved.

    Args:
        id: Keyed hash of issuer and subject, or of an address; what limits count by and logs show.
        issuer: Who vouches: ``none``, ``token``, ``ticket``, ``proxy``, or an OpenID provider's issuer.
        subject: The issuer's name for the caller; kept out of ``repr``.
        holder: Who may touch the calls it opens: `ANYONE`, `ANY_TOKEN`, or the caller alone (its id).
        ambient: Whether the browser shows the proof by itself (a cookie at a proxy, a place in the
            network), so that any page could make it do so.
        claims: What else the issuer says, by name; profiles decide by it.
        profile: The only profile it may use; ``None`` for no such bound.
        max_seconds: The longest call it may have; ``None`` for the operator's.
        ticket: The ticket it showed, if that is how it signed in.

    Raises:
        ValueError: Id, issuer, subject or holder is empty.
    """

    id: str
    issuer: str
    subject: str = field(repr=False)
    holder: str
    ambient: bool
    claims: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    profile: str | None = None
    max_seconds: float | None = None
    ticket: Ticket | None = None

    def __post_init__(self) -> None:
        if not (self.id and self.issuer and self.subject and self.holder):
            raise ValueError("a caller without a name")

    @property
    def groups(self) -> frozenset[str]:
        """The groups the issuer puts it in."""
        return self.claims.get("groups", frozenset())


def caller_id(issuer: str, subject: str, key: bytes) -> str:
    """Name a caller that has signed in, as sixteen hexadecimal digits.

    Args:
        issuer: Who vouches for it; two issuers' subjects of one name are two callers.
        subject: The issuer's name for it.
        key: Of the hash, 16 bytes or more.
    """
    return _hash(f"{len(issuer)} {issuer} {subject}".encode("utf-8", "surrogatepass"), key)


def anonymous_caller(address: str, key: bytes) -> str:
    """Name a caller that has not signed in.

    Args:
        address: Where the request came from; anything that is no IP address counts as one caller.
        key: Of the hash, 16 bytes or more.

    Returns:
        Sixteen hexadecimal digits; two addresses of one IPv6 prefix get the same.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return _hash(b"unknown", key)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return _hash(parsed.ipv4_mapped.packed, key)
        return _hash(parsed.packed[: _PREFIX_V6 // 8], key)
    return _hash(parsed.packed, key)


def may_touch(caller: Caller, call: Call) -> bool:
    """Whether a caller that knows a call's id may read and end it (design section 5)."""
    if call.holder != caller.holder:
        return False
    return caller.ticket is None or caller.ticket.fresh or caller.ticket.key == call.ticket


def chosen_profile(caller: Caller, requested: str | None) -> str | None:
    """Decide which profile is meant; ``None`` for the operator's default.

    Raises:
        ProfileRefused: The caller is bound to another.
    """
    if caller.profile is None or (requested or caller.profile) == caller.profile:
        return requested or caller.profile
    raise ProfileRefused("The sign-in is for another profile.")


def check_allowed(caller: Caller, allow: Sequence[str]) -> None:
    """Refuse a caller that a profile does not name.

    Args:
        caller: Who asks.
        allow: Of the profile: ``claim=value`` each, one of which must hold, such as ``groups=staff``,
            ``roles=Voice.User`` or ``sub=alice``; empty for everybody.

    Raises:
        ProfileRefused: None of them holds.
    """
    pairs = (entry.partition("=") for entry in allow)
    if allow and not any(value in caller.claims.get(name, ()) for name, _, value in pairs):
        raise ProfileRefused("Choose another profile, or ask for the right to use this one.")


def longest_call(caller: Caller, operators: float) -> float:
    """How many seconds a call may last: the operator's bound, cut to the caller's."""
    return operators if caller.max_seconds is None else min(operators, caller.max_seconds)


def _hash(name: bytes, key: bytes) -> str:
    return hashlib.blake2b(name, key=key[:64], digest_size=_DIGITS // 2).hexdigest()
