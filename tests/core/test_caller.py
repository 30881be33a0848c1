"""Who is asking, and what they may: decisions on values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.caller import (
    ANY_TOKEN,
    ANYONE,
    Caller,
    Ticket,
    anonymous_caller,
    caller_id,
    check_allowed,
    chosen_profile,
    longest_call,
    may_touch,
)
from relay.errors import ProfileRefused
from tests.doubles.call import a_call, a_caller

KEY = b"k" * 32
FRESH = Ticket(key="t1", expires=0.0, fresh=True)
SPENT = Ticket(key="t1", expires=0.0, fresh=False)
ALICE = {"id": "alice", "holder": "alice", "ambient": False}


@pytest.mark.parametrize("empty", ["id", "issuer", "subject", "holder"])
def test_auth_18_there_is_no_caller_without_a_name(empty: str) -> None:
    names = {"id": "i", "issuer": "i", "subject": "s", "holder": "h", empty: ""}

    with pytest.raises(ValueError, match="without a name"):
        Caller(**names, ambient=False)  # type: ignore[arg-type]


def test_sec_08_a_callers_name_is_hashed_and_its_subject_is_not_shown() -> None:
    caller = a_caller(subject="canary@example.com", claims={"email": frozenset({"canary@example.com"})})

    assert "canary" not in repr(caller)
    assert "canary" not in caller_id("issuer", "canary@example.com", KEY)


@given(st.text(), st.text(), st.text(), st.text())
def test_two_callers_never_share_a_name(issuer: str, subject: str, other: str, another: str) -> None:
    same = (issuer, subject) == (other, another)

    assert (caller_id(issuer, subject, KEY) == caller_id(other, another, KEY)) is same


def test_another_key_gives_other_names() -> None:
    assert caller_id("i", "alice", KEY) != caller_id("i", "alice", b"j" * 32)
    assert anonymous_caller("192.0.2.1", KEY) != anonymous_caller("192.0.2.1", b"j" * 32)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "somewhere", True),
    ],
)
def test_an_address_names_a_household(one: str, other: str, *, same: bool) -> None:
    assert (anonymous_caller(one, KEY) == anonymous_caller(other, KEY)) is same


TOUCHING = [
    ("nobody signed in: the id is enough", {"holder": ANYONE}, {"id": "elsewhere"}, True),
    ("the token and the id", {"holder": ANY_TOKEN}, {"id": "elsewhere", "holder": ANY_TOKEN}, True),
    ("a token does not touch a person's call", {"holder": "alice"}, {"holder": ANY_TOKEN}, False),
    ("nor a person a token's", {"holder": ANY_TOKEN}, ALICE, False),
    ("nor anybody an open relay's, once it asks for sign-in", {"holder": ANYONE}, ALICE, False),
    ("one's own", {"holder": "alice"}, ALICE, True),
    ("another's", {"holder": "bob"}, ALICE, False),
    ("a fresh ticket, another call of one's own", {"holder": "alice"}, {**ALICE, "ticket": FRESH}, True),
    (
        "a spent ticket, the call it opened",
        {"holder": "alice", "ticket": "t1"},
        {**ALICE, "ticket": SPENT},
        True,
    ),
    (
        "a spent ticket, another call",
        {"holder": "alice", "ticket": "t2"},
        {**ALICE, "ticket": SPENT},
        False,
    ),
    (
        "a spent ticket of another subject",
        {"holder": "bob", "ticket": "t1"},
        {**ALICE, "ticket": SPENT},
        False,
    ),
]


@pytest.mark.parametrize(
    ("call", "caller", "may"), [case[1:] for case in TOUCHING], ids=[case[0] for case in TOUCHING]
)
def test_web_14_who_may_touch_a_call(
    call: dict[str, object], caller: dict[str, object], *, may: bool
) -> None:
    assert may_touch(a_caller(**caller), a_call(**call)) is may


@pytest.mark.parametrize(
    ("bound", "requested", "chosen"),
    [(None, None, None), (None, "sales", "sales"), ("sales", None, "sales"), ("sales", "sales", "sales")],
)
def test_a_caller_chooses_within_its_bound(
    bound: str | None, requested: str | None, chosen: str | None
) -> None:
    assert chosen_profile(a_caller(profile=bound), requested) == chosen


def test_auth_11_a_caller_bound_to_one_profile_gets_no_other() -> None:
    with pytest.raises(ProfileRefused):
        chosen_profile(a_caller(profile="sales"), "default")


CLAIMS = {"groups": frozenset({"staff", "ops"}), "sub": frozenset({"alice"}), "admin": frozenset({"true"})}


@pytest.mark.parametrize("allow", [(), ("groups=staff",), ("groups=none", "sub=alice"), ("admin=true",)])
def test_a_profile_names_its_callers_by_claim(allow: tuple[str, ...]) -> None:
    check_allowed(a_caller(claims=CLAIMS), allow)


@pytest.mark.parametrize("allow", [("groups=sta",), ("group=staff",), ("groups",), ("sub=",), ("=",)])
def test_a_profile_refuses_whom_it_does_not_name(allow: tuple[str, ...]) -> None:
    with pytest.raises(ProfileRefused):
        check_allowed(a_caller(claims=CLAIMS), allow)
    with pytest.raises(ProfileRefused):
        check_allowed(a_caller(), allow)


def test_groups_are_a_claim_like_others() -> None:
    assert a_caller(claims=CLAIMS).groups == {"staff", "ops"}
    assert a_caller().groups == frozenset()


@pytest.mark.parametrize(("asked", "seconds"), [(None, 600), (60.0, 60), (7200.0, 600)])
def test_auth_11_a_caller_may_shorten_its_calls_and_not_lengthen_them(
    asked: float | None, seconds: float
) -> None:
    assert longest_call(a_caller(max_seconds=asked), 600) == seconds
