"""What the settings make of signing in: who may act without naming a page, and how many may fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from relay.app_sign_in import SignIn, build_sign_in
from relay.errors import Problem
from relay.settings import load_settings
from relay.store.sqlite import SqliteStore
from tests.doubles.clock import StoppedClock
from tests.doubles.relay import CALLER_KEY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

OPEN = {
    "RELAY_HOST": "0.0.0.0",
    "RELAY_ALLOWED_HOSTS": "voice.example.com",
    "AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com",
}
TOKEN = {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN": "t" * 32}
PROXY = {
    "RELAY_AUTH": "proxy",
    "RELAY_PROXY_USER_HEADER": "X-Forwarded-User",
    "RELAY_TRUSTED_PROXIES": "10.0.0.5",
}
ASSERTION = {
    "RELAY_AUTH": "oidc",
    "RELAY_OIDC_ISSUER": "https://login.example/",
    "RELAY_OIDC_AUDIENCE": "relay",
    "RELAY_OIDC_HEADER": "X-Assertion",
}


async def _built(environ: dict[str, str], folder: Path) -> SignIn:
    store = SqliteStore.open(folder / "calls.sqlite3")
    sign_in = build_sign_in(
        load_settings(environ, folder), store=store, clock=StoppedClock(), caller_key=CALLER_KEY
    )
    await store.close()
    return sign_in


@pytest.mark.parametrize(
    ("environ", "without_origin", "when_shown"),
    [
        ({}, True, False),
        ({**OPEN, "RELAY_AUTH": "none"}, False, False),
        (TOKEN, False, True),
        ({**OPEN, **TOKEN}, False, True),
        ({**OPEN, **PROXY}, False, False),
        (ASSERTION, False, False),
    ],
)
async def test_web_05_who_may_act_without_naming_a_page(
    tmp_path: Path, environ: dict[str, str], *, without_origin: bool, when_shown: bool
) -> None:
    rule = (await _built(environ, tmp_path)).rule

    assert (rule.without_origin, rule.when_shown) == (without_origin, when_shown)


@pytest.mark.parametrize(
    ("environ", "header", "answers"),
    [
        (TOKEN, "authorization", ["auth_invalid"] * 20 + ["rate_limited"]),
        (
            {**TOKEN, "RELAY_SIGN_IN_FAILURES": "2/minute"},
            "authorization",
            ["auth_invalid"] * 2 + ["rate_limited"],
        ),
        ({**TOKEN, "RELAY_SIGN_IN_FAILURES": "off"}, "authorization", ["auth_invalid"] * 30),
        (ASSERTION, "x-assertion", ["auth_invalid"] * 20 + ["rate_limited"]),
    ],
)
async def test_auth_19_the_bound_on_failed_sign_ins_is_the_setting(
    tmp_path: Path, environ: dict[str, str], header: str, answers: list[str]
) -> None:
    authenticator = (await _built(environ, tmp_path)).authenticator
    proof = [(header.encode(), b"Bearer wrong" if header == "authorization" else b"wrong")]
    told = []
    for _ in answers:
        request = Request({"type": "http", "method": "GET", "headers": proof, "client": ("192.0.2.1", 1)})
        with pytest.raises(Problem) as raised:
            await authenticator.who(request, opening=False)
        told.append(raised.value.code)

    assert told == answers
