"""Switches read, counted and shown."""

from __future__ import annotations

import pytest

from relay.simulator import faults as faults_module
from relay.simulator.faults import KINDS, Faults, FaultUnreadable, faults_from


def test_a_status_alone_is_a_refusal_and_a_delay_alone_is_a_delay() -> None:
    refuse, delay = faults_from([{"step": "calls", "status": 429}, {"step": "mint", "delay_ms": 5}])

    assert (refuse.kind, delay.kind) == ("refuse", "delay")


def test_a_switch_works_once_unless_more_is_asked_for() -> None:
    faults = Faults(
        faults_from([{"step": "mint", "status": 500}, {"step": "calls", "status": 500, "times": 2}])
    )

    assert [faults.take("mint") is not None for _ in range(3)] == [True, False, False]
    assert [faults.take("calls") is not None for _ in range(3)] == [True, True, False]


def test_always_is_always() -> None:
    faults = Faults(faults_from({"step": "mint", "status": 500, "times": "always"}))

    assert all(faults.take("mint") for _ in range(5))
    assert faults.listed() == [
        {"step": "mint", "kind": "refuse", "status": 500, "interval_ms": 500, "shape": 1, "times": "always"}
    ]


def test_switches_of_a_step_come_in_their_order() -> None:
    faults = Faults(faults_from([{"step": "mint", "status": 500}, {"step": "mint", "status": 503}]))
    first, second = faults.take("mint"), faults.take("mint")

    assert first is not None
    assert second is not None
    assert (first.status, second.status) == (500, 503)


def test_a_body_may_be_json() -> None:
    (fault,) = faults_from({"step": "calls", "status": 500, "body": {"error": "é"}})

    assert fault.body == '{"error":"é"}'


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("refuse", "a JSON object"),
        ({"step": "mnt"}, "unknown step"),
        ({"step": "mint", "kind": "no_location"}, "unknown kind"),
        ({"step": "mint", "colour": 1}, "unknown field"),
        ({"step": "mint", "status": "500"}, "'status'"),
        ({"step": "mint", "status": 500, "shape": 4}, "'shape'"),
        ({"step": "mint", "status": 500, "times": 0}, "'times'"),
        ({"step": "mint", "status": 500, "times": True}, "'times'"),
        ({"step": "mint", "delay_ms": -1}, "'delay_ms'"),
        ({"step": "mint", "kind": "reset", "when": "later"}, "'when'"),
        ({"step": ["mint"], "status": 500}, "unknown step"),
        ({"step": "mint", "kind": ["x"]}, "unknown kind"),
        ({"step": "mint", "status": 500, "headers": {"a": 1}}, "'headers'"),
    ],
)
def test_a_switch_that_does_not_fit_is_told(given: object, words: str) -> None:
    with pytest.raises(FaultUnreadable, match=words):
        faults_from(given)


def test_every_kind_stands_in_the_table_of_the_docstring() -> None:
    table = str(faults_module.__doc__)

    assert [kind for kinds in KINDS.values() for kind in kinds if kind not in table] == []
