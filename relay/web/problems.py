"""The one place that turns an error into a response (RFC 9457).

The body is built from the problem's class and its fixed detail; nothing of the request, the upstream's
text or a Python error ever enters it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from relay.errors import InternalError, MalformedRequest, MethodNotAllowed, NotFound, Problem
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("relay.web")


class Refusals:
    """Answers whatever is raised below it; the last handler of the application.

    It stands in two places: around everything, and inside the door, so that the answer to a refused
    request still gets the cross-origin headers that let the page read it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer what is raised."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - the last handler
            problem = problem_from(error)
            state = scope["state"]
            state["code"] = problem.code
            if isinstance(problem, InternalError):
                log(
                    _log, logging.ERROR, "unexpected error", request_id=state["request_id"], **fault_of(error)
                )
            if not started:
                await problem_response(problem, state["request_id"])(scope, receive, send)


def problem_from(error: Exception) -> Problem:
    """Name any error: our own as it is, Starlette's by its status, everything else as a fault of ours."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == NotFound.status:
            return NotFound()
        if error.status_code == MethodNotAllowed.status:
            return MethodNotAllowed(headers=error.headers)
        if error.status_code < InternalError.status:
            return MalformedRequest()
    return InternalError("The log has the cause under this request id.")


def problem_response(problem: Problem, request_id: str) -> Response:
    """Write a problem as ``application/problem+json``."""
    body: dict[str, object] = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.retry_after is not None:
        body["retry_after"] = problem.retry_after
        headers["Retry-After"] = str(problem.retry_after)
    if problem.upstream is not None:
        facts = {
            "upstream_status": problem.upstream.status,
            "upstream_code": problem.upstream.code,
            "upstream_request_id": problem.upstream.request_id,
        }
        body.update({name: value for name, value in facts.items() if value is not None})
    return JSONResponse(
        body, status_code=problem.status, headers=headers, media_type="application/problem+json"
    )
