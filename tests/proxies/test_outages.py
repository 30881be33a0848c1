"""What people get through nginx and Caddy while the relay refuses, stops, is away, and comes back."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

from tests.browser.waiting import eventually
from tests.doubles.process import RelayProcess
from tests.proxies.house import connect, settings_behind_a_proxy
from tests.proxies.servers import NAME, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.doubles.process import SimulatorProcess
    from tests.proxies.house import House
    from tests.proxies.servers import Proxy


def test_problems_of_the_relay_come_through_as_they_are(
    proxy: Proxy, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    direct = {"Host": NAME, "X-Forwarded-Proto": "https", "Origin": f"https://{NAME}"}
    for status, fault in (
        (503, {"status": 429, "headers": {"Retry-After": "7"}}),
        (502, {"status": 401}),
        (422, {"status": 400}),
    ):
        simulator.fault(step="calls", kind="refuse", times=4, **fault)
        through = connect(proxy.web)
        simulator.reset()
        simulator.fault(step="calls", kind="refuse", times=4, **fault)
        plain = connect(relay.client, direct)
        simulator.reset()

        assert (through.status_code, through.headers["content-type"]) == (status, "application/problem+json")
        assert _without_ids(through) == _without_ids(plain)
        assert through.json()["request_id"] == through.headers["x-request-id"]
        kept = ("retry-after", "cache-control", "content-security-policy", "strict-transport-security")
        assert [through.headers.get(name) for name in kept] == [plain.headers.get(name) for name in kept]


def test_a_relay_that_is_down_is_told_in_words_and_back_when_it_is_back(
    proxies_of: Callable[[int], Proxy], simulator: SimulatorProcess
) -> None:
    port = free_port()
    proxy = proxies_of(port)
    down = connect(proxy.web)
    assert (down.status_code, down.headers["content-type"]) == (502, "application/problem+json")
    assert (down.json()["code"], down.headers["retry-after"]) == ("relay_away", "5")
    for number in (signal.SIGKILL, signal.SIGTERM):
        with RelayProcess(settings_behind_a_proxy(simulator), port=port) as relay:
            assert connect(proxy.web).status_code == 201
            relay.stop(number)

        assert proxy.web.get("/config").json()["title"] == "The relay does not answer"


def test_a_stopping_relay_finishes_what_is_under_way_and_ends_its_streams(
    house: Callable[..., House], simulator: SimulatorProcess
) -> None:
    built = house()
    call = connect(built.proxy.web, presence="events").headers["location"]
    simulator.fault(step="calls", kind="delay", delay_ms=1500)
    answers: list[httpx.Response] = []
    said: list[str] = []

    def offer() -> None:
        answers.append(connect(built.proxy.client()))

    def listen() -> None:
        with built.proxy.client().stream("GET", f"{call}/events") as stream:
            said.extend(stream.iter_lines())

    threads = [threading.Thread(target=work) for work in (offer, listen)]
    for thread in threads:
        thread.start()
    eventually(lambda: said, otherwise="the stream said nothing")
    time.sleep(0.3)
    began = time.monotonic()
    built.relay.process.terminate()
    for thread in threads:
        thread.join(10)
    code = built.relay.stop()

    assert [answer.status_code for answer in answers] == [201]
    assert code == 0
    assert time.monotonic() - began < 8
    assert not any(thread.is_alive() for thread in threads)
    ledger = simulator.ledger()
    assert (ledger["created"], ledger["live"]) == (2, 0)
    assert built.proxy.web.get("/config").status_code == 502


def _without_ids(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if not name.endswith("request_id")}
