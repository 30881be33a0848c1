"""The browsers of a storm: raw sockets that do one thing each, and half of them leave in the middle of it.

What a visitor does is decided beforehand by its seed (`plan_visits`); what became of it is written into its
`Visit`. A visitor that stays has promised its presence: it keeps an event stream open and opens it again at
once whenever it ends, until it hangs up or leaves. Times are of `time.monotonic`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import struct
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.faults.house import offer_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_BOUNDARY = "storm-boundary"
_ANSWER_SECONDS = 60.0
_AGAIN_SECONDS = 0.1


class Deed(StrEnum):
    """What a visitor does."""

    HALF_BODY = "leaves before its offer is sent"
    WAITING = "leaves while it waits"
    MID_ANSWER = "leaves in the middle of the answer"
    AFTER_ANSWER = "leaves right after the answer"
    LEAVE = "stays, then closes the tab"
    HANG_UP = "stays, then hangs up"
    KEEP = "stays to the end"


LEAVERS = (Deed.HALF_BODY, Deed.WAITING, Deed.WAITING, Deed.MID_ANSWER, Deed.AFTER_ANSWER)
STAYERS = (Deed.LEAVE, Deed.HANG_UP, Deed.HANG_UP, Deed.KEEP)


@dataclass
class Visit:
    """One visitor: what it means to do, and what became of it.

    Args:
        marker: The number in its offer.
        deed: What it does.
        arrives: Seconds after the storm's beginning.
        patience: Seconds after which it leaves, for those who leave while waiting or stay for a while.
        status: Of the answer; 0 for none.
        code: Of the problem, if the answer is one.
        left: When it closed its connection, or its last event stream.
        answered: When the whole answer was there.
        asked_to_end: When it sent DELETE.
        away: From when to when the relay could not be reached while it stayed.
        told: The reason its event stream gave for the end.
    """

    marker: int
    deed: Deed
    arrives: float
    patience: float
    status: int = 0
    code: str = ""
    location: str = ""
    sent: float | None = None
    left: float | None = None
    answered: float | None = None
    asked_to_end: float | None = None
    away: list[tuple[float, float]] = field(default_factory=list)
    told: str | None = None


def plan_visits(seed: int, count: int, *, per_second: float) -> list[Visit]:
    """Draw the visitors of a storm; half of them, about, are to leave."""
    chance = random.Random(seed)
    visits = []
    for number in range(count):
        deed = chance.choice(LEAVERS if chance.random() < 0.5 else STAYERS)
        patience = chance.uniform(0.0, 0.7) if deed is Deed.WAITING else chance.uniform(1.0, 6.0)
        arrives = (number + chance.random()) / per_second
        visits.append(Visit(seed * 1_000_000 + number + 1, deed, arrives, patience))
    return visits


class Storm:
    """All visitors of one relay; `over` is set when those who stay to the end are to hang up.

    Args:
        port: Where the relay listens.
        visits: Who comes.
        presence: Whether the relay knows calls as resources; the naive one does not.
    """

    def __init__(self, port: int, visits: list[Visit], *, presence: bool = True) -> None:
        self.visits = visits
        self.over = asyncio.Event()
        self._port = port
        self._presence = presence

    async def run(self) -> None:
        """Let everybody come, and wait until everybody has gone or was answered; `over` ends the rest."""
        await asyncio.gather(*(self._visit(visit) for visit in self.visits))

    async def _visit(self, visit: Visit) -> None:
        await asyncio.sleep(visit.arrives)
        try:
            await self._connect(visit)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            visit.left = visit.left or time.monotonic()
            return
        if self._presence and visit.status == 201 and visit.deed in STAYERS:
            await self._stay(visit)
        visit.left = visit.left or time.monotonic()

    async def _connect(self, visit: Visit) -> None:
        async with self._connection(visit) as (reader, writer):
            request = _connect_request(visit.marker, presence=self._presence)
            visit.sent = time.monotonic()
            if visit.deed is Deed.HALF_BODY:
                writer.write(request[: len(request) // 2])
                await writer.drain()
                return
            writer.write(request)
            await writer.drain()
            patience = visit.patience if visit.deed is Deed.WAITING else _ANSWER_SECONDS
            async with asyncio.timeout(patience):
                if visit.deed is Deed.MID_ANSWER:
                    await reader.readexactly(1)
                    return
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?im)^content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                visit.status = int(head.split()[1])
                visit.code = "" if visit.status == 201 else json.loads(body)["code"]
                visit.answered = time.monotonic()
                location = re.search(r"(?im)^location: *(\S+)", head)
                visit.location = location[1] if location else ""

    async def _stay(self, visit: Visit) -> None:
        """Show signs of life until it is time; then hang up, or merely go."""
        staying = asyncio.create_task(self._keep_open(visit))
        patience = None if visit.deed is Deed.KEEP else visit.patience
        over = asyncio.create_task(self.over.wait())
        await asyncio.wait({over, staying}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if visit.deed is not Deed.LEAVE:
            await self._hang_up(visit)
        staying.cancel()
        over.cancel()
        await asyncio.gather(staying, over, return_exceptions=True)
        visit.left = time.monotonic()

    async def _keep_open(self, visit: Visit) -> None:
        last = 0
        away: float | None = None
        while visit.told is None:
            try:
                async with self._connection(visit) as (reader, writer):
                    writer.write(_request("GET", f"{visit.location}/events", {"Last-Event-ID": str(last)}))
                    while line := await reader.readline():
                        if away is not None:
                            visit.away.append((away, time.monotonic()))
                            away = None
                        if line.startswith(b"id: "):
                            last = int(line[4:])
                        if line.startswith(b"data: ") and "reason" in (body := json.loads(line[6:])):
                            visit.told = body["reason"]
            except OSError:
                away = away or time.monotonic()
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _hang_up(self, visit: Visit) -> None:
        """Ask until it is answered: a page would; the relay may be down."""
        visit.asked_to_end = time.monotonic()
        while True:
            try:
                async with self._connection(visit) as (reader, writer):
                    writer.write(_request("DELETE", visit.location))
                    if (await reader.readline()).split()[1:2] == [b"204"]:
                        return
            except OSError:
                pass
            await asyncio.sleep(_AGAIN_SECONDS)

    @asynccontextmanager
    async def _connection(
        self, visit: Visit
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection that ends at once; every other visitor's with a reset, as a crashed tab's does."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield reader, writer
        finally:
            if visit.marker % 2:
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


def _connect_request(marker: int, *, presence: bool) -> bytes:
    fields = {"sdp": offer_of(marker), **({"presence": "events"} if presence else {})}
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join([*parts, f"--{_BOUNDARY}--\r\n"]).encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "Content-Length": str(len(body))}
    return _request("POST", "/connect", headers) + body


def _request(method: str, path: str, headers: dict[str, str] | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
