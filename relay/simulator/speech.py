"""What the simulator says: sentences made beforehand, as Opus packets ready to be sent.

It decides how an Ogg Opus file is taken apart and which words have been said after so many seconds. It
never decodes, encodes or synthesises: the files in `utterances/` were made once (see the README there), and
sending their packets as they are is what lets one process hold many calls.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKET_SECONDS = 0.02
"""What every packet of an utterance lasts; in RTP's 48 kHz clock that is 960."""

UTTERANCES = Path(__file__).parent / "utterances"
"""The folder of `index.json` and the Ogg Opus files it names."""

_PAGE_HEADER = struct.Struct("<4sBBqIIIB")  # RFC 3533 section 6
_OPUS_HEAD = struct.Struct("<8sBBHIhB")  # RFC 7845 section 5.1
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence with its sound.

    Attributes:
        name: The key in `index.json`.
        text: The words, as a transcript shows them.
        packets: Opus, mono, 20 ms each, in order of playing.
    """

    name: str
    text: str
    packets: tuple[bytes, ...]

    @property
    def seconds(self) -> float:
        """How long the packets play."""
        return len(self.packets) * PACKET_SECONDS

    def spoken_until(self, seconds: float) -> str:
        """Give the words that have been said in full after so many seconds of playing.

        An estimate: time is spread over the characters evenly. The result is a beginning of `text` that
        ends with a word, never shrinks as time goes on, and is all of `text` once every packet has played.
        """
        if seconds >= self.seconds:
            return self.text
        reached = int(len(self.text) * max(seconds, 0.0) / self.seconds)
        return self.text[: self.text.rfind(" ", 0, reached + 1)] if " " in self.text[: reached + 1] else ""


def load_utterances(folder: Path = UTTERANCES) -> Mapping[str, Utterance]:
    """Read every utterance that `index.json` names, in its order.

    Reads files, so it is called once at the start and not in a running call.

    Args:
        folder: Holds `index.json` (name to text) and one `<name>.opus` for each name.

    Raises:
        ValueError: A file is not what `opus_packets` reads; the message begins with the file's name.
        OSError: A file is missing.
    """
    index: dict[str, str] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: _load(folder / f"{name}.opus", text) for name, text in index.items()})


def _load(path: Path, text: str) -> Utterance:
    try:
        return Utterance(path.stem, text, opus_packets(path.read_bytes()))
    except ValueError as broken:
        raise ValueError(f"{path.name}: {broken}") from broken


def opus_packets(ogg: bytes) -> tuple[bytes, ...]:
    """Take the Opus packets out of an Ogg file with one mono stream.

    The pre-skip (6.5 ms from opusenc) is checked but not cut off: RTP has no such notion, and the first
    packets are what a decoder settles on.

    Args:
        ogg: The whole file.

    Returns:
        The packets behind OpusHead and OpusTags, each of exactly 20 ms.

    Raises:
        ValueError: Damaged, cut short, or another kind of Ogg file; says what and where.

    Source: RFC 3533 section 6; RFC 7845 sections 3 to 5.
    """
    packets = tuple(_packets(ogg))
    if len(packets) < 3:
        raise ValueError(f"an Ogg Opus file has two headers and then sound, this has {len(packets)} packets")
    head, tags, *sound = packets
    _check_head(head, sound_samples=len(sound) * 960)
    if not tags.startswith(b"OpusTags"):
        raise ValueError("the second packet is not OpusTags")
    for number, packet in enumerate(sound):
        milliseconds = packet_milliseconds(packet)
        if milliseconds != 20:
            raise ValueError(f"packet {number} lasts {milliseconds:g} ms instead of 20")
    return tuple(sound)


def packet_milliseconds(packet: bytes) -> float:
    """Tell from its first bytes how long an Opus packet plays.

    Raises:
        ValueError: Empty, or without the frame count that its first byte announces.

    Source: RFC 6716 section 3.1, tables 2 to 4; section 3.2.5.
    """
    if not packet:
        raise ValueError("an Opus packet is empty")
    config, code = packet[0] >> 3, packet[0] & 3
    if code == 3 and len(packet) < 2:
        raise ValueError("an Opus packet ends before its frame count")
    frames = (1, 2, 2, packet[1] & 63 if code == 3 else 0)[code]
    if config < 12:
        return frames * (10, 20, 40, 60)[config & 3]
    if config < 16:
        return frames * (10, 20)[config & 1]
    return frames * (2.5, 5, 10, 20)[config & 3]


def _check_head(head: bytes, *, sound_samples: int) -> None:
    if len(head) < _OPUS_HEAD.size or not head.startswith(b"OpusHead"):
        raise ValueError("the first packet is not OpusHead")
    _, version, channels, pre_skip, _, _, family = _OPUS_HEAD.unpack_from(head)
    if version >> 4 or channels != 1 or family != 0:
        raise ValueError(f"OpusHead version {version}, {channels} channels, family {family}: mono is wanted")
    if pre_skip >= sound_samples:
        raise ValueError(f"the pre-skip of {pre_skip} samples leaves no sound")


def _packets(ogg: bytes) -> Iterator[bytes]:
    """Join lacing values to packets, across pages: a value below 255 ends one (RFC 3533 section 5)."""
    unfinished = b""
    for offset, continued, sizes, body in _pages(ogg):
        if continued != bool(unfinished):
            raise ValueError(f"the page at byte {offset} does not go on where the one before ended")
        start = end = 0
        for size in sizes:
            end += size
            if size < 255:
                yield unfinished + body[start:end]
                unfinished, start = b"", end
        unfinished += body[start:end]
    if unfinished:
        raise ValueError("the last packet is cut short")


def _pages(ogg: bytes) -> Iterator[tuple[int, bool, bytes, bytes]]:
    """Give offset, continuation mark, lacing values and body of each page, once they are found whole."""
    offset, expected, stream, kind = 0, 0, None, 0
    while offset < len(ogg):
        if len(ogg) < offset + _PAGE_HEADER.size:
            raise ValueError(f"the page at byte {offset} is cut short")
        magic, version, kind, _, serial, sequence, checksum, count = _PAGE_HEADER.unpack_from(ogg, offset)
        if magic != b"OggS" or version != 0:
            raise ValueError(f"no Ogg page at byte {offset}")
        table = offset + _PAGE_HEADER.size
        sizes = ogg[table : table + count]
        end = table + count + sum(sizes)
        if len(sizes) < count or len(ogg) < end:
            raise ValueError(f"the page at byte {offset} is cut short")
        if checksum != _checksum(ogg[offset : offset + 22] + bytes(4) + ogg[offset + 26 : end]):
            raise ValueError(f"the checksum of the page at byte {offset} is wrong")
        if sequence != expected or serial != (serial if stream is None else stream):
            raise ValueError(f"the page at byte {offset} is not number {expected} of the one stream")
        if bool(kind & _FIRST) != (expected == 0):
            raise ValueError(f"the page at byte {offset} is wrongly marked as the first, or not marked")
        yield offset, bool(kind & _CONTINUED), sizes, ogg[table + count : end]
        offset, expected, stream = end, expected + 1, serial
    if not kind & _LAST:
        raise ValueError("it ends without a last page")


def _checksum(page: bytes) -> int:
    """Compute Ogg's CRC-32: the polynomial of zlib, but unmirrored, from 0 and without inversion.

    Mirroring the bytes before and the sum after lets zlib do the work, a hundred times faster than a loop.
    """
    mirrored = ~zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) & 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")
