"""A call as the exchange writes it down, with whatever a test wants different."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from relay.core.caller import ANYONE, Caller
from relay.core.moment import Moment
from relay.core.record import Call, call_key

BEGINNING = Moment("boot-1", 1_000.0, 1_700_000_000.0)
"""Where `StoppedClock` begins."""


def a_caller(**changes: Any) -> Caller:
    """Somebody who has not signed in."""
    nobody = Caller(id="somebody", issuer="none", subject="somebody", holder=ANYONE, ambient=True)
    return replace(nobody, **changes)


def a_call(**changes: Any) -> Call:
    """An intent of worker ``a``: ten minutes at most, an hour upstream, presence promised."""
    return replace(
        Call(
            key=call_key("one"),
            caller="somebody",
            profile="default",
            deployment="gpt-realtime",
            owner="a",
            created=BEGINNING,
            max_seconds=600.0,
            cap_seconds=3600.0,
            presence_seconds=15.0,
        ),
        **changes,
    )
