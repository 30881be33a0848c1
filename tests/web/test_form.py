"""What `POST /connect` reads in each of its three forms, and which fields it refuses."""

from __future__ import annotations

import json

import pytest

from relay.core.profile import Profile, build_session_config
from relay.core.request import ConnectRequest
from relay.errors import (
    BadVoice,
    DuplicateField,
    FieldTooLarge,
    MissingField,
    UnexpectedField,
    UnexpectedFile,
)
from relay.web.form import CONNECT_FIELDS, SESSION_FIELDS, FormBounds
from tests.web.asgi_request import KINDS, MULTIPART, Body, asgi_request, form, part, read, request_in

_SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Gespräch\r\n"
_PROFILE = Profile(name="default", title="Default", deployment="d", voices=("alloy", "marin"), voice="alloy")
_FIELDS = [("sdp", 32768), ("instructions", 16384), ("profile", 64), ("presence", 16)]


def _read_form(*parts: bytes) -> ConnectRequest:
    return read(asgi_request(form(*parts), MULTIPART))


def _read_json(body: str | bytes) -> ConnectRequest:
    return read(asgi_request(body.encode() if isinstance(body, str) else body, "application/json"))


def _read_raw(query: str | bytes, body: bytes = _SDP.encode()) -> ConnectRequest:
    sent = query.encode() if isinstance(query, str) else query
    return read(asgi_request(body, "application/sdp", query=sent))


@pytest.mark.parametrize("kind", KINDS)
def test_all_fields_arrive_as_they_were_sent(kind: str) -> None:
    sent = {
        "sdp": _SDP,
        "voice": "marin",
        "instructions": "Höflich & knapp; 1+1=2?\r\n",
        "profile": "p",
        "presence": "events",
    }

    assert read(request_in(kind, **sent)) == ConnectRequest(**sent)


@pytest.mark.parametrize("kind", KINDS)
def test_bad_04_an_absent_voice_is_the_profiles_own(kind: str) -> None:
    request = read(request_in(kind, sdp=_SDP))

    assert request == ConnectRequest(sdp=_SDP)
    assert (
        build_session_config(_PROFILE, voice=request.voice, instructions=request.instructions).voice
        == "alloy"
    )


@pytest.mark.parametrize("kind", ["multipart", "json"])
def test_a_route_without_an_offer_reads_the_other_fields(kind: str) -> None:
    assert read(request_in(kind, voice="marin"), SESSION_FIELDS) == ConnectRequest(voice="marin")


def test_a_body_in_single_bytes_reads_the_same() -> None:
    whole = form(part("sdp", _SDP), part("voice", "marin"))
    chunks = Body(bytes([byte]) for byte in whole)

    assert read(asgi_request(chunks, MULTIPART)) == ConnectRequest(sdp=_SDP, voice="marin")


def test_a_null_in_json_counts_as_not_sent() -> None:
    assert _read_json(json.dumps({"sdp": _SDP, "voice": None})) == ConnectRequest(sdp=_SDP)


def test_a_part_may_name_its_type_and_utf_8() -> None:
    headers = (
        b"Content-Type: application/sdp; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\nX-Other: 1\r\n"
    )

    assert _read_form(part("sdp", _SDP, headers=headers)).sdp == _SDP


@pytest.mark.parametrize(
    "content_type",
    [
        "Multipart/Form-Data; boundary=x",
        'multipart/form-data; boundary="x"',
        "multipart/form-data;boundary=x;",
        "multipart/form-data; charset=utf-8; boundary=x",
        'multipart/form-data ; other="a;b\\"c" ; BOUNDARY=x',
    ],
)
def test_a_content_type_may_be_written_in_many_ways(content_type: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\n--x--'

    assert read(asgi_request(body, content_type)) == ConnectRequest(sdp="v=0")


def test_private_fields_stay_out_of_repr() -> None:
    assert repr(read(request_in("json", sdp="CANARY", instructions="CANARY"))) == (
        "ConnectRequest(voice=None, profile=None, presence=None)"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_bad_01_a_missing_offer_is_refused(kind: str) -> None:
    with pytest.raises(MissingField):
        read(request_in(kind, voice="alloy"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sdp", ["", "   ", "\r\n\t\r\n"])
def test_bad_02_a_blank_offer_is_a_missing_one(kind: str, sdp: str) -> None:
    with pytest.raises(MissingField):
        read(request_in(kind, sdp=sdp))


def test_bad_02_a_null_offer_is_a_missing_one() -> None:
    with pytest.raises(MissingField):
        _read_json('{"sdp": null}')


@pytest.mark.parametrize("name", sorted(CONNECT_FIELDS))
def test_bad_03_a_field_sent_twice_is_refused_in_a_form(name: str) -> None:
    with pytest.raises(DuplicateField):
        _read_form(part("sdp", _SDP), part(name, "a"), part(name, "a"))


def test_bad_03_a_field_sent_twice_is_refused_in_json() -> None:
    with pytest.raises(DuplicateField):
        _read_json('{"sdp": "v=0", "voice": "a", "voice": "a"}')


def test_bad_03_a_field_sent_twice_is_refused_in_a_query() -> None:
    with pytest.raises(DuplicateField):
        _read_raw("voice=a&v%6fice=a")


def test_bad_03_an_offer_beside_the_body_is_a_second_one() -> None:
    with pytest.raises(DuplicateField):
        _read_raw("sdp=v%3D0")


@pytest.mark.parametrize("voice", ["nobody", "v" * 33, "v" * 5000, "ALLOY", "../alloy"])
def test_bad_05_a_voice_off_the_list_is_refused(voice: str) -> None:
    with pytest.raises(BadVoice):
        build_session_config(
            _PROFILE, voice=read(request_in("json", sdp=_SDP, voice=voice)).voice, instructions=None
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["session", "model", "tools", "deployment", "SDP", "_charset_", "", "voice ", "__proto__"]
)
def test_bad_06_a_field_the_browser_has_no_say_in_is_refused(kind: str, name: str) -> None:
    with pytest.raises(UnexpectedField):
        read(request_in(kind, sdp=_SDP, **{name: "CANARY"}))


@pytest.mark.parametrize("kind", KINDS)
def test_bad_06_the_refusal_lists_what_is_allowed_and_repeats_nothing(kind: str) -> None:
    with pytest.raises(UnexpectedField) as refusal:
        read(request_in(kind, sdp=_SDP, CANARY="CANARY"))

    assert refusal.value.detail == "This route takes: instructions, presence, profile, sdp, voice."


def test_bad_06_an_offer_is_refused_where_none_is_taken() -> None:
    with pytest.raises(UnexpectedField):
        read(request_in("multipart", sdp=_SDP), SESSION_FIELDS)


@pytest.mark.parametrize(
    "disposition",
    [b'; filename="a.sdp"', b"; filename=a", b"; filename*=UTF-8''a", b'; FileName=""', b"; filename*0=a"],
)
def test_bad_07_a_file_is_refused(disposition: bytes) -> None:
    with pytest.raises(UnexpectedFile):
        _read_form(part("sdp", _SDP, disposition=disposition))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "most"), _FIELDS)
def test_bad_08_a_field_at_its_bound_passes_and_one_byte_more_does_not(
    kind: str, name: str, most: int
) -> None:
    fits = {"sdp": _SDP, name: "x" * most}

    assert getattr(read(request_in(kind, **fits)), name) == "x" * most
    with pytest.raises(FieldTooLarge):
        read(request_in(kind, **{**fits, name: "x" * (most + 1)}))


@pytest.mark.parametrize("kind", KINDS)
def test_bad_19_where_callers_may_give_no_instructions_any_is_refused(kind: str) -> None:
    forbidden = FormBounds(max_instructions_bytes=0)

    for none in ({}, {"instructions": ""}):
        assert not read(request_in(kind, sdp=_SDP, **none), bounds=forbidden).instructions
    with pytest.raises(FieldTooLarge, match="instructions may have 0 bytes"):
        read(request_in(kind, sdp=_SDP, instructions=" "), bounds=forbidden)


@pytest.mark.parametrize("kind", KINDS)
def test_bad_08_a_bound_counts_bytes_and_not_characters(kind: str) -> None:
    with pytest.raises(FieldTooLarge):
        read(request_in(kind, sdp=_SDP, presence="é" * 9))


@pytest.mark.parametrize("kind", KINDS)
def test_bad_05_a_voice_of_32_bytes_is_left_to_the_profile(kind: str) -> None:
    assert read(request_in(kind, sdp=_SDP, voice="v" * 32)).voice == "v" * 32
