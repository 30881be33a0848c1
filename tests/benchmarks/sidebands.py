"""What sidebands cost a relay: memory of each when idle, and the event loop's lag when many are busy.

``python -m tests.benchmarks.sidebands [--idle 2000] [--busy 500] [--plain]``. The far end is a process of its
own that only speaks WebSocket, over TLS unless ``--plain``; the near end is this process with the relay's
own attendants, guard, account and store. A busy call takes a turn every six seconds: speech, 30 pieces of
an answer, usage. The lag is how late a timer of 10 ms comes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import ssl
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import trustme
from websockets.asyncio.server import ServerConnection, serve

from relay.app_parts import counting_parts
from relay.attendants import Attendants, Consequences
from relay.attending import Body, Planned
from relay.clock import SystemClock
from relay.core.call import Reason, State
from relay.core.limits import Ceiling
from relay.core.profile import Profile, build_session_config
from relay.core.realtime import plan_from_config
from relay.guard import make_guard
from relay.republished import make_republished
from relay.settings import Settings
from relay.store.sqlite import SqliteStore
from relay.upstream.credential import ApiKeyCredential
from relay.upstream.http_client import build_clients, trusted_context
from relay.upstream.realtime import RealtimeUpstream
from relay.upstream.sideband import SidebandRoute
from tests.doubles.call import a_call
from tests.doubles.process import Program

IDLE, BUSY = 2_000, 500
TURN_SECONDS = 6.0
MEASURED_SECONDS = 30.0
USAGE = {
    "total_tokens": 219,
    "input_tokens": 122,
    "output_tokens": 97,
    "input_token_details": {"text_tokens": 96, "audio_tokens": 26, "cached_tokens": 64},
    "output_token_details": {"text_tokens": 28, "audio_tokens": 69},
}
PROFILE = Profile(
    name="default",
    title="Default",
    deployment="gpt-realtime",
    voices=("marin",),
    voice="marin",
    sideband="guard",
)


def turn(number: int, mark: str) -> list[str]:
    """The events of one turn, as captured (fact 5.3); the answer in thirty pieces."""
    item, answer, response = f"item_U{number}", f"item_A{number}", f"resp_{number}"
    where = {"response_id": response, "item_id": answer, "output_index": 0, "content_index": 0}
    described = {"id": response, "object": "realtime.response", "metadata": {"relay": mark}, "output": []}
    delta = {
        "type": "response.output_audio_transcript.delta",
        **where,
        "delta": "some words ",
        "obfuscation": "x" * 9,
    }
    events: list[dict[str, object]] = [
        {"type": "response.created", "response": {**described, "status": "in_progress"}},
        {
            "type": "response.output_item.added",
            "response_id": response,
            "item": {"id": answer, "type": "message"},
        },
        {
            "type": "conversation.item.added",
            "previous_item_id": item,
            "item": {"id": answer, "type": "message", "role": "assistant", "content": []},
        },
        {"type": "output_audio_buffer.started", "response_id": response},
        *[delta] * 30,
        {"type": "response.output_audio_transcript.done", **where, "transcript": "some words " * 30},
        {"type": "response.done", "response": {**described, "status": "completed", "usage": USAGE}},
        {"type": "output_audio_buffer.stopped", "response_id": response},
    ]
    return [json.dumps({"event_id": "event_0123456789abcdefghijk", **event}) for event in events]


async def far(certificate: str | None) -> None:
    """Be the far end: busy with every call whose id says so."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    async def call(connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        if "busy" not in request.path:
            async for _ in connection:
                pass
            return
        number = int(request.path.rpartition("_")[2])
        await asyncio.sleep((number * 7919 % 1000) / 1000 * TURN_SECONDS)
        turns = 0
        while True:
            turns += 1
            for kind in ("speech_started", "speech_stopped", "committed"):
                event = {"type": f"input_audio_buffer.{kind}", "item_id": f"item_U{turns}"}
                await connection.send(json.dumps(event))
            asked = json.loads(await connection.recv())
            while asked["type"] != "response.create":
                asked = json.loads(await connection.recv())
            for event_text in turn(turns, asked["response"]["metadata"]["relay"]):
                await connection.send(event_text)
                await asyncio.sleep(TURN_SECONDS / 40)

    async with serve(call, "127.0.0.1", 0, ssl=context, ping_interval=None, compression=None) as server:
        print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


def resident() -> float:
    """Memory of this process in KiB, after what can be given back was."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


class Near:
    """The relay's own end."""

    def __init__(self, base_url: str, ca_file: str | None, folder: Path) -> None:
        self._store = SqliteStore.open(folder / "calls.sqlite3")
        context = trusted_context(ca_file)
        self._upstream = RealtimeUpstream(
            name="far",
            base_url=base_url,
            credential=ApiKeyCredential(lambda: "key"),
            clients=build_clients(version="0"),
            sideband=SidebandRoute(base_url=base_url, version="0", context=context),
        )
        settings = Settings()
        self._planned = Planned(
            PROFILE, plan_from_config(build_session_config(PROFILE, voice=None, instructions=None))
        )
        self._clock = SystemClock()
        self.attendants = Attendants(
            upstream=self._upstream,
            replan=lambda _: self._planned,
            parts=(make_guard, *counting_parts(settings, self._store, dict), make_republished),
            clock=self._clock,
        )
        self.attendants.bring_about(Consequences(self._publish, self._end))
        self.published = 0
        self.ended = 0

    async def attach(self, count: int, kind: str) -> float:
        """Attach so many; how long that took."""
        began = time.monotonic()
        before = self.attendants.attached
        for number in range(count):
            intent = a_call(key=f"{kind}{number:060d}", created=self._clock.now())
            await self._store.write_intent(intent, Ceiling(total=0, per_caller=0))
            call = replace(intent, state=State.LIVE, upstream_id=f"rtc_{kind}_{number}")
            self.attendants.plan(call.key, self._planned)
            self.attendants.see(call)
        while self.attendants.attached < before + count:
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def close(self) -> None:
        """Let go of everything."""
        await self.attendants.close()
        await self._upstream.close()
        await self._store.close()

    async def _publish(self, key: str, kind: str, body: Body) -> None:
        self.published += 1
        await self._store.publish(key, kind, body, self._clock.now())

    async def _end(self, key: str, reason: Reason) -> None:
        self.ended += 1


async def lag(seconds: float) -> list[float]:
    """How late timers come, in milliseconds, the smallest first."""
    late = []
    until = time.monotonic() + seconds
    while (now := time.monotonic()) < until:
        await asyncio.sleep(0.01)
        late.append((time.monotonic() - now - 0.01) * 1000)
    return sorted(late)


async def measure(near: Near, idle: int, busy: int) -> None:
    """Attach, wait, and print."""
    await near.attach(50, "warm")
    before = resident()
    took = await near.attach(idle, "idle")
    await asyncio.sleep(2)
    each = (resident() - before) / idle
    print(f"{idle} idle sidebands attached in {took:.1f} s; {each:.1f} KiB of memory each")
    quiet = await lag(5)
    await near.attach(busy, "busy")
    await asyncio.sleep(TURN_SECONDS)
    cpu, wall = time.process_time(), time.monotonic()
    late = await lag(MEASURED_SECONDS)
    share = (time.process_time() - cpu) / (time.monotonic() - wall)
    for name, times in (("idle alone", quiet), (f"with {busy} busy", late)):
        shown = [times[min(len(times) - 1, int(len(times) * part))] for part in (0.5, 0.99, 1.0)]
        print(f"lag {name}: median {shown[0]:.1f} ms, 99 % {shown[1]:.1f} ms, most {shown[2]:.1f} ms")
    print(f"processor {share:.0%} of one core; {near.published} entries written, {near.ended} calls ended")


def allow_files() -> None:
    """Allow this process as many open files as it may have."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def run(idle: int, busy: int, *, plain: bool) -> None:
    """Both ends, and what is between them."""
    allow_files()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, authority = Path(name), trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            str(folder / "own.pem")
        )
        words = ["-m", "tests.benchmarks.sidebands", "--far", *([] if plain else [str(folder / "own.pem")])]
        with Program(*words) as program:
            port = int(program.wait_for(r"listening on (\d+)")[1])
            scheme, ca_file = ("http", None) if plain else ("https", str(folder / "ca.pem"))
            near = Near(f"{scheme}://127.0.0.1:{port}", ca_file, folder)
            try:
                await measure(near, idle, busy)
            finally:
                await near.close()


def main() -> int:
    """Measure, or be the far end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", type=int, default=IDLE)
    parser.add_argument("--busy", type=int, default=BUSY)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--far", nargs="?", const="", default=None)
    given = parser.parse_args()
    if given.far is not None:
        allow_files()
        asyncio.run(far(given.far or None))
    import uvloop  # noqa: PLC0415 - the relay's own loop

    uvloop.run(run(given.idle, given.busy, plain=given.plain))
    return 0


if __name__ == "__main__":
    sys.exit(main())
