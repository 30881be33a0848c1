"""The ledger never loses a count."""

from __future__ import annotations

from relay.simulator.calls import CallRecord, Ledger


def record(name: str) -> CallRecord:
    return CallRecord(name, "sess", "gpt-realtime", "alloy", "hash", 1.0)


def test_a_call_is_live_until_it_has_ended() -> None:
    ledger, call = Ledger(), record("rtc_1")
    ledger.created(call)
    ledger.connected(call, 2.0)
    assert (ledger.live, call.state) == (1, "connected")

    ledger.ended(call, "hung_up", 3.0)
    assert (ledger.live, call.state, call.end_reason) == (0, "ended", "hung_up")


def test_ending_twice_counts_once_and_keeps_the_first_reason() -> None:
    ledger, call = Ledger(), record("rtc_1")
    ledger.created(call)
    ledger.ended(call, "hung_up", 3.0)
    ledger.ended(call, "browser_left", 4.0)
    shown = ledger.summary(with_calls=False)

    assert (shown["ended"], shown["hung_up"], shown["ended_by"]) == (1, 1, {"hung_up": 1})


def test_old_records_go_but_counts_stay() -> None:
    ledger = Ledger()
    for number in range(6000):
        call = record(f"rtc_{number}")
        ledger.created(call)
        ledger.ended(call, "hung_up", 2.0)
    shown = ledger.summary(with_calls=True)

    assert (shown["created"], shown["ended"]) == (6000, 6000)
    assert isinstance(shown["calls"], list)
    assert len(shown["calls"]) == 5000
    assert ledger.find("rtc_0") is None
    assert ledger.find("rtc_5999") is not None


def test_usage_adds_up_per_call_and_in_total() -> None:
    ledger, one, two = Ledger(), record("rtc_1"), record("rtc_2")
    for call in (one, two):
        ledger.created(call)
        ledger.used(call, {"total_tokens": 10})
    ledger.used(one, {"total_tokens": 5})

    assert one.usage["total_tokens"] == 15
    assert ledger.summary(with_calls=False)["usage"] == {"total_tokens": 25}


def test_a_cleared_ledger_still_knows_the_live_calls() -> None:
    ledger, old, live = Ledger(), record("rtc_1"), record("rtc_2")
    for call in (old, live):
        ledger.created(call)
    ledger.ended(old, "hung_up", 2.0)
    ledger.asked("mint")
    ledger.clear()
    shown = ledger.summary(with_calls=False)

    assert (shown["created"], shown["live"], shown["ended"]) == (1, 1, 0)
    assert shown["requests"] == {"mint": 0, "calls": 0, "hangup": 0, "sideband": 0}
