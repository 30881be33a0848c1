"""A bound on failed sign-ins of each address, kept in this process: guessing is slow, and costs little.

Beyond it a request is refused before any verifier is asked. What proved itself lately goes on to the verifier
all the same, so that a guesser behind the same address ends nobody's call and keeps out nobody who is signed
in. Only proofs that prove nothing count: one that has expired or was used is no guess.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from relay.core.caller import anonymous_caller
from relay.core.guesses import NO_FAILURES, Failures, change, still_counted, wait_seconds
from relay.errors import AuthInvalid, RateLimited
from relay.web.anonymous import address_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from starlette.requests import Request

    from relay.clock import Clock
    from relay.core.rate import Rate

MOST_ADDRESSES: Final = 10_000
"""That are remembered, those with the latest trial; some 2 MB. Whoever has more has more guesses too."""

MOST_PROOFS: Final = 10_000
"""That are known to have proved themselves lately; some 2 MB."""


class Guesses:
    """Counts failed sign-ins.

    Args:
        rate: How many an address may have; ``None`` for no bound.
        headers: Where proofs stand, in lower case; a request without any is not bounded here.
        key: With which addresses and proofs are hashed.
        clock: Tells the time.
    """

    def __init__(self, rate: Rate | None, headers: Collection[str], *, key: bytes, clock: Clock) -> None:
        self._rate = rate
        self._headers = frozenset(name.encode("ascii") for name in headers)
        self._key = key
        self._clock = clock
        self._failures: OrderedDict[str, Failures] = OrderedDict()
        self._proofs: OrderedDict[bytes, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures) + len(self._proofs)

    @contextmanager
    def trial(self, request: Request) -> Iterator[None]:
        """Let a proof be looked at inside; what is raised there tells how that went.

        A trial is counted before it begins and taken back when it did not fail, so that many at once are not
        more than the bound.

        Raises:
            RateLimited: The address has failed too often.
        """
        proof = self._proof(request)
        if self._rate is None or proof is None:
            yield
            return
        address = anonymous_caller(address_of(request), self._key)
        counted = proof not in self._proofs
        if counted:
            self._count(address, self._rate)
        try:
            yield
        except AuthInvalid:
            self._proofs.pop(proof, None)
            raise
        except BaseException:
            self._take_back(address, self._rate, counted=counted)
            raise
        self._take_back(address, self._rate, counted=counted)
        self._proofs[proof] = None
        self._proofs.move_to_end(proof)
        if len(self._proofs) > MOST_PROOFS:
            self._proofs.popitem(last=False)

    def _proof(self, request: Request) -> bytes | None:
        """Hash what is shown; ``None`` when nothing is."""
        digest = hashlib.blake2b(key=self._key[:64], digest_size=16)
        shown = [(name, value) for name, value in request.scope["headers"] if name in self._headers]
        for name, value in shown:
            digest.update(b"%d %b %d " % (len(name), name, len(value)))
            digest.update(value)
        return digest.digest() if shown else None

    def _count(self, address: str, rate: Rate) -> None:
        now = self._clock.now().boot_seconds
        failures = self._failures.get(address, NO_FAILURES)
        wait = wait_seconds(failures, rate, now)
        if wait:
            raise RateLimited("Too many sign-ins from your address have failed.", retry_after=wait)
        self._failures[address] = change(failures, rate, now, 1)
        self._failures.move_to_end(address)
        if len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def _take_back(self, address: str, rate: Rate, *, counted: bool) -> None:
        failures = self._failures.get(address)
        if not counted or failures is None:
            return
        now = self._clock.now().boot_seconds
        self._failures[address] = failures = change(failures, rate, now, -1)
        if not still_counted(failures, rate, now):
            del self._failures[address]
