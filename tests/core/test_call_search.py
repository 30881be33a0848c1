"""Every interleaving of answer, leaving, hang-up, expiry, crash and adoption, searched to its end."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import cache

from relay.core.call import CLOSED, NEXT, State
from tests.core.call_world import World, beginning, moves

Graph = dict[World, list[tuple[str, World]]]


@cache
def _searched() -> Graph:
    """Every world that can be reached, with what can follow upon it."""
    graph: Graph = {}
    for faults in ({"crashes": 2, "stalls": 0, "failures": 1}, {"crashes": 1, "stalls": 1, "failures": 1}):
        waiting = deque([beginning(**faults)])
        while waiting:
            world = waiting.popleft()
            if world not in graph:
                graph[world] = [(name, after) for name, after in moves(world)]
                waiting.extend(replace(after, news=None) for _, after in graph[world])
    return graph


def test_print() -> None:
    g = _searched()
    print(len(g), sum(map(len, g.values())))
