"""``RELAY_AUTH=ticket``: the operator's backend signs who may make one call, and with what bounds.

A ticket opens one call. It stays good for that call, spent and expired as it may be by then, so that the
page can show its presence and hang up.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from relay.core.caller import Caller, Ticket, caller_id
from relay.core.claims import LEEWAY_SECONDS, flat_claims, is_over, ticket_claims
from relay.errors import AuthExpired, AuthInvalid, StoreUnavailable, TicketUsed
from relay.web.bearer import bearer
from relay.web.signed import verified_claims

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from relay.clock import Clock
    from relay.core.ticket_key import TicketKey

_ISSUER = "ticket"


class SpentTickets(Protocol):
    """Knows which tickets were spent."""

    async def ticket_spent(self, ticket: str) -> bool:
        """Tell whether a ticket was spent.

        Raises:
            StoreUnavailable: Nobody can tell.
        """


class TicketVerifier:
    """Checks tickets. They are spent by `relay.supervisor`, together with writing the call down.

    Args:
        key: Gives the key that holds now.
        spent: Knows those that were used.
        clock: Tells when they expire.
        caller_key: With which subjects are hashed.
    """

    def __init__(
        self, key: Callable[[], TicketKey], spent: SpentTickets, clock: Clock, caller_key: bytes
    ) -> None:
        self._key = key
        self._spent = spent
        self._clock = clock
        self._caller_key = caller_key

    async def verify(self, request: Request, *, opening: bool) -> Caller | None:
        """Take whoever shows a ticket of ours; for a new call it must be unspent, and for this page."""
        shown = bearer(request)
        if shown is None:
            return None
        key = self._key()
        claims = verified_claims(
            shown, key.verifying, algorithms=[key.algorithm], required=["exp", "sub", "jti"]
        )
        now = self._clock.now().wall_seconds
        said = ticket_claims(claims, now)
        over = is_over(said.expires, now)
        ticket = hashlib.sha256(said.jti.encode()).hexdigest()
        if opening:
            if over:
                raise AuthExpired
            if said.origin is not None and said.origin != request.headers.get("origin"):
                raise AuthInvalid
        spent = await self._is_spent(ticket, opening=opening)
        if opening and spent:
            raise TicketUsed
        name = caller_id(_ISSUER, said.subject, self._caller_key)
        return Caller(
            id=name,
            issuer=_ISSUER,
            subject=said.subject,
            holder=name,
            ambient=False,
            claims=flat_claims(claims),
            profile=said.profile,
            max_seconds=said.max_seconds,
            ticket=Ticket(key=ticket, expires=said.expires + LEEWAY_SECONDS, fresh=not (over or spent)),
        )

    async def _is_spent(self, ticket: str, *, opening: bool) -> bool:
        """While the store is away a ticket opens nothing, and still serves the call it has opened."""
        try:
            return await self._spent.ticket_spent(ticket)
        except StoreUnavailable:
            if opening:
                raise
            return True
