"""Every interleaving of answer, leaving, hang-up, expiry, crash and adoption, searched to its end.

Invariants are asserted of every world that can be reached and of every move between two; that each of them
reaches an end follows from there being no way round in a circle and no dead end that is not an end.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import cache

from relay.core.call import CLOSED, NEXT, Event, State
from tests.core.call_world import World, beginning, moves

Graph = dict[World, list[tuple[str, World]]]


@cache
def _searched() -> Graph:
    """Every world that can be reached, with the moves that can follow."""
    graph: Graph = {}
    waiting = deque([beginning(crashes=2, stalls=0, failures=1), beginning(crashes=1, stalls=1, failures=1)])
    while waiting:
        world = waiting.popleft()
        if world not in graph:
            graph[world] = list(moves(world))
            waiting.extend(_plain(after) for _, after in graph[world])
    return graph


def _plain(world: World) -> World:
    return replace(world, news=None)


def _told(world: World) -> str:
    return f"{world.call.state} placing={world.placing} upstream={world.upstream} {world.hanging}"


def test_the_search_is_not_empty() -> None:
    assert len(_searched()) > 5_000


def test_every_cell_of_the_table_is_reached_and_no_other() -> None:
    used = {after.news for following in _searched().values() for _, after in following if after.news}

    assert used == {(state, event) for state, row in NEXT.items() for event in row}


def test_where_nothing_more_can_happen_the_call_is_over() -> None:
    dead_ends = [world for world, following in _searched().items() if not _leading_on(world, following)]

    assert dead_ends
    assert [_told(world) for world in dead_ends if world.call.state not in CLOSED] == []


def test_nothing_goes_round_in_a_circle() -> None:
    graph = _searched()
    before = dict.fromkeys(graph, 0)
    for world, following in graph.items():
        for after in _leading_on(world, following):
            before[after] += 1
    free = [world for world, count in before.items() if count == 0]
    ordered = 0
    while free:
        world = free.pop()
        ordered += 1
        for after in _leading_on(world, graph[world]):
            before[after] -= 1
            if before[after] == 0:
                free.append(after)

    assert ordered == len(graph)


def test_a_call_that_ended_is_over_upstream_too() -> None:
    ended = [world for world in _searched() if world.call.state is State.ENDED]

    assert [_told(world) for world in ended if world.upstream == "live"] == []


def test_a_call_whose_answer_was_handed_over_can_be_ended() -> None:
    talking = [w for w in _searched() if w.browser == "talks" and w.upstream == "live"]

    assert {w.call.state for w in talking} <= {State.LIVE, State.ENDING}


def test_a_live_call_that_nobody_can_end_is_in_doubt_or_was() -> None:
    for world in _searched():
        if world.upstream == "live" and world.placing == "done" and world.call.upstream_id is None:
            assert world.call.state in {State.IN_DOUBT, State.EXPIRED}, _told(world)


def test_a_learnt_id_is_never_forgotten() -> None:
    for world, following in _searched().items():
        if world.call.upstream_id is not None:
            assert all(after.call.upstream_id == "rtc_1" for _, after in following), _told(world)


def test_an_open_call_has_an_owner_or_somebody_can_adopt_it() -> None:
    for world, following in _searched().items():
        if world.call.open and world.call.owner not in world.alive:
            assert any(name.endswith("adopts") for name, _ in following), _told(world)


def test_no_hang_up_is_sent_for_a_call_that_has_ended_or_by_anybody_but_its_owner() -> None:
    for world, following in _searched().items():
        for name, after in following:
            if name == "hang-up sent":
                ((worker, _),) = after.hanging - world.hanging
                assert (world.call.state, worker) == (State.ENDING, world.call.owner)


def test_a_call_holds_one_reservation_while_it_is_open_and_none_afterwards() -> None:
    assert {(world.call.open, world.reserved) for world in _searched()} == {(True, 1), (False, 0)}


def test_a_reason_once_given_stays_until_the_end() -> None:
    for world, following in _searched().items():
        if not world.call.wanted:
            assert not any(after.call.wanted for _, after in following), _told(world)


def test_load_04_an_answer_that_died_with_its_worker_is_never_live() -> None:
    lost = {
        after.call.state
        for following in _searched().values()
        for _, after in following
        if after.news == (State.NAMED, Event.ADOPTED)
    }

    assert lost == {State.ENDING}


def _leading_on(world: World, following: list[tuple[str, World]]) -> set[World]:
    return {_plain(after) for _, after in following} - {world}
