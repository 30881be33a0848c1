"""Who leans on a relay: one program for each attack, so that what it costs its sender can be measured.

``python -m tests.faults.attackers NAME PORT SECONDS AMOUNT TOKEN ADDRESS``; it prints, as JSON, how often it
did what it does and its own cost. `AMOUNT` is how many connections it holds, or requests it sends a second.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.faults.house import offer_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

ENDLESS_FROM: Final = 1_000_000_000
_LANES = 8  # a flood comes over so many connections
_PARTS = 10_000
_HEAD_BYTES = 8_000_000
_STEP_SECONDS = 0.5
_SPREAD_SECONDS = 5.0  # over which those who hold connections come, so that they do not march in step
_ANSWER_SECONDS = 15.0


class Attacker:
    """One attack on a relay."""

    def __init__(self, port: int, seconds: float, amount: int, token: str, address: str) -> None:
        self.told: Counter[str] = Counter()
        self._port = port
        self._until = time.monotonic() + seconds
        self._amount = amount
        self._token = token
        self._address = address
        self._numbers = itertools.count(1)

    async def silent(self) -> None:
        """Connections that say nothing; one that is closed comes again."""
        await self._hold(self._sleep)

    async def heads(self) -> None:
        """Heads that come byte by byte."""
        await self._hold(lambda writer: self._trickle(writer, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "))

    async def bodies(self) -> None:
        """Bodies that come byte by byte, behind a good sign-in."""
        head = self._request("POST", "/connect", type_="application/json", length=100_000)
        await self._hold(lambda writer: self._trickle(writer, head))

    async def huge_heads(self) -> None:
        """Heads of 8 MB, sent for as long as the relay takes them."""
        head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * _HEAD_BYTES
        await self._flood(lambda _: head, one_each=True)

    async def parts(self) -> None:
        """Forms of ten thousand empty parts."""
        body = b"--b\r\n\r\n\r\n" * _PARTS + b"--b--\r\n"
        head = self._request("POST", "/connect", type_="multipart/form-data; boundary=b", length=len(body))
        await self._flood(lambda _: head + body, one_each=True)

    async def keys(self) -> None:
        """Forwarded addresses, each of them new, with tokens that are wrong and bodies that are no offers."""
        await self._flood(self._from_somewhere)

    async def guesses(self) -> None:
        """Wrong tokens from one address."""
        await self._flood(
            lambda n: self._request("POST", "/connect", token=f"guess-{n}-of-many-more", length=0)
        )

    async def bombs(self) -> None:
        """Offers that the upstream answers without end."""
        await self._flood(lambda n: self._connect(ENDLESS_FROM + n))

    async def streams(self) -> None:
        """Event streams of one call, all at once and again as they end."""
        head = self._request("GET", f"{self._address}/events", type_="", length=None)
        await self._hold(lambda writer: self._stay(writer, head))

    # --- inside

    async def _hold(self, use: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> None:
        spread = min(_SPREAD_SECONDS, self._left() / 2)

        async def one(lane: int) -> None:
            await asyncio.sleep(spread * lane / self._amount)
            while self._left() > 0:
                with suppress(OSError, TimeoutError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                    self.told["connections"] += 1
                    using = asyncio.create_task(_quietly(use(writer)))
                    with suppress(TimeoutError):
                        async with asyncio.timeout(max(0.01, self._left())):
                            while await reader.read(65536):
                                pass
                    using.cancel()
                    writer.transport.abort()
                await asyncio.sleep(min(_STEP_SECONDS, max(0.0, self._left())))

        await asyncio.gather(*(one(lane) for lane in range(self._amount)))

    async def _sleep(self, _: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._left())

    async def _trickle(self, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(head)
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(_STEP_SECONDS)

    async def _stay(self, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(head)
        await asyncio.sleep(self._left())

    async def _flood(self, request: Callable[[int], bytes], *, one_each: bool = False) -> None:
        async def lane(number: int) -> None:
            pause = _LANES / self._amount
            due = time.monotonic() + pause * number / _LANES
            while self._left() > 0:
                with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                    try:
                        for turn in self._numbers:
                            await asyncio.sleep(max(0.0, due - time.monotonic()))
                            due = max(due + pause, time.monotonic() - 1)
                            if self._left() <= 0:
                                return
                            self.told["requests"] += 1
                            sending = asyncio.create_task(_quietly(_send(writer, request(turn))))
                            try:
                                async with asyncio.timeout(_ANSWER_SECONDS):
                                    self.told[await _answer(reader)] += 1
                            finally:
                                sending.cancel()
                            if one_each:
                                break
                    finally:
                        writer.transport.abort()

        await asyncio.gather(*(lane(number) for number in range(_LANES)))

    def _from_somewhere(self, turn: int) -> bytes:
        forwarded = f"{11 + turn // 2**24 % 200}.{turn // 2**16 % 256}.{turn // 2**8 % 256}.{turn % 256}"
        token = self._token if turn % 2 else f"guess-{turn}-of-many-more"
        head = self._request("POST", "/connect", token=token, length=2, forwarded=forwarded)
        return head + b"{}"

    def _connect(self, marker: int) -> bytes:
        body = offer_of(marker).encode()
        return self._request("POST", "/connect", type_="application/sdp", length=len(body)) + body

    def _request(
        self,
        method: str,
        path: str,
        *,
        type_: str = "application/json",
        length: int | None,
        token: str = "",
        forwarded: str = "",
    ) -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {token or self._token}",
        ]
        lines += [f"Content-Type: {type_}"] if type_ else []
        lines += [f"Content-Length: {length}"] if length is not None else []
        lines += [f"X-Forwarded-For: {forwarded}"] if forwarded else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _left(self) -> float:
        return self._until - time.monotonic()


async def _quietly(work: Awaitable[None]) -> None:
    """Do it for as long as the relay listens."""
    with suppress(OSError):
        await work


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def _answer(reader: asyncio.StreamReader) -> str:
    """Read one answer; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length:")), "")
    await reader.readexactly(int(length.partition(":")[2] or 0))
    return head.split(" ")[1]


def attacks() -> Iterator[str]:
    """The names of all attacks."""
    return (name for name, what in vars(Attacker).items() if callable(what) and not name.startswith("_"))


def main() -> None:
    """Attack, and tell what was done."""
    began = time.process_time()
    name, port, seconds, amount, token, address = sys.argv[1:7]
    attacker = Attacker(int(port), float(seconds), int(amount), token, address)
    if name not in attacks():
        raise SystemExit(f"no attack {name}")
    asyncio.run(getattr(attacker, name)())
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage remembers who started us
    mib = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"told": attacker.told, "cpu": time.process_time() - began, "mib": mib}), flush=True)


if __name__ == "__main__":
    main()
