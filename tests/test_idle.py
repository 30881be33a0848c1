"""A call in which nobody speaks is warned and ended, on the clock of the test."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.call import Reason
from relay.core.facts import Committed, Line, Speech
from relay.idle import IdleClock
from tests.doubles.attended import SUPPORT, Attending

if TYPE_CHECKING:
    from relay.core.facts import Fact

pytestmark = pytest.mark.anyio

WORDS = Line("caller", "item_1", 0, "hello")


class Silent:
    """An idle clock of 60 seconds whose sleep moves the test's clock."""

    def __init__(self, *, transcribed: bool = True) -> None:
        transcription = {"model": "transcriber"} if transcribed else None
        self.attending = Attending(profile=replace(SUPPORT, transcription=transcription))
        self.clock = self.attending.clock
        self.part = IdleClock(self.attending.attended, idle_seconds=60, sleep=self._sleep)
        self.until = self.clock.now().boot_seconds

    async def run(self, seconds: float) -> None:
        """Let time pass, look by look."""
        self.until += seconds
        for _ in range(20):
            await asyncio.sleep(0)
        self.clock.advance(self.until - self.clock.now().boot_seconds)

    async def _sleep(self, seconds: float) -> None:
        then = self.clock.now().boot_seconds + seconds
        while then > self.until:
            await asyncio.sleep(0)
        self.clock.advance(then - self.clock.now().boot_seconds)


async def test_silence_is_warned_of_and_ended() -> None:
    silent = Silent()
    await silent.part.attached(again=False)
    await silent.run(59)
    warned = list(silent.attending.published)
    before = list(silent.attending.ended)
    await silent.run(10)
    await silent.part.close()

    [(kind, body)] = warned
    assert (kind, body["cause"], round(float(str(body["seconds_left"])))) == ("warning", "idle", 15)
    assert (before, silent.attending.ended) == ([], [Reason.IDLE])


@pytest.mark.parametrize(
    ("fact", "ended"),
    [
        (WORDS, False),
        (Speech("caller", began=True), True),
        (Committed("item_1"), True),
    ],
)
async def test_words_and_not_noise_keep_a_call_alive(fact: Fact, *, ended: bool) -> None:
    silent = Silent()
    await silent.part.attached(again=False)
    silent.clock.advance(40)
    await silent.part.take(fact)
    silent.clock.advance(30)
    goes_on = await silent.part.look()
    await silent.part.close()

    assert goes_on is not ended
    assert silent.attending.ended == ([Reason.IDLE] if ended else [])


async def test_the_clock_stands_still_while_nobody_can_hear() -> None:
    silent = Silent()
    await silent.part.attached(again=False)
    await silent.run(50)
    await silent.part.lost()
    await silent.run(500)
    assert silent.attending.ended == []
    await silent.part.attached(again=True)
    await silent.run(30)
    assert silent.attending.ended == []
    await silent.run(60)
    await silent.part.close()

    assert silent.attending.ended == [Reason.IDLE]


async def test_a_call_that_is_over_is_looked_at_no_more() -> None:
    silent = Silent()
    await silent.part.attached(again=False)
    await silent.part.close()
    await silent.run(500)

    assert (silent.attending.published, silent.attending.ended) == ([], [])
