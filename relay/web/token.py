"""``RELAY_AUTH=token``: one shared token, or several while they are being changed.

It proves a right, not a person: limits go by the address, and a call is touched with a token and its id.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from relay.core.caller import ANY_TOKEN, Caller, anonymous_caller
from relay.errors import AuthInvalid
from relay.web.anonymous import address_of
from relay.web.bearer import bearer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request


class TokenVerifier:
    """Compares with the configured tokens.

    Args:
        tokens: Gives those that hold now; at least one.
        key: With which addresses are hashed.
    """

    def __init__(self, tokens: Callable[[], Sequence[str]], key: bytes) -> None:
        self._tokens = tokens
        self._key = key

    async def verify(self, request: Request, *, opening: bool) -> Caller | None:
        """Take whoever shows one of the tokens."""
        del opening
        shown = bearer(request)
        if shown is None:
            return None
        if not is_one_of(shown, self._tokens()):
            raise AuthInvalid
        name = anonymous_caller(address_of(request), self._key)
        return Caller(id=name, issuer="token", subject=name, holder=ANY_TOKEN, ambient=False)


def is_one_of(shown: bytes, tokens: Sequence[str]) -> bool:
    """Compare in a time that tells nothing: digests of equal length, and all of them (AUTH-10)."""
    digest = hashlib.sha256(shown).digest()
    matches = [hmac.compare_digest(digest, hashlib.sha256(token.encode()).digest()) for token in tokens]
    return any(matches)
