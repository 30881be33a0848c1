"""The two ways to an upstream over HTTP: one for exchanges, one for hang-ups.

Hang-ups have their own pool, so that they never queue behind new calls. Nothing of the environment is
read: no proxy variables, no netrc, no key log file, no CA variables; what is wanted comes as an argument.
"""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import NamedTuple

import certifi
import httpx

from relay.upstream.transport import WireTransport

CONNECT_SECONDS = 3.0
_POOL_SECONDS = 1.0
# Outer bound of one read or write; the total of each request is bounded by its own deadline.
_IO_SECONDS = 60.0
# Longer than httpx's 5 s, or a relay with a call every few seconds would shake hands for each; far below
# the 4 minutes after which Azure's load balancers forget an idle connection without a word.
_KEEP_ALIVE_SECONDS = 30.0
_LIMITS = httpx.Limits(
    max_connections=None, max_keepalive_connections=20, keepalive_expiry=_KEEP_ALIVE_SECONDS
)


class Way(NamedTuple):
    """How requests get to an upstream: a transport with connections of its own, and headers of them all."""

    transport: httpx.AsyncBaseTransport
    headers: tuple[tuple[bytes, bytes], ...]


class Clients(NamedTuple):
    """The two ways to one upstream; whoever uses them closes them."""

    exchange: Way
    hang_up: Way


def build_clients(*, version: str, ca_file: str | None = None, egress_proxy: str | None = None) -> Clients:
    """Build both clients.

    Args:
        version: Of the relay, for ``User-Agent``.
        ca_file: Path of further CA certificates (PEM), beside the public ones.
        egress_proxy: URL of the proxy for every request; ``None`` for none.

    Raises:
        OSError: `ca_file` cannot be read or holds no certificate (`ssl.SSLError` is one).
    """
    context = trusted_context(ca_file)
    return Clients(
        exchange=build_way(version, context, egress_proxy), hang_up=build_way(version, context, egress_proxy)
    )


def build_way(version: str, context: ssl.SSLContext, egress_proxy: str | None) -> Way:
    """Build one way: our own connections, or httpx's where a proxy stands between.

    Args:
        version: Of the relay, for ``User-Agent``.
        context: Whom it trusts.
        egress_proxy: URL of the proxy for every request; ``None`` for none.
    """
    transport: httpx.AsyncBaseTransport = WireTransport(context)
    if egress_proxy is not None:
        proxy = httpx.Proxy(egress_proxy, ssl_context=_for_proxy(egress_proxy, context))
        transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=_LIMITS, proxy=proxy)
    # A compressed body could unfold to any size before it is counted.
    headers = ((b"User-Agent", f"sdp-relay/{version}".encode()), (b"Accept-Encoding", b"identity"))
    return Way(transport, (*headers, (b"Accept", b"*/*")))


def trusted_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Build a client's TLS context: TLS 1.2 at least, names checked, public CAs and those of `ca_file`.

    Not by `ssl.create_default_context`, which writes the keys of every connection to ``SSLKEYLOGFILE``.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def build_client(version: str, context: ssl.SSLContext, egress_proxy: str | None) -> httpx.AsyncClient:
    """Build one client: no redirects, no cookies, nothing of the environment.

    Args:
        version: Of the relay, for ``User-Agent``.
        context: Whom it trusts.
        egress_proxy: URL of the proxy for every request; ``None`` for none.
    """
    return httpx.AsyncClient(
        verify=context,
        trust_env=False,
        follow_redirects=False,
        proxy=None
        if egress_proxy is None
        else httpx.Proxy(egress_proxy, ssl_context=_for_proxy(egress_proxy, context)),
        limits=_LIMITS,
        timeout=httpx.Timeout(_IO_SECONDS, connect=CONNECT_SECONDS, pool=_POOL_SECONDS),
        # A compressed body could unfold to any size before it is counted.
        headers={"User-Agent": f"sdp-relay/{version}", "Accept-Encoding": "identity"},
        # One caller's exchange must leave no trace in the next one's.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


def _for_proxy(egress_proxy: str, context: ssl.SSLContext) -> ssl.SSLContext | None:
    return context if egress_proxy.startswith("https:") else None
