"""A store that is damaged, read-only or full: told in words; running calls are ended all the same."""

from __future__ import annotations

import os
import resource
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.doubles.process import START_SECONDS, Program
from tests.faults.house import Relay, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.house import Upstream

_WITHOUT_PRIVILEGES = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "relay", "serve"])
"""
"""Even root is bound by file modes then."""


@contextmanager
def full_disk(relay: Relay) -> Iterator[None]:
    """No file of the relay's may be written to meanwhile."""
    pid = relay.process.pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _refused(upstream: Upstream, folder: Path, *words: str) -> str:
    """What a relay says that must not start."""
    with Relay(upstream, folder, wait=False) as relay:
        code = relay.process.wait(START_SECONDS)
        relay.stop()
    assert code == 1
    assert "The relay cannot start" in relay.output
    assert "Traceback" not in relay.output
    for word in words:
        assert word in relay.output
    return relay.output


def _made(upstream: Upstream, folder: Path) -> Path:
    """A store with a call in it, all of it in one file: what lies in a journal would mend the damage."""
    with Relay(upstream, folder) as relay:
        relay.client.delete(relay.place(1))
        eventually(lambda: not upstream.live(), 5, "not hung up")
        relay.stop()
    (path,) = folder.glob("calls-*.sqlite3")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    return path


def test_a_file_that_is_no_store_keeps_the_relay_from_starting(upstream: Upstream, tmp_path: Path) -> None:
    path = _made(upstream, tmp_path)
    path.write_bytes(b"this is not a database, and never was one " * 100)

    output = _refused(upstream, tmp_path, "no SQLite database")

    assert str(path) not in output


def test_a_damaged_store_keeps_the_relay_from_starting(upstream: Upstream, tmp_path: Path) -> None:
    path = _made(upstream, tmp_path)
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)

    _refused(upstream, tmp_path, "damaged")


def test_a_state_folder_that_is_a_file_keeps_the_relay_from_starting(
    upstream: Upstream, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")

    _refused(upstream, folder, "state folder")


def test_a_read_only_store_keeps_the_relay_from_starting(upstream: Upstream, tmp_path: Path) -> None:
    path = _made(upstream, tmp_path)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    with Relay(upstream, tmp_path, wait=False) as relay:
        environment = relay.environment
        relay.kill()
    with Program("-c", _WITHOUT_PRIVILEGES, environment=environment) as plain:
        code = plain.process.wait(START_SECONDS)
        plain.stop()
    tmp_path.chmod(0o755)

    assert code == 1
    assert "The relay cannot start" in plain.output
    assert "Traceback" not in plain.output


def test_a_full_disk_refuses_new_calls_and_readyz_says_so(relay: Relay) -> None:
    relay.place(1)
    with full_disk(relay):
        refused = relay.connect(2)
        eventually(lambda: relay.client.get("/readyz").status_code == 503, 2, "/readyz does not tell")
        ready = relay.client.get("/readyz")

        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        assert (ready.status_code, ready.json()["checks"]["store"]) == (503, False)
        assert relay.is_up()
    eventually(lambda: relay.connect(3).status_code == 201, 5, "it does not recover")
    assert relay.client.get("/readyz").status_code == 200


def test_while_the_disk_is_full_running_calls_keep_their_clocks_and_are_hung_up(
    upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path, {"RELAY_MAX_CALL_SECONDS": "3"}) as relay:
        began = time.monotonic()
        place = relay.place(1)
        with full_disk(relay):
            eventually(lambda: not upstream.live(), 6, "the call was left behind")
        lasted = upstream.calls()[0]["hung_up"] - began
        eventually(lambda: relay.client.get(place).json()["state"] == "ended", 5, "the store was not told")

        assert relay.client.get(place).json()["reason"] == "max_duration"
    assert 3 <= lasted < 5
    assert len(upstream.calls()[0]["hang_ups"]) == 1


def test_while_the_disk_is_full_a_caller_can_hang_up(relay: Relay, upstream: Upstream) -> None:
    place = relay.place(1)
    with full_disk(relay):
        assert relay.client.delete(place).status_code == 204
        eventually(lambda: not upstream.live(), 4, "the call was left behind")
    eventually(lambda: relay.client.get(place).json()["reason"] == "caller", 4, "the store was not told")


def test_while_the_disk_is_full_an_exchange_under_way_is_ended(relay: Relay, upstream: Upstream) -> None:
    upstream.set(place=(1, 1))
    relay.client.timeout = 0.5
    with pytest.raises(Exception, match="timed out"):
        relay.connect(1)
    with full_disk(relay):
        eventually(upstream.calls, 3, "no call")
        eventually(lambda: not upstream.live(), 4, "the call was left behind")
    eventually(lambda: relay.rows()[0]["state"] == "ended", 4, "the store was not told")


def test_while_the_disk_is_full_hang_ups_that_fail_are_spaced_by_backoff(
    relay: Relay, upstream: Upstream
) -> None:
    place = relay.place(1)
    upstream.set(hang_up_always=500)
    with full_disk(relay):
        relay.client.delete(place)
        time.sleep(3)
        tried = len(upstream.calls()[0]["hang_ups"])

    assert 3 <= tried <= 8


def test_presence_counts_while_the_disk_is_full(relay: Relay, upstream: Upstream) -> None:
    place = relay.place(1, presence="events")
    with full_disk(relay):
        for _ in range(3):
            with relay.client.stream("GET", f"{place}/events", timeout=10) as events:
                assert events.status_code == 200
                for _line in events.iter_lines():
                    pass
        assert len(upstream.live()) == 1
        eventually(lambda: not upstream.live(), 7, "the call was left behind")
