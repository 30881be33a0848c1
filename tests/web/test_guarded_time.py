"""Clients that take their time, on real sockets with short clocks."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest
import uvloop

from relay.web.guarded import ConnectionBounds, guarded_protocol
from tests.doubles.probe import BIG, STREAM_PAUSE, STREAM_STEPS, Probe
from tests.doubles.raw_http import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.doubles.raw_http import RawClient

SECONDS = 0.3  # shorter than the probe's stream
LATEST = 2.0  # on a busy machine
BOUNDS = ConnectionBounds(
    head_seconds=SECONDS, body_seconds=SECONDS, stall_seconds=SECONDS, leave_seconds=SECONDS
)
GOOD = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with Served(Probe().asgi, guarded_protocol(BOUNDS), uvloop.new_event_loop) as server:
        yield server


@pytest.fixture
def served(server: Served, probe: Probe, caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    server.app = probe.asgi
    yield server
    probe.release.set()
    server.settle()
    assert [record for record in caplog.records if record.exc_info or record.levelno > logging.INFO] == []


# --- the head -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /echo HT", GOOD[:-2]], ids=repr)
def test_http_14_a_head_that_does_not_come_closes_the_connection(sent: bytes, served: Served) -> None:
    assert SECONDS * 0.8 < served.client().send(sent).seconds_until_closed() < LATEST


@pytest.mark.parametrize(
    "head", [GOOD[:-2] + b"X: " + b"y" * 999, b"\r\n" * 999], ids=["head", "empty lines"]
)
def test_http_14_a_trickled_head_does_not_buy_time(head: bytes, served: Served, probe: Probe) -> None:
    assert SECONDS * 0.8 < served.client().trickle(head, 0.02) < LATEST
    assert probe.asked == []


def test_http_14_the_head_of_a_later_request_has_its_own_clock(served: Served) -> None:
    client = served.client()
    assert client.send(GOOD).answer().status == 200

    assert SECONDS * 0.8 < client.trickle(GOOD[:-2] + b"X: " + b"y" * 999, 0.02) < LATEST


def test_http_14_no_clock_of_ours_runs_between_requests(served: Served) -> None:
    client = served.client().send(GOOD)
    assert client.answer().status == 200
    time.sleep(SECONDS * 2)

    assert client.send(GOOD).answer().status == 200


def test_http_14_a_head_that_comes_slowly_but_in_time_is_served(served: Served) -> None:
    client = served.client()
    for piece in (GOOD[:9], GOOD[9:20], GOOD[20:]):
        client.send(piece)
        time.sleep(SECONDS / 10)

    assert client.answer().status == 200


# --- the body -------------------------------------------------------------------------------------------


def assert_is_told_too_late(client: RawClient) -> None:
    answer = client.answer()
    assert (answer.status, answer.json()["code"], answer.json()["status"]) == (408, "malformed_request", 408)
    assert answer.headers["connection"] == "close"
    assert client.rest() == b""


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (POST, b""),
        (POST, b"x" * 999),
        (CHUNKED, b""),
        (CHUNKED, b"1\r\nx\r\n" * 99),
        (CHUNKED, b"5;" + b"e" * 999),
    ],
    ids=["nothing", "by length", "no chunk", "chunks without end", "chunk extension"],
)
def test_http_15_a_body_that_is_not_whole_in_time_is_answered(
    head: bytes, body: bytes, served: Served, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="relay.access")
    began = time.monotonic()
    client = served.client().send(head)
    client.trickle(body, 0.02)

    assert_is_told_too_late(client)
    assert SECONDS * 0.8 < time.monotonic() - began < LATEST
    assert probe.bodies == []
    served.wait_for(lambda: served.tasks == 0)
    lines = [getattr(record, "fields", {}) for record in caplog.records if record.name == "relay.access"]
    assert [(line["status"], line["path"]) for line in lines] == [(408, "/echo")]


def test_http_15_a_body_that_comes_slowly_but_in_time_is_read(served: Served) -> None:
    client = served.client().send(POST)
    for _ in range(4):
        time.sleep(SECONDS / 10)
        client.send(b"x" * 250)

    assert client.answer().body == b"1000"


def test_http_15_an_application_that_does_not_look_is_not_waited_for(served: Served, probe: Probe) -> None:
    client = served.client().send(POST.replace(b"echo", b"stuck"))

    assert SECONDS * 1.8 < client.seconds_until_closed() < LATEST * 2
    for task in list(served.server.server_state.tasks):
        task.get_loop().call_soon_threadsafe(task.cancel)
    served.wait_for(lambda: served.tasks == 0)


def test_http_15_the_clock_of_a_body_stops_with_its_end(served: Served, probe: Probe) -> None:
    client = served.client().send(POST.replace(b"echo", b"hold") + b"x" * 1000)
    served.wait_for(lambda: probe.held == 1)
    time.sleep(SECONDS * 2.5)
    assert client.is_open()
    probe.release.set()

    assert client.answer().status == 200


def test_http_15_a_client_that_leaves_within_its_body_is_let_go(served: Served, probe: Probe) -> None:
    served.client().send(POST + b"x").close()

    served.wait_for(lambda: served.connections == 0 and served.tasks == 0)


# --- the answer -----------------------------------------------------------------------------------------


def test_an_event_stream_is_not_cut_by_any_clock(served: Served) -> None:
    assert STREAM_STEPS * STREAM_PAUSE > SECONDS * 2
    client = served.client().send(GOOD.replace(b"echo", b"stream"))

    assert client.answer().body == b":\n\n" * STREAM_STEPS + b"end"
    assert client.send(GOOD).answer().status == 200


def test_an_event_stream_whose_request_is_not_whole_is_cut(served: Served) -> None:
    client = served.client().send(POST.replace(b"echo", b"stream"))

    with pytest.raises(ConnectionError):
        client.answer()


def test_http_17_a_client_that_reads_nothing_is_cut_off_and_the_application_told(
    served: Served, probe: Probe
) -> None:
    client = served.client(receive_buffer=4096).send(GOOD.replace(b"echo", b"big"))

    served.wait_for(lambda: probe.left == 1 and served.connections == 0)
    client.close()


def test_http_17_a_client_that_reads_slowly_is_not_cut_off(served: Served, probe: Probe) -> None:
    client = served.client(receive_buffer=65536).send(GOOD.replace(b"echo", b"big"))
    until = time.monotonic() + SECONDS * 4
    while time.monotonic() < until:
        assert client.socket.recv(1_000_000)
        time.sleep(SECONDS / 10)

    assert served.connections == 1
    client.close()


def test_http_17_a_client_that_has_caught_up_is_not_cut_off(served: Served) -> None:
    client = served.client().send(GOOD.replace(b"echo", b"big"))
    assert len(client.answer().body) == BIG
    time.sleep(SECONDS * 1.5)

    assert client.send(GOOD).answer().status == 200


def test_http_17_a_client_that_leaves_the_last_bytes_lying_is_cut_off(served: Served, probe: Probe) -> None:
    client = served.client(receive_buffer=4096)
    for count in range(1, 9):
        client.send(GOOD.replace(b"echo", b"medium"))
        time.sleep(0.02)
        if len(probe.asked) < count:
            break

    served.wait_for(lambda: served.connections == 0)


def test_a_refused_client_that_stays_is_cut_off(served: Served) -> None:
    client = served.client().send(b"nonsense\r\n\r\n")
    assert client.answer().status == 400
    served.wait_for(lambda: served.connections == 0)

    assert client.rest() == b""


def test_a_refused_client_that_goes_on_sending_is_cut_off(served: Served) -> None:
    client = served.client().send(POST.replace(b"1000", b"9" * 12).replace(b"echo", b"early"))
    served.wait_for(lambda: served.connections == 1)
    until = time.monotonic() + LATEST
    while served.connections and time.monotonic() < until:
        client.send(b"x" * 1000)
        time.sleep(0.01)

    assert client.rest().startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() < until


# --- the end --------------------------------------------------------------------------------------------


def test_a_server_told_to_stop_finishes_answers_and_waits_for_nobody_else(probe: Probe) -> None:
    with Served(probe.asgi, guarded_protocol(ConnectionBounds())) as served:
        holding = [
            served.client().send(head.replace(b"echo", b"hold")) for head in (GOOD, POST + b"x" * 1000)
        ]
        sending = served.client().send(POST + b"x" * 999)
        silent = served.client().send(b"GET")
        served.client().send(GOOD).answer()
        served.wait_for(lambda: probe.held == 2)
        served.server.should_exit = True
        began = time.monotonic()

        assert silent.rest() == b""
        assert sending.send(b"x").answer().headers["connection"] == "close"
        probe.release.set()
        assert [client.answer().headers["connection"] for client in holding] == ["close", "close"]
        served.wait_for(lambda: served.connections == 0)
        assert time.monotonic() - began < LATEST
