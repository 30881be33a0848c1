"""What a failed request proves: whether the upstream may have seen it, and which problem it is."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from relay.errors import UpstreamError, UpstreamProblem, UpstreamTimeout, UpstreamTls, UpstreamUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

# Raised only before the first byte of the request is written; everything else leaves it open
# (reliability §4). A proxy that refuses to connect has passed nothing on either.
_BEFORE_THE_FIRST_BYTE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def was_not_sent(error: BaseException) -> bool:
    """Whether it is certain that the upstream saw nothing of the request."""
    return isinstance(error, _BEFORE_THE_FIRST_BYTE)


def is_untrusted(error: BaseException) -> bool:
    """Whether TLS could not be agreed on; asking again changes nothing (UP-04)."""
    return isinstance(error, httpx.ConnectError) and any(_is_disagreement(link) for link in _chain(error))


def _is_disagreement(link: BaseException) -> bool:
    # The other subclasses say that the handshake was waiting or cut off: a network's fault. One of them
    # stands in the context of every handshake that was interrupted.
    return isinstance(link, ssl.SSLCertVerificationError) or type(link) is ssl.SSLError


def problem_from_failure(error: httpx.HTTPError | TimeoutError) -> UpstreamProblem:
    """Name the problem of a request that got no status; `in_doubt` is for the caller to set."""
    if is_untrusted(error):
        return UpstreamTls("No trusted TLS connection: check the certificate, its name and its authority.")
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return UpstreamTimeout("The upstream did not answer in time.")
    if was_not_sent(error):
        return UpstreamUnreachable("No connection: check the name in the base URL and the network.")
    return UpstreamError("The connection to the upstream broke before it answered.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk to the root; httpcore clears the cause on the way, so the context is followed as well."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
