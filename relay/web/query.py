"""The parameters of a request's query.

Decides whether a query is well formed. Never mends a broken escape and never judges a name.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from relay.errors import BadEncoding, FieldTooLarge, TooManyParts

_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read_query(query: bytes, *, max_bytes: int, max_parameters: int) -> list[tuple[str, bytes]]:
    """Cut a query into names and values, in order, repeats included; a plus sign is a space.

    Args:
        query: What stands behind the question mark, as it came.
        max_bytes: Of all of it, escapes counted as they stand.
        max_parameters: How many it may have.

    Raises:
        FieldTooLarge: Longer than that.
        TooManyParts: More parameters than that.
        BadEncoding: A percent sign without two hexadecimal digits.
    """
    if len(query) > max_bytes:
        raise FieldTooLarge(f"The query may have {max_bytes} bytes.")
    pairs = [pair.replace(b"+", b" ").partition(b"=") for pair in query.split(b"&") if pair]
    if len(pairs) > max_parameters:
        raise TooManyParts(f"The query may have {max_parameters} parameters.")
    if _BROKEN_ESCAPE.search(query):
        raise BadEncoding("The query has a percent sign without two hexadecimal digits.")
    return [(unquote_to_bytes(name).decode("latin-1"), unquote_to_bytes(value)) for name, _, value in pairs]
