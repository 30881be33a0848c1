"""Who is calling, behind nginx and Caddy: addresses, scheme, identity headers, sign-in."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.doubles.process import RelayProcess
from tests.proxies.house import callers_of, connect, settings_behind_a_proxy
from tests.proxies.servers import ADDRESSES, NAME, find_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.process import SimulatorProcess
    from tests.proxies.house import House

FORGED = (
    {"X-Forwarded-For": "192.0.2.77"},
    {"X-Forwarded-For": "192.0.2.77, 127.0.0.1"},
    {"X_Forwarded_For": "192.0.2.77"},
    {"Forwarded": "for=192.0.2.77"},
    {"X-Real-IP": "192.0.2.77"},
    {"Connection": "X-Forwarded-For"},
)
"""Ways of claiming another address; the last asks the proxy to drop its own header as hop-by-hop."""

TOKEN = "canary-token-behind-a-proxy-01"
PROXY_SECRET = "canary-secret-of-a-proxy-01"
SIGNED_IN_BY_THE_PROXY = {
    "RELAY_AUTH": "proxy",
    "RELAY_PROXY_USER_HEADER": "X-Forwarded-User",
    "RELAY_RATE": "off",
}


def test_quota_06_no_header_of_a_client_makes_another_caller_of_it(house: Callable[..., House]) -> None:
    built = house()
    for headers in ({}, *FORGED):
        answer = connect(built.proxy.web, headers)
        built.proxy.web.delete(answer.headers["location"])

    assert len(set(callers_of(built.relay, 1 + len(FORGED)))) == 1


def test_quota_06_limits_go_by_the_address_of_the_client(house: Callable[..., House]) -> None:
    built = house(RELAY_RATE="3/minute")
    first, second = (built.proxy.client(address) for address in ADDRESSES)
    answers = [first.post("/connect", json={}, headers=FORGED[n % 2]) for n in range(4)]
    others = [second.post("/connect", json={}).status_code for _ in range(4)]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert int(answers[-1].headers["retry-after"]) > 0
    assert others == [400, 400, 400, 429]


def test_quota_07_behind_a_proxy_that_is_not_listed_all_are_one_caller_and_no_scheme_is_believed(
    house: Callable[..., House],
) -> None:
    built = house(RELAY_TRUSTED_PROXIES="192.0.2.1")
    answers = [connect(built.proxy.client(address)) for address in ADDRESSES]
    for answer in answers:
        built.proxy.web.delete(answer.headers["location"])

    assert [answer.status_code for answer in answers] == [201, 201]
    assert all("strict-transport-security" not in answer.headers for answer in answers)
    assert len(set(callers_of(built.relay, 2))) == 1


def test_web_10_a_client_cannot_claim_a_scheme(house: Callable[..., House]) -> None:
    built = house()
    answer = built.proxy.web.get(
        "/config", headers={"X-Forwarded-Proto": "http", "X-Forwarded-Scheme": "http"}
    )

    assert answer.headers["strict-transport-security"]


def test_auth_13_an_identity_that_the_client_names_is_cleared(house: Callable[..., House]) -> None:
    built = house(**SIGNED_IN_BY_THE_PROXY)
    names = (
        "X-Forwarded-User",
        "x-forwarded-user",
        "X-FORWARDED-USER",
        "X_Forwarded_User",
        "X-Forwarded_User",
    )
    answers = [connect(built.proxy.web, {name: "root"}) for name in names]
    answers.append(connect(built.proxy.web, {"X-Forwarded-User": "root", "Connection": "X-Forwarded-User"}))

    assert [answer.json()["code"] for answer in answers] == ["auth_required"] * len(answers)


def test_auth_13_the_secret_of_the_proxy_is_of_no_use_to_a_client(house: Callable[..., House]) -> None:
    forgetful = {
        "nginx": {'X-Forwarded-User "";': "X-Forwarded-User $http_x_forwarded_user;"},
        "caddy": {"\n\t\theader_up -X-Forwarded-User": ""},
    }
    built = house(forgetful, RELAY_PROXY_SECRET=PROXY_SECRET, **SIGNED_IN_BY_THE_PROXY)
    shown = {"X-Forwarded-User": "root", "X-Relay-Proxy-Secret": PROXY_SECRET}

    assert (
        connect(built.proxy.web, shown).json()["code"] == "auth_invalid"
    )  # the name came, the secret did not
    # The same headers from the listed address itself are believed: it was the proxy that took them away.
    direct = built.relay.client.post(
        "/connect", json={}, headers={"Host": NAME, "Origin": f"https://{NAME}", **shown}
    )
    assert direct.json()["code"] == "missing_field"


def test_auth_15_a_principal_that_the_client_names_is_cleared(house: Callable[..., House]) -> None:
    built = house(RELAY_AUTH="proxy", RELAY_PROXY_USER_HEADER="X-MS-CLIENT-PRINCIPAL", RELAY_RATE="off")
    principal = (
        "eyJhdXRoX3R5cCI6ImFhZCIsImNsYWltcyI6W3sidHlwIjoic3ViIiwidmFsIjoicm9vdCJ9XSwibmFtZV90eXAiOiJzdWIifQ=="
    )
    names = (
        "X-MS-CLIENT-PRINCIPAL",
        "x-ms-client-principal",
        "X_MS_CLIENT_PRINCIPAL",
        "X-MS-CLIENT_PRINCIPAL",
    )

    assert {connect(built.proxy.web, {name: principal}).json()["code"] for name in names} == {"auth_required"}


def test_a_token_of_the_relays_comes_through(house: Callable[..., House]) -> None:
    built = house(RELAY_AUTH="token", RELAY_AUTH_TOKEN=TOKEN)
    statuses = [
        connect(built.proxy.web, {"Authorization": f"Bearer {token}"}).status_code for token in ("x", TOKEN)
    ]

    assert statuses == [401, 201]


def test_the_lines_for_names_and_passwords_do_what_they_say(
    house: Callable[..., House], tmp_path: Path, simulator: SimulatorProcess
) -> None:
    passwords = tmp_path / "sdp-relay.htpasswd"
    passwords.write_text("alice:{PLAIN}wonderland\nbob:{PLAIN}builder\n")
    passwords.chmod(0o644)
    tmp_path.chmod(0o755)
    built = house(
        {
            "nginx": {
                '# auth_basic "Voice";': 'auth_basic "Voice";',
                "# auth_basic_user_file /etc/nginx/sdp-relay.htpasswd;": f"auth_basic_user_file {passwords};",
                '# proxy_set_header Authorization "";': 'proxy_set_header Authorization "";',
                'X-Forwarded-User "";': "X-Forwarded-User $remote_user;",
            },
            "caddy": {
                "# basicauth {\n\t# \talice <hash>\n\t# }": (
                    f"basicauth {{\n\t\talice {_hashed('wonderland')}\n\t\tbob {_hashed('builder')}\n\t}}"
                ),
                "# header_up -Authorization": "header_up -Authorization",
                "# header_up X-Forwarded-User": "header_up X-Forwarded-User",
                "\n\t\theader_up -X-Forwarded-User": "",
            },
        },
        RELAY_CALLS_PER_CALLER="1",
        **SIGNED_IN_BY_THE_PROXY,
    )
    web, forged = built.proxy.web, {"X-Forwarded-User": "carol"}
    statuses = []
    for person in (("alice", "wonderland"), ("alice", "wonderland"), ("bob", "builder"), ("bob", "wrong")):
        web.auth = person
        statuses.append(connect(web, forged).status_code)

    assert statuses == [201, 429, 201, 401]
    assert built.proxy.client().get("/").status_code == 401
    assert simulator.ledger()["created"] == 2


def test_quota_05_a_forged_address_shown_to_the_relay_itself_counts_for_nothing(
    simulator: SimulatorProcess,
) -> None:
    settings = {
        **settings_behind_a_proxy(simulator),
        "RELAY_TRUSTED_PROXIES": "192.0.2.1",
        "RELAY_RATE": "2/minute",
    }
    with RelayProcess(settings) as relay:
        statuses = [
            relay.client.post(
                "/connect", json={}, headers={"Host": NAME, "X-Forwarded-For": f"198.51.100.{n}"}
            )
            for n in range(3)
        ]

    assert [answer.status_code for answer in statuses] == [400, 400, 429]


def _hashed(password: str) -> str:
    made = subprocess.run(
        [find_server("caddy"), "hash-password", "--plaintext", password],
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()
