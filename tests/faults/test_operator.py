"""What an operator does beside a running relay: pause, resume, end calls."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING

import pytest

from tests.doubles.process import Program
from tests.faults.house import Relay, eventually
from tests.faults.visitor import Deed, Storm, Visit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.house import Upstream


def _command(relay: Relay, *words: str) -> tuple[int, str]:
    with Program("-m", "relay", *words, environment=relay.environment) as program:
        code = program.process.wait(20)
        program.stop()
        return code, program.output


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("means", ["command", "signal"])
def test_quota_15_pause_refuses_new_calls_and_leaves_the_others(
    means: str, workers: int, upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path, workers=workers) as relay:
        relay.place(1)

        def tell(word: str, number: signal.Signals) -> None:
            if means == "command":
                assert _command(relay, word)[0] == 0
            else:
                relay.process.send_signal(number)

        tell("pause", signal.SIGUSR1)
        eventually(lambda: relay.connect(2).status_code == 503, 1, "calls are let in")
        live = upstream.live()
        refused = [relay.connect(marker) for marker in range(3, 9)]
        assert {one.json()["code"] for one in refused} == {"paused"}
        assert all(int(one.headers["retry-after"]) > 0 for one in refused)
        assert live
        assert upstream.live() == live

        tell("resume", signal.SIGUSR2)
        eventually(lambda: relay.connect(10).status_code == 201, 1, "no call is let in")


def test_pause_outlives_a_restart(upstream: Upstream, tmp_path: Path) -> None:
    with Relay(upstream, tmp_path) as relay:
        assert _command(relay, "pause")[0] == 0
        relay.stop()
    with Relay(upstream, tmp_path) as relay:
        assert relay.connect(1).json()["code"] == "paused"


@pytest.mark.parametrize("workers", [1, 2])
def test_calls_end_all_hangs_everybody_up(workers: int, upstream: Upstream, tmp_path: Path) -> None:
    with Relay(upstream, tmp_path, workers=workers) as relay:
        places = [relay.place(marker) for marker in range(1, 7)]

        code, output = _command(relay, "calls", "end", "--all")

        assert (code, output.strip()) == (0, "Ended: 6.")
        assert upstream.live() == []
        assert relay.client.get(places[0]).json()["reason"] == "operator"


def test_calls_lists_what_is_live_and_ends_one_by_its_tag(relay: Relay, upstream: Upstream) -> None:
    relay.place(1)
    relay.place(2)
    code, output = _command(relay, "calls", "--json")
    rows = json.loads(output)
    assert (code, [row["state"] for row in rows]) == (0, ["live", "live"])

    assert _command(relay, "calls", "end", rows[0]["call"])[0] == 0

    assert [call["marker"] for call in upstream.live()] == [1]
    assert not any(call["id"] in _command(relay, "calls", "--json")[1] for call in upstream.calls())


def test_a_call_ended_during_its_mint_is_refused_by_name_and_costs_nothing(
    relay: Relay, upstream: Upstream
) -> None:
    upstream.set(mint=(2, 2))
    visit = Visit(1, Deed.AFTER_ANSWER, 0, 9)

    async def run() -> None:
        coming = asyncio.create_task(Storm(relay.port, [visit]).run())
        await asyncio.sleep(0.5)
        code, output = await asyncio.to_thread(_command, relay, "calls", "end", "--all")
        assert code == 0, output
        await coming

    asyncio.run(run())

    assert upstream.calls() == []
    assert visit.status in (502, 503, 504)


def test_a_call_whose_time_is_over_during_its_mint_is_refused_by_name_and_costs_nothing(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.set(mint=(2, 2))
    with Relay(upstream, tmp_path, {"RELAY_MAX_CALL_SECONDS": "1"}) as relay:
        response = relay.connect(1)

        assert upstream.calls() == []
        assert response.status_code in (502, 503, 504), response.text
        assert "unexpected error" not in relay.output
