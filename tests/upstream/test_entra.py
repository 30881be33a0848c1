"""The access token of Entra ID, against a token endpoint over TLS; azure-identity runs as it is."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from relay.errors import UpstreamAuthUnavailable
from relay.upstream.entra import EntraCredential
from relay.upstream.identity import build_entra_credential
from tests.secrecy import ACCESS_TOKEN, APPLICATION_SECRET
from tests.upstream.clock import Clock, eventually
from tests.upstream.entra_stand_in import DOWN, TENANT, EntraStandIn, Reply
from tests.upstream.parts import build_upstream, in_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


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


async def test_the_access_token_is_shown_as_a_bearer(entra: EntraStandIn, ca_file: str, clock: Clock) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        assert await shown(credential) == f"Bearer {ACCESS_TOKEN}1"

    (form,) = entra.forms
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == SCOPE
    assert form["path"] == f"/{TENANT}/oauth2/v2.0/token"


async def test_tok_04_five_hundred_cold_connects_make_one_token_request(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        all_shown = await asyncio.gather(*(shown(credential) for _ in range(500)))

    assert set(all_shown) == {f"Bearer {ACCESS_TOKEN}1"}
    assert entra.requests == 1


async def test_tok_04_also_when_each_begins_while_the_others_wait(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [Reply(seconds=0.3)]
    async with credential_of(entra, ca_file, clock) as credential:
        credential.start()
        waiting = []
        for _ in range(100):
            waiting.append(asyncio.create_task(shown(credential)))
            await asyncio.sleep(0.001)
        await asyncio.gather(*waiting)

    assert entra.requests == 1


async def test_tok_05_in_the_refresh_window_nobody_waits(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [Reply(), Reply(seconds=0.2)]
    async with credential_of(entra, ca_file, clock) as credential:
        await shown(credential)
        await clock.advance(3400)

        at_once = await asyncio.gather(*(shown(credential, seconds=0) for _ in range(500)))
        assert set(at_once) == {f"Bearer {ACCESS_TOKEN}1"}

        await eventually(lambda: credential._fetching is None)
        assert await shown(credential, seconds=0) == f"Bearer {ACCESS_TOKEN}2"

    assert entra.requests == 2


async def test_tok_05_the_token_is_renewed_though_nobody_calls(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        credential.start()
        await eventually(lambda: clock.sleepers == 1)
        for _ in range(109):
            await clock.advance(30)
        assert entra.requests == 1

        await clock.advance(60)
        await eventually(lambda: entra.requests == 2)

        await eventually(lambda: credential._fetching is None)
        assert await shown(credential, seconds=0) == f"Bearer {ACCESS_TOKEN}2"


async def test_tok_01_a_start_while_entra_is_down_is_survived(
    entra: EntraStandIn, ca_file: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    entra.script = [DOWN, DOWN]
    async with credential_of(entra, ca_file, clock) as credential:
        credential.start()
        await eventually(lambda: clock.sleepers == 1)
        assert "no access token is to be had" in caplog.text
        assert not await build_upstream(credential=credential).ready()

        await clock.advance(30)
        await eventually(lambda: "has a token" in repr(credential))

        assert await build_upstream(credential=credential).ready()
        assert "access tokens are to be had again" in caplog.text


async def test_tok_02_while_entra_is_down_the_old_token_serves_and_the_retries_keep_their_distance(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        await shown(credential)
        entra.script = [DOWN] * 100
        await clock.advance(3300)

        for _ in range(90):
            assert await shown(credential, seconds=0) == f"Bearer {ACCESS_TOKEN}1"
            await eventually(lambda: credential._fetching is None)
            await clock.advance(1)

    assert entra.requests - 1 == 4  # at 0 s twice, at 30 s, at 60 s


async def test_tok_03_an_expired_token_and_no_entra_is_unavailable_at_once(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    async with credential_of(entra, ca_file, clock) as credential:
        await shown(credential)
        entra.stop()
        await clock.advance(3700)

        with pytest.raises(UpstreamAuthUnavailable) as raised:
            await shown(credential)

        assert raised.value.retry_after == 5
        await asyncio.gather(*(shown(credential, seconds=0) for _ in range(50)), return_exceptions=True)
        assert entra.requests == 1


async def test_tok_03_no_waiter_waits_beyond_its_deadline_and_the_fetch_goes_on(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [Reply(seconds=0.5)]
    async with credential_of(entra, ca_file, clock) as credential:
        began = asyncio.get_running_loop().time()
        with pytest.raises(UpstreamAuthUnavailable):
            await shown(credential, seconds=0.1)
        assert asyncio.get_running_loop().time() - began < 0.4

        assert await shown(credential) == f"Bearer {ACCESS_TOKEN}1"

    assert entra.requests == 1


async def test_a_waiter_that_is_cancelled_takes_nobody_with_it(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [Reply(seconds=0.2)]
    async with credential_of(entra, ca_file, clock) as credential:
        leaving, staying = (asyncio.create_task(shown(credential)) for _ in range(2))
        await asyncio.sleep(0.05)
        leaving.cancel()

        assert await staying == f"Bearer {ACCESS_TOKEN}1"
        assert entra.requests == 1


async def test_a_hiccup_of_entra_costs_nobody_a_call(entra: EntraStandIn, ca_file: str, clock: Clock) -> None:
    entra.script = [DOWN]
    async with credential_of(entra, ca_file, clock) as credential:
        assert await shown(credential) == f"Bearer {ACCESS_TOKEN}2"


async def test_without_a_token_entra_is_asked_once_a_second_at_most(
    entra: EntraStandIn, ca_file: str, clock: Clock
) -> None:
    entra.script = [DOWN] * 100
    async with credential_of(entra, ca_file, clock) as credential:
        for _ in range(20):
            with pytest.raises(UpstreamAuthUnavailable):
                await shown(credential)
            await clock.advance(0.25)

    assert entra.requests <= 6  # five seconds, and one repetition at the very first
