"""What a moderation hook may answer."""

from __future__ import annotations

import pytest

from relay.core.verdict import MOST_CHARACTERS, Verdict, read_verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (None, Verdict("pass")),
        ({}, Verdict("pass")),
        ("pass", Verdict("pass")),
        ("cancel", Verdict("cancel")),
        ("hang_up", Verdict("hang_up")),
        ({"verdict": "cancel", "text": "ignored"}, Verdict("cancel")),
        ({"verdict": "say", "text": "Let us talk of orders."}, Verdict("say", "Let us talk of orders.")),
    ],
)
def test_verdicts_are_read(answer: object, verdict: Verdict) -> None:
    assert read_verdict(answer) == verdict


@pytest.mark.parametrize(
    "answer",
    [
        *("say", {"verdict": "say"}, {"verdict": "say", "text": " "}, {"verdict": "say", "text": 7}),
        {"verdict": "say", "text": "x" * (MOST_CHARACTERS + 1)},
        *("ban", {"verdict": "ban"}, {"verdict": ["cancel"]}, {"other": 1}, 7, True, [], ["cancel"]),
    ],
)
def test_anything_else_is_no_verdict(answer: object) -> None:
    assert read_verdict(answer) is None


def test_what_is_to_be_said_is_in_no_repr() -> None:
    assert "canary" not in repr(Verdict("say", "canary"))
