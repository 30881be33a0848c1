"""The page itself: what it asks for, what its policy allows, how it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_it_asks_nobody_but_the_relay(visit: Visit) -> None:
    page = visit()
    page.start()
    page.stop()

    assert len(page.requests) > 20
    assert [request for request in page.requests if f" {page.address}/" not in request] == []


def test_the_policy_is_kept_and_a_breach_would_be_seen(visit: Visit) -> None:
    page = visit()
    page.start()
    assert page.complaints == []

    page.expected = [
        "policy violated",
        "Content Security Policy",
        "TrustedHTML|Trusted Type|requires 'Trusted",
    ]
    page.tab.evaluate(
        """() => { const script = document.createElement("style"); script.textContent = "b { color: red }";
                   document.head.append(script); }"""
    )
    page.tab.wait_for_timeout(100)
    assert any("policy violated: style-src" in complaint for complaint in page.complaints)

    refused = page.tab.evaluate(
        """() => { try { document.body.insertAdjacentHTML("beforeend", "<b>markup</b>"); return false; }
                   catch (error) { return error instanceof TypeError; } }"""
    )
    assert refused is True
    page.tab.wait_for_timeout(100)
    assert any("require-trusted-types-for" in complaint for complaint in page.complaints)


def _in_call(page: VoicePage) -> None:
    page.start()
    page.type("Averyveryverylongwordwithoutanyplacetobreakit" * 4)
    page.wait_for_line("assistant", "You typed a message.", final=False)


def _with_problem(page: VoicePage) -> None:
    page.expected = [r"status of 502"]
    page.tab.locator("#start").click()
    page.wait_for_problem("upstream_auth")


_BROKEN_WORDS = """() => {
  const told = [];
  for (const each of document.querySelectorAll(".side-label, .pill, .timing td, #start-label")) {
    if (!each.checkVisibility() || each.closest("details:not([open])")) continue;
    const words = document.createRange();
    words.selectNodeContents(each);
    const lines = new Set([...words.getClientRects()].map(({ bottom }) => Math.round(bottom / 12)));
    if (lines.size > 1) told.push(each.textContent.trim());
  }
  const message = document.getElementById("message");
  if (message.checkVisibility() && message.scrollHeight > 48) told.push(message.placeholder);
  const top = (id) => document.getElementById(id).getBoundingClientRect().top;
  if (Math.abs(top("mute") - top("interrupt")) > 1) told.push("Mute and Interrupt are stacked");
  return told;
}"""


@pytest.mark.parametrize("touch", [True, False])
def test_at_320_pixels_words_and_controls_keep_their_lines(touch: bool, visit: Visit) -> None:
    page = visit(viewport={"width": 320, "height": 640}, has_touch=touch)
    page.start()
    page.tab.locator("#timing-panel > summary").click()
    page.tab.locator("#message").wait_for()

    assert page.tab.evaluate(_BROKEN_WORDS) == []


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("moment", [None, _in_call, _with_problem])
def test_nothing_sticks_out_on_a_phone(
    moment: object, width: int, visit: Visit, simulator: SimulatorProcess
) -> None:
    if moment is _with_problem:
        simulator.fault(step="mint", status=403, times="always")
    page = visit(viewport={"width": width, "height": 844}, is_mobile=True, has_touch=True)
    if callable(moment):
        moment(page)
    for panel in page.tab.locator("details > summary").all()[:2]:
        panel.click()

    assert page.tab.evaluate(_OVERFLOW) == 0
    start = page.tab.locator("#start").bounding_box()
    assert start is not None
    assert min(start["width"], start["height"]) >= 44
