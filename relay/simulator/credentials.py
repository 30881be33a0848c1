"""Who may mint, hang up and attach (facts 1.1, 2.5): an API key or an Entra ID access token.

Decides whether a credential passes; never looks at what is asked for with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.simulator.errors import (
    api_version_refused,
    bad_access_token,
    bad_key,
    call_not_found,
    client_secret_required,
)

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from relay.simulator.settings import Settings

CLIENT_SECRET_PREFIX = "ek_"  # noqa: S105 - the prefix of a secret, not one


def bearer_of(connection: HTTPConnection) -> str:
    """Give what stands behind ``Bearer`` in the Authorization header; empty when there is none."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def check_standing_credential(connection: HTTPConnection, settings: Settings) -> None:
    """Let an API key (header, or query for a WebSocket) or an access token pass.

    A client secret is refused as the real one refuses it on the sideband since September 2026 (fact 4.2).

    Raises:
        Refusal: 401 in the shape that belongs to the credential, or 404 for a client secret on OpenAI.
    """
    if "api-version" in connection.query_params:
        raise api_version_refused()
    key = connection.headers.get("api-key") or connection.query_params.get("api-key")
    if key is not None:
        if key != (settings.api_key or key or None):
            raise bad_key()
        return
    bearer = bearer_of(connection)
    if bearer.startswith(CLIENT_SECRET_PREFIX):
        raise call_not_found() if settings.flavour == "openai" else bad_access_token()
    expected = {settings.access_token, settings.api_key} - {None}
    if not bearer or (settings.access_token and bearer not in expected):
        raise bad_access_token()


def client_secret_of(connection: HTTPConnection) -> str:
    """Give the client secret with which a call is placed; it must be the only credential (fact 3.1).

    Raises:
        Refusal: 401; the request carries an API key, an access token or nothing.
    """
    bearer = bearer_of(connection)
    if "api-version" in connection.query_params:
        raise api_version_refused()
    if not bearer.startswith(CLIENT_SECRET_PREFIX) or "api-key" in connection.headers:
        raise client_secret_required()
    return bearer
