"""Requests that two programs could cut differently, and odd request lines, on real sockets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from relay.errors import MalformedRequest
from tests.doubles.guarded import BOUNDS, CHUNKED, GOOD, access_lines, assert_is_problem

if TYPE_CHECKING:
    from tests.doubles.probe import Probe
    from tests.doubles.raw_http import Served

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
    time.sleep(0.1)  # so that the end comes by itself

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
def test_http_04_09_a_request_line_that_is_none_of_ours_is_malformed(
    line: bytes, served: Served, probe: Probe
) -> None:
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
def test_http_09_a_request_line_that_is_only_rare_reaches_the_application(
    line: bytes, asked: str, served: Served, probe: Probe
) -> None:
    assert served.ask(line + b"\r\nHost: a\r\n\r\n").status == 200
    assert probe.asked == [asked]
