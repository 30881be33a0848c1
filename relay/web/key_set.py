"""An issuer's public keys, read from its JSON Web Key Set (RFC 7517).

Only asymmetric keys that are for signatures and strong enough are taken; the rest of the set is passed over.
A key is good for the algorithms of its own family alone, so no token can choose how it is checked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

if TYPE_CHECKING:
    from relay.web.signed import PublicKey

_LEAST_RSA_BITS: Final = 2048
_MOST_RSA_BITS: Final = 8192  # larger ones cost more to check than they are worth
_MOST_KEYS: Final = 64
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

ALGORITHMS: Final = _RSA | set(_CURVES.values()) | {"EdDSA"}
"""Every algorithm a key may be good for."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One public key.

    Args:
        kid: The issuer's name for it; ``None`` where it has none.
        public: The key.
        algorithms: What it is good for, all of one family.
    """

    kid: str | None
    public: PublicKey = field(repr=False)
    algorithms: frozenset[str]


def read_key_set(body: bytes) -> list[IssuerKey]:
    """Read a key set.

    Raises:
        ValueError: It is none, or holds no key that could be used.
    """
    try:
        document = json.loads(body)
    except RecursionError:
        raise ValueError("no key set") from None
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no key set")  # noqa: TRY004 - one error for whatever is wrong with it
    keys = [key for entry in listed[:_MOST_KEYS] if (key := _read_key(entry)) is not None]
    if not keys:
        raise ValueError("no key that could be used")
    return keys


def find_key(keys: list[IssuerKey], kid: str | None, algorithm: str) -> IssuerKey | None:
    """Find the key a token names; one that names none is understood when there is one key only."""
    named = [key for key in keys if (len(keys) == 1 if kid is None else key.kid == kid)]
    return next((key for key in named if algorithm in key.algorithms), None)


def _read_key(entry: Any) -> IssuerKey | None:
    if not isinstance(entry, dict):
        return None
    kid, algorithm = entry.get("kid"), entry.get("alg")
    if entry.get("use", "sig") != "sig" or not isinstance(kid, str | None):
        return None
    try:
        public = jwt.PyJWK({name: value for name, value in entry.items() if name != "alg"}).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    family = _family(public)
    algorithms = family if algorithm is None else family & {algorithm}
    return IssuerKey(kid, public, algorithms) if algorithms else None


def _family(public: object) -> frozenset[str]:
    match public:
        case RSAPublicKey() if _LEAST_RSA_BITS <= public.key_size <= _MOST_RSA_BITS:
            return _RSA
        case EllipticCurvePublicKey() if public.curve.name in _CURVES:
            return frozenset({_CURVES[public.curve.name]})
        case Ed25519PublicKey():
            return frozenset({"EdDSA"})
        case _:
            return frozenset()
