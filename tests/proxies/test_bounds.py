"""How much, and how often, nginx and Caddy let through; and in whose words more is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.proxies.house import lines_of
from tests.proxies.servers import ADDRESSES, NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.process import RelayProcess
    from tests.proxies.house import House
    from tests.proxies.servers import Proxy

KIB = 1024
RELAY_BODY, PROXY_BODY = 128 * KIB, 256 * KIB
SDP = {"Content-Type": "application/sdp"}
RATE, BURST, CONNECTIONS = 20, 400, 40
"""The bounds of deploy/nginx.conf, for one address."""


def head_of(size: int, line: int) -> bytes:
    """A head of so many bytes, in headers of so many."""
    head = b"GET /config HTTP/1.1\r\nHost: %s\r\n" % NAME.encode()
    while (left := size - len(head) - 2) > 0:
        head += (
            b"X: " + b"y" * (min(left, line) - 5) + b"\r\n"
            if left >= 8
            else b"X:" + b" " * (left - 4) + b"\r\n"
        )
    return head + b"\r\n"


def status_of(proxy: Proxy, request: bytes) -> int:
    """Send one request on a connection of its own."""
    with proxy.raw() as client:
        client.send(request)
        first = b""
        while b"\r\n" not in first:
            first += client.socket.recv(65536)
    return int(first.split(b" ")[1])


def test_a_body_over_the_relays_bound_is_refused_in_the_relays_words(proxy: Proxy) -> None:
    answers = [
        proxy.web.post("/connect", content=b"x" * size, headers=SDP) for size in (RELAY_BODY, RELAY_BODY + 1)
    ]

    assert [answer.status_code for answer in answers] == [413, 413]
    assert [answer.json()["code"] for answer in answers] == ["field_too_large", "body_too_large"]
    assert answers[1].json()["request_id"] == answers[1].headers["x-request-id"]


def test_a_body_at_the_proxys_bound_passes_and_a_larger_one_is_refused_with_words(
    house: Callable[..., House],
) -> None:
    web = house(RELAY_MAX_BODY_BYTES=str(1024 * KIB)).proxy.web
    passed = web.post("/connect", content=b"x" * PROXY_BODY, headers=SDP)
    assert passed.json()["code"] == "field_too_large"  # the relay's bound of an offer
    for content in (b"x" * (PROXY_BODY + 1), iter([b"x" * KIB] * 257)):
        answer = web.post("/connect", content=content, headers=SDP)

        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert answer.json()["detail"] == "The proxy takes 256 KiB."


def test_no_offer_is_written_to_disk_on_its_way(proxy: Proxy) -> None:
    proxy.web.post("/connect", content=b"x" * PROXY_BODY, headers=SDP)

    assert "temporary file" not in proxy.output


def test_http_13_a_head_that_the_relay_takes_passes_and_a_larger_one_is_refused(
    proxy: Proxy, relay: RelayProcess
) -> None:
    assert status_of(proxy, head_of(28 * KIB, 7 * KIB)) == 200
    before = len(lines_of(relay, "relay.access"))

    assert status_of(proxy, head_of(64 * KIB, 7 * KIB)) in (400, 431)
    assert len(lines_of(relay, "relay.access")) == before


def test_nginx_takes_headers_of_8_kib_and_no_more(nginx: Proxy) -> None:
    line = 8 * KIB
    start = b"GET /config HTTP/1.1\r\nHost: %s\r\nX: " % NAME.encode()
    statuses = [status_of(nginx, start + b"y" * (line - 5 + over) + b"\r\n\r\n") for over in (0, 1)]

    assert statuses == [200, 400]


def test_nginx_takes_a_burst_of_requests_and_then_only_the_rate(nginx: Proxy) -> None:
    began = time.monotonic()
    answers = [nginx.web.get("/config") for _ in range(BURST + 60)]
    took = time.monotonic() - began
    passed = [answer.status_code for answer in answers].count(200)

    assert {answer.status_code for answer in answers[: BURST + 1]} == {200}
    assert BURST + 1 <= passed <= BURST + 1 + RATE * took + 1
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("too_many_requests", "5")
    assert nginx.client(ADDRESSES[1]).get("/config").status_code == 200


def test_nginx_takes_as_many_requests_at_once_as_allowed_and_no_more(nginx: Proxy) -> None:
    waiting = b"POST /connect HTTP/1.1\r\nHost: %s\r\nContent-Length: 9\r\n\r\nx" % NAME.encode()
    held = [nginx.raw(ADDRESSES[1]).send(waiting) for _ in range(CONNECTIONS)]
    one_more = nginx.client(ADDRESSES[1]).get("/config")
    assert (one_more.status_code, one_more.json()["code"]) == (429, "too_many_requests")

    held[0].close()
    time.sleep(0.2)
    assert nginx.client(ADDRESSES[1]).get("/config").status_code == 200


def test_http_14_a_trickled_head_is_cut_off_by_the_proxy(proxy: Proxy, relay: RelayProcess) -> None:
    before = len(lines_of(relay, "relay.access"))
    with proxy.raw() as client:
        client.send(b"GET /config HTTP/1.1\r\nHost: ")
        began = time.monotonic()
        client.socket.settimeout(15)
        client.rest()

    assert 8 < time.monotonic() - began < 13
    assert len(lines_of(relay, "relay.access")) == before
