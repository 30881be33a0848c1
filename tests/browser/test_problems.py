"""What goes wrong behind the page is told on it: title, detail, a link to the page that explains it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tests.browser.conftest import NAMES
from tests.browser.ledger import calls, wait_for_hang_up
from tests.browser.waiting import eventually
from tests.doubles.process import RelayProcess
from tests.secrecy import API_KEY

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess


def _explained(page: VoicePage) -> str:
    """Open the page that the problem links to and give back its words."""
    with page.context.expect_page() as opening:
        page.problem.get_by_role("link").click()
    explanation = opening.value
    explanation.wait_for_load_state()
    assert explanation.locator("h2").all_inner_texts() == ["Usual causes", "What to do"]
    return explanation.locator("h1").inner_text()


def test_a_limit_of_the_upstream_is_told_with_its_wait(visit: Visit, simulator: SimulatorProcess) -> None:
    simulator.fault(step="calls", kind="rate_limited", headers={"Retry-After": "7"})
    page = visit()
    page.expected = [r"status of 503"]
    page.tab.locator("#start").click()

    said = page.wait_for_problem("upstream_rate_limited")

    assert "The upstream's limits are reached" in said
    assert "try again in 7 seconds" in said
    assert "Request " in said
    assert _explained(page) == "The upstream's limits are reached"


def test_a_refused_credential_is_told_and_the_next_call_works(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="mint", status=401, times="always")
    page = visit()
    page.expected = [r"status of 502"]
    page.tab.locator("#start").click()

    assert "The upstream refuses the relay's credential" in page.wait_for_problem("upstream_auth")
    assert page.state == "failed"
    assert _explained(page) == "The upstream refuses the relay's credential"

    simulator.reset()
    page.start()
    assert page.problem.is_hidden()


def test_an_upstream_that_takes_too_long_is_told(visit: Visit, simulator: SimulatorProcess) -> None:
    simulator.fault(step="calls", kind="delay", delay_ms=3000)
    with RelayProcess({**simulator.relay_environment(), "RELAY_EXCHANGE_SECONDS": "1"}) as relay:
        page = visit(at=relay.url)
        page.expected = [r"status of 504"]
        page.tab.locator("#start").click()

        assert "The upstream did not answer in time" in page.wait_for_problem("upstream_timeout", 8)
        assert _explained(page) == "The upstream did not answer in time"
        wait_for_hang_up(simulator, 5)


def test_an_unreachable_upstream_and_then_an_unreachable_relay_are_told_apart(visit: Visit) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    settings = {"AZURE_OPENAI_BASE_URL": nobody, "AZURE_OPENAI_API_KEY": API_KEY, **NAMES}
    with RelayProcess(settings) as relay:
        page = visit(at=relay.url)
        page.expected = [r"status of 502", r"ERR_CONNECTION_REFUSED"]
        page.tab.locator("#start").click()
        assert "The upstream cannot be reached" in page.wait_for_problem("upstream_unreachable")
        assert _explained(page) == "The upstream cannot be reached"

    page.tab.locator("#start").click()
    assert "Check that the relay is running" in page.wait_for_problem("relay_unreachable")


def test_media_that_never_connects_is_told_by_the_pages_own_clock(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="media", kind="mute")
    page = visit()
    page.tab.clock.install()
    page.tab.locator("#start").click()
    page.tab.locator("#timing tr[data-mark=answer]").wait_for(state="attached")
    assert page.state == "connecting"

    page.tab.clock.fast_forward(15_000)

    said = page.wait_for_problem("media_blocked", 5)
    assert "The call was made, but sound cannot get through" in said
    assert "firewall" in said
    wait_for_hang_up(simulator)


def test_a_connection_that_breaks_is_made_again_and_what_was_said_is_kept(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="media", kind="vanish", delay_ms=500)
    page = visit()
    page.start()
    page.type("Hello")

    again = page.tab.locator('#notice [data-code="reconnected"]', has_text="Connected again.")
    again.wait_for(timeout=40_000)  # the state in between may be too short to be seen

    assert page.lines("user")[0].text == "Hello"
    assert page.tab.locator('#notice [data-code="unsteady"]').is_hidden()
    assert page.problem.is_hidden()
    assert len(calls(simulator)) == 2
    eventually(lambda: calls(simulator)[1]["hang_ups"], 5, otherwise="the broken call was not hung up")
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye.")


def test_a_failed_answer_and_a_failed_transcript_leave_the_call_intact(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="response", kind="fail", message="Words of the upstream.")
    simulator.fault(step="transcription", kind="fail", code="DeploymentNotFound")
    page = visit(microphone="speech")
    page.start()

    page.tab.locator("#notice", has_text="Words of the upstream.").wait_for()
    page.tab.locator("#transcript .said-note", has_text="transcription deployment does not exist").wait_for()
    page.tab.locator("#mute").click()
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye. It was nice to hear your voice.")
