"""Offers and answers as text: what an offer must hold, and an answer laid out like the recorded ones.

Decides the shape of fact 6.2; pure, and knows nothing of aiortc. Payload types are always the offer's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from relay.simulator.errors import Refusal, invalid_request

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANSWERED_CODECS = {"opus/48000/2": "opus/48000/2", "pcmu/8000": "PCMU/8000", "pcma/8000": "PCMA/8000"}
_STATIC_CODECS = {"0": "pcmu/8000", "8": "pcma/8000"}
_MIRRORED = {"sendrecv": "sendrecv", "recvonly": "sendonly", "sendonly": "recvonly", "inactive": "inactive"}
_DROPPED = ("a=candidate:", "a=end-of-candidates", "a=extmap", "a=rtcp-fb:", "a=ssrc", "a=rtcp-xr")
_BY_PAYLOAD = re.compile(r"a=(rtpmap|fmtp):(\d+) ")


@dataclass(frozen=True, slots=True)
class Section:
    """One media section of an offer.

    Args:
        lines: From its ``m=`` line on.
        codecs: Payload type to codec, for those that the answer takes, in the offer's order.
    """

    kind: str
    mid: str
    rejected: bool
    direction: str
    codecs: dict[str, str]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered: `audio` is the section to answer, `data` the one with the channel."""

    session_lines: tuple[str, ...]
    sections: tuple[Section, ...]
    audio: Section
    data: Section | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweringSide:
    """What an answer says about the one who answers.

    Args:
        fingerprint: SHA-256, upper case, with colons.
        addresses: IPv4 address and UDP port of each candidate, the preferred first.
        setup: ``active``, unless the offer takes that part itself.
        tcp_port: What the passive TCP candidates name; nobody listens there.
    """

    origin: int
    unix_seconds: int
    fingerprint: str
    ufrag: str
    pwd: str
    ssrc: int
    addresses: Sequence[tuple[str, int]]
    setup: str = "active"
    tcp_port: int = 9
    flavour: Literal["azure", "openai"] = "azure"


def read_offer(text: str) -> Offer:
    """Read an offer as far as answering it needs.

    Raises:
        Refusal: 400; not SDP, a missing last line end (fact 3.1), or no audio that can be answered.
    """
    if not text.startswith("v=0") or not text.endswith("\n"):
        raise invalid_request("invalid_offer", "Failed to parse offer: failed to unmarshal SDP: EOF")
    blocks = re.split(r"(?=^m=)", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    session, *sections = (tuple(block.splitlines()) for block in blocks)
    read = tuple(_section(lines) for lines in sections)
    whole = "\n" + "\n".join(line for lines in (session, *sections) for line in lines)
    audio = next((one for one in read if one.kind == "audio" and not one.rejected), None)
    needed = ("\na=fingerprint:sha-256 ", "\na=ice-ufrag:", "\na=ice-pwd:")
    if (
        audio is None
        or "opus/48000/2" not in audio.codecs.values()
        or any(one not in whole for one in needed)
    ):
        raise unacceptable_offer()
    data = next((one for one in read if one.kind == "application" and not one.rejected), None)
    return Offer(session, read, audio, data)


def unacceptable_offer() -> Refusal:
    """Refuse an offer that is SDP but cannot be answered (fact 3.3)."""
    return invalid_request(
        "invalid_offer", "Invalid SDP offer. Please try again with a WHIP-compliant offer."
    )


def _section(lines: tuple[str, ...]) -> Section:
    fields = lines[0].removeprefix("m=").split()
    if len(fields) < 4:
        raise unacceptable_offer()
    kind, port, _, *formats = fields
    attributes = [line.removeprefix("a=") for line in lines[1:]]
    mid = next((one.removeprefix("mid:") for one in attributes if one.startswith("mid:")), "")
    direction = next((one for one in attributes if one in _MIRRORED), "sendrecv")
    named = dict(_STATIC_CODECS)
    for attribute in attributes:
        if attribute.startswith("rtpmap:"):
            payload_type, _, codec = attribute.removeprefix("rtpmap:").partition(" ")
            named[payload_type] = codec.lower()
    codecs = {one: _ANSWERED_CODECS[named[one]] for one in formats if named.get(one) in _ANSWERED_CODECS}
    rejected = port == "0" and "bundle-only" not in attributes
    return Section(kind, mid, rejected, direction, codecs, lines)


def reduced_offer(offer: Offer) -> str:
    """Write the offer down to what the WebRTC library should see of it.

    Only the audio and the data section; Opus first, because packets are sent as they are; no candidates,
    because a ``.local`` one costs a second and a multicast socket, and the peer is learnt from its checks;
    no header extensions, because the answer names none.
    """
    opus = next(one for one, codec in offer.audio.codecs.items() if codec.startswith("opus"))
    order = [opus, *(one for one, codec in offer.audio.codecs.items() if not codec.startswith("opus"))]
    media, *rest = offer.audio.lines
    lines = [
        line for line in offer.session_lines if not line.startswith(("a=group:", "a=extmap", "a=ice-lite"))
    ]
    mids = [one.mid for one in (offer.audio, offer.data) if one is not None]
    lines.append("a=group:BUNDLE " + " ".join(mids))
    lines.append(" ".join([*media.split()[:3], *order]))
    for line in rest:
        payload = _BY_PAYLOAD.match(line)
        if not line.startswith(_DROPPED) and (payload is None or payload[2] in order):
            lines.append(line)
    if offer.data is not None:
        lines += [line for line in offer.data.lines if not line.startswith(_DROPPED)]
    return "\r\n".join([*lines, ""])


def write_answer(offer: Offer, side: AnsweringSide) -> str:
    """Lay an answer out line by line like the captures of fact 6.2; other sections are rejected."""
    mids = [one.mid for one in (offer.audio, offer.data) if one is not None]
    lines = [
        "v=0",
        f"o=- {side.origin} {side.unix_seconds} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=msid-semantic:WMS *",
        f"a=fingerprint:sha-256 {side.fingerprint}",
        *(["a=ice-lite"] if side.flavour == "openai" else []),
        "a=group:BUNDLE " + " ".join(mids),
    ]
    for section in offer.sections:
        if section is offer.audio:
            lines += _audio(section, side)
        elif section is offer.data:
            lines += _data(section, side)
        else:
            lines += _rejected(section)
    return "\r\n".join([*lines, ""])


def _audio(section: Section, side: AnsweringSide) -> list[str]:
    lines = [
        "m=audio 9 UDP/TLS/RTP/SAVPF " + " ".join(section.codecs),
        "c=IN IP4 0.0.0.0",
        f"a=setup:{side.setup}",
        f"a=mid:{section.mid}",
        f"a=ice-ufrag:{side.ufrag}",
        f"a=ice-pwd:{side.pwd}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    for payload_type, codec in section.codecs.items():
        lines.append(f"a=rtpmap:{payload_type} {codec}")
        if codec.startswith("opus"):
            lines.append(f"a=fmtp:{payload_type} minptime=10;useinbandfec=1")
    if section.direction in ("sendrecv", "recvonly"):
        about = ("cname:realtimeapi", "msid:realtimeapi audio", "mslabel:realtimeapi", "label:audio")
        lines += [f"a=ssrc:{side.ssrc} {one}" for one in about]
        lines.append("a=msid:realtimeapi audio")
    lines.append(f"a={_MIRRORED[section.direction]}")
    return lines + _candidates(side)


def _candidates(side: AnsweringSide) -> list[str]:
    components = (1, 2) if side.flavour == "azure" else (1,)
    lines = []
    for number, (address, port) in enumerate(side.addresses):
        foundation = (side.origin >> 8) % 4_000_000_000 + number
        for component in components:
            start = f"a=candidate:{foundation} {component}"
            lines.append(f"{start} udp 2130706431 {address} {port} typ host ufrag {side.ufrag}")
        for component in components:
            start = f"a=candidate:{foundation} {component}"
            end = f"{side.tcp_port} typ host tcptype passive ufrag {side.ufrag}"
            lines.append(f"{start} tcp 1671430143 {address} {end}")
    return lines + (["a=end-of-candidates"] if side.flavour == "azure" else [])


def _data(section: Section, side: AnsweringSide) -> list[str]:
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        f"a=setup:{side.setup}",
        f"a=mid:{section.mid}",
        "a=sendrecv",
        "a=sctp-port:5000",
        "a=max-message-size:1073741823",
        f"a=ice-ufrag:{side.ufrag}",
        f"a=ice-pwd:{side.pwd}",
    ]


def _rejected(section: Section) -> list[str]:
    kind, _, protocol, *formats = section.lines[0].split()
    return [f"{kind} 0 {protocol} {formats[0]}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}", "a=inactive"]
