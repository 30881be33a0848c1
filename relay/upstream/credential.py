"""What the relay shows upstream: an API key here, an access token of Entra ID in `relay.upstream.entra`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from relay.errors import UpstreamAuthUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A key is copied by hand: a line end that came along would break the header, and h11 would then print
# the whole header in its error.
_KEY = re.compile(r"[\x21-\x7e]{1,4096}")


class Credential(Protocol):
    """Something that can be shown upstream, and replaced when it was refused."""

    def start(self) -> None:
        """Begin whatever keeps it fresh; needs a running event loop."""

    async def headers(self, *, deadline: float) -> Mapping[str, str]:
        """Give the request headers that show it.

        Args:
            deadline: On the event loop's clock; no waiter waits longer, nor over 5 s.

        Raises:
            UpstreamAuthUnavailable: None can be had now.
            UpstreamAuth: Whoever issues it refuses to.
        """

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Take note that the upstream answered 401 to these headers.

        Returns:
            Whether `headers` may now give different ones, so that one more request makes sense.
        """

    async def close(self) -> None:
        """End what `start` began."""


class ApiKeyCredential:
    """An API key, read when it is first needed and again when the upstream refuses it (TOK-11).

    Args:
        read: Gives the key as it stands now, from a setting or a file.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._key: str | None = None

    def __repr__(self) -> str:
        return "<ApiKeyCredential>"

    def start(self) -> None:
        """Nothing to begin."""

    async def headers(self, *, deadline: float) -> Mapping[str, str]:  # noqa: ARG002 - it is at hand
        """Give the ``api-key`` header; reads the source the first time only.

        Raises:
            UpstreamAuthUnavailable: The source cannot be read, or holds what no key looks like.
        """
        if self._key is None:
            self._key = self._read_key()
        return {"api-key": self._key}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Read the source again; whether it holds another key by now."""
        try:
            self._key = self._read_key()
        except UpstreamAuthUnavailable:
            return False
        return self._key != headers.get("api-key")

    async def close(self) -> None:
        """Nothing to end."""

    def _read_key(self) -> str:
        try:
            key = self._read().strip()
        except (OSError, ValueError):
            key = ""
        if not _KEY.fullmatch(key):
            raise UpstreamAuthUnavailable("The API key cannot be read, or holds characters that no key has.")
        return key
