"""A call through nginx and Caddy: the page, the offer, the event stream, the end."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.waiting import eventually
from tests.doubles.process import ROOT
from tests.doubles.relay import OFFER
from tests.proxies.house import connect, lines_of
from tests.proxies.servers import ADDRESSES, NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.process import RelayProcess, SimulatorProcess
    from tests.proxies.house import House
    from tests.proxies.servers import Proxy


def test_an_offer_comes_through_tls_and_its_answer_back(proxy: Proxy, simulator: SimulatorProcess) -> None:
    answer = connect(proxy.web, {"Sec-Fetch-Site": "same-origin"}, voice="ash")

    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/sdp")
    assert answer.text.startswith("v=0\r\n")
    assert answer.headers["location"].startswith("/calls/")
    assert answer.headers["link"].endswith('/events>; rel="events"')
    assert answer.headers["strict-transport-security"]
    assert proxy.web.delete(answer.headers["location"]).status_code == 204
    eventually(lambda: simulator.ledger()["live"] == 0)


def test_every_file_of_the_page_comes_through_as_it_is(proxy: Proxy, relay: RelayProcess) -> None:
    files = [path for path in (ROOT / "public").rglob("*") if path.is_file()]
    answers = {path: proxy.web.get("/" + path.relative_to(ROOT / "public").as_posix()) for path in files}

    assert len(files) > 20
    assert {answer.status_code for answer in answers.values()} == {200}
    assert all(answer.content == path.read_bytes() for path, answer in answers.items())
    assert all("content-security-policy" in answer.headers for answer in answers.values())
    assert proxy.web.get("/").text == (ROOT / "public/index.html").read_text()


def test_plain_http_is_sent_to_https_by_the_name_alone(proxy: Proxy, relay: RelayProcess) -> None:
    before = len(lines_of(relay, "relay.access"))
    with proxy.plain() as client:
        answer = client.send(b"GET /config HTTP/1.1\r\nHost: %s\r\n\r\n" % NAME.encode()).answer()

    assert answer.status in (301, 308)
    assert re.fullmatch(rf"https://{NAME}(:\d+)?/config", answer.headers["location"])
    assert len(lines_of(relay, "relay.access")) == before


def test_a_certificate_can_be_renewed_while_nginx_runs(nginx: Proxy) -> None:
    request = b"GET /.well-known/acme-challenge/proof HTTP/1.1\r\nHost: %s\r\n\r\n" % NAME.encode()

    assert (
        nginx.plain().send(request).answer().status == 404
    )  # looked for under /var/www/html, not sent to https


def test_what_was_asked_of_the_proxy_and_of_the_relay_has_one_name(proxy: Proxy, relay: RelayProcess) -> None:
    answer = proxy.web.get("/config", headers={"X-Request-ID": "chosen-by-the-client"})

    named = answer.headers["x-request-id"]
    assert named != "chosen-by-the-client"
    assert lines_of(relay, "relay.access")[-1]["request_id"] == named


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/%72eadyz", "/./readyz", "/readyz?verbose"])
def test_probes_are_not_answered_outside(proxy: Proxy, path: str) -> None:
    in_chunks = proxy.web.request("GET", path, content=iter([b"x"]))

    assert (proxy.web.get(path).status_code, in_chunks.status_code) == (404, 404)


def test_events_arrive_while_their_stream_is_open(proxy: Proxy, relay: RelayProcess) -> None:
    call = connect(proxy.web, presence="events").headers["location"]
    began = time.monotonic()
    with proxy.web.stream("GET", f"{call}/events") as stream:
        pieces = stream.iter_lines()
        first = next(line for line in pieces if line.startswith("event:"))
        took = time.monotonic() - began
        proxy.client().delete(call)
        rest = "\n".join(pieces)
        ended = time.monotonic() - began

    assert (stream.status_code, stream.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    assert first
    assert took < 2.0  # a buffering proxy would give it with the rest, after RELAY_PRESENCE_SECONDS (15)
    assert "ended" in rest
    assert ended < 7.0


def test_a_browser_that_leaves_its_stream_and_does_not_come_back_is_hung_up(
    house: Callable[..., House], simulator: SimulatorProcess
) -> None:
    built = house(RELAY_PRESENCE_SECONDS="3")
    call = connect(built.proxy.web, presence="events").headers["location"]
    with built.proxy.web.stream("GET", f"{call}/events") as stream:
        next(stream.iter_lines())
        assert simulator.ledger()["live"] == 1
    began = time.monotonic()
    eventually(lambda: simulator.ledger()["hung_up"] == 1, otherwise="nobody noticed that it left")

    assert time.monotonic() - began < 6.0


def test_a_browser_that_leaves_before_its_answer_is_noticed(
    proxy: Proxy, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="calls", kind="delay", delay_ms=1500)
    with proxy.raw(ADDRESSES[0]) as client:
        client.send(
            f"POST /connect HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(OFFER)}\r\n\r\n{OFFER}".encode()
        )
        time.sleep(0.5)
    eventually(lambda: simulator.ledger()["hung_up"] == 1, otherwise="the call of one who left lives on")

    assert simulator.ledger()["live"] == 0
    assert "Traceback" not in relay.output
