"""Who is at the other end, and whom a listed proxy says it speaks for."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any

import pytest

from relay.web.peer import Peer, is_within, parse_address, peer_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::5")]


def seen(client: str, headers: dict[str, str], *, trusted: list[Any] = PROXIES) -> tuple[str, str, str]:
    """The peer, the client and the scheme behind the layer."""
    found: list[tuple[str, str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append((str(peer_of(scope)), scope["client"][0], scope["scheme"]))

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope: Any = {"type": "http", "scheme": "http", "headers": raw, "client": (client, 1)}
    asyncio.run(Peer(app, trusted)(scope, None, None))  # type: ignore[arg-type]
    return found[0]


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize("peer", ["10.0.0.5", "2001:db8::5"])
def test_a_listed_proxy_is_believed_and_remembered(peer: str) -> None:
    assert seen(peer, FORWARDED) == (peer, "203.0.113.9", "https")


def test_an_ipv4_peer_of_a_dual_stack_socket_is_itself() -> None:
    assert seen("::ffff:10.0.0.5", FORWARDED) == ("10.0.0.5", "203.0.113.9", "https")


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::6", "127.0.0.1"])
def test_quota_05_nobody_else_is(peer: str) -> None:
    assert seen(peer, FORWARDED) == (peer, peer, "http")
    assert seen(peer, FORWARDED, trusted=[]) == (peer, peer, "http")


def test_quota_06_what_the_client_wrote_before_the_proxy_does_not_count() -> None:
    forged = {"X-Forwarded-For": "1.2.3.4, 10.9.9.9, 203.0.113.9"}

    assert seen("10.0.0.5", forged)[1] == "203.0.113.9"


def test_an_unknown_peer_is_in_no_network() -> None:
    assert parse_address("unix:/tmp/x") is None
    assert not is_within(None, PROXIES)
    assert peer_of({"type": "http"}) is None
    assert not is_within(parse_address("10.0.0.5"), [])
