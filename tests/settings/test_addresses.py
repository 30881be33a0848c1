"""Settings that hold addresses: hosts, origins, networks, proxies, STUN and TURN servers."""

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from relay.settings.addresses import (
    IceServer,
    read_bind,
    read_hosts,
    read_https_origin,
    read_ice_servers,
    read_networks,
    read_origins,
    read_proxy,
)

TURN = '[{"urls": ["turn:t.example.com:3478?transport=udp"], "username": "canary", "credential": "canary"}]'

READ = [
    (read_bind, "127.0.0.1", "127.0.0.1"),
    (read_bind, "[::1]", "::1"),
    (read_bind, "LocalHost", "localhost"),
    (read_bind, "::", "::"),
    (read_hosts, "Voice.Example.com, other:8443", ("voice.example.com", "other:8443")),
    (read_hosts, "[::1]:80,::1", ("[::1]:80", "[::1]")),
    (
        read_origins,
        "https://App.Example.com:443,http://localhost:3000",
        ("https://app.example.com", "http://localhost:3000"),
    ),
    (
        read_networks,
        "10.0.0.5, 10.0.0.0/8, fd00::/8",
        (ip_network("10.0.0.5"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
    ),
    (read_https_origin, "login.microsoftonline.us", "https://login.microsoftonline.us"),
    (read_https_origin, "https://login.microsoftonline.us/", "https://login.microsoftonline.us"),
    (read_https_origin, "https://127.0.0.1:9443", "https://127.0.0.1:9443"),
    (
        read_ice_servers,
        '[{"urls": "stun:s.example.com:3478"}]',
        (IceServer(urls=("stun:s.example.com:3478",)),),
    ),
    (read_ice_servers, [{"urls": ["stun:s.example.com"]}], (IceServer(urls=("stun:s.example.com",)),)),
    (read_ice_servers, "[]", ()),
]

REFUSED = [
    (read_bind, "*", "write 0.0.0.0"),
    (read_bind, "127.0.0.1:8787", "without a port"),
    (read_bind, "http://127.0.0.1", "without a port"),
    (read_hosts, "*", "must name each host"),
    (read_hosts, "*.canary.com", "must name each host"),
    (read_hosts, "https://canary.com", "without https://"),
    (read_hosts, "canary.com/path", "without a path"),
    (read_hosts, "canary_x", "no usable host name"),
    (read_hosts, "canary:99999", "port"),
    (read_hosts, "[canary", "cannot be read"),
    (read_origins, "*", "any page"),
    (read_origins, "null", "any page"),
    (read_origins, "https://*.canary.com", "any page"),
    (read_origins, "canary.com", "with its scheme"),
    (read_origins, "ftp://canary.com", "with its scheme"),
    (read_origins, "https://canary.com/", "neither a path nor a slash"),
    (read_origins, "https://canary.com/app", "neither a path nor a slash"),
    (read_origins, "https://canary@x.com", "neither a path nor a slash"),
    (read_networks, "*", "addresses or networks"),
    (read_networks, "canary.com", "addresses or networks"),
    (read_networks, "10.0.0.1/8", "addresses or networks"),
    (read_networks, "0.0.0.0/0", "must not trust every address"),
    (read_networks, "10.0.0.0/8,::/0", "must not trust every address"),
    (read_https_origin, "http://canary.com", "must begin with https://"),
    (read_https_origin, "https://canary.com/my-tenant", "AZURE_TENANT_ID"),
    (read_https_origin, "https://canary@x.com", "must be a host alone"),
    (read_proxy, "socks5://canary:1", "no SOCKS"),
    (read_proxy, "canary:3128", "must be a proxy such as"),
    (read_proxy, "http://canary:3128/path", "without a path"),
    (read_proxy, "http://canary:canary@:3128", "no usable host name"),
    (read_ice_servers, "stun:canary", "must be JSON"),
    (read_ice_servers, '{"urls": "stun:canary"}', "must be a list"),
    (read_ice_servers, '["stun:canary"]', "must hold servers with urls"),
    (read_ice_servers, '[{"urls": "stun:canary", "canary": 1}]', "and nothing else"),
    (read_ice_servers, '[{"urls": "http://canary"}]', "begin with stun:"),
    (read_ice_servers, "[{}]", "begin with stun:"),
    (read_ice_servers, '[{"urls": "turn:canary"}]', "username and a credential"),
    (read_ice_servers, '[{"urls": "turn:canary", "username": 1, "credential": 2}]', "as text"),
]


@pytest.mark.parametrize(("reader", "raw", "value"), READ)
def test_an_address_is_read(reader: Callable[[object], object], raw: object, value: object) -> None:
    assert reader(raw) == value


@pytest.mark.parametrize(("reader", "raw", "words"), REFUSED)
def test_a_bad_address_is_refused_in_words_without_it(
    reader: Callable[[object], object], raw: object, words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        reader(raw)

    assert "canary" not in str(caught.value)


def test_a_proxy_keeps_its_credentials_out_of_sight() -> None:
    proxy = read_proxy("HTTP://me:canary@Proxy.example.com:3128/")

    assert proxy.get_secret_value() == "http://me:canary@proxy.example.com:3128"
    assert "canary" not in repr(proxy)


def test_a_turn_server_shows_its_credential_to_the_page_alone() -> None:
    (server,) = read_ice_servers(TURN)

    assert server.as_json() == {
        "urls": ["turn:t.example.com:3478?transport=udp"],
        "username": "canary",
        "credential": "canary",
    }
    assert "canary" not in repr(server)


def test_a_stun_server_needs_no_credential() -> None:
    assert IceServer(urls=("stun:s.example.com",)).as_json() == {"urls": ["stun:s.example.com"]}
