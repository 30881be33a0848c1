"""The table of a call's life, cell by cell."""

from __future__ import annotations

import pytest

from relay.core.call import BESIDES, CLOSED, ENTERING, NEXT, Action, Event, ImpossibleEvent, State, step

_ROWS = """
                 intent    unwanted  named     live      ending    in_doubt  ended     expired
    named        named     ending    -         -         -         ending    -         ending
    unnamed      in_doubt  in_doubt  -         -         -         in_doubt  -         expired
    answered     -         -         live      -         ending    -         ended     -
    refused      ended     ended     -         -         -         ended     -         expired
    lost         in_doubt  in_doubt  -         -         -         in_doubt  -         expired
    reason       unwanted  unwanted  ending    ending    ending    in_doubt  ended     expired
    hung_up      -         -         -         -         ended     -         ended     -
    gone         -         -         ended     ended     ended     -         ended     -
    unsure       -         -         -         -         ending    -         ended     -
    adopted      in_doubt  in_doubt  ending    live      ending    in_doubt  -         -
    cap_passed   -         -         -         -         ended     expired   -         -
"""


def _cells() -> list[tuple[State, Event, State | None]]:
    head, *body = [line.split() for line in _ROWS.strip().splitlines()]
    return [
        (State(state), Event(row[0]), None if cell == "-" else State(cell))
        for row in body
        for state, cell in zip(head, row[1:], strict=True)
    ]


def test_the_table_here_covers_every_state_and_event() -> None:
    assert {(state, event) for state, event, _ in _cells()} == {(s, e) for s in State for e in Event}


@pytest.mark.parametrize(("state", "event", "following"), _cells())
def test_an_event_leads_where_the_table_says(state: State, event: Event, following: State | None) -> None:
    if following is None:
        with pytest.raises(ImpossibleEvent, match=f"{event} cannot follow upon {state}"):
            step(state, event)
    else:
        assert step(state, event).state is following


def test_what_is_to_be_done_is_said_for_steps_that_exist() -> None:
    assert all(event in NEXT[state] for state, event in BESIDES)
    assert set(ENTERING) <= {following for row in NEXT.values() for following in row.values()}


def test_a_reservation_is_released_exactly_on_the_way_out() -> None:
    for state, row in NEXT.items():
        for event, following in row.items():
            leaves = state not in CLOSED and following in CLOSED
            assert (Action.RELEASE in step(state, event).actions) == leaves, (state, event)
            returns = state in CLOSED and following not in CLOSED
            assert (Action.RESERVE in step(state, event).actions) == returns, (state, event)


def test_a_hang_up_is_asked_for_exactly_when_a_call_begins_to_end_or_its_new_owner_must_go_on() -> None:
    asking = {
        (state, event)
        for state, row in NEXT.items()
        for event in row
        if Action.HANG_UP in step(state, event).actions
    }

    assert asking == {
        (State.UNWANTED, Event.NAMED),
        (State.NAMED, Event.REASON),
        (State.NAMED, Event.ADOPTED),
        (State.LIVE, Event.REASON),
        (State.ENDING, Event.ADOPTED),
        (State.IN_DOUBT, Event.NAMED),
        (State.EXPIRED, Event.NAMED),
    }


def test_up_31_a_failed_hang_up_is_tried_again() -> None:
    assert step(State.ENDING, Event.UNSURE).actions == (Action.RETRY_HANG_UP,)


def test_a_hang_up_that_was_never_confirmed_is_counted() -> None:
    assert Action.COUNT_UNKILLED in step(State.ENDING, Event.CAP_PASSED).actions


def test_a_second_reason_asks_for_nothing() -> None:
    assert step(State.ENDING, Event.REASON).actions == ()
