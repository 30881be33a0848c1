"""Which profile a call is placed with, who may, and what the page is told of it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.profile import Profile, ProfileLimits
from relay.core.request import ConnectRequest
from relay.core.tool import FunctionTool
from relay.errors import (
    FieldTooLarge,
    InstructionsRefused,
    NotFound,
    Problem,
    ProfileRefused,
    TooManyCallsOfCaller,
)
from relay.profiles import ProfileSet
from tests.doubles.call import a_caller
from tests.doubles.relay import OFFER, PROFILE, RelayDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from relay.core.caller import Caller
    from relay.core.record import Call

pytestmark = pytest.mark.anyio

SUPPORT = Profile(
    name="support",
    title="Support desk",
    description="Answers questions",
    private=True,
    deployment="gpt-realtime-mini",
    voices=("marin", "cedar"),
    voice="marin",
    instructions="Canary prompt for {name|somebody}.",
    browser_instructions=0,
    tools=("lookup",),
    offered=(FunctionTool("lookup", "Canary words", {"type": "object", "properties": {"canary": {}}}),),
    transcripts="keep",
    sideband="guard",
    limits=ProfileLimits(max_call_seconds=90, calls_per_caller=1),
)
STAFF = replace(PROFILE, name="staff", allow=("groups=staff",))


@pytest.fixture(name="build")
def _build(tmp_path: Path) -> Iterator[Callable[..., RelayDouble]]:
    built: list[RelayDouble] = []

    def build(*profiles: Profile, **changes: Any) -> RelayDouble:
        relay = RelayDouble(tmp_path, **changes)
        found = {profile.name: profile for profile in (PROFILE, SUPPORT, STAFF, *profiles)}
        relay.profiles.current = ProfileSet(found)
        built.append(relay)
        return relay

    yield build
    for relay in built:
        asyncio.run(relay.store.close())


async def place(relay: RelayDouble, caller: Caller | None = None, **fields: str) -> Call:
    async def left() -> None:
        await asyncio.Event().wait()

    await relay.exchange.connect(caller or a_caller(), ConnectRequest(sdp=OFFER, **fields), left=left)
    return (await relay.store.recent(1, only_open=True))[0]


async def test_a_call_is_placed_with_the_profile_that_was_asked_for(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()

    call = await place(relay, profile="support", voice="cedar")

    (plan,) = relay.upstream.plans
    assert (call.profile, call.deployment, call.max_seconds) == ("support", "gpt-realtime-mini", 90.0)
    assert plan.session == {"voice": "cedar", "instructions": "Canary prompt for somebody."}


async def test_without_a_profile_the_default_is_meant(build: Callable[..., RelayDouble]) -> None:
    relay = build()

    assert (await place(relay)).profile == "default"
    assert (await place(relay, profile="")).profile == "default"


async def test_a_prompt_is_filled_with_what_the_issuer_says(build: Callable[..., RelayDouble]) -> None:
    relay = build()

    await place(relay, a_caller(claims={"name": frozenset({"Ann"})}), profile="support")

    assert relay.upstream.plans[0].session["instructions"] == "Canary prompt for Ann."


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"profile": "nothing"}, NotFound),
        ({"profile": "staff"}, ProfileRefused),
        ({"profile": "support", "instructions": "Obey."}, InstructionsRefused),
        ({"profile": "brief", "instructions": "Longer than ten."}, FieldTooLarge),
        ({"profile": "needy"}, ProfileRefused),
    ],
)
async def test_what_a_profile_does_not_allow_is_refused_before_anything_is_sent(
    build: Callable[..., RelayDouble],
    fields: dict[str, str],
    problem: type[Problem],
    caplog: pytest.LogCaptureFixture,
) -> None:
    needy = replace(PROFILE, name="needy", instructions="Canary {who}.")
    relay = build(replace(PROFILE, name="brief", browser_instructions=10), needy)

    with caplog.at_level(logging.DEBUG), pytest.raises(problem) as caught:
        await place(relay, None, **fields)

    assert relay.upstream.plans == []
    assert "anary" not in caught.value.detail + caplog.text + repr(caught.value)
    assert "who" not in caught.value.detail


async def test_a_caller_that_a_profile_names_is_let_in(build: Callable[..., RelayDouble]) -> None:
    relay = build()

    call = await place(relay, a_caller(claims={"groups": frozenset({"staff"})}), profile="staff")

    assert call.profile == "staff"


async def test_a_profile_bounds_the_calls_that_a_caller_has_open_with_it(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()
    await place(relay, profile="support")

    with pytest.raises(TooManyCallsOfCaller, match="with this profile"):
        await place(relay, profile="support")

    await place(relay)
    await place(relay, a_caller(id="another", subject="another"), profile="support")


async def test_a_profile_never_lengthens_a_call(build: Callable[..., RelayDouble]) -> None:
    relay = build(replace(PROFILE, name="long", limits=ProfileLimits(max_call_seconds=3000)))

    assert (await place(relay, profile="long")).max_seconds == 600.0
    assert (await place(relay, a_caller(max_seconds=30.0), profile="support")).max_seconds == 30.0


async def test_a_client_secret_is_not_handed_out_for_a_profile_the_relay_must_stand_by(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(direct=True)

    refused = await relay.ask("POST", "/api/session", json={"profile": "support"})

    assert (refused.status_code, refused.json()["code"]) == (403, "profile_refused")
    assert "POST /connect" in refused.json()["detail"]
    assert (await relay.ask("POST", "/api/session", json={})).status_code == 200


async def test_config_tells_of_profiles_what_may_be_seen_and_chosen(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(
        replace(PROFILE, name="hidden", listed=False),
        replace(PROFILE, name="brief", browser_instructions=10, shows_cost=True),
    )

    response = await relay.ask("GET", "/config")

    told = {profile["name"]: profile for profile in response.json()["profiles"]}
    assert told.keys() == {"default", "support", "staff", "brief"}
    assert told["support"] == {
        "name": "support",
        "title": "Support desk",
        "description": "Answers questions",
        "voices": ["marin", "cedar"],
        "voice": "marin",
        "instructions_max_bytes": 0,
        "transcription": False,
        "private": True,
        "sideband": "guard",
        "recorded": True,
        "shows_cost": False,
        "max_call_seconds": 90,
        "sign_in": False,
    }
    assert told["staff"]["sign_in"] is True
    assert told["brief"]["instructions_max_bytes"] == 10
    assert told["default"]["max_call_seconds"] == 600
    assert not [word for word in ("anary", "lookup", "mini") if word in response.text]


async def test_a_profile_that_is_not_listed_may_be_asked_for(build: Callable[..., RelayDouble]) -> None:
    relay = build(replace(PROFILE, name="hidden", listed=False))

    assert (await place(relay, profile="hidden")).profile == "hidden"


async def test_a_call_goes_on_with_the_profile_it_was_placed_with(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    call = await place(relay, profile="support")

    relay.profiles.current = ProfileSet({"default": PROFILE})

    found = await relay.store.get(call.key)
    assert found is not None
    assert found.wanted
    with pytest.raises(NotFound):
        await place(relay, a_caller(id="other", subject="other"), profile="support")
