"""``ticket``: sign a ticket, to try a relay with RELAY_AUTH=ticket before a backend does it."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from relay.core.claims import TICKET_SECONDS, ticket_claims
from relay.core.ticket_key import read_ticket_key
from relay.errors import AuthInvalid
from relay.settings import SettingsError, load_settings
from relay.settings.addresses import read_origins

if TYPE_CHECKING:
    from collections.abc import Mapping


def make_ticket(claims: Mapping[str, object], overrides: Mapping[str, str]) -> int:
    """Print a ticket that expires in five minutes.

    Args:
        claims: ``sub``; ``profile``, ``max_seconds`` and ``origin`` unless they are ``None``.
        overrides: Settings from the command line.

    Returns:
        0, or 2 when the settings are wrong, the key cannot sign, or no relay would take the ticket.
    """
    try:
        settings = load_settings({**os.environ, **overrides}, Path.cwd())
    except SettingsError as error:
        return _refuse(*error.complaints)
    if settings.relay_ticket_key is None:
        return _refuse("RELAY_TICKET_KEY is not set, so nobody could check a ticket.")
    now = time.time()
    bounds = {"jti": secrets.token_urlsafe(16), "exp": int(now + TICKET_SECONDS)}
    given = {name: value for name, value in claims.items() if value is not None}
    try:
        if "origin" in given:
            given["origin"] = _only_origin(given["origin"])
        ticket_claims({**given, **bounds}, now)
        ticket = read_ticket_key(settings.relay_ticket_key.get_secret_value()).sign({**given, **bounds})
    except AuthInvalid:
        return _refuse("No relay would take it: sub and profile are 1 to 256 characters in one line.")
    except ValueError as error:
        return _refuse(str(error))
    sys.stdout.write(f"{ticket}\n")
    return 0


def _only_origin(written: object) -> str:
    """Write an origin as browsers do, else the page's would never be the same."""
    try:
        (origin,) = read_origins(written)
    except ValueError:
        raise ValueError(
            "--origin is one origin, such as https://app.example.com, without a slash at the end"
        ) from None
    return origin


def _refuse(*lines: str) -> int:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return 2
