"""Spent tickets: once in all workers, through a crash, and only for what was let in."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from relay.core.caller import Ticket
from relay.core.limits import Ceiling, Limit
from relay.core.record import call_key
from relay.errors import StoreUnavailable
from relay.store import schema
from relay.store.file import connect
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import NO_BOUND, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.store.sqlite import SqliteStore

TICKET = Ticket(key="a" * 64, expires=1_700_000_300.0, fresh=True)


def test_auth_09_a_ticket_lets_one_call_in(store: SqliteStore) -> None:
    first = run(store.write_intent(a_call(), NO_BOUND, TICKET))
    second = run(store.write_intent(a_call(key=call_key("2")), NO_BOUND, TICKET))

    assert (first.limit, second.limit) == (None, Limit.TICKET_USED)
    assert run(store.get(call_key("2"))) is None


def test_auth_09_a_ticket_spent_in_one_worker_is_spent_in_another(store: SqliteStore, path: Path) -> None:
    with opened(path) as other:
        assert run(store.spend_ticket(TICKET)) is True
        assert run(other.spend_ticket(TICKET)) is False
        assert run(other.ticket_spent(TICKET.key)) is True
        assert run(other.write_intent(a_call(), NO_BOUND, TICKET)).limit is Limit.TICKET_USED


def test_auth_09_a_ticket_stays_spent_after_a_restart(path: Path) -> None:
    with opened(path) as store:
        run(store.write_intent(a_call(), NO_BOUND, TICKET))
    with opened(path) as store:
        assert run(store.ticket_spent(TICKET.key)) is True


@pytest.mark.parametrize("paused", [True, False])
def test_a_call_that_is_not_let_in_leaves_its_ticket_unspent(store: SqliteStore, *, paused: bool) -> None:
    run(store.set_paused(paused=paused))
    run(store.write_intent(a_call(), NO_BOUND))
    full = Ceiling(total=1, per_caller=0)

    refused = run(store.write_intent(a_call(key=call_key("2")), full, TICKET))

    assert refused.limit is (Limit.PAUSED if paused else Limit.CALLS)
    assert run(store.ticket_spent(TICKET.key)) is False


def test_auth_09_without_its_table_nobody_can_tell(store: SqliteStore, path: Path) -> None:
    db = connect(path)
    db.execute("DROP TABLE tickets")
    db.close()

    with pytest.raises(StoreUnavailable):
        run(store.ticket_spent(TICKET.key))
    with pytest.raises(StoreUnavailable):
        run(store.spend_ticket(TICKET))


def test_spent_tickets_are_forgotten_when_they_would_be_refused_as_expired(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.spend_ticket(TICKET))
    run(store.purge(clock.advance(299), retention_days=30))
    before = run(store.ticket_spent(TICKET.key))
    run(store.purge(clock.advance(2), retention_days=30))

    assert (before, run(store.ticket_spent(TICKET.key))) == (True, False)


def test_calls_of_an_older_store_are_open_to_whoever_knows_their_ids(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path, isolation_level=None)
    schema.migrate(db, schema.MIGRATIONS[:1])
    db.execute(
        "INSERT INTO calls (key, caller, profile, deployment, owner, created, max_seconds, cap_seconds,"
        " state, open, warned, attempts) VALUES ('k', 'c', 'p', 'd', 'o', '1.0 1.0 b', 1, 1, 'live', 1, 0, 0)"
    )
    db.close()

    with opened(path) as store:
        call = run(store.get("k"))
    assert call is not None
    assert (call.holder, call.ticket) == ("anyone", None)
