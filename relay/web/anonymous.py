"""``RELAY_AUTH=none``: everybody may call; limits go by the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.caller import ANYONE, Caller, anonymous_caller

if TYPE_CHECKING:
    from starlette.requests import Request


class AnonymousVerifier:
    """Takes everybody.

    Args:
        key: With which addresses are hashed.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def verify(self, request: Request, *, opening: bool) -> Caller:
        """Name the caller by its address; its place in the network is its proof, so it is ambient."""
        del opening
        name = anonymous_caller(address_of(request), self._key)
        return Caller(id=name, issuer="none", subject=name, holder=ANYONE, ambient=True)


def address_of(request: Request) -> str:
    """Tell where a request comes from, behind listed proxies too; empty when that is not known."""
    return request.client.host if request.client else ""
