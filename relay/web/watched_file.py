"""A key in a file of its own, read again when the file has changed."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from relay.errors import AuthUnavailable
from relay.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_log = logging.getLogger("relay.auth")

LOOK_SECONDS: Final = 1.0
"""How often the file is looked at, at most; no request waits for a disk more often."""

_RETRY_SECONDS = 5


class WatchedFile(Generic[T]):
    """What a file holds now. While it cannot be used nothing it held is believed: it may have been revoked.

    Args:
        path: The file; a link to it may be exchanged, as Kubernetes does.
        read: Reads it; ``ValueError`` says in words that it cannot be used.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self, path: Path, read: Callable[[Path], T], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._read = read
        self._monotonic = monotonic
        self._looked = float("-inf")
        self._seen: tuple[int, ...] | None = None
        self._value: T | None = None

    def __call__(self) -> T:
        """Give what it holds.

        Raises:
            AuthUnavailable: It cannot be read, or holds nothing that can be used.
        """
        now = self._monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look()
        if self._value is None:
            raise AuthUnavailable(retry_after=_RETRY_SECONDS)
        return self._value

    def _look(self) -> None:
        try:
            facts = self._path.stat()
            seen = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            if seen == self._seen and self._value is not None:
                return
            self._value = self._read(self._path)
            self._seen = seen
        except (OSError, ValueError):
            if self._value is not None or self._seen is None:
                log(_log, logging.ERROR, "a file that sign-ins are checked with cannot be used")
            self._value = None
            self._seen = ()
