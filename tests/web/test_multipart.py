"""Forms that are broken, cut off, or say more than a text field may."""

from __future__ import annotations

import logging

import pytest

from relay.errors import BadCharset, BadMultipart, TooManyParts, UnexpectedFile
from relay.web.multipart import read_parts
from tests.web.asgi_request import BOUNDARY, form, part

_EDGE = f"--{BOUNDARY}".encode()


def _parts(body: bytes) -> list[tuple[str, bytes]]:
    return read_parts(body, BOUNDARY.encode(), max_parts=8, max_part_headers=8, max_part_header_bytes=4096)


def test_names_and_values_come_in_order_and_repeats_are_kept() -> None:
    body = form(part("a", "1"), part("b", ""), part("a", "\r\n--\r\n"))

    assert _parts(body) == [("a", b"1"), ("b", b""), ("a", b"\r\n--\r\n")]


def test_an_empty_form_has_no_parts() -> None:
    assert _parts(form()) == []


def test_what_follows_the_closing_boundary_is_passed_over() -> None:
    assert _parts(form(part("a", "1")) + b"epilogue") == [("a", b"1")]


def test_bad_07_a_file_anywhere_is_refused() -> None:
    with pytest.raises(UnexpectedFile):
        _parts(form(part("a", "1"), part("b", "2", disposition=b'; filename="x"')))


def test_bad_11_eight_parts_pass_and_nine_do_not() -> None:
    assert len(_parts(form(*[part("a", "")] * 8))) == 8
    with pytest.raises(TooManyParts):
        _parts(form(*[part("a", "")] * 9))


def test_bad_11_ten_thousand_parts_without_headers_are_too_many_parts() -> None:
    body = (_EDGE + b"\r\n\r\n\r\n") * 10000

    with pytest.raises(TooManyParts):
        _parts(body)


def test_bad_12_eight_headers_pass_and_nine_do_not() -> None:
    assert _parts(form(part("a", "1", headers=b"X: y\r\n" * 7)))
    with pytest.raises(BadMultipart):
        _parts(form(part("a", "1", headers=b"X: y\r\n" * 8)))


def test_bad_12_part_headers_are_bounded_together() -> None:
    spent = len(b'Content-Disposition' b'form-data; name="a"')  # fmt: skip
    fits = b"X: " + b"y" * 2000 + b"\r\nZ: " + b"y" * (4096 - spent - 2002) + b"\r\n"

    assert _parts(form(part("a", "1", headers=fits))) == [("a", b"1")]
    with pytest.raises(BadMultipart):
        _parts(form(part("a", "1", headers=fits.replace(b"Z: ", b"Z: y"))))


@pytest.mark.parametrize("header", [b"X: " + b"y" * 5000 + b"\r\n", b"X" * 5000 + b": y\r\n"])
def test_bad_12_a_part_header_of_5_kb_is_refused(header: bytes) -> None:
    with pytest.raises(BadMultipart):
        _parts(form(part("a", "1", headers=header)))


def test_bad_13_another_boundary_than_the_one_named_is_refused() -> None:
    with pytest.raises(BadMultipart):
        _parts(form(part("a", "1")).replace(BOUNDARY.encode(), b"other"))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Content-Type: text/plain\r\n",
        b'Content-Disposition: attachment; name="a"\r\n',
        b"Content-Disposition: form-data\r\n",
        b"Content-Disposition: form-data; name\r\n",
        b'Content-Disposition: form-data; name="a\r\n',
        b'Content-Disposition: form-data; name="a" b\r\n',
        b'Content-Disposition: form-data; name="a"; name="b"\r\n',
        b"Content-Disposition: form-data; name=\"a\"; name*=utf-8''b\r\n",
        b"Content-Disposition: form-data; name*=utf-8''a\r\n",
        b'Content-Disposition: form-data; name="a\nb"\r\n',
        b'Content-Disposition: form-data; name="a"\nX: y\r\n',
        b'Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="a"\r\n',
        b'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; =\r\n',
        b'Content-Disposition : form-data; name="a"\r\n',
        b': form-data; name="a"\r\n',
        b"no colon\r\n",
    ],
)
def test_bad_13_a_part_that_does_not_say_plainly_which_field_it_is_is_refused(head: bytes) -> None:
    with pytest.raises(BadMultipart):
        _parts(_EDGE + b"\r\n" + head + b"\r\n1\r\n" + _EDGE + b"--\r\n")


_WHOLE = form(part("a", "1"))


@pytest.mark.parametrize("length", range(len(_WHOLE) - len(b"\r\n")))
def test_bad_14_a_body_cut_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises(BadMultipart):
        _parts(_WHOLE[:length])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"sdp=v%3D0",
        b'{"sdp":"v=0"}',
        _EDGE,
        _EDGE + b"\n",
        _EDGE + b"-x",
        _WHOLE.replace(b"\r\n", b"\n"),
    ],
)
def test_bad_14_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadMultipart):
        _parts(body)


@pytest.mark.parametrize("encoding", [b"base64", b"quoted-printable", b"x-gzip", b"", b"7bit, base64"])
def test_bad_16_a_transfer_encoding_that_changes_the_content_is_refused(encoding: bytes) -> None:
    with pytest.raises(BadMultipart):
        _parts(form(part("a", "MQ==", headers=b"Content-Transfer-Encoding: " + encoding + b"\r\n")))


@pytest.mark.parametrize("encoding", [b"7bit", b"8BIT", b"binary "])
def test_bad_16_a_transfer_encoding_that_changes_nothing_passes(encoding: bytes) -> None:
    body = form(part("a", "MQ==", headers=b"Content-Transfer-Encoding: " + encoding + b"\r\n"))

    assert _parts(body) == [("a", b"MQ==")]


@pytest.mark.parametrize("charset", [b"utf-16", b"latin-1", b"nonsense", b'""', b"utf8"])
def test_bad_20_another_charset_in_a_part_is_refused(charset: bytes) -> None:
    with pytest.raises(BadCharset):
        _parts(form(part("a", "1", headers=b"Content-Type: text/plain; charset=" + charset + b"\r\n")))


def test_bad_20_a_charset_in_a_parts_disposition_is_refused_too() -> None:
    with pytest.raises(BadCharset):
        _parts(form(part("a", "1", disposition=b"; charset=utf-16")))


def test_a_broken_form_leaves_no_trace_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(BadMultipart):
        _parts(_EDGE + b"\r\nCANARY\xff: 1\r\n")

    assert caplog.text == ""
