"""An Entra ID that refuses, is busy or talks nonsense, and an upstream that refuses its tokens."""

from __future__ import annotations

import asyncio
import logging
import traceback
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from relay.errors import UpstreamAuth, UpstreamAuthUnavailable
from relay.upstream.entra import EntraCredential
from relay.upstream.identity import build_entra_credential
from tests.secrecy import ACCESS_TOKEN, APPLICATION_SECRET, CLIENT_SECRET
from tests.upstream.clock import Clock, eventually
from tests.upstream.entra_stand_in import INVALID_CLIENT, TENANT, EntraStandIn, Reply
from tests.upstream.parts import MINT_URL, PLAN, SECRET_BODY, build_upstream, in_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_httpx import HTTPXMock

pytestmark = pytest.mark.anyio

SCOPE = "https://ai.azure.com/.default"


@asynccontextmanager
async def credential_of(entra: EntraStandIn, ca_file: str, clock: Clock) -> AsyncIterator[EntraCredential]:
    credential = EntraCredential(
        build=lambda: build_entra_credential(
            tenant=TENANT,
            client="client-id",
            application_secret=APPLICATION_SECRET,
            authority=entra.url,
            instance_discovery=False,
            ca_file=ca_file,
        ),
        scope=SCOPE,
        clock=clock,
        monotonic=clock,
        sleep=clock.sleep,
        draw=lambda: 0.0,
    )
    try:
        yield credential
    finally:
        await credential.close()


async def shown(credential: EntraCredential, *, seconds: float = 5) -> str:
    headers = await credential.headers(deadline=in_seconds(seconds))
    return headers["Authorization"]


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_in": 0},
        {"expires_in": -600},
        {"expires_in": "1"},
        {"expires_in": None},
        {"expires_in": "soon"},
    ],
)
async def test_tok_08_no_expiry_makes_the_relay_ask_in_a_loop(
    entra: EntraStandIn, ca_file: str, clock: Clock, fields: dict[str, object]
) -> None:
    entra.script = [Reply(fields=fields)] * 100
    async with credential_of(entra, ca_file, clock) as credential:
        credential.start()
        for _ in range(50):
            await asyncio.gather(*(shown(credential) for _ in range(3)), return_exceptions=True)
            await eventually(lambda: credential._fetching is None)
            await clock.advance(0.2)

    assert 1 <= entra.requests <= 11


async def test_tok_08_a_token_said_to_be_expired_already_is_shown_all_the_same(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [Reply(fields={"expires_in": -600})]
    async with credential_of(entra, ca_file, clock) as credential:
        assert await shown(credential) == f"Bearer {ACCESS_TOKEN}1"
        assert await shown(credential, seconds=0) == f"Bearer {ACCESS_TOKEN}1"


@pytest.mark.parametrize("skew", [-600, 600])
async def test_tok_08_a_wrong_clock_does_not_keep_a_token_from_serving(
    entra: EntraStandIn, ca_file: str, clock: Clock, skew: float
) -> None:
    clock.now += skew
    async with credential_of(entra, ca_file, clock) as credential:
        for _ in range(3):
            assert await shown(credential) == f"Bearer {ACCESS_TOKEN}1"


async def test_tok_10_a_refusal_is_logged_by_class_and_code_alone(
    entra: EntraStandIn, ca_file: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    entra.script = [INVALID_CLIENT]
    async with credential_of(entra, ca_file, clock) as credential:
        with pytest.raises(UpstreamAuth) as raised:
            await shown(credential)

    logged = [record.__dict__ for record in caplog.records if record.levelno >= logging.INFO]
    assert "ClientAuthenticationError AADSTS7000215" in str(logged)
    assert TENANT not in str(logged)
    assert "trace-canary" not in str(logged)
    assert TENANT not in "".join(traceback.format_exception(raised.value))
    assert entra.requests == 1, "a refusal is not asked for again"


async def test_a_busy_entra_is_not_a_refusal(entra: EntraStandIn, ca_file: str, clock: Clock) -> None:
    busy = Reply(
        status=400, fields={"error": "temporarily_unavailable", "error_description": "AADSTS90033: busy"}
    )
    entra.script = [busy, busy]
    async with credential_of(entra, ca_file, clock) as credential:
        with pytest.raises(UpstreamAuthUnavailable):
            await shown(credential)


async def test_a_retry_after_of_entra_does_not_block_the_thread(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [Reply(status=503, headers={"Retry-After": "3600"})] * 2
    async with credential_of(entra, ca_file, clock) as credential:
        with pytest.raises(UpstreamAuthUnavailable):
            await shown(credential, seconds=2)
        await clock.advance(1)

        assert await shown(credential, seconds=2) == f"Bearer {ACCESS_TOKEN}3"


async def test_up_12_a_refused_token_is_replaced_by_a_really_new_one(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        headers = await credential.headers(deadline=in_seconds(5))

        assert credential.refused(headers)
        assert await shown(credential) == f"Bearer {ACCESS_TOKEN}2"
        assert credential.refused(headers), "somebody else has replaced it: another one may be had"
        assert entra.requests == 2


async def test_up_12_a_token_is_dropped_once_in_half_a_minute(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        credential.refused(await credential.headers(deadline=in_seconds(5)))
        second = await credential.headers(deadline=in_seconds(5))

        assert not credential.refused(second)
        await clock.advance(30)
        assert credential.refused(second)


async def test_up_12_five_hundred_refusals_at_once_make_one_more_token_request(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        headers = await credential.headers(deadline=in_seconds(5))

        async def refused_and_again() -> str:
            assert credential.refused(headers)
            return await shown(credential)

        again = await asyncio.gather(*(refused_and_again() for _ in range(500)))

    assert set(again) == {f"Bearer {ACCESS_TOKEN}2"}
    assert entra.requests == 2


async def test_up_12_a_mint_refused_for_its_token_succeeds_with_the_next(
    entra: EntraStandIn, ca_file: str, clock: Clock, httpx_mock: HTTPXMock
) -> None:
    for status, number in ((401, 1), (200, 2)):
        httpx_mock.add_response(
            url=MINT_URL,
            status_code=status,
            json=SECRET_BODY,
            match_headers={"Authorization": f"Bearer {ACCESS_TOKEN}{number}"},
        )
    async with credential_of(entra, ca_file, clock) as credential:
        upstream = build_upstream(credential=credential)

        client_secret = await upstream.mint(PLAN, life_seconds=60, deadline=in_seconds(5))

        assert client_secret.value == CLIENT_SECRET
        await upstream.close()


async def test_closing_does_not_wait_for_a_slow_entra(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [Reply(seconds=0.6)]
    async with credential_of(entra, ca_file, clock) as credential:
        credential.start()
        await eventually(lambda: entra.requests == 1)
        began = asyncio.get_running_loop().time()

        await credential.close()

        assert asyncio.get_running_loop().time() - began < 0.3


async def test_sec_03_neither_the_token_nor_the_application_secret_is_shown(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        await shown(credential)

        assert repr(credential) == "<EntraCredential has a token>"
        assert ACCESS_TOKEN not in repr(vars(credential))
        assert APPLICATION_SECRET not in repr(vars(credential))
