"""Time that passes when a test says so."""

from __future__ import annotations

from relay.core.moment import Moment


class StoppedClock:
    """A clock that is moved by hand.

    Args:
        boot_seconds: Seconds since boot to begin with.
        wall_seconds: Unix time to begin with.
    """

    def __init__(self, *, boot_seconds: float = 1_000.0, wall_seconds: float = 1_700_000_000.0) -> None:
        self._boots = 1
        self._boot_seconds = boot_seconds
        self._wall_seconds = wall_seconds

    def now(self) -> Moment:
        """Read the clock; the same moment again until it is moved."""
        return Moment(f"boot-{self._boots}", self._boot_seconds, self._wall_seconds)

    def advance(self, seconds: float) -> Moment:
        """Let time pass on both clocks."""
        self._boot_seconds += seconds
        self._wall_seconds += seconds
        return self.now()

    def jump_wall(self, seconds: float) -> Moment:
        """Set the wall clock forward, or back, as an operator or a time server does."""
        self._wall_seconds += seconds
        return self.now()

    def reboot(self, *, down_seconds: float) -> Moment:
        """Begin another boot after having been down."""
        self._boots += 1
        self._boot_seconds = 0.0
        self._wall_seconds += down_seconds
        return self.now()
