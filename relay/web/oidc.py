"""``RELAY_AUTH=oidc``: a token of an OpenID provider, from the page or from a proxy that signs for it.

Pomerium, Cloudflare Access and Entra ID differ in the header and in where their keys are; see the settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.caller import Caller, caller_id
from relay.core.claims import check_times, flat_claims, subject_of
from relay.errors import AuthInvalid
from relay.web.bearer import bearer
from relay.web.signed import unverified_claims, unverified_head, verified_claims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from relay.clock import Clock
    from relay.web.jwks import IssuerKeys

_REQUIRED = ("iss", "aud", "exp", "sub")


class OidcVerifier:
    """Checks tokens of one issuer.

    Args:
        issuer: What ``iss`` must be, exactly.
        audiences: One of which ``aud`` must name.
        header: Where the token stands, in lower case.
        keys: The issuer's.
        clock: Tells when tokens expire.
        caller_key: With which subjects are hashed.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audiences: Sequence[str],
        header: str,
        keys: IssuerKeys,
        clock: Clock,
        caller_key: bytes,
    ) -> None:
        self._issuer = issuer
        self._audiences = tuple(audiences)
        self._header = header
        self._keys = keys
        self._clock = clock
        self._caller_key = caller_key

    async def verify(self, request: Request, *, opening: bool) -> Caller | None:
        """Take whoever shows a token of the issuer that holds now."""
        del opening
        shown = bearer(request, self._header)
        if shown is None:
            return None
        algorithm, kid = unverified_head(shown)
        # A token of somebody else's must not make us ask the issuer for keys.
        if unverified_claims(shown).get("iss") != self._issuer:
            raise AuthInvalid
        key = await self._keys.find(kid, algorithm)
        claims = verified_claims(
            shown,
            key.public,
            algorithms=[algorithm],
            required=_REQUIRED,
            issuer=self._issuer,
            audience=self._audiences,
        )
        check_times(claims, self._clock.now().wall_seconds)
        subject = subject_of(claims)
        name = caller_id(self._issuer, subject, self._caller_key)
        return Caller(
            id=name,
            issuer=self._issuer,
            subject=subject,
            holder=name,
            ambient=self._header != "authorization",
            claims=flat_claims(claims),
        )
