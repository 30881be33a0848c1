"""What the settings of signing in mean together; part of `relay.settings.rules`.

Whatever would let in more people than the operator thinks keeps the relay from starting, with the reason.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from relay.settings.addresses import Network

if TYPE_CHECKING:
    from relay.settings.fields import Settings

_WIDEST: Final = {4: 8, 6: 16}  # bits of a public network's prefix: nobody's proxies are half the internet


class Contradiction(NamedTuple):
    """A setting, and what is wrong with it beside the others: the words go on after its name."""

    setting: str
    words: str


_NEEDED: Final = {
    "token": {"relay_auth_token": "the token callers share: openssl rand -hex 32 makes one"},
    "ticket": {"relay_ticket_key": "what tickets are signed with: openssl rand -hex 32 makes one"},
    "oidc": {
        "relay_oidc_issuer": "whose tokens are believed",
        "relay_oidc_audience": "which of them are meant for this relay",
    },
    "proxy": {
        "relay_proxy_user_header": "the header that names the caller",
        "relay_trusted_proxies": "the proxies that may say so: without it anybody could",
    },
}
_USELESS: Final = {
    "token": ("relay_auth_token",),
    "ticket": ("relay_ticket_key",),
    "oidc": ("relay_oidc_issuer", "relay_oidc_audience", "relay_oidc_jwks_url"),
    "proxy": ("relay_proxy_user_header", "relay_proxy_secret"),
}
SECRETS: Final = (
    "azure_openai_api_key",
    "azure_client_secret",
    "relay_ticket_key",
    "relay_proxy_secret",
    "relay_auth_token",
)
"""Those of Azure come first; each of the others is known to other people."""

CONCERNED: Final = ("relay_host", "relay_auth", *(name for need in _NEEDED.values() for name in need))


def sign_in_rule(settings: "Settings") -> Iterator[Contradiction]:
    """Refuse an open relay that nobody has asked for, and ways of signing in that lack what they need."""
    if not settings.binds_loopback and "relay_auth" not in settings.sources:
        yield Contradiction(
            "relay_auth",
            "must be written out when RELAY_HOST can be reached from other machines: RELAY_AUTH=none lets "
            "anybody who reaches the relay place calls, so choose token, ticket, oidc or proxy",
        )
    for way, needed in _NEEDED.items():
        for field, meaning in needed.items():
            if way in settings.relay_auth and not getattr(settings, field):
                yield Contradiction(field, f"must be set for RELAY_AUTH={way}: {meaning}")
    for way, useless in _USELESS.items():
        for field in useless:
            if way not in settings.relay_auth and getattr(settings, field):
                yield Contradiction(
                    field, f"is set, but RELAY_AUTH has no {way}: add it there, or remove this"
                )


def issuer_rule(settings: "Settings") -> Iterator[Contradiction]:
    """Refuse an issuer whose keys cannot be found, and one header with two meanings."""
    issuer = settings.relay_oidc_issuer
    if issuer and not issuer.startswith("https://") and not settings.relay_oidc_jwks_url:
        words = "must be an https address for its keys to be found there, or RELAY_OIDC_JWKS_URL must be set"
        yield Contradiction("relay_oidc_issuer", words)
    if settings.relay_oidc_header == settings.relay_proxy_user_header:
        words = "must not be RELAY_OIDC_HEADER: one is signed, the other believed"
        yield Contradiction("relay_proxy_user_header", words)


def proxy_rule(settings: "Settings") -> Iterator[Contradiction]:
    """Refuse to believe identities from about everywhere (AUTH-16)."""
    if "proxy" in settings.relay_auth and (wide := embraces_too_much(settings.relay_trusted_proxies)):
        words = f"must list the proxies alone when they name the caller: {wide} is about everybody"
        yield Contradiction("relay_trusted_proxies", words)


def secrets_rule(settings: "Settings") -> Iterator[Contradiction]:
    """Refuse one secret for two ends: a shared token that is a key too would sign tickets, or be Azure's."""
    owners: dict[str, str] = {}
    for field in SECRETS:
        secret = getattr(settings, field)
        for part in secret.get_secret_value().splitlines() if secret else ():
            owner = owners.setdefault(part, field)
            if owner != field and field.startswith("relay_"):
                words = f"must not be {owner.upper()} as well: whoever knows the one would have the other"
                yield Contradiction(field, words)


def embraces_too_much(networks: Sequence[Network]) -> str:
    """Name a network, or a union of several, that is too wide to be somebody's proxies; empty for none."""
    for version in (4, 6):
        ours = [network for network in networks if network.version == version]
        for network in ipaddress.collapse_addresses(ours):  # type: ignore[type-var]  # of one version
            if network.prefixlen < _WIDEST[version] and not network.is_private:
                return f"a network of /{network.prefixlen}"
    return ""
