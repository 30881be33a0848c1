"""Calls whose sidebands are cut at random, of a relay that is killed: what it booked against what was used.

Part of ``make storm``; alone: ``python -m tests.faults.sidebands [--calls 1000] [--kills 3] [--seed 7]``.
The simulator, without media, is the judge: its ledger knows the tokens of every call. Each caller types a few
messages, then hangs up or leaves. Half of the sidebands break after a moment, again and again. What must
hold: a call's booked tokens are the ledger's, or the call says that they are not complete; none says more
than was used; every call is over in the end. Ends with 1 when that does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.doubles.process import SimulatorProcess
from tests.faults.house import Relay, free_port, offer_of
from tests.faults.report import add_to_results

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLS = 1_000
AT_ONCE = 40
KILLS = 3
CUT_SHARE = 0.5
CUT_SECONDS = (0.05, 2.0)
TURN_SECONDS = (0.1, 1.2)
SETTLE_SECONDS = 30.0
TYPED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
TURN = [
    {"type": "conversation.item.create", "item": TYPED},
    {"type": "response.create", "response": {"output_modalities": ["text"]}},
]


@dataclass
class Told:
    """One call: what the relay says of it."""

    marker: int
    location: str
    usage: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    reason: str = ""


@dataclass
class Tally:
    """What came of all calls.

    Args:
        calls: How many there were.
        exact: Those whose tokens are the ledger's, to the token, and that say so.
        marked: Those that say that something is missing.
        marked_exact: Those of them that are the ledger's all the same.
        wrong: Calls that say they are complete and are not, or that tell more than was used.
        open_left: Calls that are not over.
        tokens: Used in all, by the ledger; `booked` is the relay's sum.
        sidebands: How often one was attached.
        kills: How often the relay was killed.
    """

    calls: int = 0
    exact: int = 0
    marked: int = 0
    marked_exact: int = 0
    wrong: list[str] = field(default_factory=list)
    open_left: int = 0
    tokens: int = 0
    booked: int = 0
    sidebands: int = 0
    kills: int = 0

    def table(self, seconds: float) -> str:
        """Write it down for people."""
        return (
            "| calls | seconds | kills | sidebands | exact | marked | **wrong** | still open |\n"
            "|---|---|---|---|---|---|---|---|\n"
            f"| {self.calls} | {seconds:.0f} | {self.kills} | {self.sidebands} | {self.exact} "
            f"| {self.marked} | **{len(self.wrong)}** | {self.open_left} |\n\n"
            f"Tokens: {self.tokens} used by the simulator's ledger, {self.booked} booked by the relay; "
            f"{self.marked_exact} of the marked calls are exact all the same.\n"
            "Wrong: says that it is complete and is not, or tells more than was used.\n"
        )

    @property
    def holds(self) -> bool:
        """Whether nothing was guessed and nothing left open."""
        return not self.wrong and not self.open_left


class _House:
    """A relay that comes back on the same port and state folder."""

    def __init__(self, simulator: SimulatorProcess, folder: Path) -> None:
        self.simulator = simulator
        self._folder = folder
        self._port = free_port()
        self.kills = 0
        self.relay = self._relay()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _relay(self) -> Relay:
        settings = {"RELAY_PRESENCE_SECONDS": "60", "RELAY_ON_STOP": "keep", "RELAY_IDLE_SECONDS": "0"}
        return Relay(self.simulator, self._folder, settings, port=self._port)

    def kill(self) -> None:
        self.relay.kill()
        self.relay.__exit__()
        self.kills += 1
        self.relay = self._relay()


async def _retried(client: httpx.AsyncClient, method: str, url: str, **options: Any) -> httpx.Response:
    """Ask until somebody answers: the relay may be dead at the moment."""
    until = time.monotonic() + 60
    while True:
        try:
            response = await client.request(method, url, **options)
        except httpx.TransportError:
            assert time.monotonic() < until, "the relay does not come back"
        else:
            if response.status_code != 503:
                return response
        await asyncio.sleep(0.1)


async def _call(house: _House, client: httpx.AsyncClient, marker: int, chance: random.Random) -> Told | None:
    """Place one call, take a few turns, and end it one way or the other."""
    placed = await _retried(client, "POST", f"{house.url}/connect", json={"sdp": offer_of(marker)})
    if placed.status_code != 201:
        return None  # killed in the middle: whoever placed it may try again
    told = Told(marker, placed.headers["location"])
    browser = await _browser_of(house, client, marker)
    for _ in range(chance.randint(1, 4)):
        await client.post(browser, json=TURN)
        await asyncio.sleep(chance.uniform(*TURN_SECONDS))
    if chance.random() < 0.5:
        await client.delete(browser)
    else:
        await _retried(client, "DELETE", f"{house.url}{told.location}")
    return told


async def _browser_of(house: _House, client: httpx.AsyncClient, marker: int) -> str:
    wanted = hashlib.sha256(offer_of(marker).encode()).hexdigest()
    ledger = (await client.get(f"{house.simulator.url}/simulator/calls")).json()
    call_id = next(call["id"] for call in ledger["calls"] if call["offer_sha256"] == wanted)
    return f"{house.simulator.url}/simulator/calls/{call_id}"


async def run(calls: int, kills: int, seed: int) -> Tally:
    """Let them all come, kill the relay meanwhile, and compare."""
    chance = random.Random(seed)
    with (
        tempfile.TemporaryDirectory(prefix="sidebands-") as folder,
        SimulatorProcess("--no-media") as simulator,
    ):
        faults = [
            {"step": "sideband", "kind": "cut", "delay_ms": round(chance.uniform(*CUT_SECONDS) * 1000)}
            if chance.random() < CUT_SHARE
            else {"step": "sideband", "kind": "close", "status": 1011, "delay_ms": 3_600_000}
            for _ in range(calls * 4)
        ]
        assert simulator.client.post("/simulator/faults", json=faults).is_success
        house = _House(simulator, Path(folder))
        try:
            return await _run(house, calls, kills, chance)
        finally:
            house.relay.__exit__()


async def _run(house: _House, calls: int, kills: int, chance: random.Random) -> Tally:
    places = asyncio.Semaphore(AT_ONCE)
    done: list[Told] = []
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:

        async def one(marker: int) -> None:
            async with places:
                told = await _call(house, client, marker, random.Random(marker))
            if told is not None:
                done.append(told)

        tasks = [asyncio.create_task(one(1_000_000 + number)) for number in range(calls)]
        for kill in range(kills):
            while len(done) < calls * (kill + 1) / (kills + 1) and not all(task.done() for task in tasks):
                await asyncio.sleep(chance.uniform(0.05, 0.2))
            await asyncio.to_thread(house.kill)
        await asyncio.gather(*tasks)
        until = time.monotonic() + SETTLE_SECONDS
        while True:
            for told in done:
                found = (await _retried(client, "GET", f"{house.url}{told.location}")).json()
                told.usage, told.state, told.reason = found["usage"], found["state"], found["reason"] or ""
            if all(told.state == "ended" for told in done) or time.monotonic() > until:
                break
            await asyncio.sleep(0.5)
        ledger = (await client.get(f"{house.simulator.url}/simulator/calls")).json()
    return _compare(done, ledger, house.kills)


def _compare(done: list[Told], ledger: Mapping[str, Any], kills: int) -> Tally:
    tally = Tally(calls=len(done), kills=kills, sidebands=ledger["requests"]["sideband"])
    by_offer = {call["offer_sha256"]: call for call in ledger["calls"]}
    for told in done:
        used = by_offer[hashlib.sha256(offer_of(told.marker).encode()).hexdigest()]["usage"]
        truth = (used.get("input_tokens", 0), used.get("output_tokens", 0))
        said = (told.usage["input_tokens"], told.usage["output_tokens"])
        tally.tokens += sum(truth)
        tally.booked += sum(said)
        tally.open_left += told.state != "ended"
        complete = bool(told.usage["complete"])
        tally.exact += complete and said == truth
        tally.marked += not complete
        tally.marked_exact += not complete and said == truth
        if (complete and said != truth) or any(
            mine > theirs for mine, theirs in zip(said, truth, strict=True)
        ):
            tally.wrong.append(
                f"{told.marker}: said {said}, used {truth}, complete {complete}, {told.reason}"
            )
    return tally


def main() -> int:
    """Run it and say what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    began = time.monotonic()
    tally = asyncio.run(run(given.calls, given.kills, given.seed))
    table = tally.table(time.monotonic() - began)
    print(table)
    add_to_results("sidebands", table)
    for line in tally.wrong[:20]:
        print(f"  {line}")
    return 0 if tally.holds else 1


if __name__ == "__main__":
    sys.exit(main())
