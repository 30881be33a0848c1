"""A pretend upstream for storms: fast, deterministic by its seed, and a ledger of everything that cost money.

Run as a program: ``python -m tests.faults.fake_upstream --seed 7``; it prints its port. It imports nothing of
the relay, so that one misreading cannot hide in both. What was asked for goes on when the client vanishes:
every request is worked on by a task of its own, and a call comes into being even if nobody hears of it.

An offer carries the number of its client as the session id of its ``o=`` line, and the ledger says which call
belongs to whom. Times are of `time.monotonic`, which all processes of one machine share.

``GET /ledger``, ``POST /knobs`` (fields of `Knobs`), ``DELETE /ledger`` (forget the calls).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import time
from dataclasses import asdict, dataclass, field
from typing import Any

BASE = "/openai/v1/realtime/"
ANSWER = (
    "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=setup:active\r\na=mid:0\r\n"
    "a=ice-ufrag:abcd1234\r\na=ice-pwd:" + "p" * 32 + "\r\na=rtcp-mux\r\na=sendrecv\r\n"
)
_MARKER = re.compile(r"(?m)^o=\S+ (\d+) ")
_REASONS = {200: "OK", 201: "Created", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}


@dataclass
class Knobs:
    """What the upstream is like; times in seconds, from the shortest to the longest.

    Args:
        mint: How long a mint takes.
        place: How long an exchange takes; the call begins somewhere within.
        hang_up: How long a hang-up takes.
        place_faults: One for each exchange to come: ``silent`` (never answers, makes a call), ``refuse``
            (500, no call), ``unnamed`` (201 without Location), ``half`` (head and half of the answer, then
            nothing), ``broken`` (makes a call and closes the connection), or a status.
        hang_up_faults: One for each hang-up to come: a status, or ``silent``.
        hang_up_always: The same for all that follow.
        held: While it is, no exchange is begun.
        endless_from: Offers of this number and above get an answer that does not end; 0 for none.
    """

    mint: tuple[float, float] = (0.01, 0.03)
    place: tuple[float, float] = (0.05, 0.6)
    hang_up: tuple[float, float] = (0.005, 0.03)
    place_faults: list[str | int] = field(default_factory=list)
    hang_up_faults: list[str | int] = field(default_factory=list)
    hang_up_always: str | int | None = None
    held: bool = False
    endless_from: int = 0


@dataclass
class FakeCall:
    """One line of the ledger."""

    id: str
    marker: int
    created: float
    answered: float | None = None
    hung_up: float | None = None
    hang_ups: list[tuple[float, str | int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Answer:
    status: int
    body: str = ""
    headers: tuple[str, ...] = ()
    cut: bool = False
    endless: bool = False


class FakeUpstream:
    """The upstream; `serve` runs it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.knobs = Knobs()
        self.calls: dict[str, FakeCall] = {}
        self.mints = 0
        self.unknown_hang_ups = 0
        self._chance = random.Random(seed)
        self._work: set[asyncio.Task[_Answer | None]] = set()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, one after the other."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?im)^content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                method, path, _ = head.split(" ", 2)
                work = asyncio.create_task(self._answer(method, path, body.decode()))
                self._work.add(work)
                work.add_done_callback(self._work.discard)
                answer = await asyncio.shield(work)
                if answer is None:
                    await reader.read()
                    return
                if not answer.status:
                    return
                await _send(writer, answer)
                if answer.endless:
                    return
                if answer.cut:
                    await reader.read()
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def ledger(self) -> dict[str, Any]:
        """Everything that happened."""
        return {
            "now": time.monotonic(),
            "mints": self.mints,
            "unknown_hang_ups": self.unknown_hang_ups,
            "calls": [asdict(call) for call in self.calls.values()],
        }

    async def _answer(self, method: str, path: str, body: str) -> _Answer | None:
        if not path.startswith(BASE):
            return self._control(method, path, body)
        step = path.removeprefix(BASE)
        if step == "client_secrets":
            await asyncio.sleep(self._chance.uniform(*self.knobs.mint))
            self.mints += 1
            return _Answer(
                200, json.dumps({"value": f"ek_{self.mints}", "expires_at": int(time.time()) + 60})
            )
        if step == "calls":
            return await self._place(body)
        return await self._hang_up(step.split("/")[1])

    def _control(self, method: str, path: str, body: str) -> _Answer:
        if (method, path) == ("POST", "/knobs"):
            self.knobs = Knobs(**{**asdict(self.knobs), **json.loads(body)})
        elif (method, path) == ("DELETE", "/ledger"):
            self.calls.clear()
            self.mints = self.unknown_hang_ups = 0
        elif (method, path) != ("GET", "/ledger"):
            return _Answer(404)
        return _Answer(200, json.dumps(self.ledger()))

    async def _place(self, offer: str) -> _Answer | None:
        found = _MARKER.search(offer)
        marker = int(found[1]) if found else 0
        fault = self.knobs.place_faults.pop(0) if self.knobs.place_faults else None
        chance = random.Random(f"{self.seed} {marker}")
        seconds = chance.uniform(*self.knobs.place)
        begins = seconds * chance.random()
        await asyncio.sleep(begins)
        while self.knobs.held:
            await asyncio.sleep(0.01)
        if fault == "refuse" or isinstance(fault, int):
            return _Answer(500 if fault == "refuse" else int(fault), '{"error": {"code": "fault"}}')
        call = FakeCall(
            f"rtc_{len(self.calls) + 1}x{chance.randrange(16**12):012x}", marker, time.monotonic()
        )
        self.calls[call.id] = call
        await asyncio.sleep(seconds - begins)
        if fault == "silent":
            return None
        if fault == "broken":
            return _Answer(0)
        call.answered = time.monotonic()
        if 0 < self.knobs.endless_from <= marker:
            return _Answer(201, ANSWER, (f"Location: /v1/realtime/calls/{call.id}",), endless=True)
        location = () if fault == "unnamed" else (f"Location: /v1/realtime/calls/{call.id}",)
        return _Answer(201, ANSWER, ("Content-Type: application/sdp", *location), cut=fault == "half")

    async def _hang_up(self, call_id: str) -> _Answer | None:
        call = self.calls.get(call_id)
        fault = self.knobs.hang_up_always
        if self.knobs.hang_up_faults:
            fault = self.knobs.hang_up_faults.pop(0)
        if call is None:
            self.unknown_hang_ups += 1
            return _Answer(404)
        line: list[Any] = [time.monotonic(), fault or "asked"]
        call.hang_ups.append((line[0], line[1]))
        await asyncio.sleep(self._chance.uniform(*self.knobs.hang_up))
        if fault == "silent":
            return None
        if fault is None:
            status = 200 if call.hung_up is None else 404
            call.hung_up = call.hung_up or time.monotonic()
        else:
            status = int(fault)
        call.hang_ups[call.hang_ups.index((line[0], line[1]))] = (line[0], status)
        return _Answer(status)


async def _send(writer: asyncio.StreamWriter, answer: _Answer) -> None:
    body = answer.body.encode()
    lines = [
        f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Whatever')}",
        f"Content-Length: {len(body)}",
        *answer.headers,
    ]
    if answer.cut:
        body = body[: len(body) // 2]
    if answer.endless:
        lines[1] = f"Content-Length: {10**15}"
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    await writer.drain()
    while answer.endless and not writer.is_closing():
        writer.write(b"a=x-more:" + b"m" * 65_526)
        await writer.drain()


async def _serve(port: int, seed: int) -> None:
    upstream = FakeUpstream(seed)
    server = await asyncio.start_server(upstream.connection, "127.0.0.1", port, backlog=4096)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.seed))


if __name__ == "__main__":
    main()
