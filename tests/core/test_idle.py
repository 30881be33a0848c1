"""Silence: what breaks it, what does not, and when it is over."""

from __future__ import annotations

import pytest

from relay.core.facts import Committed, Fact, Failed, ItemAdded, Line, Speech, Tokens, Used
from relay.core.idle import Due, Quiet, due, hear, next_look, seconds_left, warning_seconds

IDLE = 60.0
WORDS = Line("caller", "item_1", 0, "hello")
BEGINS, STOPS = Speech("assistant", began=True), Speech("assistant", began=False)


def after(*heard: tuple[float, Fact], transcribed: bool = True) -> Quiet:
    quiet = Quiet(0.0, transcribed)
    for now, fact in heard:
        quiet = hear(quiet, fact, now)
    return quiet


@pytest.mark.parametrize(
    ("now", "expected"), [(0, Due.NOTHING), (44, Due.NOTHING), (45, Due.WARN), (59, Due.WARN), (60, Due.END)]
)
def test_a_silent_call_is_warned_and_then_ended(now: float, expected: Due) -> None:
    assert due(Quiet(0.0, transcribed=True), now, idle_seconds=IDLE) is expected


def test_a_warning_is_given_once() -> None:
    assert due(Quiet(0.0, transcribed=True, warned=True), 50, idle_seconds=IDLE) is Due.NOTHING


@pytest.mark.parametrize(
    "fact",
    [
        WORDS,
        ItemAdded("item_1", "user", "message", "typed"),
        Failed("transcription", "DeploymentNotFound", "item_1"),
    ],
)
def test_words_break_the_silence(fact: Fact) -> None:
    assert after((30, fact)).since == 30


@pytest.mark.parametrize(
    "fact",
    [
        Speech("caller", began=True),
        Speech("caller", began=False),
        Committed("item_1"),
        ItemAdded("item_1", "user", "message", spoken=True),
        ItemAdded("item_1", "system", "message", "seeded"),
        Line("caller", "item_1", 0, " \n"),
        Line("assistant", "item_2", 0, "hello?"),
        Used("response", "resp_1", Tokens()),
        Failed("error", "x"),
    ],
)
def test_noise_at_the_microphone_does_not(fact: Fact) -> None:
    assert after((30, fact)).since == 0


def test_without_transcription_every_turn_counts_because_nobody_can_tell() -> None:
    assert after((30, Committed("item_1")), transcribed=False).since == 30


def test_the_assistants_answer_counts_until_its_end() -> None:
    assert after((10, WORDS), (11, BEGINS), (25, STOPS)).since == 25


def test_a_greeting_counts() -> None:
    assert after((1, BEGINS), (9, STOPS)).since == 9


def test_an_assistant_that_answers_noise_does_not_keep_the_call_alive() -> None:
    quiet = after((1, BEGINS), (9, STOPS), (40, Committed("item_1")), (41, BEGINS), (50, STOPS))

    assert quiet.since == 9
    assert due(quiet, 69, idle_seconds=IDLE) is Due.END


def test_nobody_is_cut_off_while_the_assistant_speaks() -> None:
    talking = after((10, WORDS), (50, BEGINS))

    assert due(talking, 75, idle_seconds=IDLE) is Due.NOTHING
    assert due(hear(talking, STOPS, 100), 101, idle_seconds=IDLE) is Due.NOTHING


def test_a_speech_whose_end_was_missed_does_not_last_for_ever() -> None:
    talking = after((10, WORDS), (50, BEGINS))

    assert due(talking, 169, idle_seconds=IDLE) is Due.WARN
    assert due(talking, 170, idle_seconds=IDLE) is Due.END


def test_new_words_allow_a_new_warning() -> None:
    assert hear(Quiet(0.0, transcribed=True, warned=True), WORDS, 50) == Quiet(50, transcribed=True)


@pytest.mark.parametrize(("idle", "before"), [(120, 15), (60, 15), (20, 10), (1, 0.5)])
def test_short_silences_are_warned_of_half_way(idle: float, before: float) -> None:
    assert warning_seconds(idle) == before


@pytest.mark.parametrize(
    ("now", "warned", "wait"), [(0, False, 45), (50, False, 0), (50, True, 10), (99, True, 0)]
)
def test_the_next_look_is_when_something_can_be_due(now: float, wait: float, *, warned: bool) -> None:
    quiet = Quiet(0.0, transcribed=True, warned=warned)

    assert next_look(quiet, now, idle_seconds=IDLE) == wait
    assert seconds_left(quiet, now, idle_seconds=IDLE) == IDLE - now
