"""One request to the Realtime API: what is not even begun."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from relay.upstream.api import RealtimeApi
from relay.upstream.failure import was_not_sent
from relay.upstream.http_client import Way
from tests.upstream.parts import HEADERS

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("late", [0.0, 5.0])
async def test_when_no_time_is_left_nothing_is_sent_and_that_is_certain(
    httpx_mock: HTTPXMock, late: float
) -> None:
    async with httpx.AsyncHTTPTransport() as transport:
        api = RealtimeApi("https://upstream.example", Way(transport, HEADERS))
        with pytest.raises(httpx.ConnectTimeout) as raised:
            await api.post("calls", headers={}, deadline=asyncio.get_running_loop().time() - late)

    assert was_not_sent(raised.value)
    assert httpx_mock.get_requests() == []
