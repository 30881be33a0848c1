"""Offers that are sent on as they came, and offers that are refused by name."""

from __future__ import annotations

import re

import pytest

from relay.core.offer import Offer, OfferBounds, parse_offer
from relay.errors import BadSdp, SdpNoAudio, SdpNoFingerprint, SdpNoIce, SdpNotOffer
from tests.core.recorded_offers import OFFERS, without

_CHROMIUM = OFFERS["chromium-audio-data"]
_FIREFOX = OFFERS["firefox-audio-data"]
_GATHERED = OFFERS["chromium-audio-data-gathered"]
_MAX_BUNDLE = OFFERS["composed-max-bundle"]
_FINGERPRINT = ":".join(["AB"] * 32)
_BOUNDS = OfferBounds()


@pytest.mark.parametrize("name", sorted(OFFERS))
def test_sdp_09_a_real_offer_goes_upstream_byte_for_byte(name: str) -> None:
    offer = parse_offer(OFFERS[name], _BOUNDS)

    assert offer.text.encode() == OFFERS[name].encode()


@pytest.mark.parametrize(
    ("name", "sections", "sends", "channel"),
    [
        ("chromium-audio-data", 2, True, True),
        ("chromium-audio-only", 1, True, False),
        ("chromium-audio-video-data", 3, True, True),
        ("chromium-recvonly-data", 2, False, True),
        ("firefox-audio-data", 2, True, True),
        ("firefox-recvonly-data", 2, False, True),
        ("aiortc-audio-data", 2, True, True),
        ("composed-max-bundle", 2, True, True),
    ],
)
def test_an_offer_knows_its_few_facts(name: str, sections: int, sends: bool, channel: bool) -> None:
    offer = parse_offer(OFFERS[name], _BOUNDS)

    assert offer == Offer(
        text=OFFERS[name], media_sections=sections, has_audio_sending=sends, has_data_channel=channel
    )


def test_sdp_06_lf_only_line_ends_are_mended() -> None:
    offer = parse_offer(_CHROMIUM.replace("\r\n", "\n"), _BOUNDS)

    assert offer.text == _CHROMIUM


def test_sdp_07_mixed_line_ends_are_mended() -> None:
    offer = parse_offer(_CHROMIUM.replace("\r\n", "\n", 7), _BOUNDS)

    assert offer.text == _CHROMIUM


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_sdp_07_a_missing_last_line_end_is_mended(end: str) -> None:
    offer = parse_offer(_CHROMIUM.replace("\r\n", end).removesuffix(end), _BOUNDS)

    assert offer.text == _CHROMIUM


@pytest.mark.parametrize(
    "address",
    ["10.0.0.7", "192.168.1.4", "4b1f0c2e-9d3a.local", "2001:db8::9", "fe80::1", "0.0.0.0", "evil.example"],
)
def test_sdp_08_a_candidate_passes_unchanged_whatever_its_address(address: str) -> None:
    text = _GATHERED.replace("192.0.2.2 35345 typ host", f"{address} 35345 typ host")

    assert f" {address} 35345 " in parse_offer(text, _BOUNDS).text
    assert parse_offer(text, _BOUNDS).text == text


def test_an_offer_keeps_its_text_out_of_repr() -> None:
    offer = parse_offer(_GATHERED, _BOUNDS)

    assert repr(offer) == "Offer(media_sections=2, has_audio_sending=True, has_data_channel=True)"


def test_text_beyond_ascii_in_the_session_name_passes_unchanged() -> None:
    text = _CHROMIUM.replace("s=-", "s=Gespräch\tmit\u2028Zeile \u0085")

    assert parse_offer(text, _BOUNDS).text == text


def test_an_unknown_attribute_passes_unchanged() -> None:
    text = _CHROMIUM + "a=x-future:\x80é:1\r\n"

    assert parse_offer(text, _BOUNDS).text == text


@pytest.mark.parametrize("role", ["active", "passive"])
def test_sdp_01_an_answer_is_not_an_offer(role: str) -> None:
    with pytest.raises(SdpNotOffer):
        parse_offer(_CHROMIUM.replace("a=setup:actpass", f"a=setup:{role}"), _BOUNDS)


def test_sdp_01_a_role_chosen_in_one_section_is_enough() -> None:
    with pytest.raises(SdpNotOffer):
        parse_offer("a=setup:passive".join(_CHROMIUM.rsplit("a=setup:actpass", 1)), _BOUNDS)


def test_sdp_01_a_role_chosen_at_session_level_counts() -> None:
    text = without(_CHROMIUM, "a=setup").replace("t=0 0\r\n", "t=0 0\r\na=setup:active\r\n")

    with pytest.raises(SdpNotOffer):
        parse_offer(text, _BOUNDS)


def test_a_role_in_a_rejected_section_does_not_count() -> None:
    text = _CHROMIUM + "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=setup:active\r\n"

    assert parse_offer(text, _BOUNDS).media_sections == 3


def test_an_offer_without_a_role_is_left_to_the_upstream() -> None:
    assert parse_offer(without(_CHROMIUM, "a=setup"), _BOUNDS).has_data_channel


@pytest.mark.parametrize("role", ["holdconn", "ACTPASS", "", "actpass "])
def test_a_role_that_dtls_does_not_know_is_bad_sdp(role: str) -> None:
    with pytest.raises(BadSdp):
        parse_offer(_CHROMIUM.replace("a=setup:actpass", f"a=setup:{role}"), _BOUNDS)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("no audio section", _CHROMIUM.replace("m=audio", "m=text")),
        ("no media section", _CHROMIUM.partition("m=")[0]),
        ("rejected", _CHROMIUM.replace("m=audio 9", "m=audio 0")),
        ("inactive", _CHROMIUM.replace("a=sendrecv", "a=inactive")),
        (
            "inactive at session level",
            without(_FIREFOX, "a=sendrecv").replace("t=0 0", "t=0 0\r\na=inactive"),
        ),
        ("bundle-only outside any bundle", _MAX_BUNDLE.replace("BUNDLE data voice", "BUNDLE data")),
        ("bundle-only in a group of another kind", _MAX_BUNDLE.replace("BUNDLE", "LS")),
        ("bundle-only in a rejected bundle", _MAX_BUNDLE.replace("m=application 9", "m=application 0")),
        ("port zero in a bundle, not bundle-only", without(_MAX_BUNDLE, "a=bundle-only")),
        ("bundle-only that carries itself", _MAX_BUNDLE.replace("BUNDLE data voice", "BUNDLE voice data")),
    ],
)
def test_sdp_02_an_offer_without_usable_audio_is_refused(what: str, text: str) -> None:
    with pytest.raises(SdpNoAudio):
        parse_offer(text, _BOUNDS)


def test_one_audio_section_in_use_is_enough() -> None:
    text = _CHROMIUM + "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=inactive\r\n"

    assert parse_offer(text, _BOUNDS).media_sections == 3


@pytest.mark.parametrize(
    ("direction", "sends"), [("sendrecv", True), ("sendonly", True), ("recvonly", False), ("x-none", True)]
)
def test_the_direction_tells_whether_audio_is_sent(direction: str, sends: bool) -> None:
    offer = parse_offer(_CHROMIUM.replace("a=sendrecv", f"a={direction}"), _BOUNDS)

    assert offer.has_audio_sending is sends


@pytest.mark.parametrize("name", ["ice-ufrag", "ice-pwd"])
def test_sdp_03_an_offer_without_ice_credentials_is_refused(name: str) -> None:
    with pytest.raises(SdpNoIce):
        parse_offer(without(_CHROMIUM, f"a={name}"), _BOUNDS)


@pytest.mark.parametrize(
    ("ufrag", "pwd"),
    [
        ("abc", "p" * 22),
        ("u" * 257, "p" * 22),
        ("abcd", "p" * 21),
        ("abcd", "p" * 257),
        ("ab d", "p" * 22),
        ("äbcd", "p" * 22),
    ],
)
def test_sdp_03_ice_credentials_beyond_their_lengths_are_refused(ufrag: str, pwd: str) -> None:
    text = _CHROMIUM.replace("ice-ufrag:Yw5D", f"ice-ufrag:{ufrag}")

    with pytest.raises(SdpNoIce):
        parse_offer(text.replace("ice-pwd:eledyp0Bq4JS0oEgVln9ma1J", f"ice-pwd:{pwd}"), _BOUNDS)


@pytest.mark.parametrize(
    ("ufrag", "pwd"), [("abcd", "p" * 22), ("u" * 256, "p" * 256), ("a-b/c+d", "p" * 22)]
)
def test_ice_credentials_at_their_lengths_pass(ufrag: str, pwd: str) -> None:
    text = _CHROMIUM.replace("ice-ufrag:Yw5D", f"ice-ufrag:{ufrag}")

    assert parse_offer(text.replace("ice-pwd:eledyp0Bq4JS0oEgVln9ma1J", f"ice-pwd:{pwd}"), _BOUNDS)


def test_ice_credentials_may_stand_at_session_level() -> None:
    credentials = f"a=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 22}\r\n"
    text = without(_CHROMIUM, "a=ice-").replace("t=0 0\r\n", f"t=0 0\r\n{credentials}")

    assert parse_offer(text, _BOUNDS).text == text


def test_sdp_03_credentials_of_another_section_do_not_serve_outside_a_bundle() -> None:
    text = _MAX_BUNDLE.replace("m=audio 0", "m=audio 9").replace("a=group:BUNDLE data voice\r\n", "")

    with pytest.raises(SdpNoIce):
        parse_offer(text, _BOUNDS)


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"a=fingerprint:sha-1 {':'.join(['AB'] * 20)}\r\n",
        f"a=fingerprint:sha-256 {':'.join(['AB'] * 31)}\r\n",
        f"a=fingerprint:sha-256 {':'.join(['AB'] * 33)}\r\n",
        f"a=fingerprint:sha-256 {':'.join(['AG'] * 32)}\r\n",
        f"a=fingerprint:sha-256 {'AB' * 32}\r\n",
        f"a=fingerprint:\u017fha-256 {_FINGERPRINT}\r\n",
        "a=fingerprint\r\n",
    ],
)
def test_sdp_04_an_offer_without_a_sha_256_fingerprint_is_refused(line: str) -> None:
    text = without(_CHROMIUM, "a=fingerprint").replace("a=setup:actpass\r\n", f"{line}a=setup:actpass\r\n")

    with pytest.raises(SdpNoFingerprint):
        parse_offer(text, _BOUNDS)


@pytest.mark.parametrize("name", ["sha-256", "SHA-256", "Sha-256"])
def test_the_hash_name_and_the_digits_may_be_of_either_case(name: str) -> None:
    text = re.sub(r"fingerprint:sha-256 \S+", f"fingerprint:{name} {_FINGERPRINT.lower()}", _CHROMIUM)

    assert parse_offer(text, _BOUNDS).text == text


def test_sdp_02_an_offer_without_an_audio_section_is_told_so() -> None:
    text = _CHROMIUM.replace("m=audio", "m=video")

    with pytest.raises(SdpNoAudio, match="no m=audio section"):
        parse_offer(text, _BOUNDS)
