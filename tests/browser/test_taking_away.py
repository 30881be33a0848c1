"""What can be taken away from a call: transcript, event log, figures; and finding something in the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage


def _saved(page: VoicePage, button: str) -> tuple[str, str]:
    """Press a button; give name and text of the file that comes."""
    with page.tab.expect_download() as coming:
        page.tab.locator(button).click()
    return coming.value.suggested_filename, Path(coming.value.path()).read_text(encoding="utf-8")


def test_the_transcript_is_saved_for_people_and_for_programs_also_after_the_call(visit: Visit) -> None:
    page = visit()
    assert page.tab.locator("#talk-save").is_hidden()
    page.start()
    page.type("Good*bye*")
    page.wait_for_line("assistant", "")
    page.stop()

    name, text = _saved(page, "#save-markdown")
    assert name.endswith("-transcript.md")
    assert text.startswith("# Voice call of ")
    assert "**You** (0:0" in text
    assert "Good\\*bye\\*" in text
    assert "**Assistant** (0:0" in text

    name, text = _saved(page, "#save-json")
    lines: list[dict[str, Any]] = json.loads(text)["lines"]
    assert name.endswith("-transcript.json")
    assert [line["who"] for line in lines] == ["caller", "assistant"]
    assert lines[0]["text"] == "Good*bye*"


def test_the_log_is_searched_and_saved(visit: Visit) -> None:
    page = visit()
    page.start()
    page.type("Goodbye")
    page.wait_for_event("response.done")
    page.tab.locator("#log-panel > summary").click()

    page.tab.locator("#log-search").fill("goodbye item.create")
    shown = page.tab.locator("#log > li:visible")
    eventually(lambda: shown.count() == 1, otherwise="the search finds another number of lines than one")
    assert shown.get_attribute("data-type") == "conversation.item.create"
    assert page.tab.locator("#log-found").inner_text().startswith("1 of ")
    page.tab.locator("#log-search").fill("")
    assert shown.count() > 5

    name, text = _saved(page, "#log-save")
    assert name.endswith("-events.txt")
    assert "→ conversation.item.create" in text
    assert "delta" not in text


def test_the_connect_is_drawn_as_a_waterfall(visit: Visit) -> None:
    page = visit()
    page.tab.locator("#timing-panel > summary").click()
    assert "where the time goes" in page.tab.locator("#timing-empty").inner_text()
    page.start()
    page.tab.locator("#timing[data-connect-ms]").wait_for()

    bars = page.tab.locator("#timing tr").evaluate_all(
        """(rows) => rows.map((row) => {
             const { left, right } = row.querySelector(".timing-bar").getBoundingClientRect();
             return [row.dataset.mark, Math.round(left), Math.round(right)]; })"""
    )
    places = {mark: (left, right) for mark, left, right in bars}
    assert places["offer"][1] <= places["answer"][0] + 3
    inside = [*places["relay-secret"], *places["relay-exchange"]]
    assert places["answer"][0] - 3 <= min(inside)
    assert max(inside) <= places["answer"][1] + 3
    last = max(places, key=lambda mark: 0 if mark == "sound" else places[mark][1])
    assert last in ("channel", "connected")
    assert page.tab.locator("#timing-summary").inner_text().endswith(" ms")


def test_the_connection_is_drawn_while_somebody_looks_and_its_figures_are_saved(visit: Visit) -> None:
    page = visit(microphone="speech")
    page.tab.locator("#charts-panel > summary").click()
    page.start()
    page.wait_for_line("assistant", "You spoke for about two seconds")

    charts = page.tab.locator("#charts .chart")
    eventually(lambda: charts.count() == 6, otherwise="there are not six charts")
    eventually(
        lambda: page.tab.locator('[data-chart="turns"] rect').count() >= 1,
        otherwise="no time to answer is drawn",
    )
    eventually(
        lambda: (
            "NaN" not in page.tab.locator("#charts").inner_html()
            and len(page.tab.locator('[data-chart="bitrate"] path.line').first.get_attribute("d") or "") > 10
        ),
        otherwise="no bitrate is drawn",
    )
    assert " kbit/s" in page.tab.locator('[data-chart="bitrate"] .chart-now').inner_text()

    name, text = _saved(page, "#charts-save")
    figures = json.loads(text)
    assert name.endswith("-figures.json")
    assert len(figures["samples"]) >= 2
    assert figures["turns"][0]["milliseconds"] > 0
