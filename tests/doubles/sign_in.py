"""Verifiers for a `RelayDouble`, and what is shown to them."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from relay.core.ticket_key import read_ticket_key
from relay.web.host import OriginRule
from relay.web.proxy_identity import ProxyVerifier
from relay.web.ticket import TicketVerifier
from relay.web.token import TokenVerifier
from tests.doubles.relay import CALLER_KEY, RelayDouble
from tests.secrecy import SHARED_TOKENS as TOKENS
from tests.secrecy import TICKET_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relay.web.auth import Verifier
    from relay.web.peer import Network

SHOWN_ON_PURPOSE = OriginRule(allowed=frozenset(), without_origin=False, when_shown=True)
SHOWN_BY_ITSELF = OriginRule(allowed=frozenset(), without_origin=False)
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def by_token(_: RelayDouble) -> Sequence[Verifier]:
    """RELAY_AUTH=token."""
    return [TokenVerifier(lambda: TOKENS, CALLER_KEY)]


def by_ticket(relay: RelayDouble) -> Sequence[Verifier]:
    """RELAY_AUTH=ticket."""
    key = read_ticket_key(TICKET_KEY)
    return [TicketVerifier(lambda: key, relay.store, relay.clock, CALLER_KEY)]


def by_proxy(
    trusted: Sequence[Network], *, header: str = "x-forwarded-user", secrets: Sequence[str] | None = None
) -> ProxyVerifier:
    """RELAY_AUTH=proxy."""
    asked = None if secrets is None else lambda: secrets
    return ProxyVerifier(header=header, trusted=trusted, secrets=asked, caller_key=CALLER_KEY)


def shown(credential: str) -> dict[str, str]:
    """A bearer credential, as a program sends it."""
    return {"Authorization": f"Bearer {credential}"}


def ticket(relay: RelayDouble, *, key: Any = TICKET_KEY, algorithm: str = "HS256", **claims: Any) -> str:
    """A ticket of alice's for a minute; claims that are ``None`` are left out."""
    now = relay.clock.now().wall_seconds
    given = {"sub": "alice", "jti": secrets.token_hex(8), "exp": now + 60, **claims}
    return jwt.encode(
        {name: value for name, value in given.items() if value is not None}, key, algorithm=algorithm
    )


def unsigned(claims: dict[str, Any], **head: Any) -> str:
    """A token with whatever head and no signature."""
    return f"{_part({'alg': 'none', **head})}.{_part(claims)}."


def _part(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
