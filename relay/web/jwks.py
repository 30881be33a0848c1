"""Fetching an issuer's keys and keeping them: one fetch at a time, seldom, and the last good set for an hour.

How old a set may be is decided here; what is in it, in `relay.web.key_set`. Whatever a caller shows, the
issuer is asked once in `COOLDOWN_SECONDS` at most (AUTH-06), and a fetch that was begun is never cancelled by
a caller that leaves.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from relay.errors import AuthInvalid, AuthUnavailable
from relay.telemetry import log
from relay.web.key_set import ALGORITHMS, find_key, read_key_set

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from relay.web.key_set import IssuerKey

_log = logging.getLogger("relay.auth")

COOLDOWN_SECONDS: Final = 30.0
"""Between two fetches, whatever makes them necessary."""

FRESH_SECONDS: Final = 600.0
"""From this age on a set is fetched anew beside the requests; so long a withdrawn key is still believed."""

STALE_SECONDS: Final = 3600.0
"""How long the last good set is used while the issuer does not answer; then nobody can sign in."""

FETCH_SECONDS: Final = 5.0
MOST_BYTES: Final = 262_144
_DISCOVERY: Final = "/.well-known/openid-configuration"
_FIRST_RETRY_SECONDS: Final = 5.0  # while there is no set at all, waiting the whole cooldown helps nobody


class IssuerKeys:
    """The keys of one issuer.

    Args:
        issuer: Its identifier; the discovery document is found below it (OpenID Connect Discovery section 4).
        jwks_url: Where the keys are, for issuers without discovery.
        client: Without proxy variables, redirects and cookies; closed with this.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        *,
        issuer: str,
        jwks_url: str | None,
        client: httpx.AsyncClient,
        monotonic: Callable[[], float],
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._client = client
        self._monotonic = monotonic
        self._keys: list[IssuerKey] = []
        self._fetched = self._tried = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Fetch the keys before anybody needs them; needs a running event loop."""
        self._begin()

    async def close(self) -> None:
        """Let go of the connection."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})
        await self._client.aclose()

    async def find(self, kid: str | None, algorithm: str) -> IssuerKey:
        """Find the key a token names.

        Raises:
            AuthInvalid: The issuer has none of this name and family.
            AuthUnavailable: The issuer's keys cannot be had.
        """
        if self._age() > STALE_SECONDS:
            await self._fetch()
        if self._age() > STALE_SECONDS:
            wait = max(1, int(self._tried + self._pause() - self._monotonic()))
            raise AuthUnavailable("The issuer's keys cannot be had.", retry_after=wait)
        key = find_key(self._keys, kid, algorithm)
        if key is None and algorithm in ALGORITHMS:
            await self._fetch()
            key = find_key(self._keys, kid, algorithm)
        if self._age() > FRESH_SECONDS:
            self._begin()
        if key is None:
            raise AuthInvalid
        return key

    def _age(self) -> float:
        return self._monotonic() - self._fetched

    def _pause(self) -> float:
        return COOLDOWN_SECONDS if self._keys else _FIRST_RETRY_SECONDS

    async def _fetch(self) -> None:
        """Wait for a fetch, if one is under way or may be begun."""
        self._begin()
        if self._fetching is not None:
            await asyncio.wait({self._fetching})

    def _begin(self) -> None:
        now = self._monotonic()
        if self._fetching is None and now - self._tried >= self._pause():
            self._tried = now
            self._fetching = asyncio.create_task(self._refresh(), name="issuer-keys")
            self._fetching.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled() and (error := task.exception()) is not None:
            kept = self._age() <= STALE_SECONDS
            log(
                _log,
                logging.WARNING if kept else logging.ERROR,
                "the issuer's keys could not be fetched",
                error=type(error).__name__,
                kept=kept,
            )

    async def _refresh(self) -> None:
        async with asyncio.timeout(FETCH_SECONDS):
            self._keys = read_key_set(await self._get(self._jwks_url or await self._discover()))
        self._fetched = self._monotonic()

    async def _discover(self) -> str:
        document = json.loads(await self._get(self._issuer.rstrip("/") + _DISCOVERY))
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise ValueError("the document is another issuer's")
        url = document.get("jwks_uri")
        if not isinstance(url, str) or urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
            raise ValueError("the keys are not at an https address")
        return url

    async def _get(self, url: str) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", url, headers={"Accept": "application/json"}) as response:
            if (
                response.status_code != 200
                or response.headers.get("content-encoding", "identity") != "identity"
            ):
                raise ValueError("no plain 200")
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MOST_BYTES:
                    raise ValueError("too large")
        return bytes(body)
