"""Signing in: what is missing, useless or dangerous keeps the relay from starting, with the reason."""

from pathlib import Path

import pytest

from relay.settings import SettingsError, load_settings
from relay.settings.addresses import read_networks
from relay.settings.sign_in_rules import embraces_too_much

TOKEN = {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN": "canary-" + "t" * 32}
TICKET = {"RELAY_AUTH": "ticket", "RELAY_TICKET_KEY": "canary-" + "k" * 32}
OIDC = {"RELAY_AUTH": "oidc", "RELAY_OIDC_ISSUER": "https://login.example/", "RELAY_OIDC_AUDIENCE": "relay"}
PROXY = {
    "RELAY_AUTH": "proxy",
    "RELAY_PROXY_USER_HEADER": "X-Forwarded-User",
    "RELAY_TRUSTED_PROXIES": "10.0.0.5",
}
OPEN = {
    "RELAY_HOST": "0.0.0.0",
    "RELAY_ALLOWED_HOSTS": "voice.example.com",
    "AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com",
}


def complaints(environ: dict[str, str], directory: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, directory)
    assert not any("canary" in complaint for complaint in caught.value.complaints)
    return [complaint.split(" (")[0] for complaint in caught.value.complaints]


@pytest.mark.parametrize("way", [TOKEN, TICKET, OIDC, PROXY])
@pytest.mark.parametrize("bind", [{}, OPEN])
def test_each_way_starts_with_what_it_needs(
    tmp_path: Path, way: dict[str, str], bind: dict[str, str]
) -> None:
    settings = load_settings(way | bind, tmp_path)

    assert settings.relay_auth == (way["RELAY_AUTH"],)
    assert settings.warnings == ()


def test_several_ways_are_tried_in_the_order_they_are_written(tmp_path: Path) -> None:
    both = {**TICKET, **TOKEN, **PROXY, "RELAY_AUTH": "proxy, Token,ticket"}

    assert load_settings(both, tmp_path).relay_auth == ("proxy", "token", "ticket")


REFUSED = [
    ("no token", {"RELAY_AUTH": "token"}, ["RELAY_AUTH_TOKEN"]),
    ("an empty token", {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN": "  "}, ["RELAY_AUTH_TOKEN"]),
    ("a short token", {**TOKEN, "RELAY_AUTH_TOKEN": "canary"}, ["RELAY_AUTH_TOKEN"]),
    ("a short token among others", {**TOKEN, "RELAY_AUTH_TOKEN": "t" * 32 + ",canary"}, ["RELAY_AUTH_TOKEN"]),
    ("no ticket key", {"RELAY_AUTH": "ticket"}, ["RELAY_TICKET_KEY"]),
    ("a short ticket key", {**TICKET, "RELAY_TICKET_KEY": "canary"}, ["RELAY_TICKET_KEY"]),
    ("no issuer, no audience", {"RELAY_AUTH": "oidc"}, ["RELAY_OIDC_ISSUER", "RELAY_OIDC_AUDIENCE"]),
    ("an issuer by http", {**OIDC, "RELAY_OIDC_ISSUER": "http://login.example/"}, ["RELAY_OIDC_ISSUER"]),
    ("an issuer without keys", {**OIDC, "RELAY_OIDC_ISSUER": "voice.example.com"}, ["RELAY_OIDC_ISSUER"]),
    ("no header, no peers", {"RELAY_AUTH": "proxy"}, ["RELAY_PROXY_USER_HEADER", "RELAY_TRUSTED_PROXIES"]),
    ("no peers", {k: v for k, v in PROXY.items() if k != "RELAY_TRUSTED_PROXIES"}, ["RELAY_TRUSTED_PROXIES"]),
    ("a star", {**PROXY, "RELAY_TRUSTED_PROXIES": "*"}, ["RELAY_TRUSTED_PROXIES"]),
    ("everybody", {**PROXY, "RELAY_TRUSTED_PROXIES": "0.0.0.0/0"}, ["RELAY_TRUSTED_PROXIES"]),
    ("everybody by IPv6", {**PROXY, "RELAY_TRUSTED_PROXIES": "::/0"}, ["RELAY_TRUSTED_PROXIES"]),
    ("two halves", {**PROXY, "RELAY_TRUSTED_PROXIES": "0.0.0.0/1,128.0.0.0/1"}, ["RELAY_TRUSTED_PROXIES"]),
    ("half of it", {**PROXY, "RELAY_TRUSTED_PROXIES": "128.0.0.0/1"}, ["RELAY_TRUSTED_PROXIES"]),
    ("all that is routed", {**PROXY, "RELAY_TRUSTED_PROXIES": "2000::/3"}, ["RELAY_TRUSTED_PROXIES"]),
    ("a short proxy secret", {**PROXY, "RELAY_PROXY_SECRET": "canary"}, ["RELAY_PROXY_SECRET"]),
    (
        "credentials as an identity",
        {**PROXY, "RELAY_PROXY_USER_HEADER": "Authorization"},
        ["RELAY_PROXY_USER_HEADER"],
    ),
    ("an underscore", {**PROXY, "RELAY_PROXY_USER_HEADER": "X_User"}, ["RELAY_PROXY_USER_HEADER"]),
    (
        "one header for both",
        {**OIDC, **PROXY, "RELAY_AUTH": "oidc,proxy", "RELAY_OIDC_HEADER": "x-forwarded-user"},
        ["RELAY_PROXY_USER_HEADER"],
    ),
    ("none beside another", {**TOKEN, "RELAY_AUTH": "none,token"}, ["RELAY_AUTH"]),
    ("an unknown way", {"RELAY_AUTH": "password"}, ["RELAY_AUTH"]),
    ("a token nobody asks for", {"RELAY_AUTH_TOKEN": "t" * 32}, ["RELAY_AUTH_TOKEN"]),
    ("a ticket key nobody asks for", {**TOKEN, **TICKET, "RELAY_AUTH": "token"}, ["RELAY_TICKET_KEY"]),
    (
        "an issuer nobody asks",
        {**OIDC, "RELAY_AUTH": "none"},
        ["RELAY_OIDC_ISSUER", "RELAY_OIDC_AUDIENCE"],
    ),
    ("a header nobody reads", {**PROXY, "RELAY_AUTH": "none"}, ["RELAY_PROXY_USER_HEADER"]),
    ("an open bind without a word", OPEN, ["RELAY_AUTH"]),
    (
        "a sign-in page that is a script",
        {**PROXY, "RELAY_SIGN_IN_URL": "javascript:alert(1)"},
        ["RELAY_SIGN_IN_URL"],
    ),
    (
        "a sign-in page elsewhere in disguise",
        {**PROXY, "RELAY_SIGN_IN_URL": "//evil.example"},
        ["RELAY_SIGN_IN_URL"],
    ),
    ("the same, written otherwise", {**PROXY, "RELAY_SIGN_IN_URL": "/\\evil.example"}, ["RELAY_SIGN_IN_URL"]),
]


@pytest.mark.parametrize(
    ("environ", "names"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_auth_10_auth_16_what_would_let_too_many_in_does_not_start(
    tmp_path: Path, environ: dict[str, str], names: list[str]
) -> None:
    assert complaints(environ, tmp_path) == names


@pytest.mark.parametrize(
    ("networks", "wide"),
    [
        ("10.0.0.0/8", False),
        ("172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,::1,fd00::/8", False),
        ("104.16.0.0/13,2400:cb00::/32", False),
        ("8.0.0.0/7", True),
        ("2a00::/12", True),
        ("10.0.0.0/8,0.0.0.0/1", True),
        (",".join(f"{octet}.0.0.0/8" for octet in range(256)), True),
    ],
)
def test_auth_16_how_wide_trust_may_be(networks: str, *, wide: bool) -> None:
    assert bool(embraces_too_much(read_networks(networks))) is wide


def test_an_issuer_that_is_no_address_names_where_its_keys_are(tmp_path: Path) -> None:
    pomerium = {
        **OIDC,
        "RELAY_OIDC_ISSUER": "voice.example.com",
        "RELAY_OIDC_HEADER": "X-Pomerium-Jwt-Assertion",
        "RELAY_OIDC_JWKS_URL": "https://voice.example.com/.well-known/pomerium/jwks.json",
    }

    settings = load_settings(pomerium, tmp_path)

    assert settings.relay_oidc_header == "x-pomerium-jwt-assertion"
    assert settings.relay_oidc_issuer == "voice.example.com"


@pytest.mark.parametrize("name", ["RELAY_AUTH_TOKEN", "RELAY_TICKET_KEY", "RELAY_PROXY_SECRET"])
def test_what_is_secret_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    secret = "s" * 40
    (tmp_path / "secret").write_text(f"{secret}\n")
    environ = {
        "RELAY_AUTH_TOKEN": TOKEN,
        "RELAY_TICKET_KEY": TICKET,
        "RELAY_PROXY_SECRET": PROXY,
    }[name]
    given = {key: value for key, value in environ.items() if key != name}

    settings = load_settings({**given, f"{name}_FILE": "secret"}, tmp_path)

    assert getattr(settings, name.lower()).get_secret_value() == secret
    assert getattr(settings, f"{name.lower()}_file") == tmp_path / "secret"


def test_auth_10_a_file_without_a_token_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    given = {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN_FILE": "secret"}

    assert complaints(given, tmp_path) == ["RELAY_AUTH_TOKEN_FILE"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("RELAY_TICKET_KEY", "RELAY_AUTH_TOKEN"), ("RELAY_PROXY_SECRET", "RELAY_TICKET_KEY")],
)
def test_one_secret_serves_one_end(tmp_path: Path, first: str, second: str) -> None:
    same = "canary-" + "s" * 32
    ways = {**TOKEN, **TICKET, **PROXY, "RELAY_AUTH": "token,ticket,proxy", first: same, second: same}

    assert set(complaints(ways, tmp_path)) <= {first, second}


def test_azures_key_is_nobodys_token(tmp_path: Path) -> None:
    key = "canary-" + "a" * 32
    tokens = {**TOKEN, **OPEN, "RELAY_AUTH_TOKEN": f"canary-{'t' * 32},{key}", "AZURE_OPENAI_API_KEY": key}

    assert complaints(tokens, tmp_path) == ["RELAY_AUTH_TOKEN"]
