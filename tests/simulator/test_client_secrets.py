"""Client secrets live as long as they say, and no longer."""

from __future__ import annotations

from relay.simulator.client_secrets import ClientSecrets


def test_a_secret_opens_calls_until_it_expires() -> None:
    kept = ClientSecrets()
    value, minted = kept.mint({"type": "realtime"}, expires_at=100)

    assert value.startswith("ek_")
    assert kept.find(value, now=99) is minted
    assert kept.find(value, now=100) is None
    assert kept.find("ek_other", now=1) is None


def test_the_oldest_are_forgotten() -> None:
    kept = ClientSecrets()
    first, _ = kept.mint({}, expires_at=100)
    for _ in range(20_000):
        last, _ = kept.mint({}, expires_at=100)

    assert kept.find(first, now=1) is None
    assert kept.find(last, now=1) is not None
