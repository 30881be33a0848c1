"""A request's fields as the rest of the relay sees them."""

from __future__ import annotations

from relay.core.request import ConnectRequest


def test_sec_05_the_offer_and_the_instructions_stay_out_of_repr() -> None:
    request = ConnectRequest(
        sdp="CANARY", voice="marin", instructions="CANARY", profile="p", presence="events"
    )

    assert repr(request) == "ConnectRequest(voice='marin', profile='p', presence='events')"


def test_a_field_that_was_not_sent_is_none() -> None:
    assert ConnectRequest() == ConnectRequest(
        sdp=None, voice=None, instructions=None, profile=None, presence=None
    )
