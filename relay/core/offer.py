"""What makes an SDP offer worth sending upstream, and an SDP answer worth handing on.

Decides from the text alone, before anything is spent. Never rewrites: an offer goes upstream as it came,
with only its line ends mended (fact 3.1), and an answer goes back byte for byte. Never refuses what the
upstream can judge better: codecs, candidates, video, a missing data channel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from relay.core.sdp import check_grammar, mend_line_ends, read_description, split_lines
from relay.errors import (
    BadEncoding,
    BadSdp,
    FieldTooLarge,
    SdpNoAudio,
    SdpNoFingerprint,
    SdpNoIce,
    SdpNotOffer,
    UpstreamBadAnswer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relay.core.sdp import Description, Section

# RFC 8839 section 5.4 bounds the lengths. Its alphabet is not enforced: the upstream itself writes hyphens
# into its user fragments (fact 6.2).
_ICE_UFRAG: Final = re.compile(r"[!-~]{4,256}")
_ICE_PWD: Final = re.compile(r"[!-~]{22,256}")

# RFC 8122 section 5; the hash name is case-insensitive, and lower-case digits are met in the wild.
_SHA_256: Final = re.compile(r"sha-256 [0-9a-f]{2}(?::[0-9a-f]{2}){31}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferBounds:
    """How large an offer may be. A browser's offer for a voice call is 2 to 6 KiB and under 200 lines.

    Args:
        max_bytes: Of the whole text in UTF-8, as it came.
        max_lines: Of all kinds.
        max_line_bytes: Of one line in UTF-8, without its end.
        max_media_sections: ``m=`` lines.
        max_candidates: ``a=candidate`` lines in all sections together.
    """

    max_bytes: int = 32768
    max_lines: int = 1024
    max_line_bytes: int = 1024
    max_media_sections: int = 64
    max_candidates: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An SDP offer that has passed every check; it carries addresses, so its text is kept out of ``repr``.

    Args:
        text: What is sent upstream: as it came, each line ended by CRLF.
        media_sections: ``m=`` lines, used or not.
        has_audio_sending: Whether the browser means to send audio; ``False`` for those who only type.
        has_data_channel: Whether events can flow.
    """

    text: str = field(repr=False)
    media_sections: int
    has_audio_sending: bool
    has_data_channel: bool


def parse_offer(text: str, bounds: OfferBounds) -> Offer:
    """Check an SDP offer and keep only what the relay decides by.

    Args:
        text: SDP, lines ended by CRLF or LF, the last end optional.
        bounds: How large it may be.

    Raises:
        FieldTooLarge: More bytes than allowed.
        BadEncoding: A lone surrogate, which no UTF-8 can carry.
        BadSdp: Not SDP, a bound of lines or sections exceeded, or ``a=setup:holdconn``.
        SdpNotOffer: ``a=setup:active`` or ``passive``: an answer.
        SdpNoAudio: No audio section, or none that is neither rejected nor inactive.
        SdpNoIce: The audio section has no ICE credentials of its own, the session's or its bundle's.
        SdpNoFingerprint: The same for a sha-256 fingerprint.

    Source: RFC 8866 section 5; RFC 9429 section 5.8; RFC 8842 section 5; facts 3.1 and 6.1.
    """
    if _utf8_length(text) > bounds.max_bytes:
        raise FieldTooLarge(f"An offer may have {bounds.max_bytes} bytes.")
    mended = mend_line_ends(text)
    _check_lengths(mended, bounds)
    lines = split_lines(mended)
    check_grammar(lines)
    description = read_description(lines)
    _check_counts(description, bounds)
    used = [section for section in description.media if description.is_used(section)]
    _check_setup(description, used)
    audio = _audio_in_use(description, used)
    _check_transport(description, audio[0])
    return Offer(
        text=mended,
        media_sections=len(description.media),
        has_audio_sending=any(description.direction(section).startswith("send") for section in audio),
        has_data_channel=any(section.media == "application" and "SCTP" in section.proto for section in used),
    )


def check_answer(text: str, max_bytes: int) -> None:
    """Check that an upstream's answer can be handed to a browser; the caller passes it on unchanged.

    Looser than `parse_offer`: a call exists already, and only what no browser could use is refused.

    Args:
        text: The body as the upstream wrote it.
        max_bytes: In UTF-8.

    Raises:
        UpstreamBadAnswer: Too large, not SDP, no used media section, no ICE user fragment or fingerprint,
            or ``a=setup:actpass``, which is an offer's.

    Source: RFC 8842 section 5.3; facts 3.2 and 6.2.
    """
    if len(text) > max_bytes or len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise UpstreamBadAnswer(f"The answer is larger than {max_bytes} bytes.")
    lines = split_lines(mend_line_ends(text))
    if lines[0] != "v=0":
        raise UpstreamBadAnswer("The answer does not begin with v=0.")
    try:
        description = read_description(lines)
    except BadSdp:
        raise UpstreamBadAnswer("The answer has a media line that cannot be read.") from None
    used = [section for section in description.media if description.is_used(section)]
    if not used:
        raise UpstreamBadAnswer("The answer has no media section in use.")
    for name in ("ice-ufrag", "fingerprint"):
        if not any(description.effective(section, name) for section in used):
            raise UpstreamBadAnswer(f"The answer has no {name}.")
    if any("actpass" in description.effective(section, "setup") for section in used):
        raise UpstreamBadAnswer("The answer does not choose a DTLS role.")


def _utf8_length(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise BadEncoding("The offer contains a lone surrogate.") from None


def _check_lengths(mended: str, bounds: OfferBounds) -> None:
    if mended.count("\n") > bounds.max_lines:
        raise BadSdp(f"An offer may have {bounds.max_lines} lines.")
    lines = split_lines(mended)
    if mended.isascii() and max(map(len, lines)) <= bounds.max_line_bytes:
        return
    for number, line in enumerate(lines, 1):
        if len(line.encode()) > bounds.max_line_bytes:
            raise BadSdp(f"Line {number} is longer than {bounds.max_line_bytes} bytes.")


def _check_counts(description: Description, bounds: OfferBounds) -> None:
    if len(description.media) > bounds.max_media_sections:
        raise BadSdp(f"An offer may have {bounds.max_media_sections} media sections.")
    places = (description.session, *description.media)
    if sum(len(place.attributes.get("candidate", ())) for place in places) > bounds.max_candidates:
        raise BadSdp(f"An offer may have {bounds.max_candidates} candidates.")


def _check_setup(description: Description, used: Sequence[Section]) -> None:
    """Refuse a chosen DTLS role; a missing one is left to the upstream (RFC 8842 section 5.3)."""
    roles = {role for section in used for role in description.effective(section, "setup")}
    if roles & {"active", "passive"}:
        raise SdpNotOffer("An offer leaves the DTLS role open (a=setup:actpass); this one has chosen.")
    if roles - {"actpass"}:
        raise BadSdp("A used section has an a=setup that no DTLS offer may have (RFC 8842 section 5.1).")


def _audio_in_use(description: Description, used: Sequence[Section]) -> Sequence[Section]:
    if not any(section.media == "audio" for section in description.media):
        raise SdpNoAudio("There is no m=audio section.")
    audio = [
        section
        for section in used
        if section.media == "audio" and description.direction(section) != "inactive"
    ]
    if not audio:
        raise SdpNoAudio("Every audio section is rejected (port 0) or inactive.")
    return audio


def _check_transport(description: Description, audio: Section) -> None:
    if not any(_ICE_UFRAG.fullmatch(value) for value in description.effective(audio, "ice-ufrag")):
        raise SdpNoIce("The audio section has no a=ice-ufrag of 4 to 256 characters.")
    if not any(_ICE_PWD.fullmatch(value) for value in description.effective(audio, "ice-pwd")):
        raise SdpNoIce("The audio section has no a=ice-pwd of 22 to 256 characters.")
    if not any(_SHA_256.fullmatch(value) for value in description.effective(audio, "fingerprint")):
        raise SdpNoFingerprint("The audio section has no a=fingerprint:sha-256 of 32 bytes.")
