"""The page in the reader's language: the browser's choice, then the reader's, at any moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from relay.errors import all_problems

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.doubles.process import SimulatorProcess

_PICTURES: Final = Path(__file__).parent / "artefacts" / "pictures"
_ENGLISH: Final = "async () => (await import('/view/words/en.js')).words"
_REMEDIES: Final = "async () => (await import('/view/remedies.js')).REMEDIES"
_SEEN: Final = """() => [...document.querySelectorAll("[data-words]")]
  .filter((each) => each.dataset.words && each.checkVisibility()).map((each) => each.textContent)"""


@pytest.mark.parametrize(
    ("locale", "language", "ready", "start"),
    [
        ("de-AT", "de", "Bereit", "Start"),
        ("fr-CA", "fr", "Prêt", "Démarrer"),
        ("es-419", "es", "Listo", "Empezar"),
        ("ja-JP", "en", "Ready", "Start"),
    ],
)
def test_the_browsers_language_is_spoken_where_the_page_can(
    locale: str, language: str, ready: str, start: str, visit: Visit
) -> None:
    page = visit(locale=locale)

    page.tab.locator(f'html[lang="{language}"]').wait_for(state="attached")
    assert page.tab.locator("#status-word").inner_text() == ready
    assert page.tab.locator("#start-label").inner_text() == start
    assert page.tab.locator("#language").input_value() == language


def test_another_language_can_be_chosen_in_a_call_and_is_kept(visit: Visit) -> None:
    page = visit()
    page.start()
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye.")
    english = set(page.tab.evaluate(_SEEN))

    page.tab.locator("#language").select_option("fr")
    page.tab.locator('html[lang="fr"]').wait_for(state="attached")

    assert page.tab.locator("#mute").inner_text().startswith("Muet")
    assert page.tab.locator('#transcript > li[data-role="user"] .said-head').inner_text().startswith("Vous")
    assert page.tab.locator("#message").get_attribute("placeholder") == "Votre message"
    assert page.tab.title() == "Appel vocal"
    same = english & set(page.tab.evaluate(_SEEN))
    same = {words for words in same if not any(letter.isdigit() for letter in words)}
    assert same <= {"M", "Assistant", "Markdown", "JSON"}, same
    page.stop()
    assert page.reason == "Vous avez raccroché."

    page.open()
    assert page.tab.locator("#status-word").inner_text() == "Prêt"


def test_what_was_written_by_hand_is_kept_and_what_was_not_follows_the_language(visit: Visit) -> None:
    page = visit()
    instructions = page.tab.locator("#instructions")
    page.tab.locator("#language").select_option("de")
    page.tab.locator('html[lang="de"]').wait_for(state="attached")
    assert instructions.input_value().startswith("Du bist ein freundlicher")

    instructions.fill("Sprich wie ein Seemann.")
    page.tab.locator("#language").select_option("es")
    page.tab.locator('html[lang="es"]').wait_for(state="attached")

    assert instructions.input_value() == "Sprich wie ein Seemann."
    page.tab.locator("#reset-instructions").click()
    assert instructions.input_value().startswith("Eres un interlocutor")


def test_a_problem_of_the_relay_is_told_in_the_language_of_the_page(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="calls", kind="rate_limited", headers={"Retry-After": "7"})
    page = visit(locale="de-DE")
    page.expected = [r"status of 503"]
    page.tab.locator("#start").click()

    said = page.wait_for_problem("upstream_rate_limited")

    assert "Die Grenzen des Sprachdienstes sind erreicht" in said
    assert "Ein neuer Versuch lohnt sich in 7 Sekunden." in said
    assert page.problem.locator(".problem-detail").get_attribute("lang") == "en"


def test_every_problem_of_the_relay_has_its_title_and_a_way_on(visit: Visit) -> None:
    page = visit()
    words: dict[str, str] = page.tab.evaluate(_ENGLISH)
    remedies: dict[str, str] = page.tab.evaluate(_REMEDIES)
    titles = {problem.slug.replace("-", "_"): problem.title for problem in all_problems()}

    assert len(titles) > 40
    assert {code: words.get(f"problem.{code}") for code in titles} == titles
    assert remedies.keys() == titles.keys()
    ways_on = {key for key in words if key.startswith("remedy.")}
    assert {f"remedy.{remedy}" for remedy in remedies.values()} == ways_on


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "es-ES"])
def test_longer_words_fit_on_a_narrow_phone(locale: str, visit: Visit) -> None:
    page = visit(locale=locale, viewport={"width": 320, "height": 640}, has_touch=True)
    page.start()
    for panel in page.tab.locator("details > summary").all():
        panel.click()

    assert page.tab.evaluate("document.documentElement.scrollWidth") == 320
    _PICTURES.mkdir(parents=True, exist_ok=True)
    page.tab.screenshot(path=_PICTURES / f"narrow-{locale}.png", full_page=True)
