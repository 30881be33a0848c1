"""What ``webrtcfilter=on`` keeps from the browser (fact 1.3)."""

from __future__ import annotations

import pytest

from relay.simulator.filter import PASSED, is_filtered, reaches_browser


def test_eleven_types_pass() -> None:
    assert len(PASSED) == 11


@pytest.mark.parametrize(
    "kind",
    ["session.created", "error", "response.done", "conversation.item.done", "output_audio_buffer.cleared"],
)
def test_what_a_browser_misses_with_the_filter_on(kind: str) -> None:
    assert not reaches_browser(kind, filtered=True)
    assert reaches_browser(kind, filtered=False)


@pytest.mark.parametrize(
    ("value", "on"), [("on", True), ("ON", False), ("true", False), ("", False), (None, False)]
)
def test_only_exactly_on_is_on(value: str | None, on: bool) -> None:
    assert is_filtered(value) is on
