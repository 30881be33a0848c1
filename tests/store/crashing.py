"""Run as a program: write calls to a store, and say of each what is certain to be in it.

Each line is printed after the commit it speaks of, so whoever reads it may kill this process at any moment
and expect to find what the line says.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from relay.clock import SystemClock
from relay.core.call import Event, Reason, State
from relay.core.record import call_key
from relay.store.sqlite import SqliteStore
from tests.doubles.call import a_call
from tests.store.opened import admit, run


def main() -> None:
    """Write until killed, or as many calls as asked for."""
    path, name, most = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    store, clock = SqliteStore.open(path, checkpoint_seconds=0.02), SystemClock()
    for number in itertools.count() if most == 0 else range(most):
        run(store.renew(name, clock.now()))
        call = a_call(key=call_key(f"{name} {number}"), owner=name, created=clock.now())
        admit(store, call)
        _say(call.key, State.INTENT)
        run(store.record(call.key, Event.NAMED, clock.now(), upstream_id=f"rtc_{number}"))
        _say(call.key, State.NAMED)
        run(store.record(call.key, Event.ANSWERED, clock.now()))
        _say(call.key, State.LIVE)
        run(store.record(call.key, Event.REASON, clock.now(), reason=Reason.CALLER))
        _say(call.key, State.ENDING)
        run(store.claim_hang_up(call.key, name, clock.now()))
        run(store.record(call.key, Event.HUNG_UP, clock.now()))
        _say(call.key, State.ENDED)
    run(store.close())


def _say(key: str, state: State) -> None:
    os.write(sys.stdout.fileno(), f"{key} {state}\n".encode())


if __name__ == "__main__":
    main()
