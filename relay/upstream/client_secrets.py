"""Where an exchange gets its client secret: what is asked of it, and the plain way, one for each exchange.

`relay.upstream.secrets` is the other way, which keeps them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relay.core.upstream import ClientSecret, Plan
    from relay.stopwatch import Stopwatch
    from relay.upstream.mint import Mint

FRESH_LIFE_SECONDS: Final = 60
"""Life of a client secret that serves one exchange, which follows at once."""


class ClientSecrets(Protocol):
    """Where an exchange gets its client secret."""

    def start(self) -> None:
        """Begin what runs beside the requests; needs a running event loop."""

    async def get(self, plan: Plan, *, deadline: float, stopwatch: Stopwatch) -> ClientSecret:
        """Give a client secret for a plan, minting where none is at hand.

        Raises:
            UpstreamProblem: Whatever kept it from being minted.
        """

    def refused(self, plan: Plan, client_secret: ClientSecret) -> None:
        """Take note that the upstream answered 401 to it: it is not given again."""

    def keep_warm(self, plans: Iterable[Plan]) -> None:
        """Have a client secret at hand for exactly these plans at all times, if any are kept at all."""

    async def close(self) -> None:
        """End what `start` began."""


class FreshSecrets:
    """One client secret for each exchange (``RELAY_KEEP_SECRETS=off``).

    Args:
        mint: Mints them.
    """

    def __init__(self, mint: Mint) -> None:
        self._mint = mint

    def start(self) -> None:
        """Nothing to begin."""

    async def get(self, plan: Plan, *, deadline: float, stopwatch: Stopwatch) -> ClientSecret:
        """Mint one."""
        return await self._mint.client_secret(
            plan, life_seconds=FRESH_LIFE_SECONDS, deadline=deadline, stopwatch=stopwatch
        )

    def refused(self, plan: Plan, client_secret: ClientSecret) -> None:
        """Nothing to drop."""

    def keep_warm(self, plans: Iterable[Plan]) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing to end."""
