"""Finding out who asks: before the body is read, in one place, for every route that does something.

A verifier gives a `Caller` whose right it has proved, says that there is nothing for it to look at, or
raises. There is no fourth way: whatever else goes wrong in it becomes 503, never a caller (AUTH-18).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from relay.core.caller import Caller
from relay.errors import (
    AuthExpired,
    AuthInvalid,
    AuthRequired,
    AuthUnavailable,
    Problem,
    SignInRefused,
    TicketUsed,
)
from relay.telemetry import fault_of, log
from relay.web.host import check_ambient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from relay.web.guesses import Guesses
    from relay.web.host import OriginRule
    from relay.web.methods import Handler

_log = logging.getLogger("relay.auth")

_RETRY_SECONDS: Final = 5
_TELLING: Final = (AuthInvalid, AuthExpired, TicketUsed, AuthUnavailable)
"""Of several failures the last in this list is told: it is the one that can be mended."""


class Verifier(Protocol):
    """One way of signing in."""

    async def verify(self, request: Request, *, opening: bool) -> Caller | None:
        """Prove who asks.

        Args:
            request: Its head; the body has not been read.
            opening: Whether a new call is asked for, rather than one that there is.

        Returns:
            ``None`` when the request shows nothing of this kind.

        Raises:
            SignInRefused: What it shows proves nothing.
            AuthUnavailable, StoreUnavailable: It cannot be checked now.
        """


class CallerHandler(Protocol):
    """A handler that can only be reached by a caller; `Authenticator` makes it a `Handler`."""

    async def __call__(self, request: Request, caller: Caller, /) -> Response:
        """Answer."""


class Authenticator:
    """Asks each verifier in turn.

    Args:
        verifiers: The ways of signing in, in order; at least one.
        rule: Which pages may act, for callers whose proof the browser shows by itself.
        guesses: How often an address may fail.
        challenge: How to sign in, for ``WWW-Authenticate`` (RFC 9110 section 11.6.1).
    """

    def __init__(
        self, verifiers: Sequence[Verifier], rule: OriginRule, guesses: Guesses, *, challenge: str
    ) -> None:
        if not verifiers:
            raise ValueError("nobody could sign in")
        self._verifiers = tuple(verifiers)
        self._rule = rule
        self._guesses = guesses
        self._challenge = challenge

    def opening(self, handler: CallerHandler, *, first: Callable[[Request], object]) -> Handler:
        """Let a handler be reached by callers that may open calls.

        Args:
            handler: Opens them.
            first: What can be refused by the head alone, which is cheaper than asking who asks.
        """
        guarded = self._guard(handler, opening=True)

        async def checked(request: Request, /) -> Response:
            first(request)
            return await guarded(request)

        return checked

    def touching(self, handler: CallerHandler) -> Handler:
        """Let a handler be reached by callers that hold calls; it checks whose call it is."""
        return self._guard(handler, opening=False)

    async def who(self, request: Request, *, opening: bool) -> Caller:
        """Find out who asks.

        Raises:
            SignInRefused: 401 with ``WWW-Authenticate``.
            RateLimited: Too many sign-ins of its address have failed; this one was not looked at.
            OriginRefused: The browser showed the proof by itself, and no page of ours asked it to.
            AuthUnavailable, StoreUnavailable: It cannot be found out now.
        """
        with self._guesses.trial(request):
            caller = await self._first(request, opening=opening)
        headers = request.headers
        check_ambient(
            self._rule,
            method=request.method,
            origin=headers.get("origin"),
            fetch_site=headers.get("sec-fetch-site"),
            ambient=caller.ambient,
        )
        return caller

    def _guard(self, handler: CallerHandler, *, opening: bool) -> Handler:
        async def guarded(request: Request, /) -> Response:
            return await handler(request, await self.who(request, opening=opening))

        return guarded

    async def _first(self, request: Request, *, opening: bool) -> Caller:
        failures: list[Problem] = []
        for verifier in self._verifiers:
            try:
                caller = await self._ask(verifier, request, opening=opening)
            except Problem as problem:
                failures.append(problem)
            else:
                if caller is not None:
                    return caller
        raise self._told(max(failures, key=_telling, default=AuthRequired()))

    async def _ask(self, verifier: Verifier, request: Request, *, opening: bool) -> Caller | None:
        try:
            caller = await verifier.verify(request, opening=opening)
        except Problem:
            raise
        except Exception as error:
            log(_log, logging.ERROR, "a sign-in could not be checked", **fault_of(error))
            raise AuthUnavailable(retry_after=_RETRY_SECONDS) from error
        if caller is not None and not isinstance(caller, Caller):
            raise AuthUnavailable(retry_after=_RETRY_SECONDS)
        return caller

    def _told(self, problem: Problem) -> Problem:
        """Add how to sign in to a 401; RFC 6750 section 3.1 has the words."""
        if isinstance(problem, SignInRefused):
            invalid = "" if isinstance(problem, AuthRequired) else ', error="invalid_token"'
            problem.headers = {**problem.headers, "WWW-Authenticate": self._challenge + invalid}
        return problem


def _telling(problem: Problem) -> int:
    return _TELLING.index(type(problem)) if type(problem) in _TELLING else len(_TELLING)
