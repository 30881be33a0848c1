"""When an access token serves, and when it is to be replaced."""

from __future__ import annotations

import math

import pytest

from relay.upstream.access_token import AccessToken, read_access_token

NOW = 1_000_000.0
HOUR = 3600.0


def token(*, expires_on: object, refresh_on: object = None, jitter: float = 0.0) -> AccessToken:
    read = read_access_token("t", expires_on=expires_on, refresh_on=refresh_on, now=NOW, jitter=jitter)
    assert read is not None
    return read


def test_a_token_is_due_five_minutes_before_its_end() -> None:
    read = token(expires_on=NOW + HOUR)

    assert (read.due_at - NOW, read.usable_until - NOW) == (3300, 3600)
    assert not read.is_due(NOW + 3299)
    assert read.is_due(NOW + 3300)
    assert read.is_usable(NOW + 3599)
    assert not read.is_usable(NOW + 3600)


def test_the_issuer_may_want_it_replaced_earlier() -> None:
    assert token(expires_on=NOW + 24 * HOUR, refresh_on=NOW + 12 * HOUR).due_at == NOW + 12 * HOUR


@pytest.mark.parametrize("refresh_on", [0, NOW - 5, "soon", None, NOW + 10 * HOUR])
def test_an_implausible_wish_is_ignored(refresh_on: object) -> None:
    assert token(expires_on=NOW + HOUR, refresh_on=refresh_on).due_at == NOW + 3300


def test_tok_09_processes_do_not_ask_in_step() -> None:
    assert token(expires_on=NOW + HOUR, jitter=1.0).due_at == NOW + 3240
    assert token(expires_on=NOW + 400, jitter=1.0).due_at == NOW + 90


@pytest.mark.parametrize("expires_on", [NOW - 600, NOW, NOW + 5, NOW + 29, 1, "1"])
def test_tok_08_a_token_just_fetched_is_used_for_half_a_minute_whatever_is_said(expires_on: object) -> None:
    read = token(expires_on=expires_on, jitter=1.0)

    assert (read.due_at, read.usable_until) == (NOW + 30, NOW + 30)


@pytest.mark.parametrize("expires_on", [0, None, "", "soon", True, [], math.nan, math.inf, -5, 10**400])
def test_tok_08_a_token_of_untold_life_is_taken_for_a_short_one(expires_on: object) -> None:
    read = token(expires_on=expires_on)

    assert (read.due_at, read.usable_until) == (NOW + 300, NOW + 600)


def test_tok_08_a_time_written_as_text_is_a_time() -> None:
    assert token(expires_on=str(NOW + HOUR)).usable_until == NOW + HOUR


@pytest.mark.parametrize("value", [None, "", b"t", "a b", "a\r\nX: y", "é", 5, "t" * 16385])
def test_what_cannot_stand_in_a_header_is_no_token(value: object) -> None:
    assert read_access_token(value, expires_on=NOW + HOUR, refresh_on=None, now=NOW, jitter=0) is None


def test_sec_03_its_value_is_not_shown() -> None:
    assert "value" not in repr(token(expires_on=NOW + HOUR))
