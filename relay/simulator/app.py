"""The routes of the simulator: the four of the API, and ``/simulator/*`` for those who test with it.

Decides how requests and answers look on the wire (facts 2 to 4). What they mean is decided by
`exchange.py` and `session_config.py`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from relay.simulator import broken, sideband
from relay.simulator.client_secrets import DEFAULT_LIFE_SECONDS, Minted
from relay.simulator.control import Control
from relay.simulator.credentials import check_standing_credential, client_secret_of
from relay.simulator.errors import (
    Refusal,
    deployment_not_found,
    invalid_request,
    invalid_session_type,
    not_realtime,
    resource_not_found,
)
from relay.simulator.exchange import Exchange
from relay.simulator.faults import Faults, json_text
from relay.simulator.fields import FieldRefused, integer, one_of, record
from relay.simulator.filter import is_filtered
from relay.simulator.forms import form_fields
from relay.simulator.ids import new_id
from relay.simulator.session_config import SESSION_TYPES, full_session, read_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from relay.simulator.calls import CallRecord
    from relay.simulator.session_config import Session
    from relay.simulator.settings import Settings

    Work = Callable[[Request], Awaitable[Response]]

KNOWN_BUT_SILENT = frozenset({"gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5"})
"""Deployments that exist and cannot speak, so that this mistake can be made too."""

_EXPIRES_AFTER = record(
    {"anchor": one_of("created_at"), "seconds": integer(10, 7200)}, defaults={"anchor": "created_at"}
)


def create_app(settings: Settings) -> Starlette:
    """Build the simulator as an ASGI app; `app.state.exchange` is the `Exchange` behind it."""
    exchange = Exchange(settings, Faults(settings.faults))
    api = _Api(exchange)
    control = Control(exchange)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await exchange.end_all("simulator_stopped")

    async def attach(websocket: WebSocket) -> None:
        await sideband.attach(websocket, exchange, _refused)

    routes: list[Route | WebSocketRoute] = []
    for prefix in ("/openai/v1/realtime", *(["/v1/realtime"] if settings.flavour == "openai" else [])):
        routes += [
            Route(f"{prefix}/client_secrets", api.step("mint", api.mint), methods=["POST"]),
            Route(f"{prefix}/calls", _preflight, methods=["OPTIONS"]),
            Route(f"{prefix}/calls", api.step("calls", api.place), methods=["POST"]),
            Route(f"{prefix}/calls/{{call_id}}/hangup", api.step("hangup", api.hang_up), methods=["POST"]),
            WebSocketRoute(prefix, attach),
        ]
    routes += [
        Route("/simulator/faults", control.faults, methods=["GET", "POST", "DELETE"]),
        Route("/simulator/calls", control.calls, methods=["GET", "DELETE"]),
        Route("/simulator/calls/{call_id}", control.call, methods=["POST", "DELETE"]),
        Route("/simulator", control.health),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _not_found})
    app.state.exchange = exchange
    return app


class _Api:
    """The API's own routes."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._settings = exchange.settings

    def step(self, name: str, work: Work) -> Work:
        """Count the requests of a route, and let faults come first."""

        @functools.wraps(work)
        async def counted(request: Request) -> Response:
            self._exchange.ledger.asked(name)
            fault = self._exchange.faults.take(name)
            if fault is None:
                answer = await _refusing(work)(request)
            else:
                answer = await broken.serve(fault, request, _refusing(work), _refused)
            if name == "calls":
                answer.headers.update(_CORS)
            return answer

        return counted

    async def mint(self, request: Request) -> Response:
        check_standing_credential(request, self._settings)
        given = _json_body(await request.body())
        session = given.get("session")
        misplaced = next((name for name in ("type", "model") if name in given), None)
        if session is None and misplaced is not None:
            raise invalid_request("unknown_parameter", f"Unknown parameter: '{misplaced}'.", misplaced)
        checked = self._session(session)
        try:
            life: Any = _EXPIRES_AFTER(given.get("expires_after") or {}, "expires_after")
        except FieldRefused as refused:
            raise invalid_request(refused.code, refused.message, refused.param) from refused
        seconds = life.get("seconds", DEFAULT_LIFE_SECONDS[self._settings.flavour])
        value, minted = self._exchange.client_secrets.mint(checked, expires_at=int(time.time()) + seconds)
        body = {
            "value": value,
            "expires_at": int(minted.expires_at),
            "session": full_session(checked, session_id=minted.session_id),
        }
        return _answer(json_text(body), "application/json", 200, processing_ms=40)

    def _session(self, given: object) -> Session:
        if not isinstance(given, dict) or given.get("type") not in SESSION_TYPES:
            raise invalid_session_type()
        try:
            checked = read_session(given)
        except FieldRefused as refused:
            raise invalid_request(refused.code, refused.message, refused.param) from refused
        if checked["type"] == "realtime":
            self._check_deployment(checked.get("model"))
        return checked

    def _check_deployment(self, model: object) -> None:
        if model is None:
            message = "Missing required parameter: 'session.model'."
            raise invalid_request("missing_required_parameter", message, "session.model")
        if model not in self._settings.deployments:
            raise not_realtime() if model in KNOWN_BUT_SILENT else deployment_not_found()

    async def place(self, request: Request) -> Response:
        filtered = is_filtered(request.query_params.get("webrtcfilter"))
        content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if content_type == "multipart/form-data" and self._settings.flavour == "openai":
            call, written = await self._place_unified(request, webrtcfilter=filtered)
        else:
            value = client_secret_of(request)
            if content_type != "application/sdp":
                message = "Unsupported content type. This API method only accepts 'application/sdp' requests."
                raise invalid_request("unsupported_content_type", message)
            offer = (await request.body()).decode("utf-8", "replace")
            call, written = await self._exchange.place(value, offer, webrtcfilter=filtered)
        headers = {"location": f"/v1/realtime/calls/{call.id}", "timing-allow-origin": "*"}
        return _answer(written, "text/plain; charset=utf-8", 201, processing_ms=102, headers=headers)

    async def _place_unified(self, request: Request, *, webrtcfilter: bool) -> tuple[CallRecord, str]:
        """Place a call with a standing key and the session in the form, as OpenAI allows (fact 3.1)."""
        check_standing_credential(request, self._settings)
        fields = form_fields(request.headers["content-type"], await request.body())
        session = self._session(_json_body(fields.get("session", b"{}")))
        minted = Minted(session, new_id("sess"), time.time())
        offer = fields.get("sdp", b"").decode("utf-8", "replace")
        return await self._exchange.place_minted(minted, offer, webrtcfilter=webrtcfilter)

    async def hang_up(self, request: Request) -> Response:
        check_standing_credential(request, self._settings)
        self._exchange.hang_up(request.path_params["call_id"])
        return _answer("", None, 200, processing_ms=5)


_CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "Location,X-Request-Id"}


def _answer(
    body: str,
    content_type: str | None,
    status: int,
    *,
    processing_ms: int,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with the headers of the captures (facts 2.4 and 3.2)."""
    named = {"content-type": content_type} if content_type else {}
    request_id = str(uuid.uuid4())
    named |= {
        "apim-request-id": request_id,
        "x-request-id": request_id,
        "x-ms-region": "Simulator",
        "azureml-served-by-cluster": "hyena-simulator-01",
        "openai-processing-ms": str(processing_ms),
        "openai-version": "2020-10-01",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        **(headers or {}),
    }
    return Response(body, status, named)


def _refused(refusal: Refusal) -> Response:
    body = json_text(refusal.body())
    return _answer(body, "application/json", refusal.status, processing_ms=3, headers=dict(refusal.headers))


def _refusing(work: Work) -> Work:
    """Turn a refusal into its answer at once, so that a fault can be applied to it."""

    async def refusing(request: Request) -> Response:
        try:
            return await work(request)
        except Refusal as refusal:
            return _refused(refusal)

    return refusing


async def _not_found(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # noqa: S101 - registered for nothing else
    if problem.status_code == 404:
        return _refused(resource_not_found())
    return JSONResponse(
        {"error": {"code": str(problem.status_code), "message": problem.detail}}, problem.status_code
    )


async def _preflight(_: Request) -> Response:
    allowed = {
        "access-control-allow-headers": "authorization,content-type",
        "access-control-allow-methods": "POST",
    }
    return Response(status_code=200, headers={"access-control-allow-origin": "*", **allowed})


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError as problem:
        raise invalid_request("invalid_json", "The request body is not valid JSON.") from problem
    if not isinstance(given, dict):
        raise invalid_request("invalid_type", "The request body must be a JSON object.")
    return given
