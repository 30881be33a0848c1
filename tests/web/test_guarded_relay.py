"""The relay as it is started, with its bounds from the settings, under clients that lean on it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.doubles.process import RelayProcess
from tests.doubles.raw_http import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_BYTES = 2048
SECONDS = 2
CONNECTIONS = 1000
GOOD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def relay() -> Iterator[RelayProcess]:
    environment = {
        "RELAY_MAX_HEAD_BYTES": str(HEAD_BYTES),
        "RELAY_HEAD_SECONDS": str(SECONDS),
        "RELAY_BODY_SECONDS": str(SECONDS),
        "RELAY_CONNECTIONS": str(CONNECTIONS),
    }
    with RelayProcess(environment) as relay:
        yield relay
        assert relay.stop() == 0
    for line in relay.lines:
        entry = json.loads(line) if line.startswith("{") else {}
        assert entry.get("level") in (None, "info"), line
        assert entry.get("status", 200) < 500, line
        assert "Traceback" not in line


class Cost:
    """What an attack costs the relay, without its simulator, and the attacker, which is this process."""

    def __init__(self, relay: RelayProcess) -> None:
        self._folder = Path(f"/proc/{relay.process.pid}")
        (self._folder / "clear_refs").write_text("5", encoding="ascii")  # forget the highest memory so far
        self._memory = self._kib("VmRSS")
        self._cpu = self._cpu_seconds()
        self._ours = time.process_time()

    def _kib(self, what: str) -> int:
        return int((self._folder / "status").read_text(encoding="ascii").partition(f"{what}:")[2].split()[0])

    def _cpu_seconds(self) -> float:
        fields = (self._folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def tell(self) -> tuple[int, str]:
        """KiB of memory at the highest above the beginning, and all of it in words."""
        grown = self._kib("VmHWM") - self._memory
        cpu, ours = self._cpu_seconds() - self._cpu, time.process_time() - self._ours
        return grown, f"relay +{grown} KiB at its peak, {cpu:.2f} s CPU; client {ours:.2f} s CPU"


def descriptors(relay: RelayProcess) -> int:
    return len(list(Path(f"/proc/{relay.process.pid}/fd").iterdir()))


def percentile_ms(client: RawClient, count: int) -> float:
    """The 99th percentile of requests one after the other."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        assert client.send(GOOD).answer().status == 200
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[int(count * 0.99)]


@pytest.mark.alone
def test_http_16_a_thousand_silent_connections_hinder_nobody(
    relay: RelayProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawClient(relay.port) as client:
        before = percentile_ms(client, 300)
    cost = Cost(relay)
    open_before = descriptors(relay)
    began = time.monotonic()
    silent = [RawClient(relay.port) for _ in range(CONNECTIONS)]
    opened = time.monotonic() - began
    with RawClient(relay.port) as client:
        during = percentile_ms(client, 300)
    grown, words = cost.tell()
    for connection in silent:
        assert connection.rest() == b""
        connection.close()
    gone = time.monotonic() - began
    with capsys.disabled():
        print(
            f"\nHTTP-16: {CONNECTIONS} silent connections opened in {opened:.2f} s; good client's p99 "
            f"{before:.2f} ms before, {during:.2f} ms during; {words}; all gone after {gone:.2f} s"
        )

    assert grown < 50 * 1024
    assert during < 2 * before + 20  # what a busy machine may add
    assert gone < SECONDS * 3
    wait_until_closed(relay, open_before)


def test_http_13_huge_heads_cost_no_memory(relay: RelayProcess, capsys: pytest.CaptureFixture[str]) -> None:
    cost = Cost(relay)
    for head in (b"X: " + b"x" * 8_000_000, b"X: y\r\n" * 50_000):
        for _ in range(5):
            with RawClient(relay.port) as client:
                client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + head)
    grown, words = cost.tell()
    with capsys.disabled():
        print(f"\nHTTP-13: 5 heads of 8 MB and 5 of 50,000 headers: {words}")

    assert grown < 4 * 1024
    assert relay.client.get("/healthz").status_code == 200


def test_http_18_a_thousand_reset_connections_leave_nothing(relay: RelayProcess) -> None:
    open_before = descriptors(relay)
    for number in range(1000):
        with RawClient(relay.port) as client:
            client.send([b"", b"GET /", GOOD][number % 3])

    wait_until_closed(relay, open_before)


def wait_until_closed(relay: RelayProcess, most: int) -> None:
    until = time.monotonic() + SECONDS * 2
    while descriptors(relay) > most + 1:  # the good client's own connection may have gone or come
        assert time.monotonic() < until, f"{descriptors(relay)} descriptors, {most} before"
        time.sleep(0.02)


@pytest.mark.parametrize(("size", "status"), [(HEAD_BYTES, 200), (HEAD_BYTES + 1, 431)], ids=["N", "N+1"])
def test_http_13_the_bound_of_a_head_is_the_setting(relay: RelayProcess, size: int, status: int) -> None:
    before, after = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ", b"\r\n\r\n"
    with RawClient(relay.port) as client:
        answer = client.send(before + b"x" * (size - len(before) - len(after)) + after).answer()

    assert answer.status == status


def test_http_14_15_the_clocks_are_the_settings(relay: RelayProcess) -> None:
    began = time.monotonic()
    head = b"POST /connect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"
    with RawClient(relay.port) as silent, RawClient(relay.port) as trickling:
        answer = trickling.send(head + b"Content-Length: 9\r\n\r\nv=0").answer()
        silent.seconds_until_closed()

    assert (answer.status, answer.json()["code"]) == (408, "malformed_request")
    assert "content-security-policy" in answer.headers
    assert SECONDS * 0.9 < time.monotonic() - began < SECONDS * 2


def test_http_12_a_body_over_its_bound_is_refused_before_it_is_asked_for(relay: RelayProcess) -> None:
    with RawClient(relay.port) as client:
        answer = client.send(
            b"POST /connect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"
            b"Content-Length: 131073\r\nExpect: 100-continue\r\n\r\n"
        ).answer()

    assert (answer.status, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("declared", [True, False], ids=["BAD-09", "BAD-10"])
def test_bad_09_10_a_client_that_sends_too_much_reads_why(relay: RelayProcess, declared: bool) -> None:
    head = b"POST /connect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"
    length = b"Content-Length: 1048576\r\n\r\n" if declared else b"Transfer-Encoding: chunked\r\n\r\n"
    piece = b"x" * 65536
    with RawClient(relay.port) as client:
        client.socket.sendall(head + length)
        for _ in range(16):
            client.socket.sendall(piece if declared else b"%x\r\n" % len(piece) + piece + b"\r\n")
        answer = client.answer()

        assert (answer.status, answer.json()["code"]) == (413, "body_too_large")
        assert answer.headers["connection"] == "close"
        assert client.rest() == b""


@pytest.mark.parametrize(
    "path", [b"/", b"/connect", b"/config", b"/calls/x", b"/problems/busy", b"/app.js", b"*"]
)
@pytest.mark.parametrize(
    "method",
    [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH", b"get"],
)
def test_no_method_on_any_path_is_a_fault(relay: RelayProcess, method: bytes, path: bytes) -> None:
    with RawClient(relay.port) as client:
        head = method + b" " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        answer = client.send(head).answer(bodiless=method == b"HEAD")

    assert answer.status < 500
    assert "x-request-id" in answer.headers
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost", 200),
        (b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost", 400),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example", 421),
        (b"GET healthz HTTP/1.1\r\nHost: localhost", 400),
        (b"GET @evil.example/ HTTP/1.1\r\nHost: localhost", 400),
        (b"GET //evil.example/x HTTP/1.1\r\nHost: localhost", 404),
        (b"GET /%00 HTTP/1.1\r\nHost: localhost", 404),
        (b"GET /%ff%fe HTTP/1.1\r\nHost: localhost", 404),
        (b"GET /healthz HTTP/1.0", 200),
        (b"GET / HTTP/1.0", 400),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost", 400),
        (b"GET / HTTP/1.1\r\nHost: a@b", 421),
        (b"GET / HTTP/1.1\r\nHost: x/y?", 421),
        (b"GET / HTTP/1.1\r\nHost:", 421),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost", 404),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443", 400),
        (b"DELETE /calls/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked", 400),
    ],
    ids=str,
)
def test_http_08_odd_targets_and_hosts_are_refused_by_name(
    relay: RelayProcess, head: bytes, status: int
) -> None:
    with RawClient(relay.port) as client:
        answer = client.send(head + b"\r\n\r\n").answer()

    assert answer.status == status
