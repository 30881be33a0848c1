"""Makes aioice offer this machine's loopback address, and notice a browser that has vanished.

Replaces one function and two constants of ``aioice.ice`` (pinned to 0.10.2), for the whole process. Of
itself aioice never offers 127.0.0.1, so that a browser on the same machine, with its address hidden
behind a ``.local`` name, may find no way; and it takes 31 s to miss a browser that was killed.
"""

from __future__ import annotations

import ipaddress

import aioice.ice
import ifaddr

CONSENT_SECONDS = 1
"""How often the browser is asked whether it is still there (RFC 7675); aioice asks every 5 s."""

CONSENT_MISSES = 3
"""After so many unanswered questions, half a second each, it is gone; aioice takes 6."""


def host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: ARG001, FBT001 - aioice's signature
    """Give the addresses to offer: loopback first, then this machine's own (IPv4 only: fact 6.2)."""
    own = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    usable = [
        one
        for one in own
        if not (address := ipaddress.ip_address(one)).is_loopback and not address.is_link_local
    ]
    return ["127.0.0.1", *dict.fromkeys(usable)]


def adapt_aioice() -> None:
    """Put the replacements in place; a second time changes nothing.

    Raises:
        RuntimeError: This version of aioice has no such names; the pin was loosened without looking here.
    """
    for name in ("get_host_addresses", "CONSENT_INTERVAL", "CONSENT_FAILURES"):
        if not hasattr(aioice.ice, name):
            raise RuntimeError(f"aioice.ice has no {name}; the simulator needs aioice 0.10.2")
    aioice.ice.get_host_addresses = host_addresses
    aioice.ice.CONSENT_INTERVAL = CONSENT_SECONDS
    aioice.ice.CONSENT_FAILURES = CONSENT_MISSES
