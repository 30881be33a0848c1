"""An upstream of the real kind, and an Entra ID for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from tests.upstream import parts
from tests.upstream.entra_stand_in import EntraStandIn
from tests.upstream.parts import build_upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from relay.upstream.realtime import RealtimeUpstream


@pytest.fixture(params=parts.WAYS)
def each_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The contract of every transport that the relay uses: the same tests over real sockets."""
    monkeypatch.setattr(parts, "build_test_way", parts.WAYS[request.param])
    return str(request.param)


@pytest.fixture(name="upstream")
async def _upstream() -> AsyncIterator[RealtimeUpstream]:
    upstream = build_upstream()
    yield upstream
    await upstream.close()


@pytest.fixture(scope="session", name="authority")
def _authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session", name="ca_file")
def _ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(name="entra")
def _entra(authority: trustme.CA) -> Iterator[EntraStandIn]:
    with EntraStandIn(authority) as entra:
        yield entra
