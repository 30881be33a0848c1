"""A head that two programs could read differently is refused."""

from __future__ import annotations

import pytest

from relay.errors import MalformedRequest
from relay.web.request_head import check_request_head

HOST = (b"host", b"relay.example:8787")


@pytest.mark.parametrize(
    ("method", "target", "version", "headers"),
    [
        (b"GET", b"/", "1.1", [HOST]),
        (b"GET", b"//host/share?x=http://y/", "1.1", [HOST]),
        (b"OPTIONS", b"*", "1.1", [HOST]),
        (b"GET", b"http://relay.example:8787/path?x", "1.1", [HOST]),
        (b"GET", b"HTTP://Relay.Example:8787/", "1.1", [HOST]),
        (b"GET", b"/", "1.0", []),
        (b"GET", b"/", "1.0", [HOST]),
        (b"POST", b"/", "1.1", [HOST, (b"transfer-encoding", b"chunked")]),
    ],
)
def test_an_unambiguous_head_passes(
    method: bytes, target: bytes, version: str, headers: list[tuple[bytes, bytes]]
) -> None:
    check_request_head(method, target, version, headers)


@pytest.mark.parametrize(
    "headers", [[], [HOST, HOST], [HOST, (b"x", b"y"), (b"host", b"evil.example")]], ids=str
)
def test_http_08_anything_but_one_host_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(MalformedRequest, match="Exactly one Host"):
        check_request_head(b"GET", b"/", "1.1", headers)


def test_http_08_two_hosts_are_refused_in_the_old_version_too() -> None:
    with pytest.raises(MalformedRequest, match="Exactly one Host"):
        check_request_head(b"GET", b"/", "1.0", [HOST, HOST])


@pytest.mark.parametrize("version", ["0.9", "2.0", "1.2", "3.0"])
def test_http_04_another_version_is_refused(version: str) -> None:
    with pytest.raises(MalformedRequest, match=r"HTTP/1\.1"):
        check_request_head(b"GET", b"/", version, [HOST])


def test_http_01_a_transfer_coding_in_the_old_version_is_refused() -> None:
    with pytest.raises(MalformedRequest, match="Transfer-Encoding"):
        check_request_head(b"POST", b"/", "1.0", [HOST, (b"transfer-encoding", b"chunked")])


@pytest.mark.parametrize(
    "codings", [[b"gzip, chunked"], [b"xchunked"], [b""], [b"chunked", b"chunked"], [b"chunked, chunked"]]
)
def test_http_03_any_other_transfer_coding_is_refused(codings: list[bytes]) -> None:
    headers = [HOST, *((b"transfer-encoding", coding) for coding in codings)]

    with pytest.raises(MalformedRequest, match="Transfer-Encoding"):
        check_request_head(b"DELETE", b"/", "1.1", headers)


@pytest.mark.parametrize(
    "target",
    [
        *(b"", b"*", b"path", b"relay.example:8787", b"/#fragment", b"/path#", b"http://relay.example:8787"),
        *(b"http://evil.example/", b"http://relay.example/", b"http://user@relay.example:8787/"),
        *(b"ftp://relay.example:8787/", b"http:///", b"http:/path", b"http://relay.example:8787?/"),
    ],
)
def test_http_09_a_target_that_is_no_path_of_ours_is_refused(target: bytes) -> None:
    with pytest.raises(MalformedRequest, match="request target"):
        check_request_head(b"GET", target, "1.1", [HOST])


def test_http_09_an_address_without_a_host_to_compare_is_refused() -> None:
    with pytest.raises(MalformedRequest, match="request target"):
        check_request_head(b"GET", b"http://relay.example/", "1.0", [])
