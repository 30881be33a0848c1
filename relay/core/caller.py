"""Who is asking. Without sign-in that is an address, kept only as a keyed hash.

Pure: the key comes in as an argument, so that the same caller has the same name in every process that
shares a store, and none outside.
"""

from __future__ import annotations

import hashlib
import ipaddress

_PREFIX_V6 = 64  # one household or host; a single IPv6 machine has as many addresses as it likes
_DIGITS = 16


def anonymous_caller(address: str, key: bytes) -> str:
    """Name a caller that has not signed in.

    Args:
        address: Where the request came from; anything that is no IP address counts as one caller.
        key: Of the hash, 16 bytes or more.

    Returns:
        Sixteen hexadecimal digits; two addresses of one IPv6 prefix get the same.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return _hash(b"unknown", key)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return _hash(parsed.ipv4_mapped.packed, key)
        return _hash(parsed.packed[: _PREFIX_V6 // 8], key)
    return _hash(parsed.packed, key)


def _hash(prefix: bytes, key: bytes) -> str:
    return hashlib.blake2b(prefix, key=key[:64], digest_size=_DIGITS // 2).hexdigest()
