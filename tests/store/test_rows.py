"""What is written is what is read."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from relay.core.call import Reason, State
from relay.core.moment import Moment
from relay.core.record import Call
from relay.store import rows

_seconds = st.floats(0, 4e9, allow_nan=False)
_moments = st.builds(Moment, st.sampled_from(["boot-1", "9b1c-77"]), _seconds, _seconds)
_maybe = st.none() | _moments
_calls = st.builds(
    Call,
    key=st.text("0123456789abcdef", min_size=64, max_size=64),
    caller=st.text(),
    profile=st.text(),
    deployment=st.text(),
    owner=st.text(),
    created=_moments,
    max_seconds=_seconds,
    cap_seconds=_seconds,
    presence_seconds=st.none() | _seconds,
    state=st.sampled_from(State),
    reason=st.none() | st.sampled_from(Reason),
    reasoned=_maybe,
    upstream_id=st.none() | st.text(),
    answered=_maybe,
    seen=_maybe,
    warned=st.booleans(),
    attempts=st.integers(0, 99),
    tried=_maybe,
    ended=_maybe,
)


@given(_calls)
def test_a_call_comes_back_from_its_row_as_it_was(call: Call) -> None:
    row = rows.lasting(call) + rows.changing(call) + rows.indexed(call)

    assert rows.call_from_row(row) == call


def test_every_fact_of_a_call_has_a_column() -> None:
    assert {field.name for field in fields(Call)} | {"open"} == set(rows.COLUMNS)


@given(_moments)
def test_a_moment_in_the_file_begins_with_its_unix_time(moment: Moment) -> None:
    text = rows.text_from_moment(moment)

    assert text is not None
    assert float(text.split()[0]) == moment.wall_seconds
