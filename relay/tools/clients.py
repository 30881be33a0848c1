"""The HTTP clients of webhooks: one by way of the egress proxy, one for this machine, built when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


class WebhookClients:
    """Builds each client once.

    Args:
        build: Makes a client; whether for this machine alone, which no proxy is asked about.
    """

    def __init__(self, build: Callable[[bool], httpx.AsyncClient]) -> None:
        self._build = build
        self._built: dict[bool, httpx.AsyncClient] = {}

    def client(self, *, local: bool) -> httpx.AsyncClient:
        """Give the client."""
        if local not in self._built:
            self._built[local] = self._build(local)
        return self._built[local]

    async def close(self) -> None:
        """Let go of connections."""
        for client in self._built.values():
            await client.aclose()
        self._built.clear()
