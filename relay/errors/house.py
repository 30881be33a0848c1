"""What the relay itself cannot do now."""

from __future__ import annotations

from relay.errors.base import RelayProblem


class InternalError(RelayProblem):
    """A fault of the relay; the log has it under the request id."""

    slug, status, title = "internal-error", 500, "The relay made a mistake"


class Busy(RelayProblem):
    """As many exchanges as allowed are under way."""

    slug, status, title = "busy", 503, "Too many exchanges are under way"


class Draining(RelayProblem):
    """The relay is shutting down."""

    slug, status, title = "draining", 503, "The relay is shutting down"


class StoreUnavailable(RelayProblem):
    """The store cannot be read or written; `detail` says what is wrong with it and what mends it."""

    slug, status, title = "store-unavailable", 503, "The relay's store cannot be used"


class Paused(RelayProblem):
    """The operator has stopped new calls."""

    slug, status, title = "paused", 503, "New calls are paused"


class TooManyCalls(RelayProblem):
    """As many calls as allowed are open."""

    slug, status, title = "too-many-calls", 503, "As many calls as allowed are open"


class CallEnded(RelayProblem):
    """Something ended the call while it was being placed."""

    slug, status, title = "call-ended", 503, "The call was ended before its answer was there"
