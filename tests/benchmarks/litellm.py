"""LiteLLM's proxy as a peer, where it is installed: it takes two requests for each connect.

It is no package of the relay's: install ``litellm[proxy]`` into an environment of its own and name it:
``BENCH_LITELLM=/path/to/litellm make bench``.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.load import INSTRUCTIONS, Load, Outcome, Requests, offer
from tests.benchmarks.machine import output_of
from tests.benchmarks.peers import Peer, free_port

if TYPE_CHECKING:
    from tests.benchmarks.peers import Upstream

_KEY = "sk-bench"
_CONFIG = """model_list:
  - model_name: gpt-realtime
    litellm_params: {model: openai/gpt-realtime, api_base: "%s/openai/v1", api_key: key-of-the-bench}
general_settings: {master_key: %s}
"""


def program() -> str | None:
    """Where it is, if it is to be measured."""
    return os.environ.get("BENCH_LITELLM")


def version() -> str:
    """Which it is."""
    return output_of(program() or "", "--version").rpartition("= ")[2]


def litellm(upstream: Upstream) -> Peer:
    """Start it; that takes half a minute."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="bench-"))
    (folder / "config.yaml").write_text(_CONFIG % (upstream.url, _KEY))
    words = [program() or "", "--config", "config.yaml", "--port", str(port), "--host", "127.0.0.1"]
    return Peer("LiteLLM, two requests", words, port, folder=folder, up_seconds=120)


class LiteLlmLoad(Load):
    """Asks for a client secret, then for the exchange, as its clients do."""

    def __init__(self, port: int) -> None:
        super().__init__(port, Requests())

    async def _one(self, outcome: Outcome, due: float) -> None:
        marker, _ = self._requests.next()
        session = {"type": "realtime", "model": "gpt-realtime", "instructions": INSTRUCTIONS}
        mint = json.dumps({"model": "gpt-realtime", "session": session}).encode()
        connection = await self._connection()
        said = await connection.ask(_request("client_secrets", _KEY, "application/json", mint))
        value = json.loads(said.partition(b"\r\n\r\n")[2])["value"]
        said = await connection.ask(_request("calls", value, "application/sdp", offer(marker)))
        self._idle.append(connection)
        if said[9:11] != b"20" or b"o=- %d " % marker not in said:
            outcome.errors.append(said[9:12].decode())
            return
        outcome.milliseconds.append((time.perf_counter() - due) * 1000)


def _request(path: str, bearer: str, kind: str, body: bytes) -> bytes:
    head = f"POST /v1/realtime/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer}\r\n"
    return f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
