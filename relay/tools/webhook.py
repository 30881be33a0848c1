"""Tools that are asked over HTTP: one signed POST with the arguments as JSON, one JSON answer.

Signed after Standard Webhooks (standardwebhooks.com, version 1.0): ``webhook-id``, ``webhook-timestamp`` and
``webhook-signature`` over both and the body. The address is the operator's and no redirect is followed, so
that no answer can lead the relay elsewhere. Nothing of an answer reaches a log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from relay.telemetry import log
from relay.tools.tool import ToolFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.core.tool import FunctionTool
    from relay.tools.tool import Asking

_log = logging.getLogger("relay.tools")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook as a tool.

    Args:
        offer: What the model is told.
        url: Where it is.
        kind: What the body says it is asked for: ``tool`` or ``moderation``.
        secret: What requests are signed with; kept out of ``repr``.
        client: Gives what sends; it follows no redirects and asks for no compressed answers.
        wall_seconds: Unix time.
        timeout_seconds: As in `relay.tools.tool.RelayTool`; so is the next one.
    """

    offer: FunctionTool
    url: str = field(repr=False)
    kind: str = "tool"
    secret: bytes = field(repr=False)
    client: Callable[[], httpx.AsyncClient] = field(repr=False)
    wall_seconds: Callable[[], float] = field(repr=False)
    timeout_seconds: float
    max_bytes: int

    async def run(self, arguments: Mapping[str, Any], asking: Asking) -> object:
        """Ask.

        Raises:
            ToolFailed: No answer, another status than 2xx, no JSON, or too much of it.
        """
        body = json.dumps(
            {
                "type": self.kind,
                "name": self.offer.name,
                "arguments": arguments,
                "call": asking.call,
                "caller": asking.caller,
                "profile": asking.profile,
            },
            ensure_ascii=False,
        ).encode("utf-8", "replace")
        headers = signed(self.secret, asking.id, int(self.wall_seconds()), body)
        try:
            async with self.client().stream("POST", self.url, content=body, headers=headers) as response:
                return await self._answer(response, asking)
        except httpx.TimeoutException:
            raise TimeoutError from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(asking, type(error).__name__) from None

    async def _answer(self, response: httpx.Response, asking: Asking) -> object:
        if not response.is_success:
            raise self._failed(asking, f"status {response.status_code}")
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise self._failed(asking, "content type")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise self._failed(asking, "content encoding")
        answer = bytearray()
        async for chunk in response.aiter_raw():
            answer += chunk
            if len(answer) > self.max_bytes:
                raise self._failed(asking, "size", "The tool's answer was too long to be used.")
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise self._failed(asking, "not JSON") from None

    def _failed(self, asking: Asking, cause: str, words: str = "The tool failed.") -> ToolFailed:
        log(_log, logging.ERROR, "a webhook failed", tool=self.offer.name, call=asking.call, cause=cause)
        return ToolFailed(words)


def signed(secret: bytes, request_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """Write the headers of a signed request.

    Args:
        secret: The key of the HMAC.
        request_id: Of this request; the same when it is repeated, so that a receiver can tell.
        seconds: Unix time; a receiver refuses what is old.
        body: What is signed.
    """
    said = f"{request_id}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, said, hashlib.sha256)).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": request_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{signature}",
    }


def webhook_key(secret: str) -> bytes:
    """Read a secret: base64 behind ``whsec_``, as Standard Webhooks writes it, or the text itself.

    Raises:
        ValueError: Behind ``whsec_`` stands no base64.
    """
    if not secret.startswith("whsec_"):
        return secret.encode()
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
