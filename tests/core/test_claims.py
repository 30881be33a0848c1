"""What signed claims say: times at their bounds, subjects, tickets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.claims import check_times, flat_claims, subject_of, ticket_claims
from relay.errors import AuthExpired, AuthInvalid

NOW = 1_700_000_000.0
TICKET = {"sub": "alice", "jti": "1", "exp": NOW + 60}


@pytest.mark.parametrize(
    "times", [{"exp": NOW + 1}, {"exp": NOW - 29}, {"exp": NOW + 1, "nbf": NOW + 30, "iat": NOW + 30}]
)
def test_auth_02_claims_hold_within_a_leeway_of_thirty_seconds(times: dict[str, float]) -> None:
    check_times(times, NOW)


@pytest.mark.parametrize("expires", [NOW - 30, NOW - 31, 0, -1])
def test_auth_02_claims_expire_beyond_the_leeway(expires: float) -> None:
    with pytest.raises(AuthExpired):
        check_times({"exp": expires}, NOW)


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": [NOW]},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": 10**400},
        {"exp": NOW + 1, "nbf": NOW + 31},
        {"exp": NOW + 1, "iat": NOW + 31},
        {"exp": NOW + 1, "nbf": None},
        {"exp": NOW + 1, "iat": "now"},
    ],
)
def test_auth_02_claims_without_times_or_of_the_future_prove_nothing(times: dict[str, Any]) -> None:
    with pytest.raises(AuthInvalid):
        check_times(times, NOW)


@pytest.mark.parametrize("subject", [None, "", " ", 7, ["alice"], "a" * 257, "al\nice", "al\0ice", "\x85"])
def test_a_subject_is_a_short_line_of_text(subject: object) -> None:
    with pytest.raises(AuthInvalid):
        subject_of({"sub": subject})


def test_a_ticket_says_whose_it_is_and_what_it_is_good_for() -> None:
    said = ticket_claims(
        {**TICKET, "profile": "sales", "max_seconds": 90, "origin": "https://a.example"}, NOW
    )

    assert (said.subject, said.jti, said.expires) == ("alice", "1", NOW + 60)
    assert (said.profile, said.max_seconds, said.origin) == ("sales", 90.0, "https://a.example")


@pytest.mark.parametrize("ahead", [330, 0, -1000])
def test_a_ticket_may_expire_five_minutes_ahead(ahead: float) -> None:
    assert ticket_claims({**TICKET, "exp": NOW + ahead}, NOW).expires == NOW + ahead


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW + 331},
        {"jti": None},
        {"jti": ""},
        {"jti": 1},
        {"jti": "j" * 257},
        {"sub": ""},
        {"max_seconds": 0},
        {"max_seconds": -1},
        {"max_seconds": True},
        {"max_seconds": "60"},
        {"max_seconds": float("nan")},
        {"profile": ""},
        {"profile": ["sales"]},
        {"origin": 1},
        {"nbf": NOW + 100},
    ],
)
def test_auth_11_a_malformed_ticket_is_refused_whole(changes: dict[str, Any]) -> None:
    with pytest.raises(AuthInvalid):
        ticket_claims({**TICKET, **changes}, NOW)


def test_claims_are_compared_by_their_words() -> None:
    claims = {
        "sub": "a",
        "groups": ["x", "y", {"z": 1}],
        "level": 3,
        "ok": True,
        "address": {"a": 1},
        "none": None,
    }

    assert flat_claims(claims) == {
        "sub": {"a"},
        "groups": {"x", "y"},
        "level": {"3"},
        "ok": {"true"},
    }


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(
    st.dictionaries(
        st.sampled_from(["sub", "jti", "exp", "nbf", "iat", "profile", "max_seconds", "origin"]), _json
    )
)
def test_auth_18_any_claims_are_read_or_refused(claims: dict[str, Any]) -> None:
    json.dumps(claims)
    flat_claims(claims)
    try:
        said = ticket_claims(claims, NOW)
    except AuthInvalid:
        return
    assert said.subject
    assert said.jti
