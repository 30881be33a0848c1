"""What the page and other programs are told of signing in."""

from __future__ import annotations

import pytest

from relay.web.sign_in import challenge, sign_in_facts

FACTS = [
    (("none",), "authorization", None, {"kind": "none"}),
    (("token",), "authorization", None, {"kind": "token"}),
    (("ticket",), "authorization", "/login", {"kind": "token"}),
    (("oidc",), "authorization", None, {"kind": "token"}),
    (("oidc",), "authorization", "https://login.example/", {"kind": "link", "url": "https://login.example/"}),
    (("oidc",), "cf-access-jwt-assertion", None, {"kind": "link", "url": "/"}),
    (("proxy",), "authorization", None, {"kind": "link", "url": "/"}),
    (("proxy",), "authorization", "/oauth2/start", {"kind": "link", "url": "/oauth2/start"}),
    (("proxy", "token"), "authorization", "/oauth2/start", {"kind": "token", "url": "/oauth2/start"}),
]


@pytest.mark.parametrize(("ways", "header", "url", "facts"), FACTS)
def test_the_page_learns_how_to_sign_in(
    ways: tuple[str, ...], header: str, url: str | None, facts: dict[str, str]
) -> None:
    assert sign_in_facts(ways, oidc_header=header, url=url) == facts


@pytest.mark.parametrize(
    ("ways", "header", "scheme"),
    [
        (("token",), "authorization", "Bearer"),
        (("oidc",), "authorization", "Bearer"),
        (("oidc",), "cf-access-jwt-assertion", "Proxy"),
        (("proxy",), "authorization", "Proxy"),
        (("proxy", "ticket"), "authorization", "Bearer"),
    ],
)
def test_a_challenge_names_a_bearer_credential_where_one_is_taken(
    ways: tuple[str, ...], header: str, scheme: str
) -> None:
    assert challenge(ways, oidc_header=header) == f'{scheme} realm="sdp-relay"'
