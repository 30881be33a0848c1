"""How the relay starts, what it says when it cannot, and what it costs."""

from __future__ import annotations

import socket
import statistics
import time

from tests.browser.waiting import eventually
from tests.doubles.process import Program, RelayProcess, SimulatorProcess
from tests.whole.processes import children_of, resident_mib


def test_a_port_in_use_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with Program("-m", "relay", "serve", "--port", port) as relay:
            assert relay.process.wait(20) == 1
            relay.stop()

    assert f"Cannot listen on 127.0.0.1 port {port}" in relay.output
    assert "RELAY_PORT" in relay.output
    assert "Traceback" not in relay.output


def test_every_wrong_setting_is_told_at_once_and_no_value() -> None:
    wrong = {"RELAY_PORT": "7.5e9", "RELAY_VOICE": "nobody-speaks-so", "AZURE_OPENAI_BASE_URL": "ftp://place"}
    with Program("-m", "relay", "serve", environment=wrong) as relay:
        assert relay.process.wait(20) == 2
        relay.stop()

    for name, value in wrong.items():
        assert name in relay.output
        assert value not in relay.output
    assert "check-config" in relay.output
    assert "Traceback" not in relay.output


def test_it_says_where_the_page_is_and_that_the_upstream_is_a_pretence() -> None:
    with RelayProcess() as relay:
        assert "the simulator: canned replies, no account, no cost" in relay.output
        page = relay.client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert relay.client.get("/config").json()["upstream"]["kind"] == "simulator"
        assert relay.client.get("/readyz").status_code == 200


def test_start_up_time_and_memory_are_measured() -> None:
    seconds: list[float] = []
    with SimulatorProcess() as simulator:
        for _ in range(3):
            began = time.monotonic()
            with RelayProcess(simulator.relay_environment()) as relay:
                seconds.append(time.monotonic() - began)
                resident = resident_mib(relay.process.pid)
    began = time.monotonic()
    with RelayProcess() as relay:
        with_simulator = time.monotonic() - began
        (child,) = children_of(relay.process.pid)
        resident_child = eventually(lambda: resident_mib(child))

    print(
        f"\nstart-up: relay {statistics.median(seconds):.2f} s, with its simulator {with_simulator:.2f} s; "
        f"RSS: relay {resident:.0f} MiB, simulator {resident_child:.0f} MiB"
    )
    assert max(seconds) < 20
    assert resident < 250
