"""Which host names the relay answers to, and which pages may ask it for something.

Pure decisions on header values. They hold in every sign-in mode, above all in none: a page anywhere on
the web can make a visitor's browser post a form to ``http://localhost``, and a name of its own can be
pointed at 127.0.0.1 (reliability §0.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from relay.errors import MalformedRequest, OriginRefused, UnknownHost

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_DEFAULT_PORTS = {"http": "80", "https": "443"}
_FOREIGN_SITES = frozenset({"cross-site", "same-site"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_ORIGIN = (
    "A request without an Origin header is taken on a loopback address, or with a token or ticket of its own."
)


def check_host(values: Sequence[bytes], allowed: Collection[str]) -> str:
    """Find out which of our names was asked for.

    Args:
        values: Every Host header of the request.
        allowed: Host names, lower case; ``name`` for any port, ``name:port`` for that port only.

    Returns:
        The Host header, lower case.

    Raises:
        MalformedRequest: No Host header, or more than one.
        UnknownHost: A host that is not ours.
    """
    if len(values) != 1:
        raise MalformedRequest("Exactly one Host header is required.")
    host = values[0].decode("latin-1").lower()
    name, _, port = host.rpartition(":")
    if not name or not (port.isascii() and port.isdigit()):
        name = host
    if host in allowed or name in allowed:
        return host
    raise UnknownHost("Add the host name to RELAY_ALLOWED_HOSTS if it is yours.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginRule:
    """Which pages may make the relay act.

    Args:
        allowed: Exact origins beside the relay's own.
        without_origin: Whether a request that names neither origin nor fetch site (curl, a backend) may.
        when_shown: Whether it may, if it shows a proof that no browser shows by itself; see `check_ambient`.
    """

    allowed: frozenset[str]
    without_origin: bool
    when_shown: bool = False


def check_origin(
    rule: OriginRule, *, method: str, host: str, origin: str | None, fetch_site: str | None
) -> None:
    """Refuse a request that acts on behalf of a foreign page.

    A page behind a proxy that ends TLS has an ``https`` origin while we see ``http``; so the origin's
    host and port are compared with Host, and its scheme only serves to complete the port.

    Args:
        rule: Which pages may.
        method: HTTP method; reading is always allowed.
        host: The checked Host header.
        origin: The Origin header.
        fetch_site: The Sec-Fetch-Site header.

    Raises:
        OriginRefused: The page is neither ours nor listed.
    """
    if method in _SAFE_METHODS:
        return
    if origin is not None:
        if origin in rule.allowed:
            return
        # Of our name, yet not our page: a plain-http one that somebody on the way has made.
        if is_same_host(origin, host) and fetch_site not in _FOREIGN_SITES:
            return
        raise OriginRefused("List the page's exact origin in RELAY_ALLOWED_ORIGINS if it is yours.")
    if fetch_site is not None:
        if fetch_site in ("same-origin", "none"):
            return
        raise OriginRefused("The browser says that another site made this request.")
    if not (rule.without_origin or rule.when_shown):
        raise OriginRefused(_NO_ORIGIN)


def check_ambient(
    rule: OriginRule, *, method: str, origin: str | None, fetch_site: str | None, ambient: bool
) -> None:
    """Refuse a request that names no page, and whose proof may not have been shown on purpose (WEB-05).

    Args:
        rule: Which pages may.
        method: HTTP method; reading is always allowed.
        origin: The Origin header, checked before.
        fetch_site: The Sec-Fetch-Site header, checked before.
        ambient: Whether a browser shows the proof by itself.

    Raises:
        OriginRefused: It is, and nothing tells that no foreign page made the browser ask.
    """
    named = origin is not None or fetch_site is not None
    if ambient and not named and not rule.without_origin and method not in _SAFE_METHODS:
        raise OriginRefused(_NO_ORIGIN)


def is_same_host(origin: str, host: str) -> bool:
    """Whether an Origin header names the host (and port) that was asked for."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc or parts.path or parts.query or parts.username:
        return False
    theirs = parts.netloc.lower()
    if host == theirs:
        return True
    name = theirs if port is None else theirs.rpartition(":")[0]
    default = _DEFAULT_PORTS[parts.scheme]
    return str(port or default) == default and host in (name, f"{name}:{default}")
