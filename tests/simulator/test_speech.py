"""The simulator's sentences: all there, audible, 20 ms a packet; and what the Ogg reader refuses."""

from __future__ import annotations

import json
import math
import struct
import time
from array import array
from typing import TYPE_CHECKING

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.simulator.speech import (
    PACKET_SECONDS,
    UTTERANCES,
    Utterance,
    load_utterances,
    opus_packets,
    packet_milliseconds,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

ALL = load_utterances()
GREETING = (UTTERANCES / "greeting.opus").read_bytes()
HEAD = b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"
TAGS = b"OpusTags" + bytes(8)
PACKET = b"\x48" + bytes(20)  # configuration 9: 20 ms, one frame
START, CONTINUED, END = 2, 1, 4


def _crc(blob: bytes) -> int:
    """Ogg's checksum bit by bit, as RFC 3533 words it: another way than the one under test."""
    crc = 0
    for byte in blob:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def _page(sequence: int, flags: int, lacing: Sequence[int], body: bytes, serial: int = 7) -> bytes:
    header = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, sequence, 0, len(lacing))
    page = header + bytes(lacing) + body
    return page[:22] + struct.pack("<I", _crc(page)) + page[26:]


def _ogg(*, head: bytes = HEAD, tags: bytes = TAGS, sound: Iterable[bytes] = (PACKET, PACKET)) -> bytes:
    packets = list(sound)
    return (
        _page(0, START, [len(head)], head)
        + _page(1, 0, [len(tags)], tags)
        + _page(2, END, [len(packet) for packet in packets], b"".join(packets))
    )


def _decoded(packets: Iterable[bytes]) -> array[float]:
    """Samples between -1 and 1 at 48 kHz."""
    decoder = av.CodecContext.create("opus", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    samples = array("f")
    for packet in packets:
        for frame in decoder.decode(av.Packet(packet)):
            assert (frame.format.name, frame.sample_rate) == ("fltp", 48000)
            samples.frombytes(bytes(frame.planes[0])[: frame.samples * 4])
    return samples


# What is shipped


def test_every_entry_of_the_index_has_a_file_and_every_file_an_entry() -> None:
    index = json.loads((UTTERANCES / "index.json").read_text(encoding="utf-8"))

    assert sorted(index) == sorted(file.stem for file in UTTERANCES.glob("*.opus"))
    assert list(ALL) == list(index)
    assert {name: utterance.text for name, utterance in ALL.items()} == index


def test_the_greeting_says_that_this_is_no_real_model() -> None:
    assert "simulator" in ALL["greeting"].text
    assert "not a real model" in ALL["greeting"].text


def test_everything_together_stays_below_400_kilobytes() -> None:
    assert sum(file.stat().st_size for file in UTTERANCES.iterdir()) < 400_000


@pytest.mark.parametrize("utterance", ALL.values(), ids=list(ALL))
def test_an_utterance_lasts_as_long_as_its_words_need(utterance: Utterance) -> None:
    letters_per_second = len(utterance.text) / utterance.seconds

    assert 10 <= letters_per_second <= 20
    assert utterance.seconds <= (15 if utterance.name == "long_story" else 6)
    assert utterance.seconds >= (12 if utterance.name == "long_story" else 1.5)


@pytest.mark.parametrize("utterance", ALL.values(), ids=list(ALL))
def test_an_utterance_decodes_to_sound_that_is_loud_and_not_clipped(utterance: Utterance) -> None:
    samples = _decoded(utterance.packets)
    rms = math.sqrt(math.fsum(sample * sample for sample in samples) / len(samples))

    assert abs(len(samples) / 48000 - utterance.seconds) < 2 * PACKET_SECONDS
    assert -22 < 20 * math.log10(rms) < -16
    assert max(map(abs, samples)) < 0.95


def test_loading_takes_less_than_20_milliseconds() -> None:
    def seconds() -> float:
        before = time.process_time()
        load_utterances()
        return time.process_time() - before

    assert min(seconds() for _ in range(5)) < 0.02


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"hello": "Hello."}', encoding="utf-8")
    (tmp_path / "hello.opus").write_bytes(b"MThd" + bytes(100))

    with pytest.raises(ValueError, match=r"hello\.opus: no Ogg page at byte 0"):
        load_utterances(tmp_path)


# Words over time


def test_nothing_is_said_before_the_start_and_everything_at_the_end() -> None:
    greeting = ALL["greeting"]

    assert greeting.spoken_until(-1) == ""
    assert greeting.spoken_until(0) == ""
    assert greeting.spoken_until(greeting.seconds) == greeting.text
    assert greeting.spoken_until(1e9) == greeting.text


def test_half_way_through_about_half_of_the_words_are_said() -> None:
    utterance = Utterance("x", "one two three four", (PACKET,) * 50)

    assert utterance.seconds == 1.0
    assert utterance.spoken_until(0.5) == "one two"


@given(name=st.sampled_from(list(ALL)), first=st.floats(0, 15), second=st.floats(0, 15))
def test_the_words_said_only_ever_grow(name: str, first: float, second: float) -> None:
    utterance = ALL[name]
    early, late = (utterance.spoken_until(seconds) for seconds in sorted((first, second)))

    assert utterance.text.startswith(late)
    assert late.startswith(early)
    assert utterance.text[len(late) : len(late) + 1] in ("", " ") or late == ""


# The Ogg reader


def test_the_packets_behind_both_headers_are_given() -> None:
    assert opus_packets(_ogg()) == (PACKET, PACKET)


def test_a_packet_across_two_pages_is_joined() -> None:
    long = b"\x48" + bytes(599)
    pages = _page(2, 0, [255, 255], long[:510]) + _page(3, CONTINUED | END, [90], long[510:])

    assert opus_packets(_ogg()[: -len(_last_page())] + pages) == (long,)


def test_a_packet_of_255_bytes_ends_with_a_lacing_value_of_nothing() -> None:
    packet = b"\x48" + bytes(254)

    assert opus_packets(_ogg()[: -len(_last_page())] + _page(2, END, [255, 0], packet)) == (packet,)


def _last_page() -> bytes:
    return _page(2, END, [len(PACKET)] * 2, PACKET * 2)


FRONT = _ogg()[: -len(_last_page())]

BROKEN = {
    "empty": (b"", "ends without a last page"),
    "a wave file": (b"RIFF" + bytes(60), "no Ogg page at byte 0"),
    "half a page header": (GREETING[:20], "the page at byte 0 is cut short"),
    "half a page": (GREETING[:-7], "is cut short"),
    "no last page": (FRONT, "ends without a last page"),
    "one flipped bit": (GREETING[:900] + bytes([GREETING[900] ^ 1]) + GREETING[901:], "checksum"),
    "a page left out": (FRONT + _page(3, END, [21], PACKET), "is not number 2 of the one stream"),
    "a second stream": (FRONT + _page(2, END, [21], PACKET, serial=8), "of the one stream"),
    "a second start": (FRONT + _page(2, START | END, [21], PACKET), "wrongly marked as the first"),
    "a packet without its beginning": (FRONT + _page(2, CONTINUED | END, [21], PACKET), "does not go on"),
    "a packet without its end": (
        FRONT + _page(2, END, [255], PACKET + bytes(234)),
        "last packet is cut short",
    ),
    "headers only": (_ogg(sound=[]), "this has 2 packets"),
    "Vorbis": (_ogg(head=b"\x01vorbis" + bytes(23)), "the first packet is not OpusHead"),
    "no tags": (_ogg(tags=b"whatever"), "the second packet is not OpusTags"),
    "stereo": (_ogg(head=HEAD[:9] + b"\x02" + HEAD[10:]), "2 channels"),
    "only pre-skip": (_ogg(head=HEAD[:10] + b"\xff\xff" + HEAD[12:]), "pre-skip of 65535 samples"),
    "frames of 10 ms": (_ogg(sound=[PACKET, b"\x40"]), "packet 1 lasts 10 ms instead of 20"),
    "an empty packet": (_ogg(sound=[PACKET, b""]), "an Opus packet is empty"),
}


@pytest.mark.parametrize(("ogg", "complaint"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_file_is_refused_with_the_reason(ogg: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        opus_packets(ogg)


@given(at=st.integers(0, len(GREETING) - 1), flip=st.integers(1, 255))
def test_no_damaged_byte_goes_unnoticed(at: int, flip: int) -> None:
    with pytest.raises(ValueError, match=r"page|stream|number"):
        opus_packets(GREETING[:at] + bytes([GREETING[at] ^ flip]) + GREETING[at + 1 :])


@pytest.mark.parametrize(
    ("packet", "milliseconds"),
    [
        (b"\x08", 20),  # SILK, narrow band
        (b"\x18", 60),
        (b"\x60", 10),  # hybrid
        (b"\x78", 20),
        (b"\x80", 2.5),  # CELT
        (b"\xf8", 20),
        (b"\xf1", 20),  # two frames of 10 ms
        (b"\xfb\x03", 60),  # three frames of 20 ms
        (b"\xfb\x83", 60),  # the same with a mark above the count
    ],
)
def test_the_first_bytes_of_a_packet_tell_its_length(packet: bytes, milliseconds: float) -> None:
    assert packet_milliseconds(packet) == milliseconds


def test_a_packet_that_ends_before_its_frame_count_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before its frame count"):
        packet_milliseconds(b"\xfb")
