"""What the upstream's refusals mean."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.refusal import (
    Refusal,
    Step,
    error_code,
    pause_before_minting_again,
    problem_from_refusal,
    request_id,
    retry_after_seconds,
    told_retry_after,
    word,
)
from relay.errors import (
    UpstreamAuth,
    UpstreamBadAnswer,
    UpstreamError,
    UpstreamFacts,
    UpstreamMisconfigured,
    UpstreamProblem,
    UpstreamRateLimited,
    UpstreamRejectedOffer,
    UpstreamTimeout,
)

NOW = 1_763_640_000.0  # Thu, 20 Nov 2025 12:00:00 GMT


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": {"code": "DeploymentNotFound", "message": "x"}}', "DeploymentNotFound"),
        (b'{"error": {"code": "401", "message": "x"}}', "401"),
        (
            b'{"error": {"message": "x", "type": "invalid_request_error", "code": "invalid_offer"}}',
            "invalid_offer",
        ),
        (b'{"error": {"message": "x", "type": "server_error", "code": null}}', "server_error"),
        (b'{"statusCode": 401, "message": "Unauthorized."}', "401"),
        (b'{"statusCode": "401"}', "401"),
        (b'{"error": "broken"}', None),
        (b'{"error": {"code": "has spaces and a secret"}}', None),
        (b'{"error": {"code": "' + b"x" * 65 + b'"}}', None),
        (b'{"error": {"code": ["x"]}}', None),
        (b'{"error": []}', None),
        (b"<html>429</html>", None),
        (b"", None),
        (b"[" * 60_000, None),
    ],
)
def test_the_code_is_read_from_three_shapes_and_the_message_is_dropped(body: bytes, code: str | None) -> None:
    assert error_code(body) == code


def test_only_a_short_plain_word_is_shown() -> None:
    assert word("a.b-c_1") == "a.b-c_1"
    assert [word(text) for text in ("", "a b", "a\n", "é", "x" * 65, None, 5)] == [None] * 7


def test_azures_own_request_id_comes_first() -> None:
    assert request_id({"x-request-id": "b", "apim-request-id": "a"}) == "a"
    assert request_id({"x-request-id": "b", "apim-request-id": "not a word"}) == "b"
    assert request_id({}) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "350"}, 0.35),
        ({"retry-after-ms": "350", "retry-after": "2"}, 0.35),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "Thu, 20 Nov 2025 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 20 Nov 2025 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Thu, 20 Nov 2025 11:00:00 GMT"}, 0.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "999999"}, 999999.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "1_0"}, None),
        ({"retry-after": "after tea"}, None),
        ({"retry-after": f"Wed, 20 Nov {'2' * 40} 07:28:00 GMT"}, None),  # found by fuzzing
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +0500"}, 0.0),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_up_16_every_form_of_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


@given(st.text(), st.text())
def test_up_16_no_garbage_in_a_retry_after_is_an_error(milliseconds: str, seconds: str) -> None:
    told = retry_after_seconds({"retry-after-ms": milliseconds, "retry-after": seconds}, NOW)

    assert told is None or told >= 0


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.0, 1), (0.35, 1), (2.0, 2), (2.1, 3), (60.0, 60), (86400.0, 60), (None, 5)]
)
def test_up_16_a_browser_is_told_one_to_sixty_seconds(seconds: float | None, told: int) -> None:
    assert told_retry_after(seconds) == told


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (Refusal(status=429, retry_after=2.0), 2.0),
        (Refusal(status=429), 1.0),
        (Refusal(status=503, retry_after=4.0), 4.0),
        (Refusal(status=500), 0.05),
        (Refusal(status=502), 0.05),
        (Refusal(status=408), 0.05),
        (Refusal(status=400), None),
        (Refusal(status=403), None),
        (Refusal(status=404), None),
        (Refusal(status=409), None),
        (Refusal(status=302), None),
    ],
)
def test_up_17_a_mint_is_repeated_only_where_that_can_help(refusal: Refusal, pause: float | None) -> None:
    assert pause_before_minting_again(refusal, backoff=0.05) == pause


TABLE: list[tuple[int, str | None, float | None, type[UpstreamProblem], bool]] = [
    # status, code, retry-after, problem, in doubt when it was the exchange
    (301, None, None, UpstreamBadAnswer, False),
    (304, None, None, UpstreamBadAnswer, False),
    (307, None, None, UpstreamBadAnswer, False),
    (400, None, None, UpstreamRejectedOffer, False),
    (400, "invalid_offer", None, UpstreamRejectedOffer, False),
    (400, "OpperationNotSupported", None, UpstreamMisconfigured, False),
    (400, "OperationNotSupported", None, UpstreamMisconfigured, False),
    (400, "InvalidSessionType", None, UpstreamMisconfigured, False),
    (401, "401", None, UpstreamAuth, False),
    (401, "PermissionDenied", None, UpstreamAuth, False),
    (403, None, None, UpstreamAuth, False),
    (404, "DeploymentNotFound", None, UpstreamMisconfigured, False),
    (404, "404", None, UpstreamMisconfigured, False),
    (405, None, None, UpstreamMisconfigured, False),
    (408, "Timeout", None, UpstreamTimeout, True),
    (409, None, None, UpstreamError, False),
    (413, None, None, UpstreamRejectedOffer, False),
    (415, None, None, UpstreamBadAnswer, False),
    (418, None, None, UpstreamError, False),
    (422, None, None, UpstreamRejectedOffer, False),
    (429, "429", None, UpstreamRateLimited, False),
    (429, "RateLimitReached", 7.0, UpstreamRateLimited, False),
    (431, None, None, UpstreamError, False),
    (500, "server_error", None, UpstreamError, True),
    (502, None, None, UpstreamError, True),
    (503, None, None, UpstreamError, True),
    (503, None, 3.0, UpstreamRateLimited, False),
    (504, None, None, UpstreamError, True),
]


@pytest.mark.parametrize("step", ["mint", "exchange"])
@pytest.mark.parametrize("row", TABLE)
def test_every_refusal_has_its_problem(
    step: Step, row: tuple[int, str | None, float | None, type[UpstreamProblem], bool]
) -> None:
    status, code, retry_after, kind, in_doubt = row
    refusal = Refusal(status=status, code=code, request_id="id-1", retry_after=retry_after)

    problem = problem_from_refusal(refusal, step)

    assert type(problem) is kind
    assert problem.in_doubt is (in_doubt and step == "exchange")
    assert problem.upstream == UpstreamFacts(status=status, code=code, request_id="id-1")
    assert problem.detail


def test_a_limit_always_says_when_to_come_back() -> None:
    assert problem_from_refusal(Refusal(status=429), "mint").retry_after == 5
    assert problem_from_refusal(Refusal(status=429, retry_after=999999.0), "exchange").retry_after == 60
    assert problem_from_refusal(Refusal(status=503, retry_after=0.35), "exchange").retry_after == 1


def test_a_missing_role_is_told_apart_from_a_wrong_key() -> None:
    missing = problem_from_refusal(Refusal(status=401, code="PermissionDenied"), "mint")

    assert "role" in missing.detail


def test_sec_01_a_code_that_looks_like_a_secret_or_a_call_is_no_code() -> None:
    for code in ("ek_canary", "rtc_0123", "sk-canary"):
        assert error_code(json.dumps({"error": {"code": code}}).encode()) is None


@pytest.mark.parametrize(
    "said",
    [
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "1 Jan 2026 99999999999999999999:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999",
    ],
)
def test_up_16_a_date_that_no_calendar_has_is_no_fault_of_ours(said: str) -> None:
    assert retry_after_seconds({"retry-after": said}, 0.0) is None
