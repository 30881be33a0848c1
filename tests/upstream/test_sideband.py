"""The control WebSocket over real sockets: who may attach, what is read, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from relay.core.facts import CallOver, Committed
from relay.core.upstream import CallRef, SidebandLost
from relay.upstream.http_client import trusted_context
from relay.upstream.sideband import RealtimeSideband, SidebandRoute, attach
from tests.secrecy import ACCESS_TOKEN, API_KEY, INSTRUCTIONS
from tests.upstream.parts import CALL_ID, CredentialDouble, api_key, in_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import trustme
    from websockets.http11 import Request, Response

    from relay.core.facts import Fact
    from relay.upstream.credential import Credential

    Script = Callable[[ServerConnection], Awaitable[None]]

pytestmark = pytest.mark.anyio

REF = CallRef("gpt-realtime", CALL_ID)
DEAF = logging.Logger("far end", level=logging.CRITICAL)  # noqa: LOG001 - only our own end is searched for leaks


@dataclass
class Far:
    """The upstream's end: what was asked, and what is refused."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    location: str | None = None
    asked: list[Request] = field(default_factory=list)

    def look(self, connection: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request)
        if not self.statuses:
            return None
        response = connection.respond(HTTPStatus(self.statuses.pop(0)), "no")
        if self.location is not None:
            response.headers["Location"] = self.location
        return response


@contextlib.asynccontextmanager
async def far(script: Script, *statuses: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Far]:
    end = Far(statuses=list(statuses))
    options: dict[str, Any] = {"process_request": end.look, "ssl": tls, "ping_interval": None, "logger": DEAF}
    async with serve(script, "127.0.0.1", 0, **options) as server:
        end.port = server.sockets[0].getsockname()[1]
        yield end


async def attached(end: Far, credential: Credential | None = None, **route: Any) -> RealtimeSideband:
    given = {
        "base_url": f"http://127.0.0.1:{end.port}",
        "version": "0.1.0",
        "context": trusted_context(),
        **route,
    }
    return await attach(SidebandRoute(**given), credential or api_key(), REF, deadline=in_seconds(5))


async def facts_of(sideband: RealtimeSideband) -> list[Fact]:
    async with asyncio.timeout(5):
        return [fact async for fact in sideband]


async def nothing(_: ServerConnection) -> None:
    return


COMMITTED = json.dumps({"type": "input_audio_buffer.committed", "item_id": "item_1"})


async def test_it_asks_for_the_call_alone_with_its_own_credential() -> None:
    async with far(nothing) as end:
        await (await attached(end)).close()

    (asked,) = end.asked
    assert asked.path == f"/openai/v1/realtime?call_id={CALL_ID}"
    assert asked.headers["api-key"] == API_KEY
    assert asked.headers["User-Agent"] == "sdp-relay/0.1.0"
    assert "Sec-WebSocket-Extensions" not in asked.headers
    assert "Authorization" not in asked.headers


async def test_tok_11_a_credential_that_is_refused_is_renewed_once() -> None:
    async with far(nothing, 401) as end:
        await (await attached(end, CredentialDouble())).close()

    shown = [request.headers["Authorization"] for request in end.asked]
    assert shown == [f"Bearer {ACCESS_TOKEN}1", f"Bearer {ACCESS_TOKEN}2"]


@pytest.mark.parametrize(
    ("statuses", "code", "final"),
    [
        ((401, 401), "refused", True),
        ((403,), "refused", True),
        ((404,), "not_found", False),
        ((429,), "status_429", False),
        ((503,), "status_503", False),
    ],
)
async def test_a_refusal_says_whether_trying_again_is_of_use(
    statuses: tuple[int, ...], code: str, final: bool
) -> None:
    async with far(nothing, *statuses) as end:
        with pytest.raises(SidebandLost) as lost:
            await attached(end, CredentialDouble())

    assert (lost.value.code, lost.value.final) == (code, final)


async def test_a_redirect_is_not_followed_and_no_key_goes_elsewhere() -> None:
    async with far(nothing) as elsewhere, far(nothing, 307) as end:
        end.location = f"ws://127.0.0.1:{elsewhere.port}/"
        with pytest.raises(SidebandLost, match="status_307"):
            await attached(end)

    assert elsewhere.asked == []


async def test_an_upstream_that_is_not_there_is_unreachable() -> None:
    async with far(nothing) as end:
        pass
    with pytest.raises(SidebandLost, match="unreachable"):
        await attached(end)


async def test_a_handshake_that_takes_too_long_is_given_up() -> None:
    done = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        done.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    route = SidebandRoute(
        base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        version="0",
        context=trusted_context(),
    )
    with pytest.raises(SidebandLost, match="timeout"):
        await attach(route, api_key(), REF, deadline=in_seconds(0.2))
    await done.wait()
    server.close()
    await server.wait_closed()


async def test_proxies_of_the_environment_are_ignored_and_the_operators_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    url = f"http://someone:proxyword@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, url)
    async with far(nothing) as end:
        await (await attached(end)).close()
        untouched = list(asked)
        with pytest.raises(SidebandLost, match="unreachable"):
            await attached(end, egress_proxy=url)
    server.close()
    await server.wait_closed()

    assert untouched == []
    assert asked[0].startswith(f"CONNECT 127.0.0.1:{end.port} ".encode())
    assert API_KEY.encode() not in asked[0]


async def test_tls_trusts_the_ca_file_and_nobody_else(authority: trustme.CA, ca_file: str) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with far(nothing, tls=tls) as end:
        origin = f"https://127.0.0.1:{end.port}"
        await (await attached(end, base_url=origin, context=trusted_context(ca_file))).close()
        with pytest.raises(SidebandLost, match="unreachable"):
            await attached(end, base_url=origin)


async def test_garbage_is_passed_over() -> None:
    async def script(connection: ServerConnection) -> None:
        for message in ("not json", "[]", "7", '{"type":7}', "{}", b"\xff\xfe", "\ud7ff" * 3, COMMITTED):
            await connection.send(message)

    async with far(script) as end:
        facts = await facts_of(await attached(end))

    assert facts == [Committed("item_1"), CallOver(expired=False)]


async def test_a_clean_close_is_the_end_of_the_call() -> None:
    async with far(nothing) as end:
        assert await facts_of(await attached(end)) == [CallOver(expired=False)]


async def test_the_cap_is_told_by_its_error_or_by_its_close() -> None:
    async def error(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"type": "error", "error": {"code": "session_expired"}}))
        await connection.wait_closed()

    async def close(connection: ServerConnection) -> None:
        await connection.close(1001, "Your session hit the maximum duration of 60 minutes.")

    for script in (error, close):
        async with far(script) as end:
            sideband = await attached(end)
            assert await facts_of(sideband) == [CallOver(expired=True)]
            await sideband.close()


async def _going_away(connection: ServerConnection) -> None:
    await connection.close(1001, "restarting")


async def _internal(connection: ServerConnection) -> None:
    await connection.close(1011)


async def _cut(connection: ServerConnection) -> None:
    connection.transport.abort()


async def _huge(connection: ServerConnection) -> None:
    await connection.send("x" * 2_000_000)
    await connection.wait_closed()


@pytest.mark.parametrize(
    ("script", "code"),
    [(_going_away, "going_away"), (_internal, "closed_1011"), (_cut, "broken"), (_huge, "too_large")],
)
async def test_every_other_end_is_a_loss_and_the_call_may_go_on(script: Script, code: str) -> None:
    async with far(script) as end:
        sideband = await attached(end)
        with pytest.raises(SidebandLost) as lost:
            await facts_of(sideband)
        await sideband.close()

    assert (lost.value.code, lost.value.final) == (code, False)


async def test_the_words_arrive_as_client_events() -> None:
    heard: list[dict[str, Any]] = []

    async def script(connection: ServerConnection) -> None:
        heard.extend([json.loads(message) async for message in connection])

    async with far(script) as end:
        sideband = await attached(end)
        await sideband.look(event_id="e1")
        await sideband.restore({"instructions": INSTRUCTIONS}, event_id="e2")
        await sideband.answer_tool("call_1", "12 \ud800 degrees", item_id="item_1")
        await sideband.remove("item_2")
        await sideband.respond(mark="m1")
        await sideband.say("Hello.", mark="m2")
        await sideband.cancel("resp_1")
        await sideband.close()

    assert [event["type"] for event in heard] == [
        "session.update",
        "session.update",
        "conversation.item.create",
        "conversation.item.delete",
        "response.create",
        "response.create",
        "response.cancel",
        "output_audio_buffer.clear",
    ]
    assert heard[2]["item"]["output"] == "12 ? degrees"


async def test_a_word_over_a_sideband_that_broke_is_lost() -> None:
    async with far(_cut) as end:
        sideband = await attached(end)
        with pytest.raises(SidebandLost):
            await facts_of(sideband)
        with pytest.raises(SidebandLost):
            await sideband.respond(mark="m1")


async def test_letting_go_of_a_peer_that_does_not_answer_is_quick() -> None:
    async def deaf(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await asyncio.sleep(5)

    async with far(deaf) as end:
        sideband = await attached(end)
        began = asyncio.get_running_loop().time()
        await sideband.close()
        took = asyncio.get_running_loop().time() - began
        assert took < 2
