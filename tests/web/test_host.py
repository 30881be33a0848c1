"""Which hosts and pages the relay answers to: decisions on header values."""

import pytest

from relay.errors import MalformedRequest, OriginRefused, UnknownHost
from relay.web.host import OriginRule, check_host, check_origin

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
OWN_PAGES = OriginRule(allowed=frozenset(), without_origin=True)
PARTNER = OriginRule(allowed=frozenset({"https://partner.example"}), without_origin=False)


def check(
    origin: str | None = None,
    *,
    fetch_site: str | None = None,
    host: str = "localhost:8787",
    rule: OriginRule = OWN_PAGES,
    method: str = "POST",
) -> None:
    check_origin(rule, method=method, host=host, origin=origin, fetch_site=fetch_site)


@pytest.mark.parametrize(
    "value", [b"localhost", b"localhost:8787", b"LOCALHOST:1", b"127.0.0.1:8787", b"[::1]", b"[::1]:8787"]
)
def test_our_own_names_are_answered(value: bytes) -> None:
    assert check_host([value], LOOPBACK) == value.decode().lower()


@pytest.mark.parametrize(
    "value",
    [
        b"evil.example",
        b"localhost.evil.example",
        b"localhost@evil.example",
        b"evil.example@localhost",
        b"localhost/x?",
        b"localhost:8787:1",
        b"localhost:\xb2",
        b"localhost:",
        b"",
        b"\xff",
        b"127.0.0.1.nip.example:8787",
    ],
)
def test_web_07_http_08_a_foreign_host_is_refused(value: bytes) -> None:
    with pytest.raises(UnknownHost):
        check_host([value], LOOPBACK)


@pytest.mark.parametrize("values", [[], [b"localhost", b"localhost"], [b"localhost", b"evil.example"]])
def test_http_08_no_host_and_two_hosts_are_malformed(values: list[bytes]) -> None:
    with pytest.raises(MalformedRequest):
        check_host(values, LOOPBACK)


def test_a_listed_port_is_exact() -> None:
    assert check_host([b"relay.example:8443"], {"relay.example:8443"})
    with pytest.raises(UnknownHost):
        check_host([b"relay.example:9000"], {"relay.example:8443"})


def test_the_relays_own_page_may() -> None:
    check("http://localhost:8787")


def test_a_page_behind_a_proxy_that_ends_tls_is_still_ours() -> None:
    check("https://relay.example", host="relay.example")
    check("https://relay.example", host="relay.example:443")
    check("https://relay.example:8443", host="relay.example:8443")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost:9999",
        "http://localhost",
        "http://localhost:8787.evil.example",
        "http://user@localhost:8787",
        "http://localhost:8787/path",
        "http://localhost:99999999",
        "file://localhost:8787",
        "",
        "http://[::1",
    ],
)
def test_web_01_a_foreign_page_is_refused(origin: str) -> None:
    with pytest.raises(OriginRefused):
        check(origin)


def test_web_03_a_null_origin_is_refused() -> None:
    with pytest.raises(OriginRefused):
        check("null")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
def test_web_02_a_cross_site_request_without_origin_is_refused(site: str) -> None:
    with pytest.raises(OriginRefused):
        check(fetch_site=site)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_web_02_the_browsers_own_word_for_our_page_is_believed(site: str) -> None:
    check(fetch_site=site)


def test_web_05_a_program_without_origin_may_on_loopback_only() -> None:
    check()
    with pytest.raises(OriginRefused):
        check(rule=PARTNER)


def test_web_06_a_listed_page_may_and_its_neighbours_may_not() -> None:
    check("https://partner.example", rule=PARTNER)
    for neighbour in ("http://partner.example", "https://partner.example:444", "https://x.partner.example"):
        with pytest.raises(OriginRefused):
            check(neighbour, rule=PARTNER)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_free_to_all(method: str) -> None:
    check("https://evil.example", method=method)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "POKE"])
def test_every_other_method_is_guarded(method: str) -> None:
    with pytest.raises(OriginRefused):
        check("https://evil.example", method=method)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://voice.example.com:8443", "voice.example.com"),
        ("http://localhost:3000", "localhost"),
        ("http://localhost", "localhost:8787"),
        ("https://voice.example.com", "voice.example.com:80"),
    ],
)
def test_web_01_another_port_of_our_name_is_another_page(origin: str, host: str) -> None:
    with pytest.raises(OriginRefused):
        check(origin, host=host)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_web_01_a_plain_http_page_of_our_name_is_not_ours(site: str) -> None:
    with pytest.raises(OriginRefused):
        check(host="voice.example.com", origin="http://voice.example.com", fetch_site=site)

    check(host="voice.example.com", origin="https://voice.example.com", fetch_site="same-origin")
