"""Accessibility as axe-core finds it (an npm package of the tests), on the page as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE: Final = Path(__file__).parent.parent / "js" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} — ${failureSummary}`));
}"""


def findings(tab: Page) -> list[str]:
    """Everything that axe holds against the page now; empty when it finds nothing."""
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(_AXE.read_text(encoding="utf-8"))
    found = tab.evaluate(_RUN)
    assert isinstance(found, list)
    return found
