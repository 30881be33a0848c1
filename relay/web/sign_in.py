"""What the page is told of signing in (``/config``): nothing, a field to fill in, or a link to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_FIELD: Final = frozenset({"token", "ticket"})


def sign_in_facts(ways: Collection[str], *, oidc_header: str, url: str | None) -> dict[str, str]:
    """Tell the page how to sign in.

    Args:
        ways: Of RELAY_AUTH.
        oidc_header: Where an OpenID provider's token stands, in lower case.
        url: Where a person signs in; the page itself unless it is known, as a proxy asks whoever loads it.
    """
    if "none" in ways:
        return {"kind": "none"}
    elsewhere = "proxy" in ways or ("oidc" in ways and (oidc_header != "authorization" or url is not None))
    link = {"url": url or "/"} if elsewhere else {}
    needs_field = bool(_FIELD.intersection(ways)) or not elsewhere
    return {"kind": "token" if needs_field else "link", **link}


def challenge(ways: Collection[str], *, oidc_header: str) -> str:
    """Write ``WWW-Authenticate``: a bearer credential where one is taken; else the proxy's own business."""
    takes_bearer = shows_bearer(ways, oidc_header=oidc_header)
    return 'Bearer realm="sdp-relay"' if takes_bearer else 'Proxy realm="sdp-relay"'


def shows_bearer(ways: Collection[str], *, oidc_header: str) -> bool:
    """Whether one of the ways reads a bearer credential from Authorization."""
    return bool(_FIELD.intersection(ways)) or ("oidc" in ways and oidc_header == "authorization")
