"""The query of a request whose body is the offer."""

from __future__ import annotations

import pytest

from relay.errors import BadEncoding, FieldTooLarge, TooManyParts
from relay.web.query import read_query


def _read(query: bytes) -> list[tuple[str, bytes]]:
    return read_query(query, max_bytes=64, max_parameters=8)


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", []),
        (b"&&", []),
        (b"a", [("a", b"")]),
        (b"a=", [("a", b"")]),
        (b"=a", [("", b"a")]),
        (b"a=b+c&d=%2B%20e", [("a", b"b c"), ("d", b"+ e")]),
        (b"a=b=c;d=e", [("a", b"b=c;d=e")]),
        (b"a=1&%61=2", [("a", b"1"), ("a", b"2")]),
        (b"%26%3D=%00%ff\xff", [("&=", b"\0\xff\xff")]),
        (b"a=%C3%A9&\xc3=b", [("a", b"\xc3\xa9"), ("\xc3", b"b")]),
    ],
)
def test_a_query_is_read_as_browsers_write_it(query: bytes, parameters: list[tuple[str, bytes]]) -> None:
    assert _read(query) == parameters


@pytest.mark.parametrize("query", [b"a=%", b"a=%4", b"a=%zz", b"%=a", b"a=b%2", b"a=%+1", b"a=%%41"])
def test_bad_17_a_broken_escape_is_refused(query: bytes) -> None:
    with pytest.raises(BadEncoding):
        _read(query)


def test_bad_23_a_query_is_bounded() -> None:
    assert _read(b"a=" + b"x" * 62) == [("a", b"x" * 62)]
    with pytest.raises(FieldTooLarge):
        _read(b"a=" + b"x" * 63)


def test_bad_23_the_parameters_of_a_query_are_counted() -> None:
    assert len(_read(b"&".join([b"a"] * 8))) == 8
    with pytest.raises(TooManyParts):
        _read(b"&".join([b"a"] * 9))
