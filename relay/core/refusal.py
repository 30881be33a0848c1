"""What a refusal of the Realtime API means: which problem it is, whether asking again makes sense.

Pure. Three shapes of error body are read (fact 2.5) and only a short code is kept: the upstream's text
may repeat the offer, names of resources or object ids, so it is dropped where it is read.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

from relay.core.realtime import read_json_object
from relay.errors import (
    UpstreamAuth,
    UpstreamBadAnswer,
    UpstreamError,
    UpstreamFacts,
    UpstreamMisconfigured,
    UpstreamProblem,
    UpstreamRateLimited,
    UpstreamRejectedOffer,
    UpstreamTimeout,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Step = Literal["mint", "exchange"]

# A word of the upstream's; what begins like a client secret or a call's name is none, wherever it stands.
_WORD = re.compile(r"(?!ek_|rtc_|sk-)[A-Za-z0-9_.-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")
_REQUEST_ID_HEADERS = ("apim-request-id", "x-request-id")
# Both spellings of the first are live; they say that the deployment cannot do realtime (fact 2.5).
_MISCONFIGURED = frozenset({"OpperationNotSupported", "OperationNotSupported", "InvalidSessionType"})

_TOLD_AT_MOST = 60
_TOLD_WITHOUT_A_WORD = 5
# Request limits are counted over one second or ten (fact 2.5): one second is the least that can help.
_PAUSE_WITHOUT_A_WORD = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An upstream's answer that is not a success.

    Args:
        status: The HTTP status.
        code: The upstream's short code; ``None`` when there was none or it was not a word.
        request_id: The upstream's name for the request.
        retry_after: Seconds the upstream asks to wait, as it said them; ``None`` when it did not.
    """

    status: int
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None

    @property
    def facts(self) -> UpstreamFacts:
        """What of it may be told."""
        return UpstreamFacts(status=self.status, code=self.code, request_id=self.request_id)


def word(text: object) -> str | None:
    """Give back a short code or id that is safe to show and to log; ``None`` for anything else."""
    return text if isinstance(text, str) and _WORD.fullmatch(text) else None


def request_id(headers: Mapping[str, str]) -> str | None:
    """Find the upstream's request id; header names are lower case."""
    return next((found for name in _REQUEST_ID_HEADERS if (found := word(headers.get(name)))), None)


def error_code(body: bytes) -> str | None:
    """Read the code from any of the three shapes of error body; the message is dropped.

    ``{"error": {"code"}}``, the same with ``type`` where the code is null, and ``{"statusCode"}``.
    """
    answer = read_json_object(body) or {}
    error = answer.get("error")
    if isinstance(error, dict):
        return word(error.get("code")) or word(error.get("type"))
    status = answer.get("statusCode")
    return word(str(status)) if isinstance(status, int) else word(status)


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Read how long to wait: ``retry-after-ms`` first, then ``Retry-After`` in seconds or as a date.

    Args:
        headers: With lower-case names.
        now: Unix time in seconds, to measure a date against.

    Returns:
        Seconds, never negative and not clamped; ``None`` for garbage, a negative number or no header.

    Source: RFC 9110 §10.2.3; fact 2.5.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return float(milliseconds) / 1000
    said = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(said):
        return float(said)
    try:
        date = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - now)


def told_retry_after(seconds: float | None) -> int:
    """Round and clamp to 1 … 60 seconds what a browser is told; 5 when the upstream said nothing."""
    if seconds is None:
        return _TOLD_WITHOUT_A_WORD
    return max(1, min(_TOLD_AT_MOST, math.ceil(seconds)))


def pause_before_minting_again(refusal: Refusal, *, backoff: float) -> float | None:
    """Decide whether a refused mint is worth one more request; a mint creates nothing and costs nothing.

    Args:
        refusal: Any but a 401, which is a matter of the credential.
        backoff: Seconds to wait where the upstream names none.

    Returns:
        Seconds to wait first; ``None`` when asking again cannot help.
    """
    if refusal.status == 429:
        return _PAUSE_WITHOUT_A_WORD if refusal.retry_after is None else refusal.retry_after
    if refusal.status == 408 or refusal.status >= 500:
        return backoff if refusal.retry_after is None else refusal.retry_after
    return None


def problem_from_refusal(refusal: Refusal, step: Step) -> UpstreamProblem:
    """Name the problem; `in_doubt` is set where a call may have come into being unnamed.

    Only the exchange creates a call, and only a timeout or a failure of the upstream's own leaves open
    whether it did: every other status precedes creation (reliability §4).
    """
    problem = _problem(refusal, step)
    problem.upstream = refusal.facts
    failed = refusal.status == 408 or refusal.status >= 500
    problem.in_doubt = step == "exchange" and failed and not isinstance(problem, UpstreamRateLimited)
    return problem


def _problem(refusal: Refusal, step: Step) -> UpstreamProblem:
    status, code = refusal.status, refusal.code
    if status == 429 or (status == 503 and refusal.retry_after is not None):
        return UpstreamRateLimited(
            "Wait for the time given, then try again.", retry_after=told_retry_after(refusal.retry_after)
        )
    if status == 401 and step == "exchange":
        return UpstreamAuth("The upstream refuses the client secret that it has just minted.")
    if status in {401, 403}:
        return UpstreamAuth(_refused_credential(status, code))
    if status in {404, 405, 410}:
        return UpstreamMisconfigured("The deployment or the address of the upstream does not exist.")
    if status == 400 and code in _MISCONFIGURED:
        return UpstreamMisconfigured("The deployment's model cannot do realtime.")
    if status in {400, 413, 422}:
        return UpstreamRejectedOffer("The upstream read the request and refuses what it asks for.")
    if status == 408:
        return UpstreamTimeout("The upstream gave up waiting for itself.")
    if status < 400 or status == 415:
        return UpstreamBadAnswer("The upstream answered in a way that the API does not know.")
    return UpstreamError("The upstream failed; trying again later may help.")


def _refused_credential(status: int, code: str | None) -> str:
    if code == "PermissionDenied":
        return "The relay's identity lacks the role it needs on the upstream's resource."
    if status == 403:
        return "The upstream does not admit the relay: check its network rules."
    return "The upstream does not accept the relay's credential."
