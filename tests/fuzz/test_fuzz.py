"""The short run: every target on edits of its seeds, the fuzzer itself, and what fuzzing has found so far.

``RELAY_TEST_EXAMPLES=100000`` makes the first longer; the record is `make fuzz`, in RESULTS.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.run import ROOT
from tests.fuzz.seeds import SEEDS, WORDS
from tests.fuzz.targets import TARGETS, WIRES, upstream, wire
from tests.fuzz.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES: Final = int(os.environ.get("RELAY_TEST_EXAMPLES", "60"))
EDITS: Final = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 40),
        st.binary(max_size=8) | st.sampled_from(WORDS) | st.sampled_from(WORDS).map(lambda word: word * 300),
    ),
    max_size=5,
)
BRIEFLY: Final = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def edited(seed: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Cut and insert here and there."""
    for where, cut, piece in edits:
        at = int(where * len(seed))
        seed = seed[:at] + piece + seed[at + cut :]
    return seed


@pytest.fixture(scope="module", name="worlds")
def _worlds() -> Iterator[dict[str, World]]:
    worlds = {name: World(signed=signed) for name, signed in WIRES.items()}
    yield worlds
    for world in worlds.values():
        world.close()


def test_every_target_has_seeds() -> None:
    assert set(SEEDS) == {*TARGETS, *WIRES}


@pytest.mark.parametrize("name", SEEDS)
def test_every_seed_is_good(name: str, worlds: dict[str, World]) -> None:
    target = partial(wire, worlds[name]) if name in WIRES else TARGETS[name]

    for seed in SEEDS[name]:
        target(seed)


def test_every_way_to_sign_in_has_a_seed_that_places_a_call() -> None:
    world = World(signed=True)
    statuses = [world.send(seed)[:13] for seed in SEEDS["wire-signed"][:5]]
    world.close()

    assert statuses == [b"HTTP/1.1 201 "] * 5


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data(), edits=EDITS)
@BRIEFLY
def test_whatever_is_read_is_taken_or_refused_by_name(
    name: str, data: st.DataObject, edits: list[tuple[float, int, bytes]]
) -> None:
    TARGETS[name](edited(data.draw(st.sampled_from(SEEDS[name])), edits))


@pytest.mark.parametrize("name", WIRES)
@given(data=st.data(), edits=EDITS)
@BRIEFLY
def test_whatever_is_sent_is_answered_below_500(
    name: str, worlds: dict[str, World], data: st.DataObject, edits: list[tuple[float, int, bytes]]
) -> None:
    wire(worlds[name], edited(data.draw(st.sampled_from(SEEDS[name])), edits))


def test_the_fuzzer_itself_runs() -> None:
    words = [sys.executable, "-m", "tests.fuzz.run", "--inputs", "500", "offer", "token"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count("| 500 |") == 2


def test_found_a_retry_after_with_a_year_of_a_hundred_digits() -> None:
    upstream(b"Wed, 20 Oct " + b"5" * 100 + b" 07:28:00 GMT")
