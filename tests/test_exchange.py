"""The story of one call, told with a hand-written upstream."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.offer import OfferBounds
from relay.core.profile import Profile
from relay.core.request import ConnectRequest
from relay.errors import (
    BadVoice,
    Busy,
    Draining,
    MissingField,
    NotFound,
    SdpNotOffer,
    UpstreamBadAnswer,
    UpstreamError,
    UpstreamNoCallId,
    UpstreamTimeout,
)
from relay.exchange import BrowserLeft, Exchange
from relay.supervisor import Supervisor
from tests.doubles.upstream import ANSWER, UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.anyio

OFFER = (Path(__file__).parent / "core/offers/chromium-audio-data.sdp").read_bytes().decode()
PROFILE = Profile(
    name="default", title="Default", deployment="gpt-realtime", voices=("alloy", "marin"), voice="alloy"
)


class Stage:
    """An exchange with its upstream and supervisor."""

    def __init__(self, **changes: Any) -> None:
        self.upstream = UpstreamDouble()
        self.supervisor = Supervisor(self.upstream, max_call_seconds=3600)
        settings: dict[str, Any] = {
            "patience_seconds": 5.0,
            "most_in_flight": 10,
            "allow_unkillable": False,
            **changes,
        }
        self.exchange = Exchange(
            upstream=self.upstream,
            supervisor=self.supervisor,
            profiles={"default": PROFILE},
            bounds=OfferBounds(),
            **settings,
        )
        self.browser_left = asyncio.Event()

    def connect(self, **fields: str | None) -> Awaitable[Any]:
        async def left() -> None:
            await self.browser_left.wait()

        request = ConnectRequest(**{"sdp": OFFER, **fields})
        return asyncio.ensure_future(self.exchange.connect(request, left=left))

    async def settle(self) -> None:
        """Let everything that was started come to its end."""
        await asyncio.sleep(0.01)
        await self.exchange.drain()
        await self.supervisor.settle(1)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(2):
        while not condition():
            await asyncio.sleep(0)


async def test_an_offer_becomes_an_answer_and_a_call() -> None:
    stage = Stage()

    connected = await stage.connect(voice="marin", instructions="Be brief.")

    assert connected.answer == ANSWER
    assert stage.upstream.offers == [OFFER]
    assert stage.upstream.plans[0].session == {"voice": "marin", "instructions": "Be brief."}
    assert "rtc_" not in connected.call_id
    assert len(connected.call_id) >= 32  # 192 bits
    assert stage.upstream.closed == 1
    assert stage.upstream.live == {"rtc_1"}


async def test_a_repr_shows_neither_id_nor_answer() -> None:
    connected = await Stage().connect()

    assert connected.call_id not in repr(connected)
    assert "v=0" not in repr(connected)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"sdp": None}, MissingField),
        ({"sdp": " \r\n"}, MissingField),
        ({"sdp": OFFER.replace("actpass", "active")}, SdpNotOffer),
        ({"voice": "nobody"}, BadVoice),
        ({"profile": "nobody"}, NotFound),
    ],
)
async def test_what_is_wrong_is_refused_before_the_upstream_is_asked(
    fields: dict[str, str | None], problem: type[Exception]
) -> None:
    stage = Stage()

    with pytest.raises(problem):
        await stage.connect(**fields)

    assert stage.upstream.plans == []


async def test_load_03_a_browser_that_leaves_before_the_paid_request_costs_nothing() -> None:
    stage = Stage()
    stage.upstream.minting.clear()
    connecting = stage.connect()
    await until(lambda: stage.upstream.plans)

    stage.browser_left.set()
    with pytest.raises(BrowserLeft):
        await connecting
    stage.upstream.minting.set()
    await stage.settle()

    assert stage.upstream.paid_requests == 0


async def test_load_03_a_browser_that_leaves_after_it_has_its_call_hung_up() -> None:
    stage = Stage()
    stage.upstream.placing.clear()
    connecting = stage.connect()
    await until(lambda: stage.upstream.paid_requests)

    stage.browser_left.set()
    with pytest.raises(BrowserLeft):
        await connecting
    stage.upstream.placing.set()
    await stage.settle()

    assert stage.upstream.hung_up == ["rtc_1"]
    assert stage.upstream.live == set()


async def test_load_03_a_browser_that_leaves_while_the_answer_is_read_has_its_call_hung_up() -> None:
    stage = Stage()
    stage.upstream.answering.clear()
    connecting = stage.connect()
    await until(lambda: stage.upstream.live)

    stage.browser_left.set()
    with pytest.raises(BrowserLeft):
        await connecting
    stage.upstream.answering.set()
    await stage.settle()

    assert stage.upstream.live == set()


async def test_a_browser_that_leaves_as_the_answer_arrives_has_its_call_hung_up() -> None:
    stage = Stage()
    stage.browser_left.set()
    stage.upstream.placing.clear()
    stage.upstream.placing.set()

    with pytest.raises(BrowserLeft):
        await stage.connect()
    await stage.settle()

    assert stage.upstream.live == set()


async def test_patience_is_bounded_and_the_late_call_is_hung_up() -> None:
    stage = Stage(patience_seconds=0.01)
    stage.upstream.placing.clear()

    with pytest.raises(UpstreamTimeout):
        await stage.connect()
    stage.upstream.placing.set()
    await stage.settle()

    assert stage.upstream.hung_up == ["rtc_1"]


async def test_a_cancelled_handler_forsakes_its_call() -> None:
    stage = Stage()
    stage.upstream.placing.clear()
    connecting = asyncio.ensure_future(stage.connect())
    await until(lambda: stage.upstream.paid_requests)

    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    stage.upstream.placing.set()
    await stage.settle()

    assert stage.upstream.live == set()


@pytest.mark.parametrize(
    "answer", ["", "<html>busy</html>", ANSWER.replace("a=setup:active", "a=setup:actpass"), "v=0\r\n"]
)
async def test_up_21_a_call_without_a_usable_answer_is_hung_up(answer: str) -> None:
    stage = Stage()
    stage.upstream.answer = answer

    with pytest.raises(UpstreamBadAnswer):
        await stage.connect()
    await stage.settle()

    assert stage.upstream.hung_up == ["rtc_1"]


async def test_an_answer_that_breaks_off_ends_the_call() -> None:
    stage = Stage()
    stage.upstream.bad_answer = UpstreamBadAnswer("cut")

    with pytest.raises(UpstreamBadAnswer):
        await stage.connect()
    await stage.settle()

    assert stage.upstream.live == set()


async def test_up_22_a_call_without_a_name_is_not_handed_out() -> None:
    stage = Stage()
    stage.upstream.unnamed = True

    with pytest.raises(UpstreamNoCallId):
        await stage.connect()

    assert stage.upstream.closed == 1


async def test_up_22_unless_the_operator_accepts_it() -> None:
    stage = Stage(allow_unkillable=True)
    stage.upstream.unnamed = True

    connected = await stage.connect()
    stage.supervisor.end(connected.call_id, reason="caller")

    assert connected.answer == ANSWER


async def test_an_upstream_problem_reaches_the_browser_as_it_is() -> None:
    stage = Stage()
    stage.upstream.refuses = UpstreamError("no")

    with pytest.raises(UpstreamError):
        await stage.connect()


async def test_load_01_beyond_the_bound_the_refusal_is_immediate() -> None:
    stage = Stage(most_in_flight=1)
    stage.upstream.placing.clear()
    first = stage.connect()
    await until(lambda: stage.upstream.paid_requests)

    with pytest.raises(Busy) as refused:
        await stage.connect()
    stage.upstream.placing.set()
    await first

    assert refused.value.retry_after == 1
    await stage.connect()  # the place is free again


async def test_a_draining_relay_finishes_what_it_began_and_takes_nothing_new() -> None:
    stage = Stage()
    stage.upstream.placing.clear()
    connecting = stage.connect()
    await until(lambda: stage.upstream.paid_requests)
    draining = asyncio.ensure_future(stage.exchange.drain())
    await asyncio.sleep(0)

    with pytest.raises(Draining):
        await stage.connect()
    stage.upstream.placing.set()
    await draining

    assert (await connecting).answer == ANSWER


async def test_minting_for_a_browser_places_no_call() -> None:
    stage = Stage()

    client_secret, config = await stage.exchange.mint(ConnectRequest(voice="marin"))

    assert client_secret.value == "ek_double"
    assert config.voice == "marin"
    assert stage.upstream.paid_requests == 0
