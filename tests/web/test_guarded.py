"""Sizes, order and number of requests, and answers before their end, on real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relay.errors import Busy, MalformedRequest
from tests.doubles.guarded import BOUNDS, CHUNKED, GOOD, access_lines, assert_is_problem

if TYPE_CHECKING:
    from tests.doubles.probe import Probe
    from tests.doubles.raw_http import Served


def head_of(size: int) -> bytes:
    """A whole head of so many bytes."""
    before, after = b"GET /echo HTTP/1.1\r\nHost: a\r\nX: ", b"\r\n\r\n"
    return before + b"x" * (size - len(before) - len(after)) + after


def head_with(fields: int) -> bytes:
    """A head with so many headers, Host among them."""
    return b"GET /echo HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * (fields - 1) + b"\r\n"


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

    answer = client.answer()

    assert (answer.status, answer.headers["connection"]) == (200, "close")
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


def test_http_16_trickled_bodies_make_room(served: Served) -> None:
    for _ in range(BOUNDS.connections):
        served.client().send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
    served.wait_for(lambda: served.tasks == BOUNDS.connections)

    assert served.ask(GOOD).status == 200


@pytest.mark.parametrize(
    ("lean", "status"), [(b"nonsense\r\n\r\n", 400), (GOOD * 2, 200)], ids=["refused", "pipelined"]
)
def test_http_16_answered_clients_that_stay_make_room(lean: bytes, status: int, served: Served) -> None:
    clients = [served.client().send(lean) for _ in range(BOUNDS.connections)]

    assert [client.answer().status for client in clients] == [status] * BOUNDS.connections
    served.wait_for(lambda: served.tasks == 0)
    assert served.ask(GOOD).status == 200


def test_http_18_nothing_is_left_of_connections_that_were_reset(served: Served) -> None:
    for number in range(200):
        served.client().send([b"", b"GET", GOOD, CHUNKED, CHUNKED + b"3\r\na"][number % 5]).close()

    served.wait_for(lambda: served.connections == 0 and served.tasks == 0)
    assert served.ask(GOOD).status == 200
