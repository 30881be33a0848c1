"""Failed sign-ins of an address: how many, what does not count, who is not kept out, what is remembered."""

from __future__ import annotations

import asyncio
import ipaddress
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from relay.core.rate import Rate
from relay.errors import AuthInvalid
from relay.web.auth import Authenticator
from relay.web.guesses import MOST_ADDRESSES, MOST_PROOFS, Guesses
from relay.web.token import TokenVerifier
from tests.doubles.clock import StoppedClock
from tests.doubles.relay import CALLER_KEY
from tests.doubles.sign_in import (
    SHOWN_BY_ITSELF,
    SHOWN_ON_PURPOSE,
    by_proxy,
    by_ticket,
    by_token,
    shown,
    ticket,
)
from tests.secrecy import SHARED_TOKENS as TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from relay.core.caller import Caller
    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio

THREE_A_MINUTE = Rate(3, 60)
WRONG = shown("wrong-token-of-16-or-more")


async def _fail(relay: RelayDouble, times: int, *, peer: str = "127.0.0.1") -> list[int]:
    return [
        (await relay.connect(shown(f"guess-{turn}-of-many-more"), peer=peer)).status_code
        for turn in range(times)
    ]


@pytest.mark.parametrize("sign_in", [by_token, by_ticket])
async def test_auth_19_the_fourth_wrong_sign_in_of_an_address_is_not_looked_at(
    relays: Callable[..., RelayDouble], sign_in: Callable[..., object]
) -> None:
    relay = relays(sign_in=sign_in, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)

    assert await _fail(relay, 3) == [401] * 3
    refused = await relay.connect(WRONG)

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "20"
    assert "www-authenticate" not in refused.headers
    relay.clock.advance(20)
    assert await _fail(relay, 2) == [401, 429]


async def test_auth_19_every_route_that_asks_who_asks_counts(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)

    answers = [
        await relay.ask(method, path, headers=WRONG)
        for method, path in [
            ("GET", "/calls/x"),
            ("DELETE", "/calls/x"),
            ("GET", "/calls/x/events"),
            ("GET", "/calls/x"),
        ]
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


async def test_auth_19_another_address_and_another_network_of_ipv6_are_not_kept_out(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)

    await _fail(relay, 3, peer="192.0.2.1")
    await _fail(relay, 3, peer="2001:db8::1")

    assert await _fail(relay, 1, peer="192.0.2.2") == [401]
    assert await _fail(relay, 1, peer="2001:db8::ffff:1") == [429]
    assert await _fail(relay, 1, peer="2001:db8:0:1::1") == [401]


async def test_auth_19_who_has_signed_in_is_not_kept_out_by_a_neighbour(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)
    place = (await relay.connect(shown(TOKENS[0]))).headers["location"]

    assert (await _fail(relay, 5))[-1] == 429
    kept = await relay.ask("GET", place, headers=shown(TOKENS[0]))

    assert kept.status_code == 200


async def test_auth_19_a_ticket_that_has_opened_a_call_still_ends_it(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)
    mine = shown(ticket(relay))
    place = (await relay.connect(mine)).headers["location"]

    assert (await _fail(relay, 5))[-1] == 429

    assert (await relay.ask("DELETE", place, headers=mine)).status_code == 204


async def test_auth_19_a_newcomer_behind_the_same_address_waits_for_one_turn_only(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)
    await _fail(relay, 5)

    refused = await relay.connect(shown(ticket(relay)))
    relay.clock.advance(int(refused.headers["retry-after"]))

    assert (await relay.connect(shown(ticket(relay)))).status_code == 201


async def test_auth_19_good_sign_ins_and_requests_that_show_nothing_do_not_count(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)

    good = [(await relay.connect(shown(ticket(relay)))).status_code for _ in range(9)]
    silent = [(await relay.connect()).status_code for _ in range(9)]

    assert (set(good), set(silent)) == ({201}, {401})
    assert await _fail(relay, 3) == [401] * 3
    assert (await relay.connect()).json()["code"] == "auth_required"


async def test_auth_19_what_was_right_once_is_no_guess(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE, failures=THREE_A_MINUTE)
    used, now = shown(ticket(relay)), relay.clock.now().wall_seconds
    await relay.connect(used)

    again = [(await relay.connect(used)).json()["code"] for _ in range(4)]
    over = [(await relay.connect(shown(ticket(relay, exp=now - 60)))).json()["code"] for _ in range(4)]

    assert (set(again), set(over)) == ({"ticket_used"}, {"auth_expired"})
    assert await _fail(relay, 1) == [401]


async def test_auth_19_a_token_that_was_withdrawn_counts_from_then_on(
    relays: Callable[..., RelayDouble],
) -> None:
    tokens = list(TOKENS)
    relay = relays(
        sign_in=lambda _: [TokenVerifier(lambda: tokens, CALLER_KEY)],
        rule=SHOWN_ON_PURPOSE,
        failures=THREE_A_MINUTE,
    )
    await relay.connect(shown(TOKENS[0]))
    tokens.remove(TOKENS[0])

    answers = [(await relay.connect(shown(TOKENS[0]))).status_code for _ in range(6)]

    assert answers == [401, 401, 401, 401, 429, 429]  # the first went by what was known of it


async def test_auth_19_behind_a_proxy_the_address_is_the_forwarded_one(
    relays: Callable[..., RelayDouble],
) -> None:
    networks = [ipaddress.ip_network("10.0.0.1")]
    relay = relays(
        sign_in=lambda _: [by_proxy(networks)],
        rule=SHOWN_BY_ITSELF,
        proxies=networks,
        failures=THREE_A_MINUTE,
    )

    async def ask(user: str, address: str) -> int:
        headers = {"X-Forwarded-User": user, "X-Forwarded-For": address}
        return (await relay.ask("GET", "/calls/x", peer="10.0.0.1", headers=headers)).status_code

    assert [await ask("alice,root", "192.0.2.1") for _ in range(4)] == [401, 401, 401, 429]
    assert await ask("alice", "192.0.2.2") == 404


class Slow:
    """Looks at a proof for as long as a test wants, and finds it wrong."""

    def __init__(self) -> None:
        self.looked = 0
        self.go_on = asyncio.Event()

    async def verify(self, request: Request, *, opening: bool) -> Caller | None:
        self.looked += 1
        await self.go_on.wait()
        raise AuthInvalid


async def test_auth_19_many_at_once_are_not_more_than_the_bound() -> None:
    slow = Slow()
    guesses = _guesses(StoppedClock())
    authenticator = Authenticator([slow], SHOWN_ON_PURPOSE, guesses, challenge="Bearer")
    asked = [
        asyncio.create_task(authenticator.who(_request("192.0.2.1", f"guess-{turn}"), opening=True))
        for turn in range(50)
    ]
    await asyncio.sleep(0)
    slow.go_on.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert slow.looked == 3
    assert sum(isinstance(answer, AuthInvalid) for answer in answers) == 3


async def test_auth_19_a_client_that_leaves_while_its_proof_is_looked_at_has_not_failed() -> None:
    guesses = _guesses(StoppedClock())
    for _ in range(9):
        with pytest.raises(asyncio.CancelledError), guesses.trial(_request("192.0.2.1", "whatever")):
            raise asyncio.CancelledError

    assert len(guesses) == 0


async def test_quota_09_however_many_addresses_and_proofs_are_seen_memory_is_bounded() -> None:
    clock = StoppedClock()
    guesses = _guesses(clock)
    request = _request("", "")
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(11_000):
            request.scope["client"] = (str(ipaddress.ip_address(number << 70 | 1 << 124)), 1)
            request.scope["headers"] = [(b"authorization", b"Bearer %d" % number)]
            with guesses.trial(request):
                pass
            request.scope["headers"] = [(b"authorization", b"Bearer x%d" % number)]
            with suppress(AuthInvalid), guesses.trial(request):
                raise AuthInvalid
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert len(guesses) == MOST_ADDRESSES + MOST_PROOFS
    assert taken < 10_000_000


async def test_auth_19_without_a_bound_everybody_is_asked(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    assert await _fail(relay, 30) == [401] * 30


def _guesses(clock: StoppedClock) -> Guesses:
    return Guesses(THREE_A_MINUTE, ("authorization",), key=CALLER_KEY, clock=clock)


def _request(address: str, proof: str) -> Request:
    headers = [(b"authorization", b"Bearer " + proof.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers, "client": (address, 1)})
