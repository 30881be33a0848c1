"""Forms taken apart."""

from __future__ import annotations

from relay.simulator.forms import form_fields


def test_fields_keep_their_line_ends() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="sdp"\r\nContent-Type: application/sdp\r\n\r\n'
        b"v=0\r\no=- 1\r\n\r\n--x\r\n"
        b'Content-Disposition: form-data; name="session"\r\n\r\n{"a":1}\r\n--x--\r\n'
    )

    fields = form_fields("multipart/form-data; boundary=x", body)

    assert fields == {"sdp": b"v=0\r\no=- 1\r\n", "session": b'{"a":1}'}


def test_what_is_no_form_has_no_fields() -> None:
    assert form_fields("multipart/form-data", b"v=0") == {}
    assert form_fields("text/plain", b"") == {}
