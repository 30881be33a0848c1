"""What settings mean together: contradictions, warnings, and what is derived from several of them."""

from pathlib import Path

import pytest

from relay.settings import SettingsError, load_settings

AZURE = {"AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com"}
OPEN = {"RELAY_HOST": "0.0.0.0", "RELAY_AUTH": "none", "RELAY_ALLOWED_HOSTS": "voice.example.com"}
PRINCIPAL = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}

REFUSED = [
    ("azure without an address", {"RELAY_UPSTREAM": "azure"}, ["AZURE_OPENAI_BASE_URL"]),
    ("open to others without an address", OPEN, ["AZURE_OPENAI_BASE_URL"]),
    (
        "open to others, sign-in not written out",
        AZURE | {"RELAY_HOST": "::", "RELAY_ALLOWED_HOSTS": "a"},
        ["RELAY_AUTH"],
    ),
    (
        "open to others without host names",
        AZURE | {"RELAY_HOST": "10.0.0.1", "RELAY_AUTH": "none"},
        ["RELAY_ALLOWED_HOSTS"],
    ),
    ("open by a name", AZURE | {"RELAY_HOST": "relay.internal"}, ["RELAY_AUTH", "RELAY_ALLOWED_HOSTS"]),
    ("an application secret alone", {"AZURE_CLIENT_SECRET": "s"}, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"]),
    ("no tenant", {"AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_ID": "c"}, ["AZURE_TENANT_ID"]),
    ("a voice that is not offered", {"RELAY_VOICE": "nova"}, ["RELAY_VOICE"]),
    ("voices without the default", {"RELAY_VOICES": "nova"}, ["RELAY_VOICE"]),
    ("offers larger than bodies", {"RELAY_MAX_SDP_BYTES": "131073"}, ["RELAY_MAX_SDP_BYTES"]),
    (
        "a small body",
        {"RELAY_MAX_BODY_BYTES": "1024"},
        ["RELAY_MAX_SDP_BYTES", "RELAY_MAX_INSTRUCTIONS_BYTES"],
    ),
]


@pytest.mark.parametrize(
    ("environ", "names"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_does_not_go_together_is_refused(
    tmp_path: Path, environ: dict[str, str], names: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, tmp_path)

    assert [complaint.split(" (")[0] for complaint in caught.value.complaints] == names


def test_a_broken_setting_is_not_complained_of_twice(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"RELAY_UPSTREAM": "azure", "AZURE_OPENAI_BASE_URL": "ftp://x"}, tmp_path)

    assert len(caught.value.complaints) == 1


UPSTREAMS = [
    ({}, "simulator"),
    (AZURE, "azure"),
    (AZURE | {"RELAY_UPSTREAM": "azure"}, "azure"),
    (AZURE | {"RELAY_UPSTREAM": "simulator"}, "simulator"),
    (AZURE | OPEN, "azure"),
    (OPEN | {"RELAY_UPSTREAM": "simulator"}, "simulator"),
    ({"RELAY_HOST": "::1"}, "simulator"),
]


@pytest.mark.parametrize(("environ", "kind"), UPSTREAMS)
def test_where_calls_go(tmp_path: Path, environ: dict[str, str], kind: str) -> None:
    assert load_settings(environ, tmp_path).upstream_kind == kind


CREDENTIALS = [
    ({}, "default_chain"),
    ({"AZURE_CLIENT_ID": "c"}, "default_chain"),
    ({"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}, "default_chain"),
    (PRINCIPAL, "service_principal"),
    ({"AZURE_OPENAI_API_KEY": "k"}, "api_key"),
    (PRINCIPAL | {"AZURE_OPENAI_API_KEY": "k"}, "api_key"),
]


@pytest.mark.parametrize(("environ", "kind"), CREDENTIALS)
def test_what_is_shown_to_azure(tmp_path: Path, environ: dict[str, str], kind: str) -> None:
    assert load_settings(AZURE | environ, tmp_path).credential_kind == kind


HOSTS = [
    ({}, ("localhost", "127.0.0.1", "[::1]")),
    ({"RELAY_HOST": "127.0.0.2"}, ("localhost", "127.0.0.1", "[::1]", "127.0.0.2")),
    ({"RELAY_HOST": "[::1]"}, ("localhost", "127.0.0.1", "[::1]")),
    ({"RELAY_ALLOWED_HOSTS": "voice.localhost:8787"}, ("voice.localhost:8787",)),
    (AZURE | OPEN, ("voice.example.com",)),
]


@pytest.mark.parametrize(("environ", "hosts"), HOSTS)
def test_which_hosts_are_served(tmp_path: Path, environ: dict[str, str], hosts: tuple[str, ...]) -> None:
    assert load_settings(environ, tmp_path).allowed_hosts == hosts


WARNINGS = [
    ("nothing odd", AZURE, []),
    ("loopback upstream", {"AZURE_OPENAI_BASE_URL": "http://[::1]:9000"}, []),
    ("an open relay", AZURE | OPEN, []),
    ("a proxy, nobody asked", AZURE | {"RELAY_TRUSTED_PROXIES": "127.0.0.1"}, ["RELAY_AUTH is not set"]),
    ("a proxy that asks", AZURE | {"RELAY_TRUSTED_PROXIES": "127.0.0.1", "RELAY_AUTH": "none"}, []),
    ("a region", AZURE | {"AZURE_REGION": "eastus2"}, ["AZURE_REGION is not used"]),
    ("a gateway", {"AZURE_OPENAI_BASE_URL": "https://apim.example.com"}, ["none of Azure's usual hosts"]),
    ("an address beside the simulator", AZURE | {"RELAY_UPSTREAM": "simulator"}, ["BASE_URL is not used"]),
    (
        "a key without an address",
        {"AZURE_OPENAI_API_KEY": "k"},
        ["BASE_URL is not set: calls go to the simulator"],
    ),
    ("an open simulator", OPEN | {"RELAY_UPSTREAM": "simulator"}, ["answers on this machine alone"]),
    (
        "key and principal",
        AZURE | PRINCIPAL | {"AZURE_OPENAI_API_KEY": "k"},
        ["AZURE_CLIENT_SECRET is not used"],
    ),
    (
        "a sovereign cloud",
        {"AZURE_OPENAI_BASE_URL": "https://r.openai.azure.us:8443"},
        ["none of Azure's usual hosts", "AZURE_AUTHORITY_HOST is the public cloud's"],
    ),
]


@pytest.mark.parametrize(
    ("environ", "words"), [case[1:] for case in WARNINGS], ids=[case[0] for case in WARNINGS]
)
def test_what_is_likely_to_surprise_is_warned_of(
    tmp_path: Path, environ: dict[str, str], words: list[str]
) -> None:
    warned = load_settings(environ, tmp_path).warnings

    assert len(warned) == len(words)
    assert all(word in warning for word, warning in zip(words, warned, strict=True))
