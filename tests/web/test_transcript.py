"""What a caller reads of its own call: usage so far, and what was said where that is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.facts import Line, Tokens, Used
from relay.core.price import PICOS
from relay.core.record import call_key
from tests.doubles.relay import PROFILE
from tests.doubles.sign_in import SHOWN_ON_PURPOSE, by_ticket, shown, ticket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("shows_cost", "cost"), [(True, "0.0100"), (False, None)])
async def test_a_call_tells_its_usage_so_far_and_its_cost_where_the_profile_shows_it(
    relays: Callable[..., RelayDouble], cost: str | None, *, shows_cost: bool
) -> None:
    relay = relays(profile=replace(PROFILE, shows_cost=shows_cost))
    location = (await relay.connect()).headers["location"]
    call = await relay.supervisor.call(location.rpartition("/")[2])
    used = Used("response", "resp_1", Tokens(text_in=3, audio_out=4))
    await relay.store.book(call, "gpt-realtime", used, PICOS // 100, relay.clock.now())

    usage = (await relay.ask("GET", location)).json()["usage"]

    assert usage == {
        "input_tokens": 3,
        "output_tokens": 4,
        "seconds": 0.0,
        "cost": cost,
        "currency": "USD",
        "complete": True,
    }


async def test_a_transcript_is_read_by_whoever_may_read_the_call(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    location = (await relay.connect()).headers["location"]
    key = call_key(location.rpartition("/")[2])
    await relay.store.keep_line(key, Line("caller", "item_1", 0, "hello"), 1_700_000_000.5)

    answer = await relay.ask("GET", f"{location}/transcript")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "recorded": True,
        "lines": [{"who": "caller", "at": 1_700_000_000.5, "text": "hello", "item_id": "item_1"}],
    }


async def test_nothing_kept_is_not_found(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    location = (await relay.connect()).headers["location"]

    answer = await relay.ask("GET", f"{location}/transcript")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_web_14_a_transcript_of_somebody_elses_call_is_not_there(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE)
    location = (await relay.connect(shown(ticket(relay, sub="alice")))).headers["location"]
    await relay.store.keep_line(call_key(location.rpartition("/")[2]), Line("caller", "i", 0, "hello"), 1.0)

    def ask(sub: str) -> Awaitable[httpx.Response]:
        return relay.ask("GET", f"{location}/transcript", headers=shown(ticket(relay, sub=sub)))

    assert (await ask("alice")).status_code == 200
    assert (await ask("mallory")).status_code == 404
    assert (await relay.ask("GET", f"{location}/transcript")).status_code == 401
