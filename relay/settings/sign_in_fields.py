"""The settings of who may connect; those before stand in `relay.settings.upstream_fields`."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from relay.settings.addresses import Network, read_hosts, read_networks, read_origins
from relay.settings.marks import Dark, File, Switch
from relay.settings.sign_in_values import (
    read_audiences,
    read_header,
    read_https_url,
    read_identity_header,
    read_issuer,
    read_key_text,
    read_link,
    read_sign_in,
    read_tokens,
)
from relay.settings.upstream_fields import UpstreamFields
from relay.settings.values import read_rate

_Tokens = Annotated[SecretStr | None, BeforeValidator(read_tokens), Dark()]


class SignInFields(UpstreamFields):
    """The second part of `relay.settings.fields.Settings`."""

    # --- who may connect --------------------------------------------------------------------------------
    relay_auth: Annotated[tuple[str, ...], BeforeValidator(read_sign_in)] = Field(
        default=("none",),
        description="How callers sign in: none, token, ticket, oidc, proxy, or several by commas; "
        "must be written out when RELAY_HOST is not loopback.",
    )
    relay_allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(read_hosts)] = Field(
        default=(),
        description="Host names people reach the relay by; required when RELAY_HOST is not loopback.",
        examples=["voice.example.com"],
    )
    relay_allowed_origins: Annotated[tuple[str, ...], BeforeValidator(read_origins)] = Field(
        default=(),
        description="Origins of other pages that may place calls, exact; unset: the relay's own alone.",
        examples=["https://app.example.com"],
    )
    relay_trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(read_networks)] = Field(
        default=(),
        description="Addresses and networks of proxies whose forwarding and identity headers are believed.",
        examples=["10.0.0.0/8"],
    )
    relay_sign_in_failures: Annotated[str, BeforeValidator(read_rate)] = Field(
        default="20/minute",
        description="Failed sign-ins of an address per second, minute or hour, in each worker; or off.",
    )
    relay_sign_in_url: Annotated[str | None, BeforeValidator(read_link)] = Field(
        default=None,
        description="Where the page sends people to sign in (oidc, proxy): a path or an https URL.",
        examples=["/oauth2/start?rd=/"],
    )
    relay_safety_identifier: Switch = Field(
        default=False,
        description="Whether the upstream is told a hash of each caller (OpenAI-Safety-Identifier).",
    )

    # --- a token that callers share (RELAY_AUTH=token) --------------------------------------------------
    relay_auth_token: _Tokens = Field(
        default=None,
        description="The token; several by commas or lines while it is being changed.",
        examples=["<32 random characters>"],
    )
    relay_auth_token_file: File = Field(
        default=None,
        description="File that holds the tokens, instead of RELAY_AUTH_TOKEN; read again when it changes.",
        examples=["/run/secrets/relay_auth_token"],
    )

    # --- a ticket for each call (RELAY_AUTH=ticket) -----------------------------------------------------
    relay_ticket_key: Annotated[SecretStr | None, BeforeValidator(read_key_text), Dark()] = Field(
        default=None,
        description="What tickets are signed with: 32 random characters (HS256), or an Ed25519 key as PEM.",
        examples=["<32 random characters>"],
    )
    relay_ticket_key_file: File = Field(
        default=None,
        description="File that holds the key, instead of RELAY_TICKET_KEY; read again when it changes.",
        examples=["/run/secrets/relay_ticket_key"],
    )

    # --- an OpenID provider (RELAY_AUTH=oidc) -----------------------------------------------------------
    relay_oidc_issuer: Annotated[str | None, BeforeValidator(read_issuer)] = Field(
        default=None,
        description="The issuer, exactly as its tokens have it in iss.",
        examples=["https://login.microsoftonline.com/<tenant id>/v2.0"],
    )
    relay_oidc_audience: Annotated[tuple[str, ...], BeforeValidator(read_audiences)] = Field(
        default=(),
        description="Audiences one of which a token must name in aud, by commas.",
        examples=["<application id>"],
    )
    relay_oidc_header: Annotated[str, BeforeValidator(read_header)] = Field(
        default="authorization",
        description="Header with the token, such as X-Pomerium-Jwt-Assertion or Cf-Access-Jwt-Assertion.",
    )
    relay_oidc_jwks_url: Annotated[str | None, BeforeValidator(read_https_url)] = Field(
        default=None,
        description="Where the issuer's keys are; unset: asked of the issuer (OpenID discovery).",
        examples=["https://voice.example.com/.well-known/pomerium/jwks.json"],
    )

    # --- a proxy that signs people in (RELAY_AUTH=proxy) ------------------------------------------------
    relay_proxy_user_header: Annotated[str | None, BeforeValidator(read_identity_header)] = Field(
        default=None,
        description="Header in which they name the caller; X-MS-CLIENT-PRINCIPAL (Easy Auth) is understood.",
        examples=["X-Forwarded-User"],
    )
    relay_proxy_secret: _Tokens = Field(
        default=None,
        description="What they must send in X-Relay-Proxy-Secret beside it; unset: their address is enough.",
        examples=["<32 random characters>"],
    )
    relay_proxy_secret_file: File = Field(
        default=None,
        description="File that holds it, instead of RELAY_PROXY_SECRET; read again when it changes.",
        examples=["/run/secrets/relay_proxy_secret"],
    )
