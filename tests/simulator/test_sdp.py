"""Offers read, and answers laid out like the recorded ones (fact 6.2)."""

from __future__ import annotations

import pytest

from relay.simulator.errors import Refusal
from relay.simulator.sdp import AnsweringSide, read_offer, reduced_offer, write_answer

CRLF = "\r\n"
SIDE = AnsweringSide(
    origin=12345,
    unix_seconds=1784852237,
    fingerprint="AA:BB",
    ufrag="abcd1234/realtime-api-vmss-simulator-local-4000005",
    pwd="p" * 32,
    ssrc=77,
    addresses=[("127.0.0.1", 40000), ("192.0.2.1", 40001)],
)
AUDIO = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 96 9 0 8 101",
    "c=IN IP4 0.0.0.0",
    "a=mid:0",
    "a=sendrecv",
    "a=rtcp-mux",
    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=candidate:1 1 udp 1 abc.local 5 typ host",
    "a=rtpmap:96 opus/48000/2",
    "a=rtpmap:9 G722/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=ice-ufrag:aaaa",
    "a=ice-pwd:bbbbbbbbbbbbbbbbbbbbbb",
    "a=fingerprint:sha-256 AB:CD",
    "a=setup:actpass",
]
DATA = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:1", "a=sctp-port:5000"]
VIDEO = ["m=video 9 UDP/TLS/RTP/SAVPF 100 101", "c=IN IP4 0.0.0.0", "a=mid:v", "a=sendrecv", "a=rtcp-mux"]


def offer(*sections: list[str]) -> str:
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
    return CRLF.join([*lines, *(line for section in sections for line in section), ""])


def test_payload_types_mirror_the_offer_without_g722() -> None:
    answer = write_answer(read_offer(offer(AUDIO, DATA)), SIDE)

    assert "m=audio 9 UDP/TLS/RTP/SAVPF 96 0 8\r\n" in answer
    assert "a=rtpmap:96 opus/48000/2\r\n" in answer


def test_an_answer_has_the_recorded_lines_in_their_order() -> None:
    assert write_answer(read_offer(offer(AUDIO, DATA)), SIDE).split(CRLF)[:22] == [
        "v=0",
        "o=- 12345 1784852237 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=msid-semantic:WMS *",
        "a=fingerprint:sha-256 AA:BB",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 96 0 8",
        "c=IN IP4 0.0.0.0",
        "a=setup:active",
        "a=mid:0",
        f"a=ice-ufrag:{SIDE.ufrag}",
        f"a=ice-pwd:{SIDE.pwd}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 minptime=10;useinbandfec=1",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=ssrc:77 cname:realtimeapi",
        "a=ssrc:77 msid:realtimeapi audio",
        "a=ssrc:77 mslabel:realtimeapi",
    ]


def test_candidates_come_in_both_components_and_end_on_azure() -> None:
    answer = write_answer(read_offer(offer(AUDIO, DATA)), SIDE)

    assert answer.count(" udp 2130706431 127.0.0.1 40000 typ host ufrag ") == 2
    assert answer.count(" tcp 1671430143 ") == 4
    assert "a=end-of-candidates\r\n" in answer
    assert "a=ice-lite" not in answer


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("sendrecv", "sendrecv"), ("recvonly", "sendonly"), ("sendonly", "recvonly"), ("inactive", "inactive")],
)
def test_the_direction_is_turned_round(offered: str, answered: str) -> None:
    section = [line.replace("a=sendrecv", f"a={offered}") for line in AUDIO]
    answer = write_answer(read_offer(offer(section, DATA)), SIDE)

    assert f"a={answered}\r\na=candidate" in answer
    assert ("a=ssrc" in answer) is (answered in ("sendrecv", "sendonly"))


def test_video_is_rejected_and_left_out_of_the_bundle() -> None:
    answer = write_answer(read_offer(offer(AUDIO, VIDEO, DATA)), SIDE)

    assert "m=video 0 UDP/TLS/RTP/SAVPF 100\r\n" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer
    assert "m=video" not in reduced_offer(read_offer(offer(AUDIO, VIDEO, DATA)))


def test_the_library_sees_no_candidates_and_no_extensions() -> None:
    reduced = reduced_offer(read_offer(offer(AUDIO, DATA)))

    assert ".local" not in reduced
    assert "extmap" not in reduced
    assert "G722" not in reduced


def test_the_library_sees_opus_first() -> None:
    section = [line.replace("96 9 0 8 101", "0 8 96") for line in AUDIO]
    read = read_offer(offer(section))

    assert "m=audio 9 UDP/TLS/RTP/SAVPF 96 0 8\r\n" in reduced_offer(read)
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 96\r\n" in write_answer(read, SIDE)


@pytest.mark.parametrize(
    "text", ["", "hello", offer(AUDIO, DATA)[:-2], "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", "\r\nv=0\r\n"]
)
def test_text_that_breaks_off_is_no_sdp(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_offer(text)

    assert refused.value.message == "Failed to parse offer: failed to unmarshal SDP: EOF"


@pytest.mark.parametrize(
    "sections",
    [
        [DATA],
        [[line for line in AUDIO if "opus" not in line]],
        [[line for line in AUDIO if "fingerprint" not in line]],
        [[line for line in AUDIO if "ufrag" not in line]],
        [["m=audio", *AUDIO[1:]]],
        [[AUDIO[0].replace(" 9 UDP", " 0 UDP"), *AUDIO[1:]]],
    ],
)
def test_an_offer_that_cannot_be_answered_is_refused(sections: list[list[str]]) -> None:
    with pytest.raises(Refusal) as refused:
        read_offer(offer(*sections))

    assert (refused.value.status, refused.value.code) == (400, "invalid_offer")
