"""HTTP-11: requests that two programs could cut differently, through nginx and Caddy to the relay.

Each shape carries a second request, an offer that would begin a call, in what one reading takes for a body
and another for the next request. Whatever the proxy makes of it, the relay and its upstream see one at most,
and the next request of whoever is served next gets its own answer.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.doubles.relay import OFFER
from tests.proxies.house import lines_of
from tests.proxies.servers import ADDRESSES, NAME

if TYPE_CHECKING:
    from tests.doubles.process import RelayProcess, SimulatorProcess
    from tests.doubles.raw_http import RawClient
    from tests.proxies.servers import Proxy

HOST = f"Host: {NAME}\r\n".encode()
SDP = OFFER.encode()
CARRIER = b"POST /connect HTTP/1.1\r\n" + HOST + b"Content-Type: application/sdp\r\n"
HIDDEN = CARRIER + b"Content-Length: %d\r\n\r\n" % len(SDP) + SDP
NEXT = b"GET /problems/busy HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
SILENCE_SECONDS = 1.5


def chunk(data: bytes, size: bytes | None = None) -> bytes:
    """One chunk, with whatever size line."""
    return (size or b"%x" % len(data)) + b"\r\n" + data + b"\r\n"


def after_an_end(*lines: bytes) -> bytes:
    """A chunked body that is over at once for one reading, and as long as its length for another."""
    return CARRIER + b"\r\n".join(lines) % (5 + len(HIDDEN)) + b"\r\n\r\n0\r\n\r\n" + HIDDEN


def chunked(*lines: bytes, body: bytes) -> bytes:
    """A chunked request."""
    return CARRIER + b"\r\n".join(lines or (b"Transfer-Encoding: chunked",)) + b"\r\n\r\n" + body


def hear(client: RawClient, *, all_of_it: bool) -> bytes:
    """Read the beginning of an answer, or everything until the proxy closes or says no more."""
    said = b""
    client.socket.settimeout(SILENCE_SECONDS)
    with contextlib.suppress(ConnectionError, TimeoutError):
        while piece := client.socket.recv(65536):
            said += piece
            if not all_of_it:
                break
    return said


TE = b"Transfer-Encoding: chunked"
CL = b"Content-Length: %d"
SHAPES = {
    "CL.TE": after_an_end(CL, TE),
    "TE.CL": chunked(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=chunk(HIDDEN) + b"0\r\n\r\n"),
    "TE.CL, length before the hidden one": chunked(
        b"Content-Length: %d" % (len(b"%x" % len(HIDDEN)) + 2), TE, body=chunk(HIDDEN) + b"0\r\n\r\n"
    ),
    "two lengths, the first nothing": CARRIER
    + b"Content-Length: 0\r\n"
    + CL % len(HIDDEN)
    + b"\r\n\r\n"
    + HIDDEN,
    "two lengths, the last nothing": CARRIER + CL % len(HIDDEN) + b"\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "the same length twice": CARRIER + (CL % len(HIDDEN) + b"\r\n") * 2 + b"\r\n" + HIDDEN,
    "a list of lengths": CARRIER + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length with a plus": CARRIER + b"Content-Length: +%d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length with an underscore": CARRIER + b"Content-Length: 1_0\r\n\r\n" + HIDDEN,
    "a length in hexadecimal": CARRIER + b"Content-Length: 0x%x\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a negative length": CARRIER + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "a length beyond 64 bits": CARRIER + b"Content-Length: 18446744073709551616\r\n\r\n" + HIDDEN,
    "folded coding": after_an_end(CL, b"X: y\r\n Transfer-Encoding: chunked"),
    "coding folded before its value": after_an_end(CL, b"Transfer-Encoding:\r\n chunked"),
    "coding after a bare line feed": after_an_end(CL, b"X: y\nTransfer-Encoding: chunked"),
    "coding after a bare carriage return": after_an_end(CL, b"X: y\rTransfer-Encoding: chunked"),
    "coding after a NUL": after_an_end(CL, b"X: y\x00Transfer-Encoding: chunked"),
    "a head ended by bare line feeds": CARRIER.replace(b"\r\n", b"\n")
    + CL % len(HIDDEN)
    + b"\n"
    + TE
    + b"\n\n0\r\n\r\n"
    + HIDDEN,
    "space before the colon": after_an_end(CL, b"Transfer-Encoding : chunked"),
    "tab before the value": after_an_end(CL, b"Transfer-Encoding:\tchunked"),
    "vertical tab before the value": after_an_end(CL, b"Transfer-Encoding: \x0bchunked"),
    "space before the name": after_an_end(CL, b" Transfer-Encoding: chunked"),
    "odd case": after_an_end(CL, b"tRANSFER-eNCODING: cHuNkEd"),
    "an unknown coding": after_an_end(CL, b"Transfer-Encoding: xchunked"),
    "a quoted coding": after_an_end(CL, b'Transfer-Encoding: "chunked"'),
    "identity": after_an_end(CL, b"Transfer-Encoding: identity"),
    "chunked, identity": after_an_end(CL, b"Transfer-Encoding: chunked, identity"),
    "identity, chunked": after_an_end(CL, b"Transfer-Encoding: identity, chunked"),
    "two codings": after_an_end(CL, TE, b"Transfer-Encoding: cow"),
    "chunked twice": after_an_end(CL, TE, TE),
    "a look-alike with an underscore": after_an_end(CL, b"Transfer_Encoding: chunked"),
    "length dropped as hop-by-hop": after_an_end(CL, b"Connection: Content-Length"),
    "coding dropped as hop-by-hop": after_an_end(CL, TE, b"Connection: Transfer-Encoding"),
    "HTTP/1.0 with chunks": after_an_end(CL, TE).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "a chunk's extension": chunked(body=chunk(HIDDEN, b"%x;a=b" % len(HIDDEN)) + b"0;c\r\n\r\n"),
    "an extension with a line feed": chunked(body=b"2;a\nxx\r\n0\r\n\r\n" + HIDDEN),
    "a chunk ended by a line feed": chunked(body=b"2\nxx\n0\n\n" + HIDDEN),
    "a chunk without its end": chunked(body=b"2\r\nxx0\r\n\r\n" + HIDDEN),
    "a chunk with a prefix": chunked(body=b"0x0\r\n\r\n" + HIDDEN),
    "a chunk with a minus": chunked(body=b"-0\r\n\r\n" + HIDDEN),
    "a chunk beyond 64 bits": chunked(body=b"10000000000000000\r\n\r\n0\r\n\r\n" + HIDDEN),
    "a length in the trailer": chunked(body=chunk(SDP) + b"0\r\n" + CL % len(HIDDEN) + b"\r\n\r\n"),
    "coding in the trailer": chunked(body=chunk(SDP) + b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a GET with a body": b"GET /config HTTP/1.1\r\n" + HOST + CL % len(HIDDEN) + b"\r\n\r\n" + HIDDEN,
    "a HEAD with a body": b"HEAD /config HTTP/1.1\r\n" + HOST + CL % len(HIDDEN) + b"\r\n\r\n" + HIDDEN,
    "a GET with chunks and a length": b"GET /config HTTP/1.1\r\n"
    + HOST
    + CL % (5 + len(HIDDEN))
    + b"\r\n"
    + TE
    + b"\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "a DELETE with a body": b"DELETE /calls/x HTTP/1.1\r\n" + HOST + CL % len(HIDDEN) + b"\r\n\r\n" + HIDDEN,
    "an upgrade to h2c": b"POST /connect HTTP/1.1\r\n"
    + HOST
    + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    + CL % len(HIDDEN)
    + b"\r\n\r\n"
    + HIDDEN,
    "an upgrade to a websocket": b"GET /config HTTP/1.1\r\n"
    + HOST
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    + b"Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n"
    + CL % len(HIDDEN)
    + b"\r\n\r\n"
    + HIDDEN,
    "a length that waits for 100": CARRIER + CL % len(HIDDEN) + b"\r\nExpect: 100-continue\r\n\r\n" + HIDDEN,
    "another expectation": CARRIER + CL % len(HIDDEN) + b"\r\nExpect: x\r\n\r\n" + HIDDEN,
    "a line end in the target": b"GET /config%0d%0a%0d%0a"
    + HIDDEN.split(b"\r\n")[0]
    + b" HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "two hosts": b"POST /connect HTTP/1.1\r\nHost: evil.example\r\n"
    + CARRIER.split(b"\r\n", 1)[1]
    + CL % len(HIDDEN)
    + b"\r\n\r\n"
    + HIDDEN,
    "two spaces in the request line": CARRIER.replace(b" ", b"  ", 1)
    + CL % len(HIDDEN)
    + b"\r\n\r\n"
    + HIDDEN,
    "an offer and its length, and no more": CARRIER + CL % len(SDP) + b"\r\n\r\n" + SDP,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_http_11_no_shape_makes_two_requests_of_one(
    shape: bytes, proxy: Proxy, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    before = len(lines_of(relay, "relay.access"))
    with proxy.raw() as client:
        said = hear(client.send(shape), all_of_it=False)
        said += hear(client.send(NEXT), all_of_it=True)
    other = proxy.client(ADDRESSES[1]).get("/config")  # another address, so that no limit of the proxy is met
    lines = lines_of(relay, "relay.access")[before:]

    asked = [line["path"] for line in lines if line["path"] != "/problems/busy"]
    assert asked[-1:] == ["/config"]
    assert len(asked) <= 2  # what the proxy made of the shape, and the other client's
    assert int(str(simulator.ledger()["created"])) <= 1
    assert b" 101 " not in said
    assert (other.status_code, "version" in other.json()) == (200, True)


def test_http_11_an_absolute_target_does_not_choose_another_host(proxy: Proxy, relay: RelayProcess) -> None:
    before = len(lines_of(relay, "relay.access"))
    with proxy.raw() as client:
        client.send(b"GET https://evil.example/config HTTP/1.1\r\n" + HOST + b"\r\n")
        answer = client.answer()
    lines = lines_of(relay, "relay.access")[before:]

    assert b"evil" not in answer.body
    assert [line["path"] for line in lines] in ([], ["/config"])


def test_http_11_a_foreign_host_reaches_nothing_of_ours(proxy: Proxy, relay: RelayProcess) -> None:
    with proxy.raw() as client:
        client.send(b"GET /config HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        answer = client.answer()

    assert b"version" not in answer.body
    assert answer.status in (200, 421)  # Caddy has nothing to say for a name that it does not serve
