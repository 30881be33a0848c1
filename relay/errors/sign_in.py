"""What is wrong with who asks. Every failed sign-in is a 401 that does not say which check it failed."""

from __future__ import annotations

from relay.errors.base import BadRequest, RelayProblem


class SignInRefused(BadRequest):
    """The caller is not known; `relay.web.auth` adds how to sign in."""


class AuthRequired(SignInRefused):
    """Nothing was shown that tells who asks."""

    slug, status, title = "auth-required", 401, "Sign in first"


class AuthInvalid(SignInRefused):
    """What was shown proves nothing."""

    slug, status, title = "auth-invalid", 401, "The sign-in is not valid"


class AuthExpired(SignInRefused):
    """What was shown was right, and is no longer."""

    slug, status, title = "auth-expired", 401, "The sign-in has expired"


class TicketUsed(SignInRefused):
    """The ticket has opened a call already."""

    slug, status, title = "ticket-used", 401, "The ticket has been used"


class ProfileRefused(BadRequest):
    """The caller is known and may not use this profile."""

    slug, status, title = "profile-refused", 403, "This profile is not open to you"


class AuthUnavailable(RelayProblem):
    """Who asks cannot be found out now."""

    slug, status, title = "auth-unavailable", 503, "Sign-ins cannot be checked now"
