"""What an event leaves behind in the facts of a call."""

from __future__ import annotations

import pytest

from relay.core.call import Event, ImpossibleEvent, Reason, State
from relay.core.moment import Moment
from relay.core.record import advance, begin_hang_up, call_key
from relay.core.upstream import CallRef
from tests.doubles.call import BEGINNING, a_call

NOW = Moment("boot-1", 1_007.0, 1_700_000_007.0)


def test_a_named_call_can_be_referred_to() -> None:
    call = advance(a_call(), Event.NAMED, NOW, upstream_id="rtc_1").call

    assert a_call().ref is None
    assert call.ref == CallRef("gpt-realtime", "rtc_1")


def test_a_learnt_id_stays() -> None:
    call = a_call(state=State.IN_DOUBT, upstream_id="rtc_1", reason=Reason.CRASH)

    assert advance(call, Event.NAMED, NOW, upstream_id="rtc_2").call.upstream_id == "rtc_1"


def test_the_answer_is_the_first_sign_of_life() -> None:
    call = advance(a_call(state=State.NAMED), Event.ANSWERED, NOW).call

    assert (call.state, call.answered, call.seen) == (State.LIVE, NOW, NOW)


def test_the_first_reason_stays() -> None:
    first = advance(a_call(state=State.LIVE), Event.REASON, BEGINNING, reason=Reason.PRESENCE)
    second = advance(first.call, Event.REASON, NOW, reason=Reason.CALLER)

    assert (first.first, second.first) == (True, False)
    assert (second.call.reason, second.call.reasoned) == (Reason.PRESENCE, BEGINNING)


@pytest.mark.parametrize(
    ("state", "event", "reason"),
    [
        (State.INTENT, Event.REFUSED, Reason.REFUSED),
        (State.INTENT, Event.LOST, Reason.NO_ANSWER),
        (State.INTENT, Event.ADOPTED, Reason.CRASH),
        (State.NAMED, Event.ADOPTED, Reason.CRASH),
        (State.LIVE, Event.GONE, Reason.UPSTREAM_ENDED),
        (State.LIVE, Event.ADOPTED, None),
        (State.INTENT, Event.NAMED, None),
        (State.INTENT, Event.UNNAMED, None),
        (State.IN_DOUBT, Event.CAP_PASSED, Reason.UPSTREAM_ENDED),
    ],
)
def test_an_event_that_ends_a_call_gives_it_a_reason(
    state: State, event: Event, reason: Reason | None
) -> None:
    assert advance(a_call(state=state), event, NOW, upstream_id="x", owner="b").call.reason is reason


def test_an_adopted_call_changes_hands_and_its_page_gets_time_to_come_back() -> None:
    call = advance(a_call(state=State.LIVE, seen=BEGINNING), Event.ADOPTED, NOW, owner="b").call

    assert (call.owner, call.seen, call.created) == ("b", NOW, BEGINNING)


def test_an_unnamed_call_that_is_handed_out_counts_as_answered() -> None:
    assert advance(a_call(), Event.UNNAMED, NOW).call.answered == NOW
    assert advance(a_call(state=State.UNWANTED, reason=Reason.LEFT), Event.UNNAMED, NOW).call.answered is None


def test_a_call_that_comes_back_from_the_expired_has_not_ended() -> None:
    call = a_call(state=State.EXPIRED, reason=Reason.CRASH, ended=BEGINNING)
    back = advance(call, Event.NAMED, NOW, upstream_id="rtc_1").call

    assert (back.open, back.ended, back.reason) == (True, None, Reason.CRASH)


def test_late_news_does_not_move_the_end() -> None:
    call = a_call(state=State.ENDED, ended=BEGINNING)

    assert advance(call, Event.HUNG_UP, NOW).call == call
    assert advance(call, Event.UNSURE, NOW).call == call


@pytest.mark.parametrize("event", [Event.REASON, Event.NAMED, Event.ADOPTED])
def test_an_event_must_bring_what_it_is_about(event: Event) -> None:
    with pytest.raises(ImpossibleEvent, match="without"):
        advance(a_call(), event, NOW)


def test_a_hang_up_is_counted_when_it_begins_and_timed_again_when_it_fails() -> None:
    begun = begin_hang_up(a_call(state=State.ENDING), BEGINNING)
    failed = advance(begun, Event.UNSURE, NOW).call

    assert (begun.attempts, begun.tried) == (1, BEGINNING)
    assert (failed.attempts, failed.tried) == (1, NOW)


def test_neither_the_id_nor_the_upstreams_name_can_be_read_off_a_call() -> None:
    call = a_call(key=call_key("the capability"), upstream_id="rtc_hidden")

    assert "rtc_hidden" not in repr(call)
    assert "capability" not in repr(call)
    assert call.key.startswith(call.tag)
    assert len(call.tag) == 12
