"""Header values with parameters, boundaries and charsets."""

from __future__ import annotations

import pytest

from relay.errors import BadCharset, BadMultipart
from relay.web.content_type import HeaderValue, boundary_of, parse_header_value, require_utf8


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("", "", ()),
        (" Text/Plain ", "text/plain", ()),
        ("a;", "a", ()),
        ("a;;b=c", "a", (("b", "c"),)),
        ("a\t;\tB=C ; d=e\t", "a", (("b", "C"), ("d", "e"))),
        ('a; b="c;d=\\"e\\\\"', "a", (("b", 'c;d="e\\'),)),
        ('a; b=""', "a", (("b", ""),)),
        ("a; b=1; b=2", "a", (("b", "1"), ("b", "2"))),
        ("a; b*=utf-8''c", "a", (("b*", "utf-8''c"),)),
        ("a; b=c=d", "a", (("b", "c=d"),)),
        ("a; b=(c)/:?@", "a", (("b", "(c)/:?@"),)),
    ],
)
def test_a_header_value_is_read(text: str, name: str, parameters: tuple[tuple[str, str], ...]) -> None:
    assert parse_header_value(text) == HeaderValue(name, parameters)


@pytest.mark.parametrize(
    "text",
    [
        "a; b",
        "a; b=",
        "a; =c",
        'a; b="c',
        'a; b="c\\',
        'a; b="c"d',
        "a; b=c d",
        "a; b =c",
        'a; b=c"',
        'a; b="\n"',
    ],
)
def test_a_header_value_with_malformed_parameters_is_none(text: str) -> None:
    assert parse_header_value(text) is None


@pytest.mark.parametrize("boundary", ["b", "b" * 70, "'()+_,-./:=?", "a b", "=====123=="])
def test_bad_13_a_boundary_rfc_2046_allows_is_taken(boundary: str) -> None:
    assert boundary_of(HeaderValue("multipart/form-data", (("boundary", boundary),))) == boundary.encode()


@pytest.mark.parametrize(
    "boundaries", [[], [""], ["a", "a"], ["a "], ["a@b"], ["\xe9"], ["b" * 71], ["a\tb"]]
)
def test_bad_13_a_boundary_that_cannot_be_used_is_refused(boundaries: list[str]) -> None:
    value = HeaderValue("multipart/form-data", tuple(("boundary", boundary) for boundary in boundaries))

    with pytest.raises(BadMultipart):
        boundary_of(value)


@pytest.mark.parametrize("charsets", [[], ["utf-8"], ["UTF-8"], ["utf-8", "utf-8"]])
def test_utf_8_is_the_one_charset(charsets: list[str]) -> None:
    require_utf8(HeaderValue("text/plain", tuple(("charset", charset) for charset in charsets)))


@pytest.mark.parametrize(
    "charsets", [["utf-16"], ["utf8"], [""], ["utf-8", "latin-1"], ["\uff55tf-8"], ["\u212a"]]
)
def test_bad_20_any_other_charset_is_refused(charsets: list[str]) -> None:
    value = HeaderValue("text/plain", tuple(("charset", charset) for charset in charsets))

    with pytest.raises(BadCharset):
        require_utf8(value)
