"""Exchanges and hang-ups that fail, through the whole relay: what is tried again, counted and shown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.house import Relay, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.house import Upstream


@pytest.mark.parametrize("fault", [409, 429, 500, "silent"])
def test_up_31_a_hang_up_that_fails_is_tried_again(
    fault: str | int, relay: Relay, upstream: Upstream
) -> None:
    place = relay.place(1)
    upstream.set(hang_up_faults=[fault])

    assert relay.client.delete(place).status_code == 204
    took = eventually(lambda: not upstream.live(), 9, "the call was left behind")

    assert [status for _, status in upstream.calls()[0]["hang_ups"]] == [fault, 200]
    assert took < (7 if fault == "silent" else 2)
    eventually(lambda: relay.client.get(place).json()["state"] == "ended", 2, "it is not known to be over")


def test_up_31_a_call_that_is_gone_is_over(relay: Relay, upstream: Upstream) -> None:
    place = relay.place(1)
    upstream.set(hang_up_always=404)

    relay.client.delete(place)
    eventually(lambda: relay.client.get(place).json()["state"] == "ended", 3, "it is not known to be over")
    time.sleep(0.5)

    assert len(upstream.calls()[0]["hang_ups"]) == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_up_31_a_call_that_cannot_be_hung_up_is_shown_until_it_can(
    workers: int, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.set(hang_up_always=500)
    with Relay(upstream, tmp_path, workers=workers) as relay:
        place = relay.place(1)
        relay.client.delete(place)

        eventually(lambda: relay.ready()["calls"]["unkilled"] == 1, 9, "it is not shown")
        assert relay.ready()["status"] == "ready"
        assert "a hang-up failed and is tried again" in relay.output
        assert '"level": "error"' in relay.output.lower()
        upstream.set(hang_up_always=None)
        eventually(lambda: not upstream.live(), 7, "the call was left behind")
        eventually(lambda: relay.ready()["calls"]["unkilled"] == 0, 2, "it is still shown")


def test_up_31_tries_are_spaced_by_backoff(relay: Relay, upstream: Upstream) -> None:
    upstream.set(hang_up_always=500)
    relay.client.delete(relay.place(1))

    time.sleep(4)
    tried = [at for at, _ in upstream.calls()[0]["hang_ups"]]

    assert 4 <= len(tried) <= 7
    assert tried[1] - tried[0] > 0.15


def test_up_07_an_upstream_that_never_answers_is_not_asked_twice(upstream: Upstream, tmp_path: Path) -> None:
    upstream.set(place_faults=["silent"])
    with Relay(upstream, tmp_path, {"RELAY_EXCHANGE_SECONDS": "1"}) as relay:
        response = relay.connect(1)

        assert (response.status_code, response.json()["code"]) == (504, "upstream_timeout")
        assert len(upstream.calls()) == 1
        (row,) = relay.rows()
        assert (row["state"], row["reason"], row["open"]) == ("unwanted", "no_answer", 1)


def test_up_07_an_answer_that_comes_too_late_is_hung_up(upstream: Upstream, tmp_path: Path) -> None:
    upstream.set(place=(2, 2))
    with Relay(upstream, tmp_path, {"RELAY_EXCHANGE_SECONDS": "1"}) as relay:
        assert relay.connect(1).status_code == 504
        eventually(upstream.calls, 3, "no call")
        eventually(lambda: not upstream.live(), 4, "the call was left behind")

        assert relay.rows()[0]["reason"] == "no_answer"


def test_up_08_an_exchange_that_breaks_is_in_doubt_and_holds_its_place(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.set(place_faults=["broken"])
    with Relay(upstream, tmp_path, {"RELAY_CALLS_TOTAL": "1", "RELAY_MAX_CALL_SECONDS": "4"}) as relay:
        response = relay.connect(1)
        assert (response.status_code, response.json()["code"]) == (502, "upstream_error")
        assert len(upstream.calls()) == 1
        assert relay.ready()["calls"] == {"live": 0, "in_doubt": 1, "unkilled": 0}
        assert relay.connect(2).json()["code"] == "too_many_calls"

        took = eventually(lambda: relay.connect(3).status_code == 201, 7, "the doubt is not lifted")
    assert 3 < took < 6


def test_up_22_a_call_without_a_name_is_not_handed_out(relay: Relay, upstream: Upstream) -> None:
    upstream.set(place_faults=["unnamed"])

    response = relay.connect(1)

    assert (response.status_code, response.json()["code"]) == (502, "upstream_no_call_id")
    assert relay.ready()["calls"]["in_doubt"] == 1


def test_up_22_a_call_without_a_name_is_handed_out_where_the_operator_accepts_it(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.set(place_faults=["unnamed"])
    with Relay(upstream, tmp_path, {"RELAY_ALLOW_UNKILLABLE": "on"}) as relay:
        place = relay.place(1, presence="events")

        assert relay.ready()["calls"]["in_doubt"] == 1
        assert relay.client.get(place).json()["state"] == "in_doubt"
        assert relay.client.delete(place).status_code == 204
        time.sleep(0.5)
    assert upstream.calls()[0]["hang_ups"] == []


def test_up_09_a_call_whose_answer_is_cut_off_is_hung_up(upstream: Upstream, tmp_path: Path) -> None:
    upstream.set(place_faults=["half"])
    with Relay(upstream, tmp_path, {"RELAY_EXCHANGE_SECONDS": "1"}) as relay:
        response = relay.connect(1)

        assert response.status_code == 504
        eventually(lambda: not upstream.live(), 3, "the call was left behind")
