"""Fields that are no UTF-8, and odd text that is left to the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from relay.core.profile import Profile, build_session_config
from relay.errors import BadEncoding, BadInstructions, BadVoice
from relay.web.form import CONNECT_FIELDS
from tests.web.asgi_request import KINDS, MULTIPART, asgi_request, form, part, read, request_in

if TYPE_CHECKING:
    from relay.core.request import ConnectRequest

_SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Gespräch\r\n"
_PROFILE = Profile(name="default", title="Default", deployment="d", voices=("alloy", "marin"), voice="alloy")


def _read_form(*parts: bytes) -> ConnectRequest:
    return read(asgi_request(form(*parts), MULTIPART))


def _read_json(body: str | bytes) -> ConnectRequest:
    return read(asgi_request(body.encode() if isinstance(body, str) else body, "application/json"))


def _read_raw(query: str | bytes, body: bytes = _SDP.encode()) -> ConnectRequest:
    sent = query.encode() if isinstance(query, str) else query
    return read(asgi_request(body, "application/sdp", query=sent))


_NOT_UTF_8 = [
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"a\xe9",
    b"\xe2\x82",
]


@pytest.mark.parametrize("name", sorted(CONNECT_FIELDS))
@pytest.mark.parametrize("value", _NOT_UTF_8)
def test_bad_17_a_form_field_that_is_not_utf_8_is_refused(name: str, value: bytes) -> None:
    with pytest.raises(BadEncoding):
        _read_form(part(name, value))


@pytest.mark.parametrize("value", _NOT_UTF_8)
def test_bad_17_json_that_is_not_utf_8_is_refused(value: bytes) -> None:
    with pytest.raises(BadEncoding):
        _read_json(b'{"sdp": "' + value + b'"}')


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"\udc00\ud800", r"a\udbffb"])
@pytest.mark.parametrize("name", sorted(CONNECT_FIELDS))
def test_bad_17_a_lone_surrogate_in_json_is_refused(name: str, escape: str) -> None:
    with pytest.raises(BadEncoding):
        _read_json(f'{{"{name}": "{escape}"}}')


def test_bad_17_a_surrogate_pair_in_json_is_one_character() -> None:
    assert _read_json(r'{"sdp": "\ud83d\ude00"}').sdp == "\U0001f600"


@pytest.mark.parametrize("value", _NOT_UTF_8)
def test_bad_17_a_query_or_a_body_that_is_not_utf_8_is_refused(value: bytes) -> None:
    with pytest.raises(BadEncoding):
        _read_raw(f"instructions={quote(value)}")
    with pytest.raises(BadEncoding):
        _read_raw(b"instructions=" + value)
    with pytest.raises(BadEncoding):
        _read_raw("", value)


@pytest.mark.parametrize("query", ["voice=%", "voice=%4", "voice=%zz", "%=a", "voice=a%2"])
def test_bad_17_a_broken_escape_in_a_query_is_refused(query: str) -> None:
    with pytest.raises(BadEncoding):
        _read_raw(query)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("voice", ["a\0", "a\rb", "a\nb", "\x1b[2J", "\u202eyolla"])
def test_bad_18_odd_characters_in_a_voice_are_left_to_the_profile_which_refuses_them(
    kind: str, voice: str
) -> None:
    request = read(request_in(kind, sdp=_SDP, voice=voice))

    with pytest.raises(BadVoice) as refusal:
        build_session_config(_PROFILE, voice=request.voice, instructions=None)
    assert voice not in refusal.value.detail


@pytest.mark.parametrize("kind", KINDS)
def test_bad_18_a_nul_in_the_instructions_is_left_to_the_profile_which_refuses_it(kind: str) -> None:
    request = read(request_in(kind, sdp=_SDP, instructions="a\0b"))

    with pytest.raises(BadInstructions):
        build_session_config(_PROFILE, voice=None, instructions=request.instructions)
