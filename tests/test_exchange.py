"""The story of one call, told with a hand-written upstream."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.limits import Ceiling
from relay.core.request import ConnectRequest
from relay.errors import (
    BadVoice,
    Busy,
    Draining,
    MalformedRequest,
    MissingField,
    NotFound,
    Paused,
    SdpNotOffer,
    TooManyCalls,
    UpstreamBadAnswer,
    UpstreamError,
    UpstreamNoCallId,
    UpstreamTimeout,
)
from relay.exchange import BrowserLeft, Connected
from tests.doubles.call import a_caller
from tests.doubles.relay import OFFER, TERMS, RelayDouble
from tests.doubles.upstream import ANSWER
from tests.secrecy import CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


class Stage:
    """A relay whose browser does what the test says."""

    def __init__(self, relay: RelayDouble) -> None:
        self.relay = relay
        self.upstream = relay.upstream
        self.exchange = relay.exchange
        self.browser_left = asyncio.Event()

    def connect(self, **fields: str | None) -> asyncio.Future[Connected]:
        async def left() -> None:
            await self.browser_left.wait()

        request = ConnectRequest(**{"sdp": OFFER, **fields})
        return asyncio.ensure_future(self.exchange.connect(a_caller(), request, left=left))

    async def states(self) -> list[tuple[str, str | None]]:
        """What the store says of all calls."""
        calls = await self.relay.store.recent(100, only_open=False)
        return [(str(call.state), call.reason and str(call.reason)) for call in calls]

    async def settle(self) -> None:
        await self.relay.settle()


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Builds a stage; its arguments are those of the exchange."""
    built: list[Stage] = []

    def build(**changes: Any) -> Stage:
        built.append(Stage(RelayDouble(tmp_path, **changes)))
        return built[-1]

    yield build
    for stage in built:
        asyncio.run(stage.relay.store.close())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(2):
        while not condition():
            await asyncio.sleep(0)


async def test_an_offer_becomes_an_answer_and_a_call(stage: Callable[..., Stage]) -> None:
    act = stage()

    connected = await act.connect(voice="ash", instructions="Be brief.")

    assert connected.answer == ANSWER
    assert act.upstream.offers == [OFFER]
    assert act.upstream.plans[0].session == {"voice": "ash", "instructions": "Be brief."}
    assert "rtc_" not in connected.call_id
    assert len(connected.call_id) >= 32  # 192 bits
    assert act.upstream.closed == 1
    assert act.upstream.live == {"rtc_1"}


async def test_a_repr_shows_neither_id_nor_answer(stage: Callable[..., Stage]) -> None:
    connected = await stage().connect()

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
    stage: Callable[..., Stage], fields: dict[str, str | None], problem: type[Exception]
) -> None:
    act = stage()

    with pytest.raises(problem):
        await act.connect(**fields)

    assert act.upstream.plans == []


async def test_load_03_a_browser_that_leaves_before_the_paid_request_costs_nothing(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    act.upstream.minting.clear()
    connecting = act.connect()
    await until(lambda: act.upstream.plans)

    act.browser_left.set()
    with pytest.raises(BrowserLeft):
        await connecting
    act.upstream.minting.set()
    await act.settle()

    assert act.upstream.paid_requests == 0
    assert await act.states() == [("ended", "left")]


async def test_load_03_a_browser_that_leaves_after_it_has_its_call_hung_up(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    act.upstream.placing.clear()
    connecting = act.connect()
    await until(lambda: act.upstream.paid_requests)

    act.browser_left.set()
    with pytest.raises(BrowserLeft):
        await connecting
    act.upstream.placing.set()
    await act.settle()

    assert act.upstream.hung_up == ["rtc_1"]
    assert act.upstream.live == set()
    assert await act.states() == [("ended", "left")]


async def test_load_03_a_browser_that_leaves_while_the_answer_is_read_has_its_call_hung_up(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    act.upstream.answering.clear()
    connecting = act.connect()
    await until(lambda: act.upstream.live)

    act.browser_left.set()
    with pytest.raises(BrowserLeft):
        await connecting
    act.upstream.answering.set()
    await act.settle()

    assert act.upstream.live == set()


async def test_a_browser_that_leaves_as_the_answer_arrives_has_its_call_hung_up(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    act.browser_left.set()
    act.upstream.placing.clear()
    act.upstream.placing.set()

    with pytest.raises(BrowserLeft):
        await act.connect()
    await act.settle()

    assert act.upstream.live == set()


async def test_patience_is_bounded_and_the_late_call_is_hung_up(stage: Callable[..., Stage]) -> None:
    act = stage(patience_seconds=0.01)
    act.upstream.placing.clear()

    with pytest.raises(UpstreamTimeout):
        await act.connect()
    act.upstream.placing.set()
    await act.settle()

    assert act.upstream.hung_up == ["rtc_1"]


async def test_a_cancelled_handler_forsakes_its_call(stage: Callable[..., Stage]) -> None:
    act = stage()
    act.upstream.placing.clear()
    connecting = asyncio.ensure_future(act.connect())
    await until(lambda: act.upstream.paid_requests)

    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    act.upstream.placing.set()
    await act.settle()

    assert act.upstream.live == set()


@pytest.mark.parametrize(
    "answer", ["", "<html>busy</html>", ANSWER.replace("a=setup:active", "a=setup:actpass"), "v=0\r\n"]
)
@pytest.mark.parametrize("at_hand", [False, True])
async def test_up_21_a_call_without_a_usable_answer_is_hung_up(
    stage: Callable[..., Stage], answer: str, *, at_hand: bool
) -> None:
    act = stage()
    act.upstream.answer = answer
    act.upstream.at_hand = at_hand

    with pytest.raises(UpstreamBadAnswer):
        await act.connect()
    await act.settle()

    assert act.upstream.hung_up == ["rtc_1"]


async def test_an_answer_that_breaks_off_ends_the_call(stage: Callable[..., Stage]) -> None:
    act = stage()
    act.upstream.bad_answer = UpstreamBadAnswer("cut")

    with pytest.raises(UpstreamBadAnswer):
        await act.connect()
    await act.settle()

    assert act.upstream.live == set()


async def test_up_22_a_call_without_a_name_is_not_handed_out(stage: Callable[..., Stage]) -> None:
    act = stage()
    act.upstream.unnamed = True

    with pytest.raises(UpstreamNoCallId):
        await act.connect()

    assert act.upstream.closed == 1
    assert await act.states() == [("in_doubt", "no_call_id")]


async def test_up_22_unless_the_operator_accepts_it(stage: Callable[..., Stage]) -> None:
    act = stage(allow_unkillable=True)
    act.upstream.unnamed = True

    connected = await act.connect()

    assert connected.answer == ANSWER
    assert await act.states() == [("in_doubt", None)]


async def test_up_07_a_call_that_may_exist_unnamed_is_kept_in_doubt(stage: Callable[..., Stage]) -> None:
    act = stage()
    act.upstream.refuses = UpstreamTimeout("no status")
    act.upstream.refuses.in_doubt = True

    with pytest.raises(UpstreamTimeout):
        await act.connect()

    assert await act.states() == [("in_doubt", "no_answer")]
    assert (await act.relay.store.counts()).open == 1  # it goes on counting against the limits


async def test_a_full_house_and_a_pause_refuse_before_anything_is_sent(stage: Callable[..., Stage]) -> None:
    act = stage(terms=replace(TERMS, ceiling=Ceiling(total=1, per_caller=0)))
    await act.connect()

    with pytest.raises(TooManyCalls):
        await act.connect()
    await act.relay.supervisor.pause(True)
    with pytest.raises(Paused):
        await act.connect()

    assert act.upstream.paid_requests == 1


async def test_presence_can_only_be_promised_by_events(stage: Callable[..., Stage]) -> None:
    act = stage()
    with pytest.raises(MalformedRequest):
        await act.connect(presence="maybe")

    await act.connect(presence="events")
    await act.connect(presence=None)

    promised = [call.presence_seconds for call in await act.relay.store.recent(9, only_open=True)]
    assert sorted(promised, key=str) == [15, None]


async def test_an_upstream_problem_reaches_the_browser_as_it_is(stage: Callable[..., Stage]) -> None:
    act = stage()
    act.upstream.refuses = UpstreamError("no")

    with pytest.raises(UpstreamError):
        await act.connect()

    assert await act.states() == [("ended", "refused")]


async def test_load_01_beyond_the_bound_the_refusal_is_immediate(stage: Callable[..., Stage]) -> None:
    act = stage(most_in_flight=1)
    act.upstream.placing.clear()
    first = act.connect()
    await until(lambda: act.upstream.paid_requests)

    with pytest.raises(Busy) as refused:
        await act.connect()
    act.upstream.placing.set()
    await first

    assert refused.value.retry_after == 1
    await act.connect()  # the place is free again


async def test_one_more_of_those_that_come_at_the_same_moment_is_refused_at_once(
    stage: Callable[..., Stage],
) -> None:
    act = stage(most_in_flight=1)
    one, two = await asyncio.gather(act.connect(), act.connect(), return_exceptions=True)

    assert isinstance(one, Connected)
    assert isinstance(two, Busy)


async def test_a_call_that_is_being_written_down_when_the_relay_begins_to_stop_is_not_placed(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    connecting = act.connect()
    await asyncio.sleep(0)  # it waits for the store
    await act.exchange.drain(5)
    with pytest.raises(Draining):
        await connecting

    assert act.upstream.offers == []
    assert await act.states() == [("ended", "refused")]


async def test_a_draining_relay_finishes_what_it_began_and_takes_nothing_new(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    act.upstream.placing.clear()
    connecting = act.connect()
    await until(lambda: act.upstream.paid_requests)
    draining = asyncio.ensure_future(act.exchange.drain(5))
    await asyncio.sleep(0)

    with pytest.raises(Draining):
        await act.connect()
    act.upstream.placing.set()
    await draining

    assert (await connecting).answer == ANSWER
    assert len(await act.states()) == 1  # nothing new was written down


async def test_a_call_that_waits_for_its_client_secret_when_the_process_ends_is_not_left_in_doubt(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    act.upstream.minting.clear()
    connecting = act.connect()
    await until(lambda: act.upstream.plans)
    await act.exchange.drain(0)
    act.exchange.hurry()
    with pytest.raises(Draining):
        await connecting
    await act.exchange.give_up()

    assert await act.states() == [("ended", "shutdown")]
    act.upstream.minting.set()
    await act.settle()
    assert act.upstream.paid_requests == 0


async def test_a_call_whose_offer_was_sent_is_not_given_up_when_the_process_ends(
    stage: Callable[..., Stage],
) -> None:
    act = stage()
    act.upstream.placing.clear()
    connecting = act.connect()
    await until(lambda: act.upstream.paid_requests)
    await act.exchange.give_up()
    assert await act.states() == [("intent", None)]

    act.upstream.placing.set()
    assert (await connecting).answer == ANSWER


async def test_minting_for_a_browser_places_no_call(stage: Callable[..., Stage]) -> None:
    act = stage()

    client_secret, config = await act.exchange.mint(a_caller(), ConnectRequest(voice="ash"))

    assert client_secret.value == CLIENT_SECRET
    assert config.voice == "ash"
    assert act.upstream.paid_requests == 0
