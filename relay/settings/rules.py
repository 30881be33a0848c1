"""What settings mean together: contradictions that keep the relay from starting, and warnings.

Pure: each rule looks at the whole of `Settings` and returns words. A rule is left out when a setting it
looks at is itself broken, so that one mistake is not complained of twice.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from relay.settings.base_url import host_of, is_azure_host, is_loopback
from relay.settings.sign_in_rules import (
    CONCERNED,
    SECRETS,
    Contradiction,
    issuer_rule,
    proxy_rule,
    secrets_rule,
    sign_in_rule,
)

if TYPE_CHECKING:
    from relay.settings.fields import Settings


def contradictions(settings: "Settings", broken: frozenset[str]) -> list[Contradiction]:
    """Return everything that does not go together.

    Args:
        settings: The settings; broken ones hold their defaults.
        broken: The fields that could not be read.
    """
    return [
        found for concerned, rule in _RULES if not broken.intersection(concerned) for found in rule(settings)
    ]


def warnings(settings: "Settings") -> list[str]:
    """Return what is allowed and yet likely to surprise."""
    return [*_upstream_warnings(settings), *_credential_warnings(settings), *_sign_in_warnings(settings)]


def _hosts_rule(settings: "Settings") -> Iterator[Contradiction]:
    if not settings.binds_loopback and not settings.relay_allowed_hosts:
        yield Contradiction(
            "relay_allowed_hosts",
            "must name the hosts people reach the relay by when RELAY_HOST is not loopback: "
            "RELAY_ALLOWED_HOSTS=voice.example.com",
        )


def _upstream_rule(settings: "Settings") -> Iterator[Contradiction]:
    if settings.azure_openai_base_url is not None or settings.relay_upstream == "simulator":
        return
    if settings.relay_upstream == "azure":
        words = "must be set when RELAY_UPSTREAM=azure: https://my-resource.openai.azure.com"
        yield Contradiction("azure_openai_base_url", words)
    elif not settings.binds_loopback:
        yield Contradiction(
            "azure_openai_base_url",
            "must be set when RELAY_HOST is not loopback: https://my-resource.openai.azure.com "
            "(or write RELAY_UPSTREAM=simulator to show the simulator to others)",
        )


def _credential_rule(settings: "Settings") -> Iterator[Contradiction]:
    if settings.azure_client_secret is None:
        return
    for field in ("azure_tenant_id", "azure_client_id"):
        if getattr(settings, field) is None:
            words = "must be set beside AZURE_CLIENT_SECRET: the three make a service principal"
            yield Contradiction(field, words)


def _voice_rule(settings: "Settings") -> Iterator[Contradiction]:
    if settings.relay_voice not in settings.relay_voices:
        yield Contradiction(
            "relay_voice", "must be one of RELAY_VOICES: set it to one of them, or add it there"
        )


def _size_rule(settings: "Settings") -> Iterator[Contradiction]:
    for field in ("relay_max_sdp_bytes", "relay_max_instructions_bytes"):
        if getattr(settings, field) > settings.relay_max_body_bytes:
            yield Contradiction(field, "must not be above RELAY_MAX_BODY_BYTES, which has to hold it")


_Rule = Callable[["Settings"], Iterator[Contradiction]]
_RULES: Final[tuple[tuple[tuple[str, ...], _Rule], ...]] = (
    (("azure_openai_base_url", "relay_upstream", "relay_host"), _upstream_rule),
    (("azure_tenant_id", "azure_client_id", "azure_client_secret"), _credential_rule),
    (CONCERNED, sign_in_rule),
    (
        ("relay_oidc_issuer", "relay_oidc_jwks_url", "relay_oidc_header", "relay_proxy_user_header"),
        issuer_rule,
    ),
    (("relay_auth", "relay_trusted_proxies"), proxy_rule),
    (SECRETS, secrets_rule),
    (("relay_host", "relay_allowed_hosts"), _hosts_rule),
    (("relay_voice", "relay_voices"), _voice_rule),
    (("relay_max_body_bytes", "relay_max_sdp_bytes", "relay_max_instructions_bytes"), _size_rule),
)


def _upstream_warnings(settings: "Settings") -> Iterator[str]:
    url = settings.azure_openai_base_url
    if settings.azure_region is not None:
        yield "AZURE_REGION is not used: only the preview API needed a region"
    if url is not None and not is_azure_host(url) and not is_loopback(host_of(url)):
        yield (
            "AZURE_OPENAI_BASE_URL is none of Azure's usual hosts; that is right for a gateway or a private "
            "address, if it serves /openai/v1/realtime"
        )
    if settings.upstream_kind == "azure":
        return
    if url is not None:
        yield "AZURE_OPENAI_BASE_URL is not used: RELAY_UPSTREAM=simulator"
    elif settings.azure_openai_api_key or settings.azure_client_secret:
        yield "AZURE_OPENAI_BASE_URL is not set: calls go to the simulator, although there is a credential"
    if not settings.binds_loopback:
        yield "the simulator answers on this machine alone: browsers elsewhere will connect but hear nothing"


def _credential_warnings(settings: "Settings") -> Iterator[str]:
    if settings.azure_openai_api_key and settings.azure_client_secret:
        yield "AZURE_CLIENT_SECRET is not used: AZURE_OPENAI_API_KEY is set and wins"
    host = host_of(settings.azure_openai_base_url or "")
    sovereign = host.endswith((".azure.us", ".azure.cn"))
    if sovereign and not settings.azure_openai_api_key and "azure_authority_host" not in settings.sources:
        yield "AZURE_AUTHORITY_HOST is the public cloud's, AZURE_OPENAI_BASE_URL is not; mind the scope too"


def _sign_in_warnings(settings: "Settings") -> Iterator[str]:
    if settings.relay_trusted_proxies and "relay_auth" not in settings.sources:
        yield (
            "RELAY_AUTH is not set, and there is a proxy in RELAY_TRUSTED_PROXIES: whoever it lets through "
            "places calls that you pay for; write RELAY_AUTH=none if the proxy asks who is there"
        )
