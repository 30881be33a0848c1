"""HTTP-11: requests in HTTP/2 that would be two requests, or others, when Caddy writes them as HTTP/1.1.

Browsers speak HTTP/2 to Caddy, and Caddy HTTP/1.1 to the relay. nginx speaks HTTP/1.1 on both sides.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.proxies.house import lines_of
from tests.proxies.http2 import ask_in_http2
from tests.proxies.servers import NAME, Caddy
from tests.proxies.test_smuggling import HIDDEN, SDP

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

    from tests.doubles.process import RelayProcess, SimulatorProcess
    from tests.proxies.servers import Proxy

Headers = list[tuple[bytes, bytes]]
HOST = NAME.encode()
BREAK = b"\r\n\r\n" + HIDDEN


def head(*more: tuple[bytes, bytes], **pseudo: bytes) -> Headers:
    """A POST of an offer, with some pseudo-headers changed and some headers more."""
    given = {"method": b"POST", "scheme": b"https", "authority": HOST, "path": b"/connect", **pseudo}
    return [
        *((f":{name}".encode(), value) for name, value in given.items()),
        (b"content-type", b"application/sdp"),
        *more,
    ]


SHAPES: dict[str, tuple[Headers, bytes]] = {
    "H2.CL, nothing": (head((b"content-length", b"0")), HIDDEN),
    "H2.CL, less than there is": (head((b"content-length", b"5")), b"v=0\r\n" + HIDDEN),
    "H2.CL, more than there is": (head((b"content-length", b"9000")), SDP),
    "H2.CL, two lengths": (head((b"content-length", b"0"), (b"content-length", b"%d" % len(HIDDEN))), HIDDEN),
    "H2.TE": (head((b"transfer-encoding", b"chunked")), b"0\r\n\r\n" + HIDDEN),
    "H2.TE, in capitals": (head((b"Transfer-Encoding", b"chunked")), b"0\r\n\r\n" + HIDDEN),
    "a line end in a value": (head((b"x", b"y\r\nTransfer-Encoding: chunked")), b"0\r\n\r\n" + HIDDEN),
    "a bare line feed in a value": (head((b"x", b"y\nTransfer-Encoding: chunked")), b"0\r\n\r\n" + HIDDEN),
    "a request in a value": (head((b"x", b"y" + BREAK)), SDP),
    "a line end in a name": (head((b"x: y\r\ntransfer-encoding", b"chunked")), b"0\r\n\r\n" + HIDDEN),
    "a colon in a name": (head((b"transfer-encoding: chunked\r\nx", b"y")), b"0\r\n\r\n" + HIDDEN),
    "a request in the path": (head(path=b"/config HTTP/1.1\r\nHost: " + HOST + BREAK), SDP),
    "a space in the path": (head(path=b"/connect HTTP/1.1"), SDP),
    "a request in the method": (head(method=b"GET /config HTTP/1.1\r\nHost: " + HOST + BREAK), SDP),
    "a request in the authority": (head(authority=HOST + BREAK), SDP),
    "a request in the scheme": (head(scheme=b"https" + BREAK), SDP),
    "two paths": ([(b":path", b"/config"), *head()], SDP),
    "another host beside the authority": (head((b"host", b"evil.example")), SDP),
    "a connection header": (head((b"connection", b"x-forwarded-for, content-length")), SDP),
    "an upgrade": (head((b"upgrade", b"h2c")), SDP),
    "an offer and no more": (head((b"content-length", b"%d" % len(SDP))), SDP),
}


@pytest.fixture(scope="module", name="caddy")
def _caddy(authority: trustme.CA, shared_relay: RelayProcess) -> Iterator[Proxy]:
    with Caddy(authority, shared_relay.port) as caddy:
        yield caddy


@pytest.mark.parametrize(("headers", "body"), SHAPES.values(), ids=SHAPES.keys())
def test_http_11_no_shape_makes_two_requests_of_one_on_its_way_to_http_1(
    headers: Headers, body: bytes, caddy: Proxy, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    before = len(lines_of(relay, "relay.access"))
    with caddy.raw(protocol="h2") as client, contextlib.suppress(ConnectionError):
        ask_in_http2(client, headers, body)
    other = caddy.web.get("/config")
    lines = lines_of(relay, "relay.access")[before:]

    assert len(lines) <= 2
    assert lines[-1]["path"] == "/config"
    assert int(str(simulator.ledger()["created"])) <= 1
    assert "version" in other.json()


def test_an_offer_in_http_2_is_answered(caddy: Proxy, simulator: SimulatorProcess) -> None:
    with caddy.raw(protocol="h2") as client:
        answered = ask_in_http2(client, *SHAPES["an offer and no more"])

    assert answered
    assert simulator.ledger()["created"] == 1
