"""What calls use, from the upstream's own words to the operator's table: real processes, real sockets."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.ledger import only_call
from tests.doubles.process import Program, RelayProcess, SimulatorProcess
from tests.doubles.talker import Refused, talking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.talker import Talker

PRICES = """
[prices."gpt-realtime"]
text_in = 4.00
text_cached = 0.40
audio_in = 32.00
audio_cached = 0.40
text_out = 16.00
audio_out = 64.00
[prices."gpt-4o-transcribe"]
text_in = 2.50
audio_in = 6.00
text_out = 10.00
"""


def _environment(simulator: SimulatorProcess, folder: Path, **more: str) -> dict[str, str]:
    (folder / "relay.toml").write_text(PRICES)
    state = {"RELAY_STATE_DIR": str(folder / "state"), "RELAY_CONFIG": str(folder / "relay.toml")}
    return {**simulator.relay_environment(), **state, **more}


def _picos(usage: dict[str, Any]) -> int:
    """The picos of one response's usage, worked out a second time and by hand."""
    given, taken = usage["input_token_details"], usage["output_token_details"]
    cached = given["cached_tokens_details"]
    picos: int = (
        (given["text_tokens"] - cached["text_tokens"]) * 4_000_000
        + (given["audio_tokens"] - cached["audio_tokens"]) * 32_000_000
        + (cached["text_tokens"] + cached["audio_tokens"]) * 400_000
        + taken["text_tokens"] * 16_000_000
        + taken["audio_tokens"] * 64_000_000
    )
    return picos


async def _call_when(talker: Talker, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask how the call stands until it stands so."""
    async with asyncio.timeout(20):
        while not wanted(call := await talker.call()):
            await asyncio.sleep(0.05)
    return call


def test_usage_is_exact_from_the_upstreams_words_to_the_operators_table(tmp_path: Path) -> None:
    async def talk(address: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        async with talking(address) as talker:
            done = [await talker.type(text) for text in ("Goodbye", "Hello")]
            heard = [event["response"]["usage"] for event in done]
            most = sum(usage["output_tokens"] for usage in heard)
            call = await _call_when(talker, lambda call: call["usage"]["output_tokens"] >= most)
            return heard, call["usage"]

    with SimulatorProcess() as simulator:
        environment = _environment(simulator, tmp_path)
        with RelayProcess(environment) as relay:
            heard, told = asyncio.run(talk(f"http://127.0.0.1:{relay.port}"))
        words = ("-m", "relay", "usage", "--by", "caller", "--csv")
        with Program(*words, environment=environment) as program:
            assert program.process.wait(20) == 0
            program.stop()
            [row] = csv.DictReader(io.StringIO(program.output))

    assert told["input_tokens"] == sum(usage["input_tokens"] for usage in heard)
    assert told["output_tokens"] == sum(usage["output_tokens"] for usage in heard)
    assert told["complete"] is True
    assert (row["responses"], row["with_gaps"], row["all_priced"]) == ("2", "0", "yes")
    assert int(row["cost_picos"]) == sum(_picos(usage) for usage in heard)


def test_a_spent_budget_hangs_up_and_keeps_the_caller_out(tmp_path: Path) -> None:
    async def talk(address: str) -> tuple[dict[str, Any], dict[str, Any]]:
        async with talking(address) as talker:
            await talker.type("Goodbye")
            call = await _call_when(talker, lambda call: call["state"] == "ended")
        with pytest.raises(Refused) as refused:
            async with talking(address):
                pass
        return call, refused.value.problem

    with SimulatorProcess() as simulator:
        with RelayProcess(_environment(simulator, tmp_path, RELAY_MONEY_PER_DAY="0.0001")) as relay:
            call, problem = asyncio.run(talk(f"http://127.0.0.1:{relay.port}"))
        assert only_call(simulator)["end_reason"] == "hung_up"

    assert (call["state"], call["reason"]) == ("ended", "budget")
    assert (problem["status"], problem["code"]) == (429, "money_spent")
    assert problem["retry_after"] > 0
