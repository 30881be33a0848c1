"""Answers that are handed on, and answers no browser could use."""

from __future__ import annotations

import re

import pytest

from relay.core.offer import check_answer
from relay.errors import UpstreamBadAnswer
from tests.core.recorded_offers import OFFERS, without

_CHROMIUM = OFFERS["chromium-audio-data"]
_FINGERPRINT = ":".join(["AB"] * 32)

_AZURE_ANSWER = (
    "v=0\r\no=- 5230945107612345678 1784852237 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=msid-semantic:WMS *\r\n"
    f"a=fingerprint:sha-256 {_FINGERPRINT}\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=setup:active\r\na=mid:0\r\n"
    "a=ice-ufrag:abcdefgh/realtime-api-vmss-prod-eastus2-4000005\r\na=ice-pwd:0123456789abcdef0123456789abcdef\r\n"
    "a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=sendrecv\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.7 3478 typ host\r\na=end-of-candidates\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:active\r\na=mid:1\r\n"
    "a=sctp-port:5000\r\na=ice-ufrag:abcdefgh/realtime-api-vmss-prod-eastus2-4000005\r\n"
    "a=ice-pwd:0123456789abcdef0123456789abcdef\r\n"
)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("Azure's, from fact 6.2", _AZURE_ANSWER),
        ("LF line ends", _AZURE_ANSWER.replace("\r\n", "\n")),
        ("no last line end", _AZURE_ANSWER.removesuffix("\r\n")),
        (
            "lines in an order of its own",
            without(_AZURE_ANSWER, "t=").replace("a=rtcp-mux", "t=0 0\r\na=rtcp-mux"),
        ),
        (
            "a rejected section with anything",
            _AZURE_ANSWER + "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=setup:actpass\r\n",
        ),
        ("no role", without(_AZURE_ANSWER, "a=setup")),
        ("script text, which only a page could make dangerous", _AZURE_ANSWER.replace("s=-", "s=</script>")),
    ],
)
def test_an_answer_a_browser_can_use_passes(what: str, text: str) -> None:
    check_answer(text, 65536)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("empty", ""),
        ("HTML", "<html>v=0</html>"),
        ("JSON", '{"error":{"code":"x"}}'),
        ("another version", _AZURE_ANSWER.replace("v=0", "v=1")),
        ("more on the first line", _AZURE_ANSWER.replace("v=0", "v=0 ")),
        ("no media section", _AZURE_ANSWER.partition("m=")[0]),
        ("every section rejected", re.sub(r"(m=\w+) 9", r"\1 0", _AZURE_ANSWER)),
        ("an unreadable media line", _AZURE_ANSWER + "m=video\r\n"),
        ("no ICE user fragment", without(_AZURE_ANSWER, "a=ice-ufrag")),
        ("no fingerprint", without(_AZURE_ANSWER, "a=fingerprint")),
        ("no role chosen", _AZURE_ANSWER.replace("a=setup:active", "a=setup:actpass")),
        ("our own offer", _CHROMIUM),
    ],
)
def test_up_21_an_answer_no_browser_can_use_is_refused(what: str, text: str) -> None:
    with pytest.raises(UpstreamBadAnswer) as refusal:
        check_answer(text, 65536)

    assert refusal.value.detail


def test_up_21_a_refused_answer_tells_which_rule_it_breaks() -> None:
    with pytest.raises(UpstreamBadAnswer, match="no media section in use"):
        check_answer(_AZURE_ANSWER.partition("m=")[0], 65536)


def test_up_21_an_answer_is_bounded_in_bytes() -> None:
    answer = _AZURE_ANSWER.replace("s=-", "s=é")
    size = len(answer.encode())

    check_answer(answer, size)
    with pytest.raises(UpstreamBadAnswer):
        check_answer(answer, size - 1)


def test_a_lone_surrogate_in_an_answer_is_no_fault_of_ours() -> None:
    check_answer(_AZURE_ANSWER.replace("s=-", "s=\ud800"), 65536)
