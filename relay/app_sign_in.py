"""Builds what finds out who asks, from the settings; a part of `relay.app`. Nothing is decided here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay import __version__
from relay.core.rate import Rate
from relay.settings.places import read_secret_file
from relay.settings.sign_in_values import read_key_text, read_tokens, split_tokens
from relay.upstream.http_client import build_client, trusted_context
from relay.web.anonymous import AnonymousVerifier
from relay.web.auth import Authenticator
from relay.web.guesses import Guesses
from relay.web.host import OriginRule
from relay.web.sign_in import challenge, shows_bearer
from relay.web.token import TokenVerifier
from relay.web.watched_file import WatchedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydantic import SecretStr

    from relay.clock import Clock
    from relay.core.ticket_key import TicketKey
    from relay.settings import Settings
    from relay.store.protocol import Store
    from relay.web.auth import Verifier
    from relay.web.jwks import IssuerKeys


@dataclass(frozen=True, slots=True)
class SignIn:
    """What finds out who asks.

    Args:
        authenticator: Asked by every route that does something.
        rule: Which pages may act.
        keys: An OpenID provider's, if there is one; started and closed with the application.
        takes_bearer: Whether callers show a credential of their own, in Authorization.
    """

    authenticator: Authenticator
    rule: OriginRule
    keys: IssuerKeys | None
    takes_bearer: bool


def build_sign_in(settings: Settings, *, store: Store, clock: Clock, caller_key: bytes) -> SignIn:
    """Build the verifiers that RELAY_AUTH names."""
    ways = settings.relay_auth
    ambient_only = set(ways) <= {"none", "proxy"} or (
        "oidc" in ways
        and settings.relay_oidc_header != "authorization"
        and not {"token", "ticket"} & set(ways)
    )
    rule = OriginRule(
        allowed=frozenset(settings.relay_allowed_origins),
        without_origin=settings.binds_loopback and ways == ("none",),
        when_shown=not ambient_only,
    )
    keys = _issuer_keys(settings) if "oidc" in ways else None
    verifiers = [_verifier(way, settings, store, clock, caller_key, keys) for way in ways]
    told = challenge(ways, oidc_header=settings.relay_oidc_header)
    rate = Rate(*settings.sign_in_failures) if settings.sign_in_failures else None
    guesses = Guesses(rate, _proof_headers(settings), key=caller_key, clock=clock)
    takes_bearer = shows_bearer(ways, oidc_header=settings.relay_oidc_header)
    return SignIn(Authenticator(verifiers, rule, guesses, challenge=told), rule, keys, takes_bearer)


def _proof_headers(settings: Settings) -> set[str]:
    """Name the headers in which callers show who they are."""
    ways = settings.relay_auth
    headers = {"authorization"} if {"token", "ticket"} & set(ways) else set()
    if "oidc" in ways:
        headers.add(settings.relay_oidc_header)
    if "proxy" in ways and settings.relay_proxy_user_header:
        headers.add(settings.relay_proxy_user_header)
    return headers


def _verifier(
    way: str, settings: Settings, store: Store, clock: Clock, caller_key: bytes, keys: IssuerKeys | None
) -> Verifier:
    if way == "none":
        return AnonymousVerifier(caller_key)
    if way == "token":
        tokens = _tokens(_set(settings.relay_auth_token), settings.relay_auth_token_file)
        return TokenVerifier(tokens, caller_key)
    if way == "ticket":
        from relay.web.ticket import TicketVerifier  # noqa: PLC0415 - its libraries take a while to load

        return TicketVerifier(ticket_key(settings), store, clock, caller_key)
    if way == "oidc" and keys is not None:
        from relay.web.oidc import OidcVerifier  # noqa: PLC0415 - the same

        return OidcVerifier(
            issuer=settings.relay_oidc_issuer or "",
            audiences=settings.relay_oidc_audience,
            header=settings.relay_oidc_header,
            keys=keys,
            clock=clock,
            caller_key=caller_key,
        )
    from relay.web.proxy_identity import ProxyVerifier  # noqa: PLC0415 - seldom needed

    secret = settings.relay_proxy_secret
    return ProxyVerifier(
        header=settings.relay_proxy_user_header or "",
        trusted=settings.relay_trusted_proxies,
        secrets=None if secret is None else _tokens(secret, settings.relay_proxy_secret_file),
        caller_key=caller_key,
    )


def ticket_key(settings: Settings) -> Callable[[], TicketKey]:
    """Give what reads the ticket key that holds now."""
    from relay.core.ticket_key import read_ticket_key  # noqa: PLC0415 - its library takes a while to load

    if settings.relay_ticket_key_file is not None:
        return WatchedFile(
            settings.relay_ticket_key_file,
            lambda path: read_ticket_key(read_secret_file(path, read_key_text).get_secret_value()),
        )
    key = read_ticket_key(_set(settings.relay_ticket_key).get_secret_value())
    return lambda: key


def _tokens(secret: SecretStr, file: Path | None) -> Callable[[], Sequence[str]]:
    if file is not None:
        return WatchedFile(file, lambda path: split_tokens(read_secret_file(path, read_tokens)))
    tokens = split_tokens(secret)
    return lambda: tokens


def _issuer_keys(settings: Settings) -> IssuerKeys:
    from relay.web.jwks import IssuerKeys  # noqa: PLC0415 - its libraries take a while to load

    egress_proxy = settings.relay_egress_proxy
    return IssuerKeys(
        issuer=settings.relay_oidc_issuer or "",
        jwks_url=settings.relay_oidc_jwks_url,
        client=build_client(
            __version__,
            trusted_context(str(settings.relay_ca_file) if settings.relay_ca_file else None),
            egress_proxy.get_secret_value() if egress_proxy else None,
        ),
        monotonic=time.monotonic,
    )


def _set(value: SecretStr | None) -> SecretStr:
    if value is None:
        raise ValueError("the settings were not checked")
    return value
