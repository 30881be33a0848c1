"""``kill -9`` at any moment: what was recorded is in the file, whole, and somebody takes over."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.clock import SystemClock
from relay.core.call import State
from relay.store.file import connect
from tests.store.opened import opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.store.sqlite import SqliteStore

_ORDER = [State.INTENT, State.IN_DOUBT, State.NAMED, State.LIVE, State.ENDING, State.ENDED]


def _writing(path: Path, name: str, *, most: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.crashing", str(path), name, str(most)],
        stdout=subprocess.PIPE,
        text=True,
    )


def _said(process: subprocess.Popen[str], *, lines: int) -> dict[str, State]:
    """Read so many lines, kill, and read what was still in the pipe."""
    assert process.stdout is not None
    with process.stdout as stdout:
        head = [stdout.readline() for _ in range(lines)]
        process.kill()
        words = [line.split() for line in (*head, *stdout) if line.endswith("\n")]
    process.wait()
    return {key: State(state) for key, state in words}


def _missing(store: SqliteStore, said: dict[str, State]) -> list[str]:
    """What was said to be recorded and is not; the call may have gone on after the last line."""
    missing = []
    for key, state in said.items():
        call = run(store.get(key))
        if call is None or _ORDER.index(call.state) < _ORDER.index(state):
            missing.append(f"{key[:8]} {state}: {call}")
    return missing


@pytest.mark.parametrize("seed", range(6))
def test_load_04_everything_recorded_before_a_kill_is_there_after_it(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    said = _said(_writing(path, "a"), lines=chance.randrange(1, 400))
    with opened(path) as store, closing(connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert _missing(store, said) == []
        assert said


def test_two_processes_write_to_one_file_and_one_of_them_is_killed(path: Path) -> None:
    survivor, victim = _writing(path, "survivor", most=150), _writing(path, "victim")
    said = _said(victim, lines=200)
    out, _ = survivor.communicate(timeout=20)
    said |= {key: State(state) for key, state in (line.split() for line in out.splitlines())}
    with opened(path) as store:
        left_open = [call for call in run(store.recent(9_999, only_open=True)) if call.owner == "victim"]
        assert survivor.returncode == 0
        assert _missing(store, said) == []
        assert len(left_open) <= 1
        assert list(said.values()).count(State.ENDED) >= 150


def test_the_calls_of_a_killed_process_are_adopted_by_the_next(path: Path) -> None:
    process = _writing(path, "a")
    said = _said(process, lines=3)
    with opened(path) as store:
        now = SystemClock().now()
        run(store.adopt("b", replace(now, boot_seconds=now.boot_seconds + 4)))

        assert run(store.owned("a")) == []
        assert _missing(store, said) == []


def test_opening_at_the_same_time_makes_one_store(path: Path) -> None:
    processes = [_writing(path, f"worker-{n}", most=5) for n in range(4)]
    outputs = [process.communicate(timeout=20)[0] for process in processes]

    assert [process.returncode for process in processes] == [0] * 4
    assert sum(output.count("ended") for output in outputs) == 20
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM calls WHERE open = 0").fetchone() == (20,)
    db.close()
