"""The tree of refusals: everything the relay answers with when it does not do what was asked.

    Problem
    ├── BadRequest …             the browser's request is at fault (4xx)
    ├── UpstreamProblem …        the upstream failed or refused us (422, 502, 503, 504)
    └── RelayProblem …           the relay itself cannot (500, 503)

A leaf of the import graph: it imports nothing of ours. `relay.web.problems` is the one place that turns
a problem into a response; what a person should know about each slug stands in `relay/web/problems.toml`.

`detail` is written by us and fixed: it never repeats input, secrets, SDP, or upstream text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamFacts:
    """What may be told of an upstream's refusal: numbers and short codes, never its text."""

    status: int | None = None
    code: str | None = None
    request_id: str | None = None


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """An error with a name (RFC 9457).

    Args:
        detail: One sentence for this occurrence; fixed text, safe to show to anybody.
        retry_after: Seconds after which asking again makes sense.
        upstream: What the upstream said, where it was the upstream that refused.
        headers: Further response headers, such as ``Allow``.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after: int | None = None,
        upstream: UpstreamFacts | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.upstream = upstream
        self.headers: Mapping[str, str] = headers or {}

    @property
    def code(self) -> str:
        """The slug with underscores: the name programs compare with."""
        return self.slug.replace("-", "_")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status} {self.code}>"


def all_problems() -> Iterator[type[Problem]]:
    """Yield every concrete problem class, once."""
    pending = [Problem]
    while pending:
        parent = pending.pop()
        pending.extend(parent.__subclasses__())
        if "slug" in vars(parent):
            yield parent


class BadRequest(Problem):
    """The request cannot be served as it was sent."""


class UpstreamProblem(Problem):
    """The upstream failed, refused us, or could not be reached.

    `in_doubt` says that a call may have come into being all the same, under a name we never learnt.
    """

    in_doubt: bool = False


class RelayProblem(Problem):
    """The relay itself cannot take the request now."""


# --- the form -------------------------------------------------------------------------------------------


class MalformedRequest(BadRequest):
    """A request that no route can make sense of."""

    slug, status, title = "malformed-request", 400, "The request is malformed"


class MissingField(BadRequest):
    """A required field is absent or empty."""

    slug, status, title = "missing-field", 400, "A required field is missing"


class DuplicateField(BadRequest):
    """A field was given twice."""

    slug, status, title = "duplicate-field", 400, "A field was sent more than once"


class UnexpectedField(BadRequest):
    """A field that the browser has no say in."""

    slug, status, title = "unexpected-field", 400, "A field is not one this route takes"


class UnexpectedFile(BadRequest):
    """A form part carries a file name."""

    slug, status, title = "unexpected-file", 400, "A file was sent where a text field belongs"


class TooManyParts(BadRequest):
    """More form parts than any honest form has."""

    slug, status, title = "too-many-parts", 400, "The form has too many parts"


class BadMultipart(BadRequest):
    """The multipart body is broken or cut off."""

    slug, status, title = "bad-multipart", 400, "The multipart body is broken"


class BadJson(BadRequest):
    """The JSON body is broken, or not an object of strings."""

    slug, status, title = "bad-json", 400, "The JSON body is not an object of text fields"


class BadEncoding(BadRequest):
    """A field is not valid UTF-8."""

    slug, status, title = "bad-encoding", 400, "A field is not valid UTF-8"


class BodyTooLarge(BadRequest):
    """The whole body is over the bound."""

    slug, status, title = "body-too-large", 413, "The request body is too large"


class FieldTooLarge(BadRequest):
    """One field is over its bound."""

    slug, status, title = "field-too-large", 413, "A field is too large"


class UnsupportedMediaType(BadRequest):
    """A content type this route does not read."""

    slug, status, title = "unsupported-media-type", 415, "The content type is not one this route reads"


class BadCharset(BadRequest):
    """A charset other than UTF-8."""

    slug, status, title = "bad-charset", 415, "Only UTF-8 is accepted"


class BadVoice(BadRequest):
    """A voice that is not on the list."""

    slug, status, title = "bad-voice", 422, "The voice is not one that is offered"


class BadInstructions(BadRequest):
    """Instructions with control characters."""

    slug, status, title = "bad-instructions", 422, "The instructions contain characters that are not text"


# --- the offer ------------------------------------------------------------------------------------------


class BadSdp(BadRequest):
    """The text is not an SDP, or over a bound of lines and sections."""

    slug, status, title = "bad-sdp", 422, "The offer is not a usable SDP"


class SdpNotOffer(BadRequest):
    """An answer was sent where an offer belongs."""

    slug, status, title = "sdp-not-offer", 422, "The SDP is an answer, not an offer"


class SdpNoAudio(BadRequest):
    """No audio section that is in use."""

    slug, status, title = "sdp-no-audio", 422, "The offer has no audio"


class SdpNoIce(BadRequest):
    """No ICE user name fragment or password."""

    slug, status, title = "sdp-no-ice", 422, "The offer has no ICE credentials"


class SdpNoFingerprint(BadRequest):
    """No sha-256 certificate fingerprint."""

    slug, status, title = "sdp-no-fingerprint", 422, "The offer has no sha-256 fingerprint"


# --- the browser's right to ask -------------------------------------------------------------------------


class OriginRefused(BadRequest):
    """A page of another site asked."""

    slug, status, title = "origin-refused", 403, "This page may not use the relay"


class UnknownHost(BadRequest):
    """The Host header names a host this relay does not serve."""

    slug, status, title = "unknown-host", 421, "The relay does not serve this host name"


class NotFound(BadRequest):
    """There is nothing at this address."""

    slug, status, title = "not-found", 404, "There is nothing at this address"


class MethodNotAllowed(BadRequest):
    """The address does not take this method."""

    slug, status, title = "method-not-allowed", 405, "The method is not allowed here"


# --- the upstream ---------------------------------------------------------------------------------------


class UpstreamRejectedOffer(UpstreamProblem):
    """The upstream read the request and refuses its content."""

    slug, status, title = "upstream-rejected-offer", 422, "The upstream refused the offer or its settings"


class UpstreamUnreachable(UpstreamProblem):
    """No connection to the upstream could be made."""

    slug, status, title = "upstream-unreachable", 502, "The upstream cannot be reached"


class UpstreamTls(UpstreamProblem):
    """The upstream's certificate cannot be trusted."""

    slug, status, title = "upstream-tls", 502, "The upstream's certificate is not trusted"


class UpstreamAuth(UpstreamProblem):
    """The upstream refuses our credential."""

    slug, status, title = "upstream-auth", 502, "The upstream refuses the relay's credential"


class UpstreamMisconfigured(UpstreamProblem):
    """The deployment or the path does not exist, or cannot do realtime."""

    slug, status, title = "upstream-misconfigured", 502, "The deployment cannot be used"


class UpstreamBadAnswer(UpstreamProblem):
    """The upstream answered with something that cannot be used."""

    slug, status, title = "upstream-bad-answer", 502, "The upstream's answer cannot be used"


class UpstreamNoCallId(UpstreamProblem):
    """The upstream made a call and did not say which."""

    slug, status, title = "upstream-no-call-id", 502, "The upstream did not name the call"


class UpstreamError(UpstreamProblem):
    """The upstream failed for reasons of its own."""

    slug, status, title = "upstream-error", 502, "The upstream failed"


class UpstreamRateLimited(UpstreamProblem):
    """The upstream's own limits are reached."""

    slug, status, title = "upstream-rate-limited", 503, "The upstream's limits are reached"


class UpstreamAuthUnavailable(UpstreamProblem):
    """The relay cannot get a credential at the moment."""

    slug, status, title = "upstream-auth-unavailable", 503, "The relay cannot get its credential"


class UpstreamTimeout(UpstreamProblem):
    """The upstream did not answer in time."""

    slug, status, title = "upstream-timeout", 504, "The upstream did not answer in time"


# --- the relay itself -----------------------------------------------------------------------------------


class InternalError(RelayProblem):
    """A fault of the relay; the log has it under the request id."""

    slug, status, title = "internal-error", 500, "The relay made a mistake"


class Busy(RelayProblem):
    """As many exchanges as allowed are under way."""

    slug, status, title = "busy", 503, "Too many exchanges are under way"


class Draining(RelayProblem):
    """The relay is shutting down."""

    slug, status, title = "draining", 503, "The relay is shutting down"


class StoreUnavailable(RelayProblem):
    """The store cannot be read or written; `detail` says what is wrong with it and what mends it."""

    slug, status, title = "store-unavailable", 503, "The relay's store cannot be used"


class Paused(RelayProblem):
    """The operator has stopped new calls."""

    slug, status, title = "paused", 503, "New calls are paused"


class TooManyCalls(RelayProblem):
    """As many calls as allowed are open."""

    slug, status, title = "too-many-calls", 503, "As many calls as allowed are live"
