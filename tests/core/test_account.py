"""Sums, and what is done about them."""

from __future__ import annotations

import pytest

from relay.core.account import Account, Budget, Spent, Verdict, add, judge, told
from relay.core.facts import Tokens, Used
from relay.core.price import PICOS


def test_an_account_adds_up_kind_by_kind() -> None:
    first = Used("response", "resp_1", Tokens(text_in=1, audio_in=2, text_cached=1, text_out=3, audio_out=4))
    second = Used("transcription", "item_1:0", Tokens(audio_in=10, text_out=5), 1.5)

    account = add(add(Account(), first, 100), second, 11)

    assert account == Account(
        Tokens(text_in=1, audio_in=12, text_cached=1, text_out=8, audio_out=4),
        1.5,
        2,
        111,
        priced=True,
        gaps=0,
    )
    assert (account.tokens.input, account.tokens.output) == (13, 12)


def test_one_cost_that_is_not_known_makes_the_whole_cost_unknown() -> None:
    account = add(add(Account(), Used("response", "a", Tokens()), None), Used("response", "b", Tokens()), 7)

    assert not account.priced
    assert told(account, "USD", shows_cost=True)["cost"] is None


def test_the_page_is_told_totals_and_whether_something_was_missed() -> None:
    account = Account(Tokens(text_in=5, audio_out=6), cost=PICOS // 100, gaps=1)

    assert told(account, "EUR", shows_cost=True) == {
        "input_tokens": 5,
        "output_tokens": 6,
        "seconds": 0.0,
        "cost": "0.0100",
        "currency": "EUR",
        "complete": False,
    }


@pytest.mark.parametrize("bound", ["per_call", "caller_per_day", "all_per_day"])
@pytest.mark.parametrize(
    ("spent", "verdict"),
    [(79, Verdict.FINE), (80, Verdict.NEAR), (99, Verdict.NEAR), (100, Verdict.SPENT), (101, Verdict.SPENT)],
)
def test_each_budget_is_judged_by_its_own_sum(bound: str, spent: int, verdict: Verdict) -> None:
    sums = {"per_call": 0, "caller_per_day": 0, "all_per_day": 0, bound: spent}
    brought = Spent(Account(cost=sums["per_call"]), sums["caller_per_day"], sums["all_per_day"])

    assert judge(brought, Budget(**{bound: 100})) is verdict


def test_without_a_budget_nothing_is_ever_spent() -> None:
    assert judge(Spent(Account(cost=10**30), 10**30, 10**30), Budget()) is Verdict.FINE


def test_a_cost_that_the_profile_does_not_show_is_not_told() -> None:
    assert told(Account(cost=PICOS), "EUR", shows_cost=False)["cost"] is None
