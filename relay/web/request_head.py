"""Whether a request's head is one that two programs could not read differently.

A pure decision on what uvicorn's parser made of the head. What is refused here is allowed by the parser
and is where proxies and servers disagree: the host, the target, the version. Never decides which hosts
are ours, which is `relay.web.host`'s.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from relay.errors import MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSIONS: Final = frozenset({"1.0", "1.1"})
_ORIGIN_FORM: Final = re.compile(rb"/[^#]*")
_ABSOLUTE_FORM: Final = re.compile(rb"https?://([^/?#]+)/[^#]*", re.IGNORECASE)


def check_request_head(
    method: bytes, target: bytes, version: str, headers: Sequence[tuple[bytes, bytes]]
) -> None:
    """Refuse a head that is ambiguous.

    Args:
        method: As it came.
        target: The whole request target as it came (RFC 9112 section 3.2).
        version: Such as ``1.1``.
        headers: Names in lower case.

    Raises:
        MalformedRequest: Two hosts, or none in HTTP/1.1; a target that is not a path; a version that is
            neither 1.0 nor 1.1; any transfer coding but chunked, once (the parser would find out only after
            the application was called), or any in 1.0, which is faulty framing (RFC 9112 section 6.1).
    """
    if version not in _VERSIONS:
        raise MalformedRequest("Speak HTTP/1.1.")
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise MalformedRequest("Exactly one Host header is required.")
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or version == "1.0"):
        raise MalformedRequest("The only Transfer-Encoding is chunked, in HTTP/1.1.")
    if not (_ORIGIN_FORM.fullmatch(target) or (method == b"OPTIONS" and target == b"*")):
        absolute = _ABSOLUTE_FORM.fullmatch(target)
        if absolute is None or [absolute[1].lower()] != [host.lower() for host in hosts]:
            raise MalformedRequest("The request target must be a path, or an address of the same host.")
