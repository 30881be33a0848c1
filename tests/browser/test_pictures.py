"""Every moment of the page on three widths, light and dark: it fits, axe finds nothing, a picture is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

from tests.browser.axe import findings
from tests.browser.moments import MOMENTS, behind, idle, in_call, told

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.moments import Moment
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess

_PICTURES: Final = Path(__file__).parent / "artefacts" / "pictures"
_SIZES: Final = ((390, 844), (820, 1180), (1440, 900))
_STILL: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
"""Nothing blinks or fades while its contrast is measured."""
_OVERFLOW: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

Theme = Literal["light", "dark"]


def _picture(page: VoicePage, name: str) -> None:
    """Keep a picture of the whole page."""
    page.tab.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    _PICTURES.mkdir(parents=True, exist_ok=True)
    page.tab.screenshot(path=_PICTURES / f"{name}.png", full_page=True)


@pytest.mark.parametrize("moment", MOMENTS, ids=[moment.__name__ for moment in MOMENTS])
def test_axe_finds_nothing_and_nothing_sticks_out(
    moment: Moment, visit: Visit, simulator: SimulatorProcess
) -> None:
    page = visit(permissions=["clipboard-write", "microphone"], **_STILL)
    moment(page, simulator)

    themes: tuple[Theme, ...] = ("light", "dark")
    for theme in themes:
        page.tab.emulate_media(color_scheme=theme)
        for width, height in _SIZES:
            page.tab.set_viewport_size({"width": width, "height": height})
            _picture(page, f"{moment.__name__}-{width}-{theme}")
            assert page.tab.evaluate(_OVERFLOW) == 0, (width, theme)
            if width != 820:
                assert findings(page.tab) == [], (width, theme)


def test_with_more_contrast_and_with_the_colours_of_the_system_axe_finds_nothing(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    page = visit(**_STILL)
    told(page, simulator)

    themes: tuple[Theme, ...] = ("light", "dark")
    for theme in themes:
        page.tab.emulate_media(contrast="more", color_scheme=theme)
        _picture(page, f"contrast-1440-{theme}")
        assert findings(page.tab) == []
        page.tab.emulate_media(contrast="no-preference", forced_colors="active", color_scheme=theme)
        _picture(page, f"forced-1440-{theme}")
        page.tab.emulate_media(forced_colors="none")


def test_written_from_right_to_left_the_page_is_a_mirror_and_fits(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    page = visit(**_STILL)
    in_call(page, simulator)
    page.tab.evaluate("() => { document.documentElement.dir = 'rtl'; document.documentElement.lang = 'he'; }")

    def left(selector: str) -> float:
        box = page.tab.locator(selector).first.bounding_box()
        assert box is not None
        return box["x"]

    assert left("#meter-assistant") < left("#start") < left("#meter-caller")
    assert left(".column-side") < left(".stage")
    assert left("#send") < left("#message")
    assert left('#transcript > li[data-role="user"]') < left('#transcript > li[data-role="assistant"]')
    for width, height in _SIZES:
        page.tab.set_viewport_size({"width": width, "height": height})
        _picture(page, f"right-to-left-{width}")
        assert page.tab.evaluate(_OVERFLOW) == 0, width


@pytest.mark.parametrize("moment", [idle, in_call, behind], ids=["idle", "in_call", "behind"])
def test_letters_of_twice_the_size_can_be_read(
    moment: Moment, visit: Visit, simulator: SimulatorProcess
) -> None:
    page = visit(**_STILL)
    moment(page, simulator)
    page.tab.set_viewport_size({"width": 820, "height": 1180})
    page.tab.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")

    _picture(page, f"letters-twice-{moment.__name__}")

    assert page.tab.evaluate(_OVERFLOW) == 0


def test_who_wants_less_motion_sees_none(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    page.start()
    page.type("Please tell me a story.")
    page.wait_for_state("speaking")

    assert page.tab.evaluate("document.getAnimations().length") == 0
