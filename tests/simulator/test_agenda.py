"""Steps happen in the order of their times."""

from __future__ import annotations

from relay.simulator.agenda import Agenda


def test_steps_run_in_order_each_with_its_own_time() -> None:
    agenda, done = Agenda(), list[float]()
    for at in (3.0, 1.0, 2.0):
        agenda.add(at, "a", done.append)
    agenda.run(2.5)

    assert done == [1.0, 2.0]
    assert agenda.due == 3.0


def test_a_step_may_plan_another_that_is_due_too() -> None:
    agenda, done = Agenda(), list[float]()
    agenda.add(1.0, "a", lambda at: agenda.add(at + 0.5, "a", done.append))
    agenda.run(2.0)

    assert done == [1.5]
    assert agenda.due is None


def test_dropping_an_owner_leaves_the_others() -> None:
    agenda, done = Agenda(), list[float]()
    agenda.add(1.0, "a", done.append)
    agenda.add(2.0, "b", done.append)
    agenda.drop("a")
    agenda.run(9.0)

    assert done == [2.0]
