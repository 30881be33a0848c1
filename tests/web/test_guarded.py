"""Requests that no library would send, on real sockets: framing, sizes, targets, what is answered."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import pytest
import uvloop

from relay.errors import Busy, MalformedRequest
from relay.web.guarded import ConnectionBounds, guarded_protocol
from relay.web.problems import problem_response
from tests.doubles.probe import Probe
from tests.doubles.raw_http import Answer, Served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relay.errors import Problem

BOUNDS = ConnectionBounds(head_bytes=4096, head_fields=20, connections=50, leave_seconds=0.5)
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
GOOD = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture(
    scope="module", params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"]
)
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    new_loop: Callable[[], asyncio.AbstractEventLoop] = request.param
    with Served(Probe().asgi, guarded_protocol(BOUNDS), new_loop) as server:
        yield server


@pytest.fixture
def served(server: Served, probe: Probe, caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    """A server of which nothing is left and whose log stays free of faults, whatever it is sent."""
    caplog.set_level(logging.INFO, logger="relay.access")
    server.app = probe.asgi
    yield server
    probe.release.set()
    server.settle()
    assert [record for record in caplog.records if record.exc_info or record.levelno > logging.INFO] == []


def access_lines(served: Served, caplog: pytest.LogCaptureFixture) -> list[tuple[int, str | None]]:
    """Status and code of every line of the access log."""
    served.wait_for(lambda: served.tasks == 0)  # the line is written after the answer
    lines = [getattr(record, "fields", {}) for record in caplog.records if record.name == "relay.access"]
    return [(line["status"], line.get("code")) for line in lines]


def assert_is_problem(answer: Answer, problem: Problem, status: int | None = None) -> None:
    """The answer has the shape that `relay.web.problems` gives every other."""
    written = json.loads(bytes(problem_response(problem, answer.headers["x-request-id"]).body))
    assert answer.json() == {**written, "status": status or problem.status}
    assert answer.status == (status or problem.status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"


def head_of(size: int) -> bytes:
    """A whole head of so many bytes."""
    before, after = b"GET /echo HTTP/1.1\r\nHost: a\r\nX: ", b"\r\n\r\n"
    return before + b"x" * (size - len(before) - len(after)) + after


def head_with(fields: int) -> bytes:
    """A head with so many headers, Host among them."""
    return b"GET /echo HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * (fields - 1) + b"\r\n"


# --- framing --------------------------------------------------------------------------------------------

MALFORMED_HEADS = {
    "HTTP-01 length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked",
    "HTTP-01 chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4",
    "HTTP-02 two lengths": b"Content-Length: 3\r\nContent-Length: 4",
    "HTTP-02 the same length twice": b"Content-Length: 3\r\nContent-Length: 3",
    "HTTP-02 a list of lengths": b"Content-Length: 3, 3",
    "HTTP-02 a plus sign": b"Content-Length: +3",
    "HTTP-02 a minus sign": b"Content-Length: -1",
    "HTTP-02 hexadecimal": b"Content-Length: 0x3",
    "HTTP-02 23 digits": b"Content-Length: " + b"9" * 23,
    "HTTP-02 no digits": b"Content-Length: ",
    "HTTP-03 space before the colon": b"Transfer-Encoding : chunked",
    "HTTP-03 unknown coding": b"Transfer-Encoding: xchunked",
    "HTTP-03 chunked not last": b"Transfer-Encoding: chunked, identity",
    "HTTP-03 chunked twice, not last": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "HTTP-03 vertical tab": b"Transfer-Encoding: \x0bchunked",
    "HTTP-06 folded": b"X: y\r\n z",
    "HTTP-06 folded with a tab": b"X: y\r\n\tTransfer-Encoding: chunked",
    "HTTP-06 bare line feeds": b"X: y\nTransfer-Encoding: chunked",
    "HTTP-06 NUL": b"X: y\x00z",
    "HTTP-06 CR": b"X: y\rz",
    "HTTP-06 no name": b": y",
    "HTTP-06 no colon": b"X",
    "HTTP-06 space in a name": b"X Y: z",
}


@pytest.mark.parametrize("lines", MALFORMED_HEADS.values(), ids=MALFORMED_HEADS.keys())
def test_http_01_02_03_06_a_malformed_head_is_answered_once_and_what_follows_is_not_served(
    lines: bytes, served: Served, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    client = served.client().send(b"POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n\r\n0\r\n\r\n" + GOOD)

    answer = client.answer()

    assert_is_problem(answer, MalformedRequest(answer.json()["detail"]))
    assert client.rest() == b""
    assert probe.asked == []
    assert access_lines(served, caplog) == [(400, "malformed_request")]


def test_http_06_a_head_of_bare_line_feeds_is_refused(served: Served, probe: Probe) -> None:
    assert served.ask(b"GET /echo HTTP/1.1\nHost: a\n\n").status == 400
    assert probe.asked == []


MALFORMED_CHUNKS = {
    "HTTP-05 hexadecimal prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "HTTP-05 line feed only": b"3\nabc\n0\n\n",
    "HTTP-05 line feed in an extension": b"3;a\nabc\r\n0\r\n\r\n",
    "HTTP-05 wrong end of data": b"3\r\nabcX\r\n0\r\n\r\n",
    "HTTP-05 no number": b"x\r\nabc\r\n0\r\n\r\n",
    "HTTP-05 minus": b"-1\r\nabc\r\n0\r\n\r\n",
    "HTTP-05 space before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "HTTP-05 too large a number": b"f" * 17 + b"\r\nabc\r\n0\r\n\r\n",
    "HTTP-07 length in a trailer": b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
    "HTTP-07 coding in a trailer, folded": b"3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n",
}


@pytest.mark.parametrize("body", MALFORMED_CHUNKS.values(), ids=MALFORMED_CHUNKS.keys())
@pytest.mark.parametrize("together", [True, False], ids=["at once", "after the head"])
def test_http_05_07_a_malformed_body_is_answered_once_and_what_follows_is_not_served(
    body: bytes, together: bool, served: Served, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    client = served.client()
    if together:
        client.send(CHUNKED + body + GOOD)
    else:
        client.send(CHUNKED)
        served.wait_for(lambda: probe.asked == ["POST /echo"])
        client.send(body + GOOD)

    assert_is_problem(client.answer(), MalformedRequest())
    assert client.rest() == b""
    assert probe.asked == ["POST /echo"]
    assert probe.bodies == []
    assert access_lines(served, caplog) == [(400, "malformed_request")]


def test_http_07_trailers_do_not_become_headers(served: Served, probe: Probe) -> None:
    client = served.client().send(CHUNKED + b"3\r\nabc\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\nHost: b\r\n\r\n")

    assert client.answer().body == b"3"
    assert client.send(GOOD).answer().status == 200
    assert probe.headers[0] == {"host": "a", "transfer-encoding": "chunked"}


@pytest.mark.parametrize("over", [False, True], ids=["N", "N+1"])
def test_http_07_what_surrounds_the_data_of_a_body_is_bounded(
    over: bool, served: Served, probe: Probe
) -> None:
    client = served.client().send(CHUNKED)
    served.wait_for(lambda: len(probe.asked) == 1)
    ends = b"1;\r\nx\r\n0\r\n\r\n"
    fill = b"e" * (BOUNDS.head_bytes + over - (len(ends) - 1 - 5))
    client.send(b"1;" + fill + b"\r\nx\r\n")

    if over:
        assert_is_problem(client.answer(), MalformedRequest("The body has more framing than data."))
        assert client.rest() == b""
    else:
        assert client.send(b"0\r\n\r\n").answer().body == b"1"


def test_http_07_one_endless_trailer_is_cut_off(served: Served, probe: Probe) -> None:
    client = served.client().send(CHUNKED + b"0\r\nX: ")
    served.wait_for(lambda: len(probe.asked) == 1)
    for _ in range(BOUNDS.head_bytes // 512 + 1):
        client.send(b"x" * 512)

    assert client.answer().status == 400


def test_many_small_chunks_are_no_framing_fault(served: Served) -> None:
    client = served.client().send(CHUNKED)
    for _ in range(200):
        client.send(b"40\r\n" + b"x" * 64 + b"\r\n")

    assert client.send(b"0\r\n\r\n").answer().body == b"12800"


# --- host, target, method, version ----------------------------------------------------------------------


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nHost: a\r\n"])
def test_http_08_no_host_or_two_are_refused(hosts: bytes, served: Served, probe: Probe) -> None:
    client = served.client().send(b"GET /echo HTTP/1.1\r\n" + hosts + b"\r\n" + GOOD)

    assert_is_problem(client.answer(), MalformedRequest("Exactly one Host header is required."))
    assert client.rest() == b""
    assert probe.asked == []


def test_http_08_a_probe_in_the_old_version_needs_no_host(served: Served) -> None:
    client = served.client().send(b"GET /echo HTTP/1.0\r\n\r\n")

    assert client.answer().status == 200
    assert client.rest() == b""


@pytest.mark.parametrize(
    "line",
    [
        *(b"GET echo HTTP/1.1", b"GET * HTTP/1.1", b"CONNECT a:80 HTTP/1.1"),
        *(b"GET http:echo HTTP/1.1", b"GET http://a HTTP/1.1", b"GET http://b/echo HTTP/1.1"),
        *(b"GET http://u@a/echo HTTP/1.1", b"GET http://a:99999/echo HTTP/1.1", b"GET @b/echo HTTP/1.1"),
        *(b"get /echo HTTP/1.1", b"BREW /echo HTTP/1.1", b"GET /echo", b"GET /echo HTTP/0.9"),
        *(b"GET /echo HTTP/1.2", b"GET /echo HTTP/2.0", b"PRI * HTTP/2.0", b"GET /\xff HTTP/1.1"),
        *(b"GET /#x HTTP/1.1", b"GET /\x00 HTTP/1.1", b"GET /e cho HTTP/1.1", b"\x16\x03\x01\x00\xa5\x01"),
    ],
)
def test_a_request_line_that_is_none_of_ours_is_malformed(line: bytes, served: Served, probe: Probe) -> None:
    client = served.client().send(line + b"\r\nHost: a\r\n\r\n")

    answer = client.answer()

    assert (answer.status, answer.json()["code"]) == (400, "malformed_request")
    assert client.rest() == b""
    assert probe.asked == []


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (b"TRACE /echo HTTP/1.1", "TRACE /echo"),
        (b"OPTIONS * HTTP/1.1", "OPTIONS *"),
        (b"GET http://a/echo?x HTTP/1.1", "GET /echo"),
        (b"GET //b/echo HTTP/1.1", "GET //b/echo"),
        (b"CONNECT /echo HTTP/1.1", "CONNECT /echo"),
        (b"M-SEARCH /echo HTTP/1.1", "M-SEARCH /echo"),
        (b"GET /%00%ff%2e%2e HTTP/1.1", "GET /\0\ufffd.."),
    ],
)
def test_a_request_line_that_is_only_rare_reaches_the_application(
    line: bytes, asked: str, served: Served, probe: Probe
) -> None:
    assert served.ask(line + b"\r\nHost: a\r\n\r\n").status == 200
    assert probe.asked == [asked]


# --- size -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [1, 7])
def test_http_13_a_head_at_its_bound_is_read_and_one_byte_more_is_refused(
    pieces: int, served: Served, probe: Probe
) -> None:
    for size, status in ((BOUNDS.head_bytes, 200), (BOUNDS.head_bytes + 1, 431)):
        client, head = served.client(), head_of(size)
        step = len(head) // pieces + 1
        for place in range(0, len(head), step):
            client.send(head[place : place + step])
        answer = client.answer()
        assert answer.status == status

    detail = f"A request's head may have {BOUNDS.head_bytes} bytes."
    assert_is_problem(answer, MalformedRequest(detail), 431)
    assert probe.asked == ["GET /echo"]


def test_http_13_a_body_that_comes_with_its_head_does_not_count_as_head(served: Served) -> None:
    body = b"x" * (BOUNDS.head_bytes * 3)
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)

    assert served.ask(head + body).body == b"%d" % len(body)


def test_http_13_every_head_of_a_connection_has_the_whole_bound(served: Served) -> None:
    client = served.client()

    assert [client.send(head_of(BOUNDS.head_bytes)).answer().status for _ in range(3)] == [200] * 3


def test_http_13_as_many_headers_as_allowed_are_read_and_one_more_is_refused(served: Served) -> None:
    assert served.ask(head_with(BOUNDS.head_fields)).status == 200
    answer = served.ask(head_with(BOUNDS.head_fields + 1))

    detail = f"A request may have {BOUNDS.head_fields} headers."
    assert_is_problem(answer, MalformedRequest(detail), 431)


def test_http_13_empty_lines_before_a_request_count_as_head(served: Served) -> None:
    assert served.ask(b"\r\n" + GOOD).status == 200
    assert served.ask(b"\r\n" * BOUNDS.head_bytes).status == 431


@pytest.mark.parametrize(
    "head",
    [b"GET /echo HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 8_000_000, head_with(50_000)],
    ids=["8 MB", "50 000"],
)
def test_http_13_a_huge_head_is_answered_or_cut_off(head: bytes, served: Served, probe: Probe) -> None:
    client = served.client().send(head)

    assert client.rest()[:13] in (b"HTTP/1.1 431 ", b"")
    client.close()
    assert probe.asked == []
    served.wait_for(lambda: served.connections == 0)


# --- one request after the other ------------------------------------------------------------------------


def test_a_connection_is_used_again(served: Served, probe: Probe, caplog: pytest.LogCaptureFixture) -> None:
    client = served.client()
    post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"

    answers = [client.send(request).answer() for request in (GOOD, post, GOOD, post)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, b"0"), (200, b"2")] * 2
    assert all("connection" not in answer.headers for answer in answers)
    assert access_lines(served, caplog) == [(200, None)] * 4


def test_http_10_of_pipelined_requests_the_first_is_answered_and_the_connection_closed(
    served: Served, probe: Probe
) -> None:
    client = served.client().send(GOOD * 3)

    answer = client.answer()

    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert client.rest() == b""
    assert probe.asked == ["GET /echo"]


def test_http_10_a_request_sent_during_an_answer_is_thrown_away(served: Served, probe: Probe) -> None:
    client = served.client().send(GOOD.replace(b"echo", b"hold"))
    served.wait_for(lambda: probe.held == 1)
    client.send(GOOD)
    (connection,) = served.server.server_state.connections
    served.wait_for(lambda: vars(connection)["_phase"].name == "DEAF")
    probe.release.set()

    assert client.answer().headers["connection"] == "close"
    assert client.rest() == b""
    assert probe.asked == ["GET /hold"]


def test_http_10_a_client_that_pipelined_and_left_is_noticed(served: Served, probe: Probe) -> None:
    client = served.client().send(GOOD.replace(b"echo", b"hold") + GOOD)
    served.wait_for(lambda: probe.held == 1)
    client.close()

    served.wait_for(lambda: probe.left == 1)


def test_http_10_after_a_malformed_request_nothing_is_served(served: Served, probe: Probe) -> None:
    client = served.client().send(b"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + GOOD * 2)

    assert client.answer().status == 400
    assert client.rest() == b""
    assert probe.asked == []


def test_http_10_garbage_after_a_request_spoils_nothing(served: Served, probe: Probe) -> None:
    client = served.client().send(GOOD + b"\x00garbage")

    assert client.answer().status == 200
    assert client.rest() == b""


@pytest.mark.parametrize(
    "upgrade",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    ],
    ids=["h2c", "websocket"],
)
def test_an_offer_of_another_protocol_is_passed_over(upgrade: bytes, served: Served, probe: Probe) -> None:
    client = served.client().send(b"GET /echo HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n" + GOOD)

    assert client.answer().status == 200
    assert client.rest() == b""
    assert probe.asked == ["GET /echo"]


def test_a_client_that_asks_to_close_is_closed(served: Served) -> None:
    client = served.client().send(b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert client.answer().headers["connection"] == "close"
    assert client.rest() == b""


# --- answers before the end of a request ----------------------------------------------------------------


def test_http_12_a_refused_body_is_not_asked_for(served: Served, probe: Probe) -> None:
    client = served.client().send(
        b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
    )

    answer = client.answer()

    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert client.rest() == b""


def test_http_12_a_wanted_body_is_asked_for(served: Served) -> None:
    client = served.client().send(
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )

    assert client.answer().status == 100
    assert client.send(b"ab").answer().body == b"2"


@pytest.mark.parametrize("path", [b"/early", b"/unread"])
def test_bad_10_a_client_still_sending_reads_its_answer_and_the_connection_closes(
    path: bytes, served: Served, probe: Probe
) -> None:
    client = served.client().send(
        b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n"
    )
    served.wait_for(lambda: len(probe.asked) == 1)
    for _ in range(60):
        client.socket.sendall(b"x" * 65536)  # raises if the server resets the connection

    answer = client.answer()

    assert answer.headers["connection"] == "close"
    assert client.rest() == b""
    assert len(probe.asked) == 1
    client.close()
    served.wait_for(lambda: served.connections == 0)


def test_an_unread_body_that_was_whole_in_time_leaves_the_connection_open(served: Served) -> None:
    client = served.client()
    request = b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"

    assert [client.send(request).answer().status for _ in range(2)] == [200, 200]


# --- number ---------------------------------------------------------------------------------------------


def test_as_many_requests_at_once_as_allowed_are_served_and_one_more_is_told_busy(
    served: Served, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    hold = GOOD.replace(b"echo", b"hold")
    clients = [served.client().send(hold) for _ in range(BOUNDS.connections)]
    served.wait_for(lambda: probe.held == BOUNDS.connections)

    answer = served.ask(GOOD)
    probe.release.set()

    assert_is_problem(answer, Busy("Too many connections are open.", retry_after=2))
    assert answer.headers["retry-after"] == "2"
    assert [client.answer().status for client in clients] == [200] * BOUNDS.connections
    assert access_lines(served, caplog).count((503, "busy")) == 1
    assert served.client().send(GOOD).answer().status == 200


def test_http_16_the_longest_silent_connection_makes_room(served: Served) -> None:
    silent = [served.client() for _ in range(BOUNDS.connections)]
    served.wait_for(lambda: served.connections == BOUNDS.connections)

    assert served.ask(GOOD).status == 200
    assert [client.is_open() for client in silent].count(False) == 1
    assert not silent[0].is_open()


def test_http_16_connections_that_are_answered_do_not_make_room(served: Served, probe: Probe) -> None:
    holding = served.client().send(GOOD.replace(b"echo", b"hold"))
    served.wait_for(lambda: probe.held == 1)
    for _ in range(BOUNDS.connections * 2):
        assert served.client().send(GOOD).answer().status == 200
    probe.release.set()

    assert holding.answer().status == 200


def test_http_16_trickled_bodies_and_refused_clients_that_stay_make_room(served: Served) -> None:
    for _ in range(BOUNDS.connections):
        served.client().send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
        served.client().send(b"nonsense\r\n\r\n")

    assert [served.ask(GOOD).status for _ in range(20)] == [200] * 20


def test_http_18_nothing_is_left_of_connections_that_were_reset(served: Served) -> None:
    for number in range(200):
        served.client().send([b"", b"GET", GOOD, CHUNKED, CHUNKED + b"3\r\na"][number % 5]).close()

    served.wait_for(lambda: served.connections == 0 and served.tasks == 0)
    assert served.ask(GOOD).status == 200
