"""A load generator that verifies what it gets: each offer has a number, and its answer must repeat it.

Closed loop: so many connections, each asks again as soon as it was answered. Open loop: requests begin at a
given rate whether or not earlier ones were answered, and each latency counts from when its request was due,
so that a stall is not hidden by the requests it kept from being sent. Connections are kept alive; each
request names another caller in ``X-Forwarded-For``, as a proxy in front of a relay does.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from tests.core.recorded_offers import OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOUNDARY = b"----bench7MA4YWxkTrZu0gW"
_SESSION_ID = "o=- 3182989524990777845 "
_OFFER = OFFERS["chromium-audio-data"].replace(_SESSION_ID, "o=- %018d ")
_CANDIDATES = "".join(
    f"a=candidate:{n} 1 udp 2122260223 192.0.2.{n} 5{n:04d} typ host generation 0\r\n" for n in range(1, 12)
)
INSTRUCTIONS = "You are the friendly voice of a bicycle shop. Answer briefly and ask what is missing. " * 8
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_ANSWER_SECONDS = 30.0
_IDLE_SECONDS = 2.0  # servers close idle connections after five


def offer(marker: int) -> bytes:
    """Write an offer that is recognised by its answer."""
    return (_OFFER % marker + _CANDIDATES).encode()


class Requests:
    """Writes requests, each with a marker and a caller of its own.

    Args:
        path: Where they go.
        cold: Whether the instructions differ in each, so that no client secret can serve two of them.
        raw: Whether the body is the offer alone, with a client secret that the upstream always takes.
    """

    def __init__(self, path: str = "/connect", *, cold: bool = False, raw: bytes | None = None) -> None:
        self._path = path
        self._cold = cold
        self._raw = raw
        self._numbers: Iterator[int] = itertools.count(int(time.time() * 1e6) % 10**12 * 1000)

    def next(self) -> tuple[int, bytes]:
        """Give the next marker and its request."""
        marker = next(self._numbers)
        caller = f"10.{marker >> 16 & 255}.{marker >> 8 & 255}.{marker & 255}"
        if self._raw is not None:
            kind, body = b"application/sdp\r\nAuthorization: Bearer " + self._raw, offer(marker)
        else:
            kind, body = b"multipart/form-data; boundary=" + _BOUNDARY, self._form(marker)
        head = f"POST {self._path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {caller}\r\n"
        return marker, b"%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
            head.encode(), kind, len(body), body,
        )  # fmt: skip

    def _form(self, marker: int) -> bytes:
        instructions = f"{INSTRUCTIONS}{marker if self._cold else 0:018d}".encode()
        fields = {b"sdp": offer(marker), b"voice": b"alloy", b"instructions": instructions}
        parts = [
            b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (_BOUNDARY, name, value)
            for name, value in fields.items()
        ]
        return b"".join(parts) + b"--%s--\r\n" % _BOUNDARY


@dataclass
class Outcome:
    """What came of a load: latencies in milliseconds in the order of answers, and what went wrong."""

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """The latency that so large a share stays below."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Connection(asyncio.Protocol):
    """One keep-alive connection to what is measured."""

    def __init__(self) -> None:
        self._heard = b""
        self._answered: asyncio.Future[bytes] | None = None
        self.open = True
        self.used = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by type

    def data_received(self, data: bytes) -> None:
        self._heard += data
        end = self._heard.find(b"\r\n\r\n")
        if end < 0 or self._answered is None:
            return
        length = _LENGTH.search(self._heard, 0, end + 2)
        chunked = length is None and self._heard.endswith(b"0\r\n\r\n")
        if chunked or (length is not None and len(self._heard) >= end + 4 + int(length[1])):
            answered, self._answered = self._answered, None
            heard, self._heard = self._heard, b""
            if not answered.done():
                answered.set_result(heard)

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionError("closed before the answer"))

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        self.used = time.perf_counter()
        return self._answered

    def close(self) -> None:
        self._transport.abort()


class Load:
    """Puts load on one address; its connections are kept between portions.

    Args:
        port: Of 127.0.0.1.
        requests: What is asked.
    """

    def __init__(self, port: int, requests: Requests) -> None:
        self._port = port
        self._requests = requests
        self._idle: list[_Connection] = []

    async def closed(self, count: int, connections: int) -> Outcome:
        """Ask so often over so many connections."""
        outcome, left = Outcome(), iter(range(count))

        async def ask_on() -> None:
            for _ in left:
                await self._one(outcome, time.perf_counter())

        began = time.perf_counter()
        await asyncio.gather(*(ask_on() for _ in range(connections)))
        outcome.seconds = time.perf_counter() - began
        return outcome

    async def burst(self, count: int) -> Outcome:
        """Ask so often, all at once."""
        return await self.closed(count, count)

    async def crowd(self, count: int, connections: int, seconds: float) -> Outcome:
        """Keep so many requests under way; they begin spread over some seconds, and those are not counted."""
        outcome, first, left = Outcome(), Outcome(), iter(range(count))

        async def ask_on(place: int) -> None:
            await asyncio.sleep(seconds * place / connections)
            await self._one(first, time.perf_counter())
            for _ in left:
                await self._one(outcome, time.perf_counter())

        began = time.perf_counter()
        await asyncio.gather(*(ask_on(place) for place in range(connections)))
        outcome.seconds = time.perf_counter() - began
        outcome.errors += first.errors
        return outcome

    async def open(self, rate: float, seconds: float) -> Outcome:
        """Begin requests at a rate; latencies count from when each was due."""
        outcome, tasks = Outcome(), set()
        began = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            tasks.add(asyncio.create_task(self._one(outcome, due)))
        await asyncio.gather(*tasks)
        outcome.seconds = time.perf_counter() - began
        return outcome

    def close(self) -> None:
        """Close every connection."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def _one(self, outcome: Outcome, due: float) -> None:
        marker, request = self._requests.next()
        try:
            connection = await self._connection()
            said = await asyncio.wait_for(connection.ask(request), _ANSWER_SECONDS)
        except (OSError, TimeoutError) as error:
            outcome.errors.append(type(error).__name__)
            return
        self._idle.append(connection)
        status = said[9:12]
        if status != b"201" or b"o=- %d " % marker not in said:
            outcome.errors.append(status.decode() if status != b"201" else "another's answer")
            return
        outcome.milliseconds.append((time.perf_counter() - due) * 1000)

    async def _connection(self) -> _Connection:
        oldest = time.perf_counter() - _IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.open and connection.used > oldest:
                return connection
            connection.close()
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)
        return connection
