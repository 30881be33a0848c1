"""The module in pages of other people: ten lines at the relay, and a site on another origin, with a token."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from relay.simulator.filter import PASSED
from tests.browser.conftest import TRANSCRIBING
from tests.browser.guest_site import GuestCall, GuestSite
from tests.browser.ledger import calls, only_call, wait_for_hang_up
from tests.browser.waiting import eventually
from tests.doubles.process import RelayProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess

TOKEN = "a-token-of-the-browser-tests-01"
_FILTER = """(passed) => {
  const make = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...given) {
    const channel = make.apply(this, given);
    channel.addEventListener("message", (event) => {
      if (!passed.includes(JSON.parse(event.data).type)) event.stopImmediatePropagation();
    });
    return channel;
  };
}"""


@contextmanager
def _guest(
    visit: Visit, simulator: SimulatorProcess, *, module: str = "relay-call.js", **how: Any
) -> Iterator[tuple[VoicePage, RelayProcess]]:
    """Open a guest's page; the relay allows its origin and wants a token."""
    settings = how.pop("settings", {})
    microphone = how.pop("microphone", "silence")
    with GuestSite("about:blank") as held:
        origin = held.url
    environment = {
        **simulator.relay_environment(),
        **TRANSCRIBING,
        "RELAY_AUTH": "token",
        "RELAY_AUTH_TOKEN": TOKEN,
        "RELAY_ALLOWED_ORIGINS": origin,
        "RELAY_PRESENCE_SECONDS": "2",
        **settings,
    }
    with RelayProcess(environment) as relay, GuestSite(f"{relay.url}/{module}", origin) as site:
        page = visit(at=site.url, path="/", ready="#ready:not([hidden])", microphone=microphone, **how)
        page.other_hosts = {relay.url.removeprefix("http://")}
        yield page, relay
        page.tab.goto("about:blank")  # before the relay goes


def test_ten_lines_make_a_page_that_talks(visit: Visit, simulator: SimulatorProcess) -> None:
    page = visit(path="/embed.html", ready="#talk", microphone="speech")
    page.tab.locator("#talk").click()

    said = page.tab.locator("#said")
    said.filter(has_text="I heard you well.").wait_for()
    page.wait_for_sound()
    page.tab.locator("#talk").click()

    wait_for_hang_up(simulator)
    assert page.tab.locator("#state").inner_text() == "ended you"
    assert "caller: " in said.inner_text()
    modules = [request for request in page.requests if request.endswith(".js")]
    assert modules == [f"GET {page.address}/relay-call.min.js"]


@pytest.mark.parametrize("module", ["relay-call.js", "relay-call.min.js"])
def test_a_page_on_another_origin_talks_with_a_token(
    module: str, visit: Visit, simulator: SimulatorProcess
) -> None:
    with _guest(visit, simulator, module=module, microphone="speech") as (page, _relay):
        call = GuestCall(page, token=TOKEN)
        call.start()
        call.wait_for_text("assistant", "I heard you well.")
        page.tab.wait_for_timeout(4000)  # longer than the relay lets a page be silent

        assert call.read("isLive")
        assert call.told("sound") == [{"blocked": False}]
        assert call.do("send('Goodbye')")
        call.wait_for_text("assistant", "Goodbye.")
        call.do("hangUp()")

        wait_for_hang_up(simulator)
        assert call.told("ended")[0]["reason"] == "you"
        assert {"caller", "assistant"} == {
            side for side, level in page.tab.evaluate("window.levels").items() if level > 0.2
        }
        (turn, *_) = call.told("turn")
        print(f"\nend of speech → first audio: {turn['milliseconds']:.0f} ms")
        assert 0 < turn["milliseconds"] < 6000


def test_the_figures_of_a_call_are_kept(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator, microphone="speech") as (page, _relay):
        call = GuestCall(page, token=TOKEN)
        call.start()
        eventually(lambda: len(call.told("stats")) >= 3, 8)
        call.do("hangUp()")
        samples = call.read("samples")
        marks = [row["mark"] for row in call.read("timing.rows()")]
        user_timing = page.tab.evaluate("performance.getEntriesByType('mark').map(({ name }) => name)")

    last = samples[-1]
    assert last["roundTrip"] is not None
    assert last["sent"] > 5
    assert last["way"] == "udp"
    assert [mark for mark in marks if not mark.startswith("relay-")] == [
        mark
        for mark in (
            "click",
            "config",
            "offer",
            "microphone",
            "answer",
            "ice",
            "connected",
            "channel",
            "sound",
        )
        if mark in marks
    ]
    assert {"relay-exchange", "channel", "ice", "config"} <= set(marks)
    assert {"relay:click", "relay:channel"} <= set(user_timing)


def test_leaving_the_page_of_a_guest_hangs_up_there_too(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator, settings={"RELAY_PRESENCE_SECONDS": "60"}) as (page, relay):
        GuestCall(page, token=TOKEN).start()
        page.tab.goto("about:blank")

        wait_for_hang_up(simulator)
        relay.wait_for('"reason": "caller"')


def test_without_the_token_the_problem_has_the_relays_name(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator) as (page, _relay):
        page.expected = [r"status of 401"]
        call = GuestCall(page, token="wrong")
        call.start(until="failed")

        (problem,) = call.told("problem")
        assert problem["code"] == "auth_invalid"
        assert problem["page"] == "/problems/auth-invalid"
        assert problem["fatal"]


def test_a_page_whose_origin_is_not_allowed_cannot_even_load_the_module(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    settings = {**simulator.relay_environment(), "RELAY_ALLOWED_ORIGINS": "http://127.0.0.1:1"}
    with RelayProcess(settings) as relay, GuestSite(f"{relay.url}/relay-call.js") as site:
        page = visit(at=site.url, path="/", ready="#click")
        page.expected = [r"CORS policy", r"ERR_FAILED"]
        page.other_hosts = {relay.url.removeprefix("http://")}
        eventually(lambda: page.complaints)

        assert page.tab.evaluate("typeof window.make") == "undefined"


def test_a_connection_that_breaks_is_made_once_more_with_all_that_was_said(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    with _guest(visit, simulator) as (page, _relay):
        simulator.fault(step="media", kind="vanish", delay_ms=4000)
        call = GuestCall(page, token=TOKEN)
        call.start()
        call.do("send('Goodbye')")
        call.wait_for_text("assistant", "Goodbye. It was nice")
        call.wait_for_state("reconnecting", 40)
        call.wait_for_state("listening")

        assert call.told("reconnected") == [{"restored": True, "items": 2}]
        call.do("send('Please tell me a story.')")
        eventually(lambda: len(call.read("transcript")) >= 4)
        texts = [item["text"] for item in call.read("transcript")]
        assert texts[0] == "Goodbye"
        assert texts[2] == "Please tell me a story."
        ledger = simulator.ledger()
        assert (ledger["created"], ledger["live"]) == (2, 1)
        call.do("hangUp()")
        assert len(page.asked("DELETE", "/calls/")) == 2


def test_a_connection_that_breaks_twice_is_a_problem(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator) as (page, _relay):
        simulator.fault(step="media", kind="vanish", delay_ms=2000, times=2)
        call = GuestCall(page, token=TOKEN)
        call.start()
        call.wait_for_state("reconnecting", 40)
        call.wait_for_state("failed", 60)

        assert [problem["code"] for problem in call.told("problem")] == ["media_lost"]
        eventually(lambda: all(each["hang_ups"] for each in calls(simulator)))
        assert len(calls(simulator)) == 2


def test_a_private_profile_needs_no_more_than_the_events_that_the_filter_lets_through(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    with _guest(visit, simulator, microphone="speech") as (page, _relay):
        page.tab.evaluate(_FILTER, sorted(PASSED))
        config = page.tab.evaluate("(token) => window.readConfig({ token })", TOKEN)
        config["profiles"][0]["private"] = True
        call = GuestCall(page, token=TOKEN, config=config)
        call.start()
        call.wait_for_text("assistant", "I heard you well.")
        eventually(lambda: call.read("state") == "listening")

        states = [told["state"] for told in call.told("state")]
        assert states[2:6] == ["listening", "thinking", "speaking", "listening"]
        who = [item["who"] for item in call.read("transcript")]
        assert who[:2] == ["caller", "assistant"]
        call.do("muted = true")
        call.do("send('Please tell me a story.')")
        call.wait_for_state("speaking")
        call.do("interrupt()")
        call.wait_for_state("listening", 3)
        assert "session.created" not in call.read("log.lines.map(({ type }) => type)")


def test_typing_needs_no_microphone(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator, microphone="missing") as (page, _relay):
        call = GuestCall(page, token=TOKEN, microphone=False)
        call.start()
        call.do("send('Goodbye')")

        call.wait_for_text("assistant", "Goodbye.")
        assert "asking" not in [told["state"] for told in call.told("state")]
        assert page.tab.evaluate("window.observed.peers.at(-1).getTransceivers()[0].direction") == "recvonly"
        assert only_call(simulator)["state"] == "connected"


def test_a_silent_microphone_is_noticed_and_a_muted_one_is_not(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    with _guest(visit, simulator) as (page, _relay):
        call = GuestCall(page, token=TOKEN, muted=True)
        call.start()
        page.tab.wait_for_timeout(7000)
        assert call.told("notice") == []
        call.do("muted = false")

        codes = eventually(lambda: [notice["code"] for notice in call.told("notice")], 8)
        assert set(codes) <= {"microphone_zeros", "microphone_silent"}


def test_another_microphone_is_taken_in_the_call_and_mute_is_kept(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    with _guest(visit, simulator) as (page, _relay):
        call = GuestCall(page, token=TOKEN, muted=True)
        call.start()
        microphones = eventually(lambda: call.read("devices.microphones"))
        other = next(each["id"] for each in microphones if each["id"] != call.read("devices.microphone"))

        assert call.do(f"useMicrophone({other!r})")

        assert call.read("devices.microphone") == other
        assert call.read("muted")
        sender = "window.observed.peers.at(-1).getSenders()[0].track"
        assert page.tab.evaluate(f"[{sender}.getSettings().deviceId, {sender}.enabled]") == [other, False]


def test_a_speaker_is_chosen_and_one_that_is_not_there_is_not(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    with _guest(visit, simulator) as (page, _relay):
        call = GuestCall(page, token=TOKEN)
        call.start()
        speakers = eventually(lambda: call.read("devices.speakers"))

        assert call.do(f"useSpeaker({speakers[-1]['id']!r})")
        assert call.read("devices.speaker") == speakers[-1]["id"]
        assert not call.do("useSpeaker('nowhere')")
        assert call.read("devices.speaker") == ""
        assert call.read("isLive")


def test_a_microphone_that_is_unplugged_is_replaced(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator) as (page, _relay):
        call = GuestCall(page, token=TOKEN)
        call.start()
        sender = "window.observed.peers.at(-1).getSenders()[0].track"
        page.tab.evaluate(
            f"""() => {{
              const track = {sender};
              window.first = track.id;
              track.stop();
              track.dispatchEvent(new Event("ended"));
            }}"""
        )

        eventually(lambda: "microphone_replaced" in [notice["code"] for notice in call.told("notice")])
        eventually(
            lambda: page.tab.evaluate(f"{sender}.id !== window.first && {sender}.readyState === 'live'")
        )
        assert call.read("isLive")


def test_push_to_talk_is_heard_only_while_it_is_held(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator, microphone="chatter") as (page, _relay):
        call = GuestCall(page, token=TOKEN, pushToTalk=True)
        call.start()
        page.tab.wait_for_timeout(4000)
        assert call.read("transcript") == []

        call.do("talk(true)")
        eventually(lambda: call.read("transcript"))
        call.do("talk(false)")

        call.wait_for_text("caller", "seconds of speech")
        assert {"muted": False, "talking": True, "pushToTalk": True} in call.told("mute")


def test_the_config_is_read_for_a_page_that_lets_choose(visit: Visit, simulator: SimulatorProcess) -> None:
    with _guest(visit, simulator) as (page, _relay):
        config = page.tab.evaluate("(token) => window.readConfig({ token })", TOKEN)

        assert config["profiles"][0]["voices"]
        assert config["signIn"] == {"kind": "token", "url": ""}
