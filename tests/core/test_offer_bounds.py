"""How large an offer may be, what a refusal tells, and what a hostile one costs."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest

from relay.core.offer import OfferBounds, parse_offer
from relay.errors import BadSdp, FieldTooLarge, Problem
from tests.core.recorded_offers import OFFERS

_CHROMIUM = OFFERS["chromium-audio-data"]
_GATHERED = OFFERS["chromium-audio-data-gathered"]
_FINGERPRINT = ":".join(["AB"] * 32)
_BOUNDS = OfferBounds()


def _padded(size: int) -> str:
    """Build a good offer of exactly `size` bytes, in lines of at most 1000 bytes."""
    text, room = _CHROMIUM, size - len(_CHROMIUM)
    while room:
        line = min(room, 1000) if room - min(room, 1000) >= 5 or room <= 1000 else room - 5
        text += "a=x" + "y" * (line - 5) + "\r\n"
        room -= line
    return text


def test_bad_08_an_offer_of_32_kib_passes_and_one_byte_more_does_not() -> None:
    assert len(parse_offer(_padded(32768), _BOUNDS).text) == 32768
    with pytest.raises(FieldTooLarge):
        parse_offer(_padded(32769), _BOUNDS)


def test_the_bound_counts_bytes_and_not_characters() -> None:
    bounds = OfferBounds(max_bytes=len(_CHROMIUM) + 1)

    assert parse_offer(_CHROMIUM.replace("s=-", "s=é"), bounds)
    with pytest.raises(FieldTooLarge):
        parse_offer(_CHROMIUM.replace("s=-", "s=€"), bounds)


def test_lines_are_bounded() -> None:
    lines = _CHROMIUM.count("\n")

    assert parse_offer(_CHROMIUM + "a=x\r\n" * (1024 - lines), _BOUNDS)
    with pytest.raises(BadSdp):
        parse_offer(_CHROMIUM + "a=x\r\n" * (1025 - lines), _BOUNDS)


@pytest.mark.parametrize(("fits", "exceeds"), [("y" * 1020, "y" * 1021), ("é" * 510, "é" * 510 + "y")])
def test_a_line_is_bounded_in_bytes(fits: str, exceeds: str) -> None:
    assert parse_offer(f"{_CHROMIUM}a=x:{fits}", _BOUNDS)
    with pytest.raises(BadSdp, match=r"^Line 49 "):
        parse_offer(f"{_CHROMIUM}a=x:{exceeds}", _BOUNDS)


def test_media_sections_are_bounded() -> None:
    section = "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"

    assert parse_offer(_CHROMIUM + section * 62, _BOUNDS).media_sections == 64
    with pytest.raises(BadSdp):
        parse_offer(_CHROMIUM + section * 63, _BOUNDS)


def test_candidates_are_bounded_over_all_sections() -> None:
    candidate = "a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n"
    session_level = _CHROMIUM.replace("t=0 0\r\n", f"t=0 0\r\n{candidate}")

    assert parse_offer(session_level + candidate * 63, _BOUNDS)
    with pytest.raises(BadSdp):
        parse_offer(session_level + candidate * 64, _BOUNDS)


@pytest.mark.parametrize(
    "text",
    [
        _GATHERED.replace("v=0", "CANARY"),
        _GATHERED.replace("s=-", "CANARY"),
        _GATHERED.replace("a=setup:actpass", "a=setup:CANARY"),
        _GATHERED.replace("m=audio", "m=CANARY"),
        _GATHERED.replace("m=audio 35345", "m=audio CANARY"),
        _GATHERED.replace("ice-ufrag:pLs0", "ice-ufrag:CANARY CANARY"),
        _GATHERED.replace("sha-256", "CANARY"),
        _GATHERED + "a=CANARY" * 200,
    ],
)
def test_sec_05_a_refusal_repeats_nothing_of_the_offer(text: str) -> None:
    with pytest.raises(Problem) as refusal:
        parse_offer(text, _BOUNDS)

    assert "CANARY" not in f"{refusal.value!r} {refusal.value} {refusal.value.detail}"
    assert refusal.value.detail


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("line feeds", "\n" * 131072),
        ("carriage returns", "\r" * 131072),
        ("spaces", "v=0\r\n" + " " * 131000),
        ("empty attributes", _CHROMIUM + "a=\n" * 43000),
        ("one attribute", _CHROMIUM + "a=mid\n" * 21000),
        ("distinct attributes", _CHROMIUM + "".join(f"a={n}\n" for n in range(16000))),
        ("media sections", _CHROMIUM + "m=a 0 b c\n" * 12500),
        (
            "bundled sections",
            _CHROMIUM + "".join(f"m=a 0 b c\na=mid:m{n}\na=setup:actpass\n" for n in range(3000)),
        ),
        ("groups", _CHROMIUM.replace("t=0 0\r\n", "t=0 0\r\n" + "a=group:BUNDLE 0 1\r\n" * 6000)),
        ("one wide group", _CHROMIUM.replace("BUNDLE 0 1", "BUNDLE 0 1" + " 1" * 63000)),
        ("fingerprints", _CHROMIUM + f"a=fingerprint:sha-256 {_FINGERPRINT[:-1]}\n" * 1100),
        ("setups", _CHROMIUM + "a=setup:actpass\n" * 8000),
        ("a long line", _CHROMIUM + "a=" + "A" * 129000),
        ("wide characters", _CHROMIUM + "a=" + "\U0001f600" * 32000),
    ],
)
def test_sdp_10_a_hostile_offer_of_128_kib_costs_little_even_without_bounds(what: str, text: str) -> None:
    bounds = OfferBounds(
        max_bytes=1 << 20,
        max_lines=1 << 20,
        max_line_bytes=1 << 20,
        max_media_sections=1 << 20,
        max_candidates=1 << 20,
    )

    assert min(_seconds(text, bounds) for _ in range(3)) < 0.05


def _seconds(text: str, bounds: OfferBounds) -> float:
    begin = process_time()
    with suppress(Problem):
        parse_offer(text, bounds)
    return process_time() - begin
