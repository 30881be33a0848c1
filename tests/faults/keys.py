"""A flood of a million callers and addresses, each seen once: what is remembered of it, and what that costs.

``python -m tests.faults.keys [--count 1000000]``; a part of ``make attack``. Without HTTP, so that it ends:
the store that measures rates, and the bound on failed sign-ins, are asked directly.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from starlette.requests import Request

from relay.clock import SystemClock
from relay.core.rate import Rate
from relay.errors import AuthInvalid, StoreUnavailable
from relay.store.attempts import MOST_CALLERS
from relay.store.sqlite import SqliteStore
from relay.web.guesses import MOST_ADDRESSES, Guesses
from tests.faults.report import add_to_results

COUNT = 1_000_000


async def flood_store(count: int, folder: Path) -> str:
    """Let each of so many callers ask once; what it came to, as a row."""
    store, clock, rate = SqliteStore.open(folder / "calls.sqlite3"), SystemClock(), Rate(6, 60)
    before, began = _memory_mib(), time.perf_counter()
    refused = away = 0
    for number in range(count):
        try:
            refused += not (await store.count_attempt(f"{number:016x}", rate, clock.now())).allowed
        except StoreUnavailable:  # its log is being carried into the file, on a busy disk
            away += 1
    seconds, grown = time.perf_counter() - began, _memory_mib() - before
    await store.close()
    size = _size_mib(folder)
    assert size < 64
    return (
        f"| callers that ask once | {count:,} | {seconds:.0f} | {refused:,} refused, {away:,} told to wait "
        f"| +{grown:.1f} MiB | at most {MOST_CALLERS:,} rows, {size:.1f} MiB of file |"
    )


def flood_guesses(count: int) -> str:
    """Let a sign-in fail at each of so many addresses; what it came to, as a row."""
    guesses = Guesses(Rate(20, 60), ("authorization",), key=b"k" * 32, clock=SystemClock())
    scope = {"type": "http", "headers": [(b"authorization", b"Bearer wrong")], "client": ("", 1)}
    before, began = _memory_mib(), time.perf_counter()
    for number in range(count):
        scope["client"] = (str(ipaddress.ip_address(1 << 125 | number << 64)), 1)
        with suppress(AuthInvalid), guesses.trial(Request(scope)):
            raise AuthInvalid
    seconds, grown = time.perf_counter() - began, _memory_mib() - before
    assert len(guesses) <= MOST_ADDRESSES
    return (
        f"| addresses that fail to sign in | {count:,} | {seconds:.0f} | - | +{grown:.1f} MiB "
        f"| {len(guesses):,} of them |"
    )


def _size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir()) / 2**20


def _memory_mib() -> float:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    """Flood both and write down what it came to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=COUNT)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="keys-") as folder:
        rows = [asyncio.run(flood_store(count, Path(folder))), flood_guesses(count)]
    head = "| what is new each time | how many | seconds | answers | memory | what is remembered |"
    table = "\n".join([head, "|---|---|---|---|---|---|", *rows])
    print(table)
    add_to_results("keys", table)


if __name__ == "__main__":
    main()
