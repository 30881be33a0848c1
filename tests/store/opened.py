"""A store in a folder of the test's own, and a way to use it without an event loop.

The embedded store never waits, so its coroutines run to their end at the first push.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from relay.core.call import Event
from relay.core.limits import Ceiling
from relay.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

    from relay.core.moment import Moment
    from relay.core.record import Call

T = TypeVar("T")

NO_BOUND = Ceiling(total=0, per_caller=0)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what does not wait; fails when it does."""
    try:
        coroutine.send(None)
    except StopIteration as result:
        value: T = result.value
        return value
    coroutine.close()
    raise AssertionError("the embedded store waited for something")


@contextmanager
def opened(path: Path) -> Iterator[SqliteStore]:
    """Open and close; checkpoints only when it closes."""
    store = SqliteStore.open(path, checkpoint_seconds=3600)
    try:
        yield store
    finally:
        run(store.close())


def admit(store: SqliteStore, call: Call) -> Call:
    """Write an intent, without a ceiling."""
    assert run(store.write_intent(call, NO_BOUND)).limit is None
    return call


def admit_live(store: SqliteStore, call: Call, now: Moment) -> Call:
    """Write a call down as far as live."""
    admit(store, call)
    run(store.record(call.key, Event.NAMED, now, upstream_id=f"rtc_{call.tag}"))
    advanced = run(store.record(call.key, Event.ANSWERED, now))
    assert advanced is not None
    return advanced.call
