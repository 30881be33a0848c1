"""What the upstream refuses, or fails at."""

from __future__ import annotations

from relay.errors.base import UpstreamProblem


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
