"""Every way a call ends, and that the upstream hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.ledger import only_call, wait_for_hang_up
from tests.doubles.process import RelayProcess
from tests.secrecy import API_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Route

    from tests.browser.conftest import Visit
    from tests.doubles.process import SimulatorProcess

_RECORDING = "window.observed.peers.at(-1).getSenders()[0].track.readyState"


@pytest.fixture(scope="module", name="plain_relay")
def _plain_relay() -> Iterator[RelayProcess]:
    """A relay as `make run` starts it, whose simulator ends calls after four seconds."""
    with RelayProcess({"SIMULATOR_SESSION_SECONDS": "4"}) as process:
        yield process
        assert "Traceback" not in process.output, process.output


def test_stop_releases_the_microphone_and_hangs_up(visit: Visit, simulator: SimulatorProcess) -> None:
    page = visit()
    page.start()
    page.stop()

    wait_for_hang_up(simulator)
    assert page.reason == "You hung up."
    assert page.tab.evaluate(_RECORDING) == "ended"
    assert len(page.asked("DELETE", "/calls/")) == 1


def test_stop_while_connecting_hangs_up_too(visit: Visit, simulator: SimulatorProcess) -> None:
    simulator.fault(step="calls", kind="delay", delay_ms=700)
    page = visit()
    page.start(until="connecting")
    page.tab.wait_for_timeout(200)
    page.stop()

    wait_for_hang_up(simulator, 4)


def test_stop_in_the_moment_of_the_answer_leaves_no_call(visit: Visit, simulator: SimulatorProcess) -> None:
    page = visit()

    def answered_but_not_read(route: Route) -> None:
        """The relay has sent its answer; before the page has it, the person presses Stop."""
        answer = route.fetch()
        page.tab.locator("#start[data-action=stop]").dispatch_event("click")
        route.fulfill(response=answer)

    page.tab.route("**/connect", answered_but_not_read)
    page.start(until="ended")

    wait_for_hang_up(simulator, 0.9)
    assert len(page.asked("DELETE", "/calls/")) == 1
    assert page.reason == "You hung up."


@pytest.mark.parametrize("means", ["closing the tab", "going elsewhere"])
def test_leaving_the_page_hangs_up_by(means: str, visit: Visit, simulator: SimulatorProcess) -> None:
    page = visit()
    page.start()

    if means == "closing the tab":
        page.tab.close()
    else:
        page.tab.goto("about:blank")

    wait_for_hang_up(simulator)


def test_a_second_call_follows_the_first(visit: Visit, simulator: SimulatorProcess) -> None:
    page = visit()
    page.start()
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye.", final=False)
    page.stop()
    wait_for_hang_up(simulator)

    page.start()

    assert page.lines("assistant") == []
    assert simulator.ledger()["connected"] == 2


def test_the_upstreams_hang_up_is_told(visit: Visit, simulator: SimulatorProcess) -> None:
    page = visit()
    page.start()
    call = only_call(simulator)
    address = f"/openai/v1/realtime/calls/{call['id']}/hangup"
    assert simulator.client.post(address, headers={"api-key": API_KEY}).is_success

    page.wait_for_state("ended", 5)
    assert page.reason == "The other side ended the call."


def test_the_upstreams_time_limit_is_a_normal_end(visit: Visit, plain_relay: RelayProcess) -> None:
    page = visit(at=plain_relay.url)
    page.start()

    page.wait_for_state("ended", 8)
    assert page.reason == "The call reached the upstream’s time limit."  # noqa: RUF001 - as it is written
    assert page.problem.is_hidden()


def test_the_simulator_is_never_mistaken_for_the_real_thing(visit: Visit, plain_relay: RelayProcess) -> None:
    with_simulator, with_azure = visit(at=plain_relay.url), visit()

    assert "Simulator" in with_simulator.tab.locator("#simulator-badge").inner_text()
    assert with_azure.tab.locator("#simulator-badge").is_hidden()
