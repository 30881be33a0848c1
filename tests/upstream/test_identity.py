"""Which credential of azure-identity is built, and what it does not read from the environment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from relay.upstream.identity import build_entra_credential, describe_refusal, is_refusal
from tests.secrecy import ACCESS_TOKEN, APPLICATION_SECRET
from tests.upstream.entra_stand_in import INVALID_CLIENT, TENANT, EntraStandIn
from tests.upstream.wire import Visit, Wire

if TYPE_CHECKING:
    from pathlib import Path

SCOPE = "https://ai.azure.com/.default"
CHAIN = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TOKEN_CREDENTIALS")


@pytest.fixture(autouse=True)
def _no_identity_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHAIN:
        monkeypatch.delenv(name, raising=False)


def token_of(entra: EntraStandIn, ca_file: str, **chosen: str) -> str:
    source = build_entra_credential(authority=entra.url, instance_discovery=False, ca_file=ca_file, **chosen)
    try:
        given = source.get_token_info(SCOPE)
    finally:
        source.close()
    return str(getattr(given, "token", None))


def principal(**further: str) -> dict[str, str]:
    return {"tenant": TENANT, "client": "c", "application_secret": APPLICATION_SECRET, **further}


def test_a_complete_service_principal_is_used(entra: EntraStandIn, ca_file: str) -> None:
    assert token_of(entra, ca_file, **principal()) == f"{ACCESS_TOKEN}1"
    assert entra.forms[0]["client_secret"] == APPLICATION_SECRET


def test_without_one_the_default_chain_finds_its_own(
    entra: EntraStandIn, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = (TENANT, "from-the-environment", APPLICATION_SECRET, "environmentcredential")
    for name, value in zip(CHAIN, values, strict=True):
        monkeypatch.setenv(name, value)

    assert token_of(entra, ca_file) == f"{ACCESS_TOKEN}1"
    assert entra.forms[0]["client_id"] == "from-the-environment"


def test_a_chain_that_finds_nothing_is_no_refusal(
    entra: EntraStandIn, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415 - slow, and only needed here

    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "environmentcredential")

    with pytest.raises(ClientAuthenticationError) as raised:
        token_of(entra, ca_file, tenant=TENANT, client="c")

    assert not is_refusal(raised.value)


def test_a_wrong_name_of_a_chain_is_said_before_anybody_is_asked(
    entra: EntraStandIn, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")

    with pytest.raises(ValueError, match="AZURE_TOKEN_CREDENTIALS"):
        token_of(entra, ca_file)


def test_a_refusal_is_told_from_an_outage_by_its_code(entra: EntraStandIn, ca_file: str) -> None:
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415

    entra.script = [INVALID_CLIENT]
    with pytest.raises(ClientAuthenticationError) as refused:
        token_of(entra, ca_file, **principal())
    entra.stop()
    with pytest.raises(ClientAuthenticationError) as down:
        token_of(entra, ca_file, **principal())

    assert (is_refusal(refused.value), is_refusal(down.value)) == (True, False)
    assert describe_refusal(refused.value) == "ClientAuthenticationError AADSTS7000215"
    assert describe_refusal(down.value) == "ClientAuthenticationError"


def test_up_04_entra_is_not_trusted_without_its_authority(entra: EntraStandIn) -> None:
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415

    source = build_entra_credential(authority=entra.url, instance_discovery=False, **principal())

    with pytest.raises(ClientAuthenticationError, match="certificate verify failed"):
        source.get_token_info(SCOPE)

    source.close()
    assert entra.requests == 0


def test_up_32_the_environment_changes_nothing_for_entra_either(
    entra: EntraStandIn, ca_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key_log = tmp_path / "keys"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("SSLKEYLOGFILE", str(key_log))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))

    assert token_of(entra, ca_file, **principal()) == f"{ACCESS_TOKEN}1"
    assert not key_log.exists()


@pytest.mark.anyio
async def test_up_32_a_proxy_for_entra_is_used_when_it_is_asked_for(
    entra: EntraStandIn, ca_file: str
) -> None:
    async def refuse(visit: Visit) -> None:
        await visit.respond(403)
        visit.hang_up()

    async with Wire(refuse) as proxy:
        with pytest.raises(Exception, match=r"(?i)proxy"):
            await asyncio.to_thread(token_of, entra, ca_file, **principal(egress_proxy=proxy.url))

        assert proxy.heard[0].line.startswith(f"CONNECT {entra.url.removeprefix('https://')} ")
    assert entra.requests == 0
