"""What the relay tells of a call is shown: cost, tools, a guard, warnings with their cause, endings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.moments import told
from tests.browser.told import configure, tell

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess


def _fact(page: VoicePage, fact: str) -> str:
    return page.tab.locator(f'#facts [data-fact="{fact}"] dd').inner_text()


def _notice(page: VoicePage, code: str) -> str:
    return page.tab.locator(f'#notice [data-code="{code}"] > span').inner_text()


def test_a_private_profile_shows_what_it_is_and_takes_no_instructions(visit: Visit) -> None:
    page = visit()
    private = {"name": "secret", "title": "Secret", "description": "For tests.", "instructions_max_bytes": 0}
    configure(page, {"title": "Open"}, {**private, "private": True, "recorded": True})
    assert page.tab.locator("#instructions").is_visible()
    assert page.tab.locator("#profile-private").is_hidden()
    assert page.tab.locator("#profile-recorded").is_hidden()

    page.tab.locator("#profile").select_option("secret")

    assert page.tab.locator("#profile-description").inner_text() == "For tests."
    assert page.tab.locator("#profile-private").is_visible()
    assert page.tab.locator("#profile-recorded").is_visible()
    assert page.tab.locator("#instructions").is_hidden()
    assert page.tab.locator("#preset").is_hidden()


def test_a_recorded_call_says_so_as_long_as_it_lasts(visit: Visit) -> None:
    page = visit()
    configure(page, {"recorded": True})
    page.start()

    assert "keeps its transcript" in page.tab.locator("#recording").inner_text()
    page.stop()
    assert page.tab.locator("#recording").is_hidden()


def test_a_profile_for_those_who_signed_in_is_marked(visit: Visit) -> None:
    page = visit()
    configure(page, {"title": "Open"}, {"name": "staff", "title": "Staff", "sign_in": True})

    assert page.tab.locator("#profile option").all_inner_texts() == ["Open", "Staff (sign in)"]


def test_cost_tools_limits_and_guard_are_shown_while_they_happen(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    page = visit()
    told(page, simulator)

    assert _fact(page, "cost") == "$0.0123"
    assert _fact(page, "tokens") == "1,204 heard and read, 310 said"
    assert _fact(page, "left") == "39,000 tokens, full again in 42 seconds"
    assert _fact(page, "sideband") == "yes"
    assert page.tab.locator("#clock-cost").inner_text() == ", $0.0123 so far"
    assert page.tab.locator("#tools li").all_inner_texts() == [
        "“find_course” answered after 412 ms",
        "“book_course” is being asked",
        "“weather” did not answer in time",
    ]
    assert "changed the settings of the call (instructions). The relay has put them back." in _notice(
        page, "guard"
    )
    assert "could not be written down" in _notice(page, "failed")


def test_the_cost_is_not_shown_where_the_profile_does_not(visit: Visit) -> None:
    page = visit()
    usage = {"input_tokens": 5, "output_tokens": 6, "cost": "1.00", "currency": "USD", "complete": True}
    tell(page, ("usage", usage))
    page.start()

    page.tab.locator('#facts [data-fact="tokens"]').wait_for()
    assert page.tab.locator('#facts [data-fact="cost"]').count() == 0
    assert page.tab.locator("#clock-cost").is_hidden()


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("time", "about to reach its time limit"),
        ("idle", "Nobody has spoken for a while"),
        ("money", "nearly used up what it may cost"),
        ("speech", "nearly used up its speaking time"),
    ],
)
def test_a_warning_says_its_cause_and_counts_down(cause: str, words: str, visit: Visit) -> None:
    page = visit()
    tell(page, ("warning", {"seconds_left": 45, "cause": cause}))
    page.start()

    assert words in page.tab.locator("#limit-words").inner_text()
    assert page.tab.locator("#limit-left").inner_text().startswith("0:4")
    if cause == "idle":
        page.type("Hello")
        page.tab.locator("#limit").wait_for(state="hidden")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("idle", "Nobody had spoken for a while, so the relay hung up."),
        ("budget", "The call had used up what it may cost, so the relay hung up."),
        ("upstream_ended", "The other side ended the call."),
        ("operator", "An operator ended the call."),
        ("new_one", "The relay ended the call (new_one)."),
    ],
)
def test_an_ending_by_the_relay_says_why(reason: str, words: str, visit: Visit) -> None:
    page = visit()
    tell(page, ("ended", {"state": "ended", "reason": reason, "seconds": 3}))
    page.tab.locator("#start").click()

    page.wait_for_state("ended")
    assert page.reason == words


def test_a_notice_can_be_put_away_and_no_more_than_three_are_shown(visit: Visit) -> None:
    page = visit()
    tell(
        page,
        ("guard", {"changed": ["tools"], "reverted": False, "times": 1, "ended": False}),
        ("moderated", {"verdict": "cancel"}),
        ("failed", {"what": "tool", "code": "timeout"}),
    )
    page.start()
    page.tab.locator('#notice [data-code="failed"]').wait_for()
    assert page.tab.locator("#notice > p").count() == 3

    page.tab.locator('#notice [data-code="guard"]').get_by_role("button", name="Put this notice away").click()

    left = page.tab.locator("#notice > p").evaluate_all("(all) => all.map(({ dataset }) => dataset.code)")
    assert left == ["moderated", "failed"]


def test_the_relay_gets_ready_while_the_pointer_is_on_its_way_once_for_each_choice(visit: Visit) -> None:
    page = visit()
    page.tab.route("**/prepare", lambda route: route.fulfill(status=204))
    configure(page, prepare=True)
    elsewhere, start = page.tab.locator("h1"), page.tab.locator("#start")
    with page.tab.expect_request("**/prepare"):
        start.hover()
    elsewhere.hover()
    start.hover()
    elsewhere.hover()
    assert len(page.asked("POST", "/prepare")) == 1

    page.tab.locator("#voice").select_option("verse")
    with page.tab.expect_request("**/prepare"):
        start.hover()
    elsewhere.hover()
    page.tab.evaluate("const now = performance.now(); performance.now = () => now + 5 * 60_000")
    with page.tab.expect_request("**/prepare"):  # what was prepared may have lapsed
        start.hover()
    page.start()
    assert len(page.asked("POST", "/prepare")) == 3
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye.")


def test_instructions_that_are_too_long_are_told_before_anything_is_sent(visit: Visit) -> None:
    page = visit()
    configure(page, {"instructions_max_bytes": 10})
    page.tab.locator('#instructions[aria-invalid="true"]').wait_for()
    page.tab.locator("#start").click()

    said = page.wait_for_problem("instructions_too_long")
    assert "this relay takes 10." in said
    assert page.state == "idle"
    assert page.asked("POST", "/connect") == []

    page.tab.locator("#instructions").fill("Be short.")
    page.start()
    assert page.problem.is_hidden()
