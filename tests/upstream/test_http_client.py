"""The HTTP clients: what they trust, and what of the environment they do not look at."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from relay.errors import UpstreamTls, UpstreamUnreachable
from relay.upstream.http_client import build_client, build_clients, trusted_context
from tests.secrecy import API_KEY
from tests.upstream.parts import ANSWER, build_upstream, connect
from tests.upstream.wire import Visit, Wire

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("each_transport")]


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def test_an_additional_authority_is_trusted(authority: trustme.CA, ca_file: str) -> None:
    async with Wire(Visit.answer, tls=server_context(authority.issue_cert("127.0.0.1"))) as wire:
        upstream = build_upstream(wire.url, ca_file=ca_file)

        assert await connect(upstream) == ANSWER

        await upstream.close()


async def refused_for_its_certificate(certificate: trustme.LeafCert, ca_file: str | None) -> list[str]:
    """Try to connect; gives what the server heard all the same."""
    async with Wire(Visit.answer, tls=server_context(certificate)) as wire:
        upstream = build_upstream(wire.url, ca_file=ca_file)
        with pytest.raises(UpstreamTls) as raised:
            await connect(upstream)
        await upstream.close()
        assert not raised.value.in_doubt
        assert wire.connections <= 1, "an untrusted upstream is not asked again"
        return [heard.line for heard in wire.heard]


async def test_up_04_an_expired_certificate_is_not_trusted(authority: trustme.CA, ca_file: str) -> None:
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    expired = authority.issue_cert("127.0.0.1", not_before=yesterday, not_after=yesterday)

    assert await refused_for_its_certificate(expired, ca_file) == []


async def test_up_04_a_certificate_of_another_name_is_not_trusted(
    authority: trustme.CA, ca_file: str
) -> None:
    assert await refused_for_its_certificate(authority.issue_cert("other.example"), ca_file) == []


async def test_up_04_a_certificate_of_an_unknown_authority_is_not_trusted(authority: trustme.CA) -> None:
    assert await refused_for_its_certificate(authority.issue_cert("127.0.0.1"), None) == []


async def test_up_04_a_server_without_a_tls_version_in_common_is_not_trusted() -> None:
    async def refuse_the_version(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x15\x03\x01\x00\x02\x02\x46")  # fatal alert 70, protocol_version (RFC 8446 §6.2)
        writer.close()

    server = await asyncio.start_server(refuse_the_version, "127.0.0.1", 0)
    upstream = build_upstream(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    with pytest.raises(UpstreamTls):
        await connect(upstream)

    await upstream.close()
    server.close()


@pytest.mark.parametrize("farewell", ["close", "abort"])
async def test_up_02_a_handshake_that_is_cut_off_is_unreachable_and_tried_again(farewell: str) -> None:
    greeted = 0

    async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal greeted
        greeted += 1
        await reader.read(1)
        getattr(writer.transport, farewell)()

    server = await asyncio.start_server(cut_off, "127.0.0.1", 0)
    upstream = build_upstream(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    with pytest.raises(UpstreamUnreachable) as raised:
        await connect(upstream)

    assert not raised.value.in_doubt
    assert greeted == 2
    await upstream.close()
    server.close()


async def test_up_04_old_versions_of_tls_are_not_offered() -> None:
    context = trusted_context()

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("content", ["", "not a certificate"])
async def test_a_ca_file_without_a_certificate_is_refused_at_once(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content)

    with pytest.raises(OSError, match=r"(?i)certificate|pem"):
        build_clients(version="0.1.0", ca_file=str(path))


async def test_up_32_the_environment_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, ca_file: str
) -> None:
    netrc, key_log = tmp_path / "netrc", tmp_path / "keys"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("SSLKEYLOGFILE", str(key_log))
    monkeypatch.setenv("SSL_CERT_FILE", str(netrc))

    async with Wire(Visit.answer, tls=server_context(authority.issue_cert("127.0.0.1"))) as wire:
        upstream = build_upstream(wire.url, ca_file=ca_file)

        assert await connect(upstream) == ANSWER

        mint, exchange = wire.heard
        assert "authorization" not in mint.headers
        assert exchange.headers["authorization"].startswith("Bearer ")
        assert not key_log.exists()
        await upstream.close()


async def test_up_32_a_proxy_is_used_when_it_is_asked_for() -> None:
    async with Wire(Visit.answer) as proxy:
        clients = build_clients(version="0.1.0", egress_proxy=proxy.url)
        upstream = build_upstream("http://upstream.invalid", clients=clients)

        assert await connect(upstream) == ANSWER

        assert {heard.path.split("/openai")[0] for heard in proxy.heard} == {"http://upstream.invalid"}
        await upstream.close()


async def test_both_ways_are_apart_and_say_who_asks_and_that_nothing_may_be_encoded() -> None:
    clients = build_clients(version="9.9")

    assert clients.exchange.transport is not clients.hang_up.transport
    for way in clients:
        assert dict(way.headers)[b"User-Agent"] == b"sdp-relay/9.9"
        assert dict(way.headers)[b"Accept-Encoding"] == b"identity"
        await way.transport.aclose()


async def test_a_client_for_anything_else_follows_nothing_and_is_patient() -> None:
    client = build_client("9.9", trusted_context(), None)

    assert client.follow_redirects is False
    assert client.trust_env is False
    assert client.headers["accept-encoding"] == "identity"
    assert client.headers["user-agent"] == "sdp-relay/9.9"
    assert client.timeout == httpx.Timeout(60, connect=3, pool=1)
    await client.aclose()


async def test_sec_03_nothing_that_is_printed_shows_the_credential() -> None:
    upstream = build_upstream()

    assert API_KEY not in repr(upstream) + repr(vars(upstream))

    await upstream.close()
