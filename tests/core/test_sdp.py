"""Text that is no SDP, seen through the offer check: the one place that asks."""

from __future__ import annotations

import re

import pytest

from relay.core.offer import OfferBounds, parse_offer
from relay.errors import BadEncoding, BadSdp
from tests.core.recorded_offers import OFFERS, without

_CHROMIUM = OFFERS["chromium-audio-data"]
_BOUNDS = OfferBounds()


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("nothing", ""),
        ("one line end", "\r\n"),
        ("HTML", "<!doctype html>\r\n<title>Sign in</title>\r\n"),
        ("JSON around SDP", '{"type":"offer","sdp":"v=0\\r\\n"}'),
        ("a string literal around SDP", f'"{_CHROMIUM}"'),
        ("a byte order mark", "\ufeff" + _CHROMIUM),
        ("an empty first line", "\r\n" + _CHROMIUM),
        ("a leading space", " " + _CHROMIUM),
        ("another version", _CHROMIUM.replace("v=0", "v=1")),
        ("a longer version", _CHROMIUM.replace("v=0", "v=00")),
        ("the version only", "v=0"),
        ("indented lines", _CHROMIUM.replace("\r\n", "\r\n  ")),
    ],
)
def test_sdp_05_what_does_not_begin_as_an_sdp_is_refused(what: str, text: str) -> None:
    with pytest.raises(BadSdp):
        parse_offer(text, _BOUNDS)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("no origin", without(_CHROMIUM, "o=")),
        ("no session name", without(_CHROMIUM, "s=")),
        ("no time", without(_CHROMIUM, "t=")),
        ("origin and session name swapped", re.sub(r"(o=.*\r\n)(s=.*\r\n)", r"\2\1", _CHROMIUM)),
        (
            "time after the attributes",
            _CHROMIUM.replace("t=0 0\r\n", "").replace("m=audio", "t=0 0\r\nm=audio", 1),
        ),
        ("a second version", _CHROMIUM.replace("t=0 0", "v=0\r\nt=0 0")),
        ("a time inside a media section", _CHROMIUM + "t=0 0\r\n"),
        ("an unknown letter", _CHROMIUM + "y=1\r\n"),
        ("a capital letter", _CHROMIUM + "A=mid:0\r\n"),
        ("no equals sign", _CHROMIUM + "a mid:0\r\n"),
        ("an empty line", _CHROMIUM + "\r\n"),
        ("an empty line inside", _CHROMIUM.replace("m=audio", "\r\nm=audio")),
    ],
)
def test_sdp_05_lines_that_break_the_grammar_are_refused(what: str, text: str) -> None:
    with pytest.raises(BadSdp):
        parse_offer(text, _BOUNDS)


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f", "\r", "\rx"])
def test_sdp_05_a_control_character_inside_a_line_is_refused(character: str) -> None:
    with pytest.raises(BadSdp, match=r"^Line 3 "):
        parse_offer(_CHROMIUM.replace("s=-", f"s=-{character}"), _BOUNDS)


@pytest.mark.parametrize(
    "media",
    [
        "m=audio",
        "m=audio 9",
        "m=audio 9 UDP/TLS/RTP/SAVPF",
        "m=audio 9 UDP/TLS/RTP/SAVPF ",
        "m=audio nine UDP/TLS/RTP/SAVPF 111",
        "m=audio -9 UDP/TLS/RTP/SAVPF 111",
        "m=audio 65536 UDP/TLS/RTP/SAVPF 111",
        "m=audio \u0669 UDP/TLS/RTP/SAVPF 111",
        "m=  9 UDP/TLS/RTP/SAVPF 111",
    ],
)
def test_sdp_05_a_media_line_that_cannot_be_read_is_refused(media: str) -> None:
    with pytest.raises(BadSdp, match=r"^Line 49 "):
        parse_offer(f"{_CHROMIUM}{media}\r\n", _BOUNDS)


@pytest.mark.parametrize(
    "media", ["m=audio 65535 RTP/AVP 0", "m=audio 49170/2 RTP/AVP 0 8 97", "m=image 54111 TCP/T38 t38"]
)
def test_a_media_line_that_can_be_read_passes(media: str) -> None:
    assert parse_offer(f"{_CHROMIUM}{media}\r\n", _BOUNDS).media_sections == 3


def test_a_session_level_in_the_order_of_rfc_8866_passes() -> None:
    head = [
        "i=-",
        "u=-",
        "e=-",
        "p=-",
        "c=IN IP4 192.0.2.1",
        "b=AS:64",
        "t=0 0",
        "r=1 2 3",
        "t=4 5",
        "z=0 0",
        "k=-",
    ]
    text = _CHROMIUM.replace("t=0 0", "\r\n".join(head))

    assert parse_offer(text, _BOUNDS).text == text


def test_a_lone_surrogate_is_no_text() -> None:
    with pytest.raises(BadEncoding):
        parse_offer(_CHROMIUM.replace("s=-", "s=\ud800"), _BOUNDS)
