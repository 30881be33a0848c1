"""The words of one call: one behind the other, known again, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relay.core.facts import Effective, Failed, ResponseDone
from relay.core.upstream import SidebandLost
from relay.desk import RESTORE, CallDesk
from tests.doubles.sideband import SidebandDouble

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio


def names() -> Callable[[], str]:
    numbers = iter(range(1, 100))
    return lambda: str(next(numbers))


def desk() -> tuple[CallDesk, SidebandDouble]:
    made, sideband = CallDesk(draw=names()), SidebandDouble()
    made.attach(sideband)
    return made, sideband


def begun(response_id: str, mark: str | None = None) -> Effective:
    return Effective(values={}, response_id=response_id, mark=mark)


async def test_a_word_without_a_sideband_is_lost() -> None:
    alone = CallDesk()

    for word in (alone.look(), alone.respond(mark="turn"), alone.cancel(), alone.remove("item_1")):
        with pytest.raises(SidebandLost):
            await word


async def test_the_mark_of_our_response_comes_back_and_only_once() -> None:
    made, sideband = desk()
    await made.respond(mark="turn")

    assert sideband.words == [("respond", "relay-1", None)]
    assert made.read(begun("resp_1", "relay-1")) == begun("resp_1", "turn")
    assert made.read(ResponseDone("resp_1", "completed", mark="relay-1")) == ResponseDone(
        "resp_1", "completed", mark="turn"
    )
    assert made.read(begun("resp_2", "relay-1")) == begun("resp_2")


async def test_a_mark_that_the_browser_wrote_is_nobodys() -> None:
    made, _ = desk()

    assert made.read(begun("resp_1", "turn")) == begun("resp_1")
    assert made.read(ResponseDone("resp_1", "completed", mark="turn")) == ResponseDone("resp_1", "completed")


async def test_a_response_waits_for_the_one_that_is_being_made() -> None:
    made, sideband = desk()
    made.read(begun("resp_1"))
    await made.respond(mark="tool")
    await made.settle()
    before = list(sideband.words)
    made.read(ResponseDone("resp_1", "completed"))
    await made.settle()

    assert before == []
    assert sideband.words == [("respond", "relay-1", None)]


async def test_several_wishes_for_a_response_become_one_and_what_is_to_be_said_is_kept() -> None:
    made, sideband = desk()
    made.read(begun("resp_1"))
    for mark in ("turn", "tool"):
        await made.respond(mark=mark)
    await made.say("Two minutes left.", mark="say")
    made.read(ResponseDone("resp_1", "completed"))
    await made.settle()
    made.read(begun("resp_2", "relay-1"))
    made.read(ResponseDone("resp_2", "completed", mark="relay-1"))
    await made.settle()

    assert sideband.words == [("respond", "relay-1", None), ("say", "Two minutes left.", "relay-2")]


async def test_a_response_that_came_too_early_is_asked_for_again() -> None:
    made, sideband = desk()
    await made.respond(mark="tool")
    refused = Failed("error", "conversation_already_has_active_response", event_id="relay-1")

    assert made.read(refused) is None
    made.read(begun("resp_1"))
    made.read(ResponseDone("resp_1", "completed"))
    await made.settle()
    assert sideband.words[-1] == ("respond", "relay-2", None)


async def test_a_refusal_names_what_was_refused_by_our_own_words() -> None:
    made, _ = desk()
    await made.respond(mark="turn")
    await made.restore({"tools": []})

    assert made.read(Failed("error", "x", event_id="relay-1")) == Failed("error", "x", event_id="turn")
    assert made.read(Failed("error", "x", event_id="relay-2")) == Failed("error", "x", event_id=RESTORE)
    assert made.read(Failed("error", "x", event_id="the browser's")) == Failed("error", "x")


async def test_our_own_items_are_known() -> None:
    made, _ = desk()
    await made.answer_tool("call_1", "12 degrees", item_id="item_ours")

    assert made.is_ours("item_ours")
    assert not made.is_ours("item_other")


async def test_a_new_sideband_begins_without_the_old_ones_responses() -> None:
    made, _ = desk()
    made.read(begun("resp_1"))
    await made.respond(mark="turn")
    made.detach()
    sideband = SidebandDouble()
    made.attach(sideband)
    await made.settle()
    await made.respond(mark="turn")

    assert sideband.words == [("respond", "relay-1", None)]
