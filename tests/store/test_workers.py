"""Leases: who owns a call, and who takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.call import Event, Reason, State
from relay.core.record import call_key
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import admit, admit_live, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.core.record import Call
    from relay.store.sqlite import SqliteStore


def test_a_lease_that_holds_is_unbroken(store: SqliteStore) -> None:
    clock = StoppedClock()

    assert run(store.renew("a", clock.now())) is False
    assert run(store.renew("a", clock.advance(1))) is True


def test_nobody_takes_the_calls_of_a_worker_whose_lease_holds(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    admit_live(store, a_call(), clock.now())

    assert run(store.adopt("b", clock.advance(3))) == []


def test_load_04_calls_are_adopted_within_five_seconds_of_their_owners_death(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    live = admit_live(store, a_call(key=call_key("1")), clock.now())
    named = admit(store, a_call(key=call_key("2")))
    run(store.record(named.key, Event.NAMED, clock.now(), upstream_id="rtc_2"))
    intent = admit(store, a_call(key=call_key("3")))
    adopted = {item.call.key: item.call for item in run(store.adopt("b", clock.advance(3.1)))}

    assert adopted[live.key].state is State.LIVE
    assert (adopted[named.key].state, adopted[named.key].reason) == (State.ENDING, Reason.CRASH)
    assert adopted[intent.key].state is State.IN_DOUBT
    assert {call.owner for call in adopted.values()} == {"b"}
    assert {call.created for call in adopted.values()} == {live.created}


def test_load_06_each_call_goes_to_one_of_two_who_ask(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    keys = {admit_live(store, a_call(key=call_key(str(n))), clock.now()).key for n in range(25)}
    clock.advance(4)
    with opened(path) as other:
        taken = [
            [item.call.key for item in run(adopter.adopt(name, clock.now(), limit=10))]
            for adopter, name in ((store, "b"), (other, "c"), (store, "b"), (other, "c"))
        ]
    everything = [key for batch in taken for key in batch]

    assert sorted(everything) == sorted(keys)
    assert [len(batch) for batch in taken] == [10, 10, 5, 0]


def test_load_06_an_expired_call_is_hung_up_by_one_of_two_workers(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), clock.now())
    clock.advance(700)
    claims = []
    with opened(path) as other:
        for worker, name in ((store, "b"), (other, "c")):
            run(worker.renew(name, clock.now()))
            run(worker.adopt(name, clock.now()))
            run(worker.expire(call.key, name, clock.now()))
            claims.append(run(worker.claim_hang_up(call.key, name, clock.now())))

    assert [claim is not None for claim in claims] == [True, False]


def test_a_worker_that_was_only_slow_learns_that_it_lost_its_calls(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    call = admit_live(store, a_call(), clock.now())
    run(store.adopt("b", clock.advance(10)))

    assert run(store.renew("a", clock.now())) is False
    assert run(store.owned("a")) == []
    assert [item.key for item in run(store.owned("b"))] == [call.key]
    assert run(store.renew("a", clock.advance(1))) is True


def test_a_worker_that_lost_only_some_of_its_calls_learns_that_too(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    for number in range(3):
        admit_live(store, a_call(key=call_key(str(number))), clock.now())
    run(store.adopt("b", clock.advance(10), limit=1))

    assert run(store.renew("a", clock.now())) is False
    assert len(run(store.owned("a"))) == 2
    assert run(store.adopt("b", clock.now())) == []


def test_nobody_adopts_from_himself(store: SqliteStore) -> None:
    clock = StoppedClock()
    for name in "ab":
        run(store.renew(name, clock.now()))
        admit_live(store, a_call(key=call_key(name), owner=name), clock.now())

    assert [item.call.key for item in run(store.adopt("a", clock.advance(10)))] == [call_key("b")]
    assert run(store.renew("a", clock.now())) is True


def test_a_slow_worker_that_takes_a_new_call_keeps_it_and_still_learns_of_its_loss(
    store: SqliteStore,
) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    admit_live(store, a_call(key=call_key("old")), clock.now())
    run(store.adopt("b", clock.advance(10)))
    new = admit(store, a_call(key=call_key("new"), created=clock.now()))

    assert run(store.adopt("b", clock.now())) == []
    assert run(store.renew("a", clock.now())) is False
    assert [call.key for call in run(store.owned("a"))] == [new.key]


def test_what_a_slow_worker_learns_is_used_by_the_new_owner(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit(store, a_call())
    run(store.renew("b", clock.advance(10)))
    run(store.adopt("b", clock.now()))
    run(store.record(call.key, Event.NAMED, clock.now(), upstream_id="rtc_late"))
    claim = run(store.claim_hang_up(call.key, "b", clock.now()))

    assert claim is not None
    assert claim.upstream_id == "rtc_late"


def test_an_expired_call_that_turns_out_to_live_is_adopted_and_ended(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit(store, a_call())
    run(store.record(call.key, Event.LOST, clock.now()))
    run(store.expire(call.key, "a", clock.advance(600)))
    run(store.renew("b", clock.now()))
    assert run(store.adopt("b", clock.now())) == []
    run(store.record(call.key, Event.NAMED, clock.now(), upstream_id="rtc_late"))
    adopted = run(store.adopt("b", clock.now()))

    assert [(item.call.state, item.call.owner) for item in adopted] == [(State.ENDING, "b")]


def test_a_worker_that_leaves_is_succeeded_at_once(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    call = admit_live(store, a_call(), clock.now())
    run(store.leave("a"))

    assert [item.call.key for item in run(store.adopt("b", clock.now()))] == [call.key]


def test_after_a_reboot_every_call_is_adopted(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    admit_live(store, a_call(), clock.now())

    assert len(run(store.adopt("b", clock.reboot(down_seconds=20)))) == 1


def test_load_08_a_jump_of_the_wall_clock_breaks_no_lease(store: SqliteStore) -> None:
    clock = StoppedClock()
    run(store.renew("a", clock.now()))
    admit_live(store, a_call(), clock.now())

    assert run(store.adopt("b", clock.jump_wall(3600))) == []
    assert run(store.adopt("b", clock.jump_wall(-7200))) == []


def test_the_other_workers_are_counted_while_their_lease_holds(store: SqliteStore) -> None:
    clock = StoppedClock()
    for name in "abc":
        run(store.renew(name, clock.now()))
    run(store.leave("c"))

    assert len(run(store.at_work(clock.now()))) == 2
    assert run(store.at_work(clock.advance(4))) == []


def ended_just_now(store: SqliteStore, clock: StoppedClock) -> Call:
    """A call of worker ``a`` that is over, whose last words may still be under way."""
    run(store.renew("a", clock.now()))
    call = admit_live(store, a_call(), clock.now())
    run(store.record(call.key, Event.GONE, clock.now()))
    return call


def test_what_a_call_used_that_ended_just_before_its_worker_died_may_be_incomplete(
    store: SqliteStore,
) -> None:
    clock = StoppedClock()
    call = ended_just_now(store, clock)
    run(store.adopt("b", clock.advance(4)))

    assert not run(store.account(call.key)).complete


def test_a_worker_whose_process_is_gone_is_said_to_have_died(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = ended_just_now(store, clock)
    run(store.leave("a", died=True))

    assert not run(store.account(call.key)).complete


def test_a_worker_that_leaves_by_itself_has_heard_its_calls_to_their_end(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = ended_just_now(store, clock)
    run(store.leave("a"))
    run(store.adopt("b", clock.now()))

    assert run(store.account(call.key)).complete
