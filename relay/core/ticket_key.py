"""The key tickets are signed with: a text both sides know (HS256), or an Ed25519 key pair (EdDSA).

A key's kind decides the one algorithm that is accepted; a ticket's own head has no say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_BYTES: Final = 32  # RFC 7518 section 3.2: no shorter than the hash


@dataclass(frozen=True, slots=True)
class TicketKey:
    """One key.

    Args:
        algorithm: ``HS256`` or ``EdDSA``.
        verifying: What signatures are checked with.
        signing: What tickets are signed with; ``None`` where only the operator's backend can.
    """

    algorithm: str
    verifying: bytes | Ed25519PublicKey = field(repr=False)
    signing: bytes | Ed25519PrivateKey | None = field(repr=False)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Sign a ticket.

        Raises:
            ValueError: The key is only good for checking.
        """
        if self.signing is None:
            raise ValueError("RELAY_TICKET_KEY is the public half: tickets are signed where the private is")
        return jwt.encode(dict(claims), self.signing, algorithm=self.algorithm)


def read_ticket_key(text: str) -> TicketKey:
    """Read a key: PEM of an Ed25519 key, or any other text of 32 bytes or more.

    Raises:
        ValueError: It is neither; the words go on after the setting's name and do not repeat it.
    """
    pem = text.strip().replace("\\n", "\n")
    if not pem.startswith("-----BEGIN"):
        key = text.strip().encode()
        if len(key) < LEAST_BYTES:
            raise ValueError(f"must have {LEAST_BYTES} characters at least: openssl rand -hex 32 makes one")
        return TicketKey("HS256", key, key)
    try:
        if "PRIVATE KEY" in pem.splitlines()[0]:
            private = load_pem_private_key(pem.encode(), None)
            if isinstance(private, Ed25519PrivateKey):
                return TicketKey("EdDSA", private.public_key(), private)
        else:
            public = load_pem_public_key(pem.encode())
            if isinstance(public, Ed25519PublicKey):
                return TicketKey("EdDSA", public, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("must be PEM of an Ed25519 key without a password, or a text") from None
    raise ValueError("must be an Ed25519 key: openssl genpkey -algorithm ed25519 makes one")
