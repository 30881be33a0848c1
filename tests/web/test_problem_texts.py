"""Every problem is explained to a person, and nothing is explained that does not exist."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from relay.errors import all_problems
from relay.settings import setting_table

_TEXTS = tomllib.loads((resources.files("relay.web") / "problems.toml").read_text(encoding="utf-8"))
_SLUGS = sorted(problem.slug for problem in all_problems() if problem.__module__.startswith("relay."))
_SETTING = re.compile(r"\b(?:AZURE|RELAY)_[A-Z_]+\b")


def test_no_slug_is_used_twice() -> None:
    assert len(_SLUGS) == len(set(_SLUGS))


def test_every_slug_has_an_entry_and_no_entry_is_without_a_slug() -> None:
    assert sorted(_TEXTS) == _SLUGS


@pytest.mark.parametrize("slug", _SLUGS)
def test_an_entry_has_a_meaning_causes_and_a_fix(slug: str) -> None:
    entry = _TEXTS[slug]

    assert sorted(entry) == ["causes", "fix", "meaning"]
    assert all(_is_sentence(text) for text in [entry["meaning"], *entry["causes"], *entry["fix"]])
    assert entry["causes"]
    assert entry["fix"]


@pytest.mark.parametrize("slug", _SLUGS)
def test_code_in_an_entry_is_closed(slug: str) -> None:
    entry = _TEXTS[slug]

    assert all(text.count("`") % 2 == 0 for text in [entry["meaning"], *entry["causes"], *entry["fix"]])


def test_every_setting_named_in_the_texts_exists() -> None:
    named = set(_SETTING.findall(str(_TEXTS)))

    assert named <= {row.name for row in setting_table()}


def _is_sentence(text: object) -> bool:
    return isinstance(text, str) and text == text.strip() and text[:1] != "" and text.endswith(".")
