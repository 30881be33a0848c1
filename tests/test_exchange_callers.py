"""What the exchange does with who asks: whose call it is, what the upstream is told, tickets, profiles."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.caller import Caller, Ticket
from relay.core.request import ConnectRequest
from relay.errors import Busy, ProfileRefused, TicketUsed
from tests.doubles.call import a_caller
from tests.doubles.relay import OFFER, PROFILE, RelayDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

TICKET = Ticket(key="t" * 64, expires=1e12, fresh=True)


@pytest.fixture(name="build")
def _build(tmp_path: Path) -> Iterator[Callable[..., RelayDouble]]:
    built: list[RelayDouble] = []

    def build(**changes: Any) -> RelayDouble:
        built.append(RelayDouble(tmp_path, **changes))
        return built[-1]

    yield build
    for relay in built:
        asyncio.run(relay.store.close())


async def connect(relay: RelayDouble, caller: Caller) -> None:
    async def left() -> None:
        await asyncio.Event().wait()

    await relay.exchange.connect(caller, ConnectRequest(sdp=OFFER), left=left)


@pytest.mark.parametrize(("tell", "told"), [(False, None), (True, "somebody")])
async def test_the_plan_names_the_caller_when_the_upstream_is_to_be_told(
    build: Callable[..., RelayDouble], *, tell: bool, told: str | None
) -> None:
    relay = build(tell_caller=tell)

    await connect(relay, a_caller())

    assert [plan.caller for plan in relay.upstream.plans] == [told]


async def test_a_call_is_written_down_as_its_callers(build: Callable[..., RelayDouble]) -> None:
    relay = build()

    await connect(relay, a_caller(id="alice", holder="alice", ticket=TICKET, max_seconds=60.0))

    (call,) = await relay.store.recent(10, only_open=True)
    assert (call.caller, call.holder, call.ticket, call.max_seconds) == ("alice", "alice", "t" * 64, 60.0)


async def test_auth_09_minting_for_a_browser_spends_a_ticket_too(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    caller = a_caller(ticket=TICKET)

    await relay.exchange.mint(caller, ConnectRequest())

    with pytest.raises(TicketUsed):
        await relay.exchange.mint(caller, ConnectRequest())
    with pytest.raises(TicketUsed):
        await connect(relay, caller)
    assert relay.upstream.paid_requests == 0


async def test_auth_09_a_sign_in_with_a_bound_on_its_call_gets_no_client_secret(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()

    with pytest.raises(ProfileRefused):
        await relay.exchange.mint(a_caller(ticket=TICKET, max_seconds=30.0), ConnectRequest())

    assert await relay.store.ticket_spent(TICKET.key) is False


async def test_client_secrets_being_minted_are_in_flight_too(build: Callable[..., RelayDouble]) -> None:
    relay = build(most_in_flight=1)
    relay.upstream.minting.clear()
    minting = asyncio.ensure_future(relay.exchange.mint(a_caller(), ConnectRequest()))
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        with pytest.raises(Busy):
            await relay.exchange.mint(a_caller(), ConnectRequest())
        with pytest.raises(Busy):
            await connect(relay, a_caller())

    relay.upstream.minting.set()
    await minting
    await connect(relay, a_caller())


async def test_a_caller_the_profile_does_not_name_spends_nothing(build: Callable[..., RelayDouble]) -> None:
    relay = build(profile=replace(PROFILE, allow=("groups=staff",)))

    with pytest.raises(ProfileRefused):
        await connect(relay, a_caller(ticket=TICKET))

    assert relay.upstream.plans == []
    assert await relay.store.ticket_spent(TICKET.key) is False
    await connect(relay, a_caller(ticket=TICKET, claims={"groups": frozenset({"staff"})}))
