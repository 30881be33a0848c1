"""What the simulator refuses, in the three body shapes that callers of the real API meet (fact 2.5).

Decides texts, codes and shapes; never when to refuse.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Shape(enum.IntEnum):
    """How an error body is laid out; the numbers are those of fact 2.5."""

    GATEWAY = 1  # {"error": {"code", "message"}}
    REALTIME = 2  # {"error": {"message", "type", "param", "code"}}
    APIM = 3  # {"statusCode", "message"}: no wrapper


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of the simulator
    """An HTTP error answer.

    Args:
        status: The HTTP status.
        code: The machine-readable code; part of the body in shapes 1 and 2.
        message: The text for a person.
        shape: The layout of the body.
        param: The offending field, such as ``session.audio.output.voice``; shape 2 only.
        headers: Further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        shape: Shape = Shape.GATEWAY,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.shape = shape
        self.param = param
        self.headers: Mapping[str, str] = headers or {}

    def body(self) -> dict[str, object]:
        """Lay the error out as JSON."""
        if self.shape is Shape.APIM:
            return {"statusCode": self.status, "message": self.message}
        if self.shape is Shape.GATEWAY:
            return {"error": {"code": self.code, "message": self.message}}
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def bad_key() -> Refusal:
    """Refuse a wrong API key; the code is the status as a string."""
    return Refusal(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid "
        "key for an active subscription and use a correct regional API endpoint for your resource.",
    )


def bad_access_token() -> Refusal:
    """Refuse a missing or wrong Entra ID access token, without the ``error`` wrapper."""
    return Refusal(
        401,
        "Unauthorized",
        "Unauthorized. Access token is missing, invalid, audience is incorrect (https://ai.azure.com), or "
        "have expired.",
        shape=Shape.APIM,
    )


def client_secret_required() -> Refusal:
    """Refuse a call placed with a standing credential (fact 3.1)."""
    return Refusal(401, "Unauthorized", "Realtime session ephemeral token is required.")


def client_secret_invalid() -> Refusal:
    """Refuse a call placed with an unknown or expired client secret; the body is a guess (fact 3.3)."""
    return Refusal(401, "Unauthorized", "Realtime session ephemeral token is invalid.")


def api_version_refused() -> Refusal:
    """Refuse the ``api-version`` parameter, which the GA paths do not take (fact 1.1)."""
    return Refusal(
        401, "401", "Unauthorized. The api-version query parameter is not allowed on /openai/v1 paths."
    )


def deployment_not_found() -> Refusal:
    """Refuse a deployment that the resource does not have."""
    return Refusal(
        404,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last "
        "5 minutes, please wait a moment and try again.",
    )


def not_realtime() -> Refusal:
    """Refuse a deployment of another kind of model; the code's spelling is the real one."""
    return Refusal(
        400,
        "OpperationNotSupported",
        "The realtime operation does not work with the specified model. Please choose different model and "
        "try again.",
    )


def invalid_session_type() -> Refusal:
    """Refuse a session that is neither ``realtime`` nor ``transcription``."""
    return Refusal(400, "InvalidSessionType", "The session type is missing or not supported.")


def invalid_request(code: str, message: str, param: str | None = None) -> Refusal:
    """Refuse a field of a request, as the realtime backend does."""
    return Refusal(400, code, message, shape=Shape.REALTIME, param=param)


def resource_not_found() -> Refusal:
    """Refuse a path that does not exist."""
    return Refusal(404, "404", "Resource not found")


def call_not_found() -> Refusal:
    """Refuse the id of a call that is unknown or over (facts 4.1 and 4.2)."""
    return Refusal(
        404, "call_id_not_found", "No session found for the provided call_id", shape=Shape.REALTIME, param=""
    )


def too_many_calls(limit: int) -> Refusal:
    """Refuse a call that this one process could not serve well."""
    return Refusal(
        429,
        "too_many_requests",
        f"The simulator holds at most {limit} calls at a time. Hang one up, or raise SIMULATOR_MAX_CALLS.",
        headers={"Retry-After": "5", "retry-after-ms": "5000"},
    )
