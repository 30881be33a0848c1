"""The members of a JSON object of text fields.

Decides whether a body is one flat object of strings. Never keeps the last of several members of one name, as
Python's own reader would, and never lets a number, an array or an object through.
"""

from __future__ import annotations

import json

from relay.errors import BadEncoding, BadJson


def read_members(body: bytes) -> list[tuple[str, bytes]]:
    """Read an object's names and values, in order, repeats included; a ``null`` counts as not sent.

    Args:
        body: The whole of it, bounded; UTF-8.

    Raises:
        BadJson: Not JSON, nested too deeply, or not an object of strings.
        BadEncoding: Not UTF-8, or an escape for a lone surrogate, which no UTF-8 can carry.

    Source: RFC 8259 sections 4 (repeated names) and 8.2 (lone surrogates).
    """
    try:
        document = json.loads(body.decode(), object_pairs_hook=_Members)
    except UnicodeDecodeError:
        raise BadEncoding("The JSON body is not valid UTF-8.") from None
    except (ValueError, RecursionError):
        raise BadJson("The body is not JSON, or nested too deeply.") from None
    if not isinstance(document, _Members):
        raise BadJson("Send one JSON object.")
    return [(name, _encode_text(text)) for name, text in document if text is not None]


class _Members(list[tuple[str, object]]):
    """An object as it was written; a type of its own to tell it from an array."""


def _encode_text(text: object) -> bytes:
    if not isinstance(text, str):
        raise BadJson("Every field is text, or null for none.")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadEncoding("A field contains a lone surrogate.") from None
