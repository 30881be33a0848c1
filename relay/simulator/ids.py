"""Names for calls, items and events, in the shapes seen on the wire (fact 5.3).

Decides nothing but their look; uniqueness comes from the machine's random source.
"""

from __future__ import annotations

import secrets
import string

_BASE62 = (string.digits + string.ascii_letters).encode()
_TO_BASE62 = bytes(_BASE62[byte % 62] for byte in range(256))


def base62(length: int) -> str:
    """Give random letters and digits."""
    return secrets.token_bytes(length).translate(_TO_BASE62).decode()


def new_id(prefix: str, length: int = 21) -> str:
    """Give a new id such as ``item_`` and 21 letters and digits."""
    return f"{prefix}_{base62(length)}"


def new_hex_id(prefix: str, digits: int) -> str:
    """Give a new id of hexadecimal digits, such as Azure's ``rtc_`` and 32 of them."""
    return f"{prefix}_{secrets.token_hex(digits // 2)}"
