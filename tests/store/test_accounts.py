"""Bookings: once, by day and caller, and gone with the call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.account import Account
from relay.core.call import Event, Reason
from relay.core.facts import Tokens, Used
from relay.core.limits import Ceiling, Limit
from relay.core.record import call_key
from relay.store.protocol import UsageRow
from tests.doubles.call import BEGINNING, a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import NO_BOUND, admit, admit_live, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.store.sqlite import SqliteStore

FIRST = Used("response", "resp_1", Tokens(text_in=10, audio_in=20, text_cached=5, text_out=3, audio_out=40))
SECOND = Used("transcription", "item_1:0", Tokens(audio_in=7, text_out=2), 1.25)
TODAY = int(BEGINNING.wall_seconds // 86_400)


def test_usage_is_added_up_exactly(store: SqliteStore) -> None:
    call = admit(store, a_call())

    run(store.book(call, "gpt-realtime", FIRST, 100, BEGINNING))
    spent = run(store.book(call, "gpt-4o-transcribe", SECOND, 11, BEGINNING))

    both = Account(
        Tokens(text_in=10, audio_in=27, text_cached=5, text_out=5, audio_out=40), 1.25, 2, 111, priced=True
    )
    assert spent is not None
    assert (spent.account, spent.caller_today, spent.all_today) == (both, 111, 111)
    assert run(store.account(call.key)) == both


def test_what_two_workers_hear_is_booked_once(store: SqliteStore, path: Path) -> None:
    call = admit(store, a_call())
    with opened(path) as other:
        assert run(store.book(call, "d", FIRST, 100, BEGINNING)) is not None
        assert run(other.book(call, "d", FIRST, 100, BEGINNING)) is None
        assert run(other.account(call.key)).cost == 100


def test_the_same_name_in_another_call_is_another_booking(store: SqliteStore) -> None:
    for name in ("1", "2"):
        assert run(store.book(admit(store, a_call(key=call_key(name))), "d", FIRST, 5, BEGINNING)) is not None


def test_a_booking_outlives_the_process(path: Path) -> None:
    with opened(path) as store:
        call = admit(store, a_call())
        run(store.book(call, "d", FIRST, 100, BEGINNING))
    with opened(path) as store:
        assert run(store.account(call.key)).tokens == FIRST.tokens


def test_gaps_are_counted_and_make_an_account_incomplete(store: SqliteStore) -> None:
    call = admit(store, a_call())
    run(store.add_gap(call.key))
    run(store.add_gap(call.key))

    account = run(store.account(call.key))

    assert (account.gaps, account.complete) == (2, False)


def test_a_cost_that_is_not_known_is_not_added_as_nothing(store: SqliteStore) -> None:
    call = admit(store, a_call())
    run(store.book(call, "d", FIRST, None, BEGINNING))

    assert run(store.account(call.key)).priced is False


def test_money_is_counted_by_caller_and_day(store: SqliteStore) -> None:
    one, other = (
        admit(store, a_call(key=call_key("1"))),
        admit(store, a_call(key=call_key("2"), caller="other")),
    )
    tomorrow = replace(BEGINNING, wall_seconds=BEGINNING.wall_seconds + 86_400)

    run(store.book(one, "d", FIRST, 100, BEGINNING))
    run(store.book(other, "d", FIRST, 10, BEGINNING))
    spent = run(store.book(one, "d", replace(FIRST, id="resp_2"), 1, tomorrow))

    assert spent is not None
    assert (spent.account.cost, spent.caller_today, spent.all_today) == (101, 1, 1)


@pytest.mark.parametrize(
    ("bound", "limit"),
    [("day_picos_per_caller", Limit.MONEY_OF_CALLER), ("day_picos_total", Limit.MONEY)],
)
def test_quota_money_spent_today_keeps_the_next_call_out_until_midnight(
    store: SqliteStore, bound: str, limit: Limit
) -> None:
    ceiling = Ceiling(total=0, per_caller=0, **{bound: 100})
    call = a_call()
    assert run(store.write_intent(call, ceiling)).limit is None
    run(store.book(call, "d", FIRST, 100, BEGINNING))

    refused = run(store.write_intent(a_call(key=call_key("2")), ceiling))
    stranger = run(store.write_intent(a_call(key=call_key("3"), caller="other"), ceiling))
    later = replace(BEGINNING, wall_seconds=BEGINNING.wall_seconds + refused.retry_after)

    assert refused.limit is limit
    assert stranger.limit is (None if limit is Limit.MONEY_OF_CALLER else Limit.MONEY)
    assert run(store.write_intent(a_call(key=call_key("4"), created=later), ceiling)).limit is None


def test_usage_is_grouped_as_operators_ask(store: SqliteStore) -> None:
    one, other = (
        admit(store, a_call(key=call_key("1"))),
        admit(store, a_call(key=call_key("2"), caller="other")),
    )
    run(store.book(one, "gpt-realtime", FIRST, 100, BEGINNING))
    run(store.book(one, "whisper", SECOND, 1, BEGINNING))
    run(store.book(other, "gpt-realtime", FIRST, None, BEGINNING))
    run(store.add_gap(other.key))

    by_caller = run(store.usage(["caller"], TODAY, TODAY))
    by_both = run(store.usage(["day", "deployment"], TODAY, TODAY))

    assert [(row.group, row.calls, row.with_gaps, row.account.cost) for row in by_caller] == [
        (("other",), 1, 1, 0),
        (("somebody",), 1, 0, 101),
    ]
    assert [(row.group, row.calls, row.account.responses) for row in by_both] == [
        ((TODAY, "gpt-realtime"), 2, 2),
        ((TODAY, "whisper"), 1, 1),
    ]
    assert not by_caller[0].account.priced
    assert run(store.usage(["day"], TODAY + 1, TODAY + 9)) == []
    assert by_caller[1] == UsageRow(("somebody",), 1, 0, run(store.account(one.key)))


def test_usage_is_forgotten_with_its_call_and_money_with_its_day(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), BEGINNING)
    run(store.book(call, "d", FIRST, 100, BEGINNING))
    run(store.add_gap(call.key))
    run(store.record(call.key, Event.REASON, BEGINNING, reason=Reason.CALLER))
    run(store.record(call.key, Event.HUNG_UP, BEGINNING))
    clock.advance(40 * 86_400)

    assert run(store.purge(clock.now(), retention_days=30)) == 1
    assert run(store.account(call.key)) == Account()
    again = run(store.book(admit(store, a_call(key=call_key("2"))), "d", FIRST, 7, BEGINNING))
    assert again is not None
    assert again.all_today == 7
    assert run(store.write_intent(a_call(key=call_key("3")), NO_BOUND)).limit is None
