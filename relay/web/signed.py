"""Reading a signed token (JWT, RFC 7519): its head without belief, its claims once the signature holds.

PyJWT checks signature, issuer and audience; times are `relay.core.claims`'s, under a clock that tests can
move. Keys come in as arguments: what a token's own head says of keys (``jku``, ``x5u``, ``jwk``) is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from relay.errors import AuthInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from jwt.types import Options

    PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


def unverified_head(token: bytes) -> tuple[str, str | None]:
    """Read ``alg`` and ``kid``, to find the key with; nothing is proved by them.

    Raises:
        AuthInvalid: It is no signed token.
    """
    try:
        head = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise AuthInvalid from None
    algorithm, kid = head.get("alg"), head.get("kid")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None):
        raise AuthInvalid
    return algorithm, kid


def unverified_claims(token: bytes) -> dict[str, Any]:
    """Read the claims without belief: to spare the issuer questions about tokens that are not its own.

    Raises:
        AuthInvalid: It is no signed token.
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise AuthInvalid from None
    return claims


def verified_claims(
    token: bytes,
    key: bytes | PublicKey,
    *,
    algorithms: Sequence[str],
    required: Sequence[str],
    issuer: str | None = None,
    audience: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Check the signature and give the claims, whose times are still to be checked.

    Args:
        token: As it was shown.
        key: The one key it may be signed with.
        algorithms: Of one family, the one the key is for.
        required: Claims that must be there.
        issuer: ``iss``, exactly; ``None`` when there is nothing to compare with.
        audience: One of which ``aud`` must name; ``None``: a token that names any is refused.

    Raises:
        AuthInvalid: Anything about it is wrong.
    """
    options: Options = {
        "require": list(required),
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_iss": issuer is not None,
    }
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=list(algorithms), options=options, issuer=issuer, audience=audience
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise AuthInvalid from None
    return claims
