"""What is replaced in aioice is still there and still used."""

from __future__ import annotations

import inspect

import aioice.ice
import pytest

from relay.simulator.ice import CONSENT_MISSES, CONSENT_SECONDS, adapt_aioice, host_addresses


def test_loopback_is_offered_first_and_only_ipv4() -> None:
    addresses = host_addresses(use_ipv4=True, use_ipv6=True)

    assert addresses[0] == "127.0.0.1"
    assert not [one for one in addresses if ":" in one]
    assert len(set(addresses)) == len(addresses)


def test_aioice_still_looks_its_addresses_and_its_patience_up_where_we_put_ours() -> None:
    gather = inspect.getsource(aioice.ice.Connection.gather_candidates)
    consent = inspect.getsource(aioice.ice.Connection.query_consent)

    assert "get_host_addresses(" in gather
    assert "CONSENT_INTERVAL" in consent
    assert "CONSENT_FAILURES" in consent


def test_the_replacements_are_in_place_afterwards() -> None:
    adapt_aioice()

    assert aioice.ice.get_host_addresses is host_addresses
    assert (aioice.ice.CONSENT_INTERVAL, aioice.ice.CONSENT_FAILURES) == (CONSENT_SECONDS, CONSENT_MISSES)


def test_an_aioice_without_these_names_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(aioice.ice, "get_host_addresses")

    with pytest.raises(RuntimeError, match="get_host_addresses"):
        adapt_aioice()


def test_the_names_we_reach_into_aioice_for_exist() -> None:
    connection = aioice.ice.Connection(ice_controlling=False)

    for name in ("_local_username", "_local_password", "_protocols", "_query_consent_task"):
        assert hasattr(connection, name)
