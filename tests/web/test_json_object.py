"""JSON bodies: what counts as one flat object of text fields."""

from __future__ import annotations

import pytest

from relay.errors import BadEncoding, BadJson
from relay.web.json_object import read_members


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ("{}", []),
        (' {"b": "1", "a": "", "b": "2"} ', [("b", b"1"), ("a", b""), ("b", b"2")]),
        ('{"a": null, "b": "x"}', [("b", b"x")]),
        (r'{"a": "\u0000\ud83d\ude00\r\n"}', [("a", b"\0\xf0\x9f\x98\x80\r\n")]),
        ('{"é": "é"}', [("é", "é".encode())]),
    ],
)
def test_members_come_in_order_and_repeats_are_kept(body: str, members: list[tuple[str, bytes]]) -> None:
    assert read_members(body.encode()) == members


@pytest.mark.parametrize(
    "body", [b"\xff", b'{"a": "\xed\xa0\x80"}', rb'{"a": "\ud800"}', b"\xff\xfe{\0}\0", b"{\xc0\xaf}"]
)
def test_bad_17_what_is_no_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(BadEncoding):
        read_members(body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        '[["sdp", "v=0"]]',
        '"v=0"',
        "{",
        "{}{}",
        "{'sdp': 'v=0'}",
        '{"sdp": "v=0",}',
        '{"sdp": "v=0\r\n"}',
        '{"sdp": 1}',
        '{"sdp": 1e999}',
        '{"sdp": NaN}',
        '{"sdp": -Infinity}',
        '{"sdp": true}',
        '{"sdp": ["v=0"]}',
        '{"sdp": {"sdp": "v=0"}}',
        '{"sdp": {"a": 1, "a": 1}}',
        '{"sdp": "\\x"}',
        "\ufeff{}",
        "[" * 131072,
        '{"sdp":' * 18000,
        '{"sdp": ' + "9" * 131000 + "}",
        '{"sdp": ' + "[" * 60000 + "]" * 60000 + "}",
    ],
    ids=lambda body: body[:20],
)
def test_json_that_is_no_object_of_strings_is_refused(body: str) -> None:
    with pytest.raises(BadJson):
        read_members(body.encode())
