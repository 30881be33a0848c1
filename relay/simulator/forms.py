"""Takes a ``multipart/form-data`` body apart, for the one request of OpenAI's that needs it (fact 3.1).

Decides nothing about the fields; reads text parts only.
"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP


def form_fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """Give the fields of a form; what is no form has none.

    Args:
        content_type: The header, with its boundary.
        body: The whole body.
    """
    header = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    form = BytesParser(policy=HTTP).parsebytes(header + body)
    fields: dict[str, bytes] = {}
    for part in form.walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload
    return fields
