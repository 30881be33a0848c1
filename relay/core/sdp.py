"""The text of a session description: its lines, its sections and their attributes (RFC 8866).

Decides what is SDP at all; what makes an offer or an answer usable stands in `relay.core.offer`. Never
resolves an address, never looks into a candidate, and never puts a line into an error text: a refusal
names the number of the line and the rule. Every pass is linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relay.errors import BadSdp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONE_LF: Final = re.compile(r"(?<!\r)\n")
_LINE: Final = re.compile(r"[a-z]=[^\x00-\x08\x0a-\x1f\x7f]*")  # a tab may stand in free text
_LINES: Final = re.compile(r"(?:[a-z]=[^\x00-\x08\x0a-\x1f\x7f]*+\r\n)*+")
_MEDIA: Final = re.compile(r"m=([!-~]+) ([0-9]{1,5})(?:/[0-9]{1,5})? ([!-~]+) (?:[^ ].*)")

# RFC 8866 section 5: the order is fixed, so that a parser can tell a broken description from an odd one.
_SESSION_RANK: Final[Mapping[str, int]] = {
    letter: rank
    for rank, letters in enumerate(("i", "u", "e", "p", "c", "b", "tr", "z", "k", "a"))
    for letter in letters
}
_MEDIA_LETTERS: Final = frozenset("icbka")
_DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")


@dataclass(frozen=True, slots=True)
class Section:
    """The session level, or one media section.

    Args:
        media: ``audio``, ``video``, ``application`` …; empty for the session level.
        port: Zero means rejected, or that another section carries this one (RFC 9143 section 6).
        proto: The transport, such as ``UDP/TLS/RTP/SAVPF``.
        attributes: The values of each ``a=`` line by name; ``""`` for a line without a value.
    """

    media: str
    port: int
    proto: str
    attributes: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Description:
    """A session description cut into its sections.

    Args:
        session: What stands before the first ``m=`` line.
        media: The media sections, in order.
        carriers: For each ``mid`` in a BUNDLE group, the section whose transport the group shares.
    """

    session: Section
    media: Sequence[Section]
    carriers: Mapping[str, Section]

    def carrier(self, section: Section) -> Section | None:
        """Find the section that carries this one's packets in a BUNDLE group, if it is in one."""
        return self.carriers.get(section.attributes.get("mid", ("",))[0])

    def is_used(self, section: Section) -> bool:
        """Tell whether the section is neither rejected nor bundled into a rejected one.

        Source: RFC 9143 section 6 (port zero with ``bundle-only`` is no rejection).
        """
        if section.port:
            return True
        carrier = self.carrier(section)
        return "bundle-only" in section.attributes and carrier is not None and carrier.port != 0

    def effective(self, section: Section, name: str) -> Sequence[str]:
        """Look an attribute up where it may stand: the section, the session level, the BUNDLE carrier.

        Source: RFC 8866 section 5.13; RFC 9143 section 7.1.3 (a bundled section shares the transport).
        """
        carrier = self.carrier(section)
        for place in (section, self.session, carrier):
            if place is not None and name in place.attributes:
                return place.attributes[name]
        return ()

    def direction(self, section: Section) -> str:
        """Tell which way media flows, as seen by the sender of the description (RFC 8866 section 6.7)."""
        for place in (section, self.session):
            for name in place.attributes:
                if name in _DIRECTIONS:
                    return name
        return "sendrecv"


def mend_line_ends(text: str) -> str:
    """Turn every lone LF into CRLF and end the last line; nothing else is changed."""
    mended = text if text.count("\n") == text.count("\r\n") else _LONE_LF.sub("\r\n", text)
    return mended if mended.endswith("\r\n") else mended + "\r\n"


def split_lines(text: str) -> list[str]:
    """Cut a text whose line ends are mended, at CRLF only: SDP knows no other line end."""
    return text.removesuffix("\r\n").split("\r\n")


def check_grammar(lines: Sequence[str]) -> None:
    """Refuse what no SDP parser should see: other text, control characters, lines out of order.

    Args:
        lines: Without their ends.

    Raises:
        BadSdp: Names the line and the rule.

    Source: RFC 8866 sections 5 and 9.
    """
    if lines[0] != "v=0":
        raise BadSdp("Line 1 is not v=0.")
    rank, timed, in_media = 0, False, False
    well_formed = _LINES.fullmatch("\r\n".join(lines) + "\r\n") is not None
    for number, line in enumerate(lines, 1):
        if not well_formed and _LINE.fullmatch(line) is None:
            raise BadSdp(
                f"Line {number} is not a letter, an equals sign and text without control characters."
            )
        letter = line[0]
        if in_media and letter in _MEDIA_LETTERS:
            continue
        if number <= len("vos"):
            in_order = letter == "vos"[number - 1]
        elif letter == "m":
            in_order = in_media = True
        elif in_media:
            in_order = False
        else:
            in_order = _SESSION_RANK.get(letter, -1) >= rank
            rank = _SESSION_RANK.get(letter, rank)
            timed = timed or letter == "t"
        if not in_order:
            raise BadSdp(f"Line {number} stands where no line of its kind may stand.")
    if not timed:
        raise BadSdp("There is no t= line.")


def read_description(lines: Sequence[str]) -> Description:
    """Cut the lines into sections and collect their attributes; lines of other kinds are passed over.

    Args:
        lines: Without their ends.

    Raises:
        BadSdp: An ``m=`` line that cannot be read; names the line.
    """
    attributes: dict[str, list[str]] = {}
    session = Section("", 0, "", attributes)
    media: list[Section] = []
    for number, line in enumerate(lines, 1):
        kind = line[:2]
        if kind == "a=":
            name, _, value = line[2:].partition(":")
            if name in attributes:
                attributes[name].append(value)
            else:
                attributes[name] = [value]
        elif kind == "m=":
            attributes = {}
            media.append(_read_media_line(number, line, attributes))
    return Description(session, media, _carriers(session, media))


def _read_media_line(number: int, line: str, attributes: Mapping[str, Sequence[str]]) -> Section:
    parts = _MEDIA.fullmatch(line)
    if parts is None or int(parts[2]) > 0xFFFF:
        raise BadSdp(f"Line {number} is not a media, a port, a transport and a list of formats.")
    return Section(parts[1], int(parts[2]), parts[3], attributes)


def _carriers(session: Section, media: Sequence[Section]) -> dict[str, Section]:
    by_mid: dict[str, Section] = {}
    for section in media:
        for mid in section.attributes.get("mid", ())[:1]:
            by_mid.setdefault(mid, section)
    carriers: dict[str, Section] = {}
    for group in session.attributes.get("group", ()):
        kind, *mids = group.split(" ")
        if kind == "BUNDLE" and mids and mids[0] in by_mid:
            for mid in mids:
                carriers.setdefault(mid, by_mid[mids[0]])
    return carriers
