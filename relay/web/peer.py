"""Who is at the other end of the TCP connection, and whom a listed proxy says it speaks for.

The two must not be mixed up: limits go by the second, trust in identity headers by the first alone. uvicorn's
own switch overwrites the first with the second, so the relay leaves it off and does both here, in this order.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PEER = "peer"


class Peer:
    """The layer around everything that looks at addresses.

    Args:
        app: Everything else.
        trusted: Proxies whose forwarded address and scheme are believed; what others say is ignored.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        networks = [str(network) for network in trusted]
        # uvicorn's types of an ASGI application are narrower than Starlette's.
        self._app: ASGIApp = ProxyHeadersMiddleware(app, networks) if networks else app  # type: ignore[arg-type,assignment]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the peer, then believe it or not."""
        if scope["type"] == "http":
            client = scope.get("client")
            address = parse_address(client[0]) if client else None
            scope.setdefault("state", {})[_PEER] = address
            if address is not None and client:
                scope["client"] = (str(address), client[1])
        await self._app(scope, receive, send)


def peer_of(scope: Scope) -> Address | None:
    """Tell the address of the TCP connection's other end; ``None`` when it is not known."""
    address: Address | None = scope.get("state", {}).get(_PEER)
    return address


def is_within(address: Address | None, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks; an unknown one lies in none."""
    return address is not None and any(address in network for network in networks)


def parse_address(text: str) -> Address | None:
    """Read an address; one of IPv4 that a dual-stack socket wrote as IPv6 becomes itself again."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
