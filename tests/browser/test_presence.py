"""A page that is there keeps its call, whatever the network or the relay do; a call that ends says why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.ledger import only_call
from tests.browser.presences import (
    BROKEN_OFF,
    OFFLINE,
    PRESENCE_SECONDS,
    SLACK_SECONDS,
    HardyRelay,
    Stopwatch,
    streams,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess

pytestmark = pytest.mark.alone
_PICTURES = Path(__file__).parent / "artefacts"
MAX_SECONDS = 5


@pytest.fixture(scope="module", name="hardy")
def _hardy(simulator: SimulatorProcess) -> Iterator[HardyRelay]:
    """A relay that hears of a missing page after two seconds."""
    with HardyRelay(simulator) as relay:
        yield relay
        assert "Traceback" not in relay.output, relay.output


@pytest.fixture(scope="module", name="strict")
def _strict(simulator: SimulatorProcess) -> Iterator[HardyRelay]:
    """A relay whose calls last five seconds."""
    with HardyRelay(simulator, RELAY_MAX_CALL_SECONDS=str(MAX_SECONDS)) as relay:
        yield relay
        assert "Traceback" not in relay.output, relay.output


def _lives(page: VoicePage, simulator: SimulatorProcess) -> bool:
    """Whether both sides still talk, and nobody has hung up."""
    page.type("Hello")
    page.wait_for_state("speaking")
    return bool(only_call(simulator)["hang_ups"] == 0)


def test_a_page_that_is_there_keeps_its_call_with_one_stream_after_the_other(
    visit: Visit, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    page = visit(at=hardy.url)
    page.start()
    before = streams(page)
    page.tab.wait_for_timeout(2.5 * PRESENCE_SECONDS * 1000)

    assert streams(page) - before in (2, 3)
    assert _lives(page, simulator)
    assert hardy.standing(page)["state"] == "live"


def test_a_page_that_is_back_online_in_time_keeps_its_call(
    visit: Visit, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    page = visit(at=hardy.url)
    page.expected = OFFLINE
    page.start()
    page.tab.wait_for_timeout(500)
    page.context.set_offline(True)
    page.tab.wait_for_timeout(PRESENCE_SECONDS * 600)
    watch = Stopwatch("online again")
    with page.tab.expect_response("**/events"):
        page.context.set_offline(False)
    watch.say("the stream was open again")
    page.tab.wait_for_timeout(PRESENCE_SECONDS * 1500)

    assert _lives(page, simulator)


def test_a_call_lives_on_when_the_relay_is_killed_and_comes_back(
    visit: Visit, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    page = visit(at=hardy.url)
    page.expected = BROKEN_OFF
    page.start()
    watch = Stopwatch("kill -9 of the relay")
    hardy.kill()
    page.tab.locator("#notice", has_text="The relay is out of reach").wait_for()
    hardy.restart()
    watch.say("the relay was back")
    page.tab.locator("#notice").wait_for(state="hidden")
    watch.say("the page had found it")
    page.tab.wait_for_timeout(2.5 * PRESENCE_SECONDS * 1000)

    assert "adopted a call" in hardy.output
    assert _lives(page, simulator)
    stop = Stopwatch("stop, at the relay that adopted the call")
    page.stop()
    stop.wait_for_hang_up(simulator, SLACK_SECONDS)


def test_an_operators_end_is_told_in_words(
    visit: Visit, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    page = visit(at=hardy.url)
    page.start()
    tag = hardy.calls()[0]["call"]
    watch = Stopwatch("calls end, with the start of its process")
    assert "Ended: 1." in hardy.command("calls", "end", tag)

    watch.wait_for_hang_up(simulator, SLACK_SECONDS)
    page.wait_for_state("ended", 1)
    assert page.reason == "An operator ended the call."
    assert page.problem.is_hidden()
    assert page.asked("DELETE", "/calls/") == []


def test_a_relay_that_is_stopped_says_so(visit: Visit, simulator: SimulatorProcess) -> None:
    with HardyRelay(simulator) as relay:
        page = visit(at=relay.url)
        page.expected = BROKEN_OFF
        page.start()
        watch = Stopwatch("SIGTERM to the relay")
        relay.stop()
        watch.wait_for_hang_up(simulator, SLACK_SECONDS)
        page.wait_for_state("ended", 3)

    assert page.reason == "The relay was stopped and hung up first."


def test_the_limit_is_warned_of_counted_down_and_then_the_end(
    visit: Visit, strict: HardyRelay, simulator: SimulatorProcess
) -> None:
    page = visit(at=strict.url)
    watch = Stopwatch(f"limit of {MAX_SECONDS} s, from the click")
    page.start()
    page.tab.locator("#clock", has_text="left").wait_for()

    page.tab.locator("#limit").wait_for(timeout=MAX_SECONDS * 1000)
    watch.say("warned")
    assert "about to reach its time limit" in page.tab.locator("#limit").inner_text()
    page.tab.locator("#limit-left", has_text="0:01 left").wait_for()
    page.keep_picture(_PICTURES / "warning.png")

    watch.wait_for_hang_up(simulator, MAX_SECONDS + SLACK_SECONDS)
    page.wait_for_state("ended", 1)
    assert page.reason == "The call reached the relay\N{RIGHT SINGLE QUOTATION MARK}s time limit."
    assert page.tab.locator("#limit").is_hidden()
    assert page.problem.is_hidden()
    page.keep_picture(_PICTURES / "limit_reached.png")


def test_a_relay_that_has_forgotten_the_call_ends_it(
    visit: Visit, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    page = visit(at=hardy.url)
    page.expected = [r"status of 404"]
    page.tab.route("**/events", lambda route: route.fulfill(status=404))
    page.start(until="ended")

    assert page.reason == "The relay no longer knows this call."
