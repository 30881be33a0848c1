"""Which plans share a client secret."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.core.plan_digest import plan_digest
from relay.core.upstream import Plan

PLAN = Plan("gpt-realtime", {"model": "gpt-realtime", "instructions": "Be kind.", "audio": {"voice": "ash"}})


def test_two_plans_of_the_same_words_are_one() -> None:
    assert plan_digest(PLAN) == plan_digest(Plan(PLAN.deployment, dict(PLAN.session)))


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, deployment="other"),
        replace(PLAN, caller="somebody"),
        replace(PLAN, session={**PLAN.session, "instructions": "Be kind. "}),
        replace(PLAN, session={**PLAN.session, "audio": {"voice": "alloy"}}),
    ],
    ids=["deployment", "caller", "instructions", "voice"],
)
def test_plans_that_differ_in_anything_are_two(other: Plan) -> None:
    assert plan_digest(PLAN) != plan_digest(other)


def test_instructions_that_no_utf_8_can_carry_have_a_name_too() -> None:
    assert plan_digest(replace(PLAN, session={"instructions": "\ud800"}))
