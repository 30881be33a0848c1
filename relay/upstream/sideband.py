"""The control WebSocket of a running call (fact 4.2): attached once, read as facts, written as words.

Whether and when it is tried again is the attendant's to decide. No sound comes this way, and nothing that
comes is ever logged.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from relay.core import client_events
from relay.core.facts import CallOver
from relay.core.realtime import read_json_object
from relay.core.server_events import read_facts
from relay.core.upstream import SidebandLost
from relay.errors import UpstreamProblem

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Mapping

    from websockets.asyncio.client import ClientConnection

    from relay.core.facts import Fact
    from relay.core.upstream import CallRef
    from relay.upstream.credential import Credential

MAX_EVENT_BYTES: Final = 1_048_576  # a whole session with 64 KiB of instructions is far below
_QUEUED_EVENTS = 32
_WRITE_BYTES = 16_384
_PING_SECONDS = 15.0
_PONG_SECONDS = 10.0  # a peer that is gone without a word is noticed within 25 s
_CLOSE_SECONDS = 1.0
_SEND_SECONDS = 5.0
_OVER = 1000
_GOING_AWAY = 1001
_AT_THE_CAP = "maximum duration"
# Its messages would carry headers and frames at DEBUG: it belongs to no logger tree, so nothing hears it.
_SILENT = logging.Logger("sideband", level=logging.CRITICAL + 1)  # noqa: LOG001
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class SidebandRoute:
    """How sidebands are reached; nothing of the environment is read.

    Args:
        base_url: The origin, without a path, as for HTTP.
        version: Of the relay, for ``User-Agent``.
        context: Whom TLS trusts.
        egress_proxy: URL of the proxy; ``None`` for none.
    """

    base_url: str
    version: str
    context: ssl.SSLContext = field(repr=False)
    egress_proxy: str | None = field(default=None, repr=False)

    def url(self, call_id: str) -> str:
        """Where the sideband of a call is (fact 4.2): no model, no api-version."""
        origin = self.base_url.rstrip("/").replace("http", "ws", 1)
        return f"{origin}/openai/v1/realtime?call_id={quote(call_id, safe='')}"


class _Connect(connect):
    """Follows no redirect: the library would carry an API key along to another host."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def attach(
    route: SidebandRoute, credential: Credential, ref: CallRef, *, deadline: float
) -> RealtimeSideband:
    """Attach a call's sideband with one request, or two when the credential had to be renewed.

    Raises:
        SidebandLost: ``not_found`` while (or when) there is no such call; ``refused``, which is final, when
            the credential is; else what came in the way.
    """
    try:
        async with asyncio.timeout_at(deadline):
            headers = await credential.headers(deadline=deadline)
            try:
                connection = await _opened(route, ref, headers)
            except InvalidStatus as refusal:
                if refusal.response.status_code != 401 or not credential.refused(headers):
                    raise
                headers = await credential.headers(deadline=deadline)
                connection = await _opened(route, ref, headers)
    except InvalidStatus as refusal:
        raise _lost(refusal.response.status_code) from None
    except TimeoutError:
        raise SidebandLost("timeout") from None
    except UpstreamProblem:
        raise SidebandLost("credential") from None
    except (OSError, WebSocketException, EOFError) as error:
        raise SidebandLost("unreachable") from error
    return RealtimeSideband(connection)


async def _opened(route: SidebandRoute, ref: CallRef, headers: Mapping[str, str]) -> ClientConnection:
    proxy = route.egress_proxy
    trusted: dict[str, Any] = {}
    if route.base_url.startswith("https:"):
        trusted["ssl"] = route.context
    if proxy is not None and proxy.startswith("https:"):
        trusted["proxy_ssl"] = route.context
    return await _Connect(
        route.url(ref.id),
        additional_headers=dict(headers),
        user_agent_header=f"sdp-relay/{route.version}",
        proxy=proxy,
        compression=None,  # 300 KiB a connection for text of a few hundred bytes
        open_timeout=None,
        ping_interval=_PING_SECONDS,
        ping_timeout=_PONG_SECONDS,
        close_timeout=_CLOSE_SECONDS,
        max_size=MAX_EVENT_BYTES,
        max_queue=_QUEUED_EVENTS,
        write_limit=_WRITE_BYTES,
        logger=_SILENT,
        **trusted,
    )


def _lost(status: int) -> SidebandLost:
    if status == 404:
        return SidebandLost("not_found")
    if status in _REFUSED:
        return SidebandLost("refused", final=True)
    return SidebandLost(f"status_{status}")


class RealtimeSideband:
    """An attached sideband; implements `relay.core.upstream.Sideband`.

    Args:
        connection: Open.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def __repr__(self) -> str:
        return "<RealtimeSideband>"

    async def __aiter__(self) -> AsyncIterator[Fact]:
        """Yield facts until the call is over; what cannot be read as an event is passed over.

        Raises:
            SidebandLost: The connection broke.
        """
        try:
            while True:
                event = read_json_object(await self._connection.recv(decode=False))
                for fact in read_facts(event or {}):
                    yield fact
                    if isinstance(fact, CallOver):
                        return
        except ConnectionClosed as closed:
            if (over := _call_over(closed)) is not None:
                yield over
                return
            raise SidebandLost(_closing(closed)) from None

    async def look(self, *, event_id: str) -> None:
        """Ask for the session as it is."""
        await self._send(client_events.look(event_id))

    async def restore(self, values: Mapping[str, object], *, event_id: str) -> None:
        """Set values of the session, by their neutral names."""
        await self._send(client_events.restore(values, event_id))

    async def answer_tool(self, tool_id: str, output: str, *, item_id: str) -> None:
        """Put a tool's output into the conversation."""
        await self._send(client_events.tool_output(tool_id, output, item_id))

    async def remove(self, item_id: str) -> None:
        """Take an item out of the conversation."""
        await self._send(client_events.remove(item_id))

    async def respond(self, *, mark: str, instructions: str | None = None) -> None:
        """Ask for a response."""
        await self._send(client_events.respond(mark, instructions))

    async def say(self, text: str, *, mark: str) -> None:
        """Ask for a response of these words."""
        await self._send(client_events.say(text, mark))

    async def cancel(self, response_id: str | None = None) -> None:
        """Stop a response and its sound."""
        for event in client_events.cancel(response_id):
            await self._send(event)

    async def close(self) -> None:
        """Let go, within a second; the call goes on."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._connection.close()
        except (TimeoutError, OSError, WebSocketException):
            pass
        finally:
            self._connection.transport.abort()

    async def _send(self, event: Mapping[str, object]) -> None:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._connection.send(text, text=True)
        except TimeoutError:
            self._connection.transport.abort()
            raise SidebandLost("timeout") from None
        except (ConnectionClosed, OSError) as error:
            raise SidebandLost("closed") from error


def _call_over(closed: ConnectionClosed) -> CallOver | None:
    """Tell whether this end is the call's: 1000, or 1001 with the words of the cap (fact 4.2)."""
    if closed.rcvd is None:
        return None
    if closed.rcvd.code == _OVER:
        return CallOver(expired=False)
    expired = closed.rcvd.code == _GOING_AWAY and _AT_THE_CAP in closed.rcvd.reason
    return CallOver(expired=True) if expired else None


def _closing(closed: ConnectionClosed) -> str:
    """Name how a connection ended, in a word."""
    if closed.sent is not None and closed.rcvd is None:
        return {1009: "too_large", 1011: "silent"}.get(closed.sent.code, "broken")
    if closed.rcvd is None:
        return "broken"
    return "going_away" if closed.rcvd.code == _GOING_AWAY else f"closed_{closed.rcvd.code}"
