"""The set-up is checked without a call: each check comes out in words, and the report gives nothing away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage


def _outcomes(page: VoicePage) -> dict[str, str]:
    """Run the checks; how each came out."""
    page.tab.locator("#checks-panel > summary").click()
    page.tab.locator("#checks-run").click()
    page.tab.locator("#checks-copy").wait_for(timeout=20_000)
    lines = page.tab.locator("#checks > li").evaluate_all(
        "(all) => all.map(({ dataset }) => [dataset.check, dataset.outcome])"
    )
    return dict(lines)


def test_where_all_is_well_it_says_so(visit: Visit) -> None:
    page = visit(microphone="chatter", permissions=["clipboard-read", "clipboard-write", "microphone"])
    outcomes = _outcomes(page)

    assert set(outcomes.values()) <= {"good", "unknown"}, outcomes
    assert {"secure_context", "browser", "permission", "microphone_level", "relay", "loop"} <= outcomes.keys()
    assert page.tab.locator("#checks-said").inner_text() == "All is well: a call should work."
    assert page.state == "idle"
    assert page.asked("POST", "/connect") == []

    page.tab.locator("#checks-copy").click()
    page.tab.locator("#checks-said", has_text="Copied.").wait_for()
    report = page.tab.evaluate("navigator.clipboard.readText()")
    assert report == page.tab.locator("#checks-report").input_value()
    assert "- microphone_level: good" in report
    assert not re.search(r"://|\d+\.\d+\.\d+\.\d+(?!.*Safari)|localhost|relay\.test", report), report


def test_a_silent_microphone_is_found_and_said(visit: Visit) -> None:
    page = visit(microphone="silence")
    outcomes = _outcomes(page)

    assert outcomes["microphone_level"] == "bad"
    assert "will probably not work" in page.tab.locator("#checks-said").inner_text()


def test_a_refused_microphone_is_found_and_said(visit: Visit) -> None:
    page = visit(microphone="refused")
    outcomes = _outcomes(page)

    assert outcomes["microphone_level"] == "bad"
    line = page.tab.locator('#checks > li[data-check="microphone_level"]').inner_text()
    assert "The microphone was refused. So nothing could be heard." in line


def test_a_problem_leads_to_the_checks(visit: Visit) -> None:
    page = visit(microphone="refused")
    page.tab.locator("#start").click()
    page.wait_for_problem("microphone_refused")

    page.problem.get_by_role("button", name="Check my set-up").click()

    page.tab.locator('#checks > li[data-check="secure_context"][data-outcome="good"]').wait_for()
    page.tab.locator("#checks-copy").wait_for(timeout=20_000)
