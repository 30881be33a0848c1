"""What keeps a call out is told as the problem that belongs to it."""

from __future__ import annotations

import pytest

from relay.admission import raise_if_refused
from relay.core.limits import Admission, Limit
from relay.errors import Problem, TicketUsed

SAID = {
    Limit.PAUSED: (503, "paused"),
    Limit.CALLS_OF_CALLER: (429, "too_many_calls_of_caller"),
    Limit.CALLS_OF_PROFILE: (429, "too_many_calls_of_caller"),
    Limit.MINUTES_OF_CALLER: (429, "minutes_spent"),
    Limit.MONEY_OF_CALLER: (429, "money_spent"),
    Limit.MONEY: (503, "budget_exhausted"),
    Limit.CALLS: (503, "too_many_calls"),
    Limit.MINUTES: (503, "budget_exhausted"),
}


@pytest.mark.parametrize("limit", SAID)
def test_a_callers_own_limit_is_429_and_everybodys_is_503(limit: Limit) -> None:
    with pytest.raises(Problem) as refused:
        raise_if_refused(Admission(limit, retry_after=17))

    assert (refused.value.status, refused.value.code) == SAID[limit]
    assert refused.value.retry_after == 17
    assert refused.value.detail


def test_a_spent_ticket_is_a_sign_in_that_failed() -> None:
    assert {*SAID, Limit.TICKET_USED} == {*Limit}
    with pytest.raises(TicketUsed):
        raise_if_refused(Admission(Limit.TICKET_USED))


def test_who_is_let_in_hears_nothing() -> None:
    raise_if_refused(Admission(None, 600.0))
