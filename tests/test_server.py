"""The listening socket: what keeps it from being opened is told in words."""

from __future__ import annotations

import pytest

from relay.server import AddressInUse, listen


def test_a_free_port_is_found() -> None:
    sock = listen("127.0.0.1", 0)

    assert sock.getsockname()[1] > 0
    sock.close()


def test_a_port_in_use_is_told_with_the_way_out() -> None:
    first = listen("127.0.0.1", 0)
    first.listen()

    with pytest.raises(AddressInUse, match="RELAY_PORT"):
        listen("127.0.0.1", first.getsockname()[1])
    first.close()


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(AddressInUse, match=r"Cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_ipv6_loopback_is_listened_on() -> None:
    sock = listen("::1", 0)

    assert sock.getsockname()[0] == "::1"
    sock.close()
