"""Finding out who asks, whatever the way of signing in: order, origins, faults, and the routes it guards."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from relay.errors import AuthExpired, AuthInvalid, AuthUnavailable, TicketUsed
from relay.web.auth import Authenticator
from relay.web.guesses import Guesses
from relay.web.host import OriginRule
from tests.doubles.call import a_caller
from tests.doubles.clock import StoppedClock
from tests.doubles.relay import CALLER_KEY, OFFER, PARTNER
from tests.doubles.sign_in import SHOWN_BY_ITSELF, SHOWN_ON_PURPOSE, by_ticket, by_token, shown
from tests.secrecy import SHARED_TOKENS as TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Message

    from relay.core.caller import Caller
    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio

CHALLENGE = 'Bearer realm="sdp-relay"'


class VerifierDouble:
    """Says what a test wants."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def verify(self, request: Request, *, opening: bool) -> Caller | None:
        if isinstance(self.answer, BaseException):
            raise self.answer
        answer: Caller | None = self.answer
        return answer


def saying(*answers: Any) -> Callable[[RelayDouble], list[VerifierDouble]]:
    return lambda _: [VerifierDouble(answer) for answer in answers]


ALICE = a_caller(id="alice", holder="alice", ambient=False)
PROXIED = a_caller(id="alice", holder="alice", ambient=True)


@pytest.mark.parametrize(
    "fault",
    [
        RuntimeError("canary"),
        KeyError("canary"),
        RecursionError(),
        MemoryError(),
        AssertionError(),
        ValueError("a caller without a name"),
        TimeoutError(),
        OSError("canary"),
    ],
)
async def test_auth_18_a_verifier_that_breaks_lets_nobody_in(
    relays: Callable[..., RelayDouble], fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    relay = relays(sign_in=saying(fault), rule=SHOWN_ON_PURPOSE)

    response = await relay.connect()

    assert (response.status_code, response.json()["code"]) == (503, "auth_unavailable")
    assert response.headers["retry-after"] == "5"
    assert relay.upstream.plans == []
    assert [record.levelno for record in caplog.records if record.name == "relay.auth"] == [logging.ERROR]


@pytest.mark.parametrize("odd", ["alice", True, {}, object()])
async def test_auth_18_what_is_no_caller_lets_nobody_in(
    relays: Callable[..., RelayDouble], odd: object
) -> None:
    relay = relays(sign_in=saying(odd), rule=SHOWN_ON_PURPOSE)

    assert (await relay.connect()).status_code == 503
    assert relay.upstream.plans == []


def test_auth_18_without_any_way_to_sign_in_there_is_no_relay() -> None:
    no_bound = Guesses(None, (), key=CALLER_KEY, clock=StoppedClock())
    with pytest.raises(ValueError, match="nobody"):
        Authenticator([], SHOWN_ON_PURPOSE, no_bound, challenge=CHALLENGE)


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ((None,), 401, "auth_required"),
        ((None, None), 401, "auth_required"),
        ((AuthInvalid(), None), 401, "auth_invalid"),
        ((AuthExpired(), AuthInvalid()), 401, "auth_expired"),
        ((TicketUsed(), AuthInvalid()), 401, "ticket_used"),
        ((AuthInvalid(), AuthUnavailable(retry_after=1)), 503, "auth_unavailable"),
        ((AuthInvalid(), RuntimeError()), 503, "auth_unavailable"),
        ((AuthInvalid(), ALICE), 201, None),
        ((RuntimeError(), ALICE), 201, None),
    ],
)
async def test_of_several_failures_the_one_that_can_be_mended_is_told(
    relays: Callable[..., RelayDouble], answers: tuple[Any, ...], status: int, code: str | None
) -> None:
    relay = relays(sign_in=saying(*answers), rule=SHOWN_ON_PURPOSE)

    response = await relay.connect()

    assert response.status_code == status
    assert code is None or response.json()["code"] == code
    assert ("www-authenticate" in response.headers) is (status == 401)


async def test_bad_the_body_is_not_read_before_the_caller_is_known(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    async def send(message: Message) -> None:
        sent.append(message)

    for path in ("/connect", "/calls/x"):
        scope = {
            "type": "http",
            "method": "POST" if path == "/connect" else "DELETE",
            "path": path,
            "query_string": b"",
            "scheme": "http",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/sdp")],
            "client": ("127.0.0.1", 1),
        }
        await relay.asgi(scope, receive, send)

    assert [message["status"] for message in sent if "status" in message] == [401, 401]


@pytest.mark.parametrize("path", ["/connect", "/api/session"])
async def test_what_the_head_alone_refuses_is_refused_before_anybody_is_asked(
    relays: Callable[..., RelayDouble], path: str
) -> None:
    relay = relays(sign_in=saying(RuntimeError()), rule=SHOWN_ON_PURPOSE, direct=True)

    wrong = await relay.ask("POST", path, content=b"x", headers={"Content-Type": "text/plain"})
    large = await relay.ask("POST", path, json={"sdp": "x" * 200_000})

    assert (wrong.status_code, large.status_code) == (415, 413)


PATHS = [
    "/connect;x",
    "//connect",
    "/connect/",
    "/connect//",
    "/./connect",
    "/x/../connect",
    "/%63onnect",
    "/CONNECT",
    "/connect%00",
    "/connect?x=/healthz",
    "/connect#/healthz",
    "/healthz/../connect",
    "/healthz;/connect",
    "/config/connect",
    "/calls/x;y",
    "//calls/x",
]
HEADERS = [
    {},
    {"X-Original-URL": "/healthz"},
    {"X-Rewrite-URL": "/healthz"},
    {"X-Forwarded-Prefix": "/healthz"},
    {"User-Agent": "kube-probe/1.30"},
    {"X-HTTP-Method-Override": "GET"},
    {"X-Forwarded-User": "admin"},
    {"X-MS-CLIENT-PRINCIPAL": "e30="},
]


@pytest.mark.parametrize("path", ["/connect", *PATHS])
@pytest.mark.parametrize("headers", HEADERS, ids=[next(iter(pair), "plain") for pair in HEADERS])
async def test_auth_12_auth_17_no_path_and_no_header_leads_around_the_sign_in(
    relays: Callable[..., RelayDouble], path: str, headers: dict[str, str]
) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE, direct=True)

    answers = [
        (await relay.ask(method, path, json={"sdp": OFFER}, headers=headers)).status_code
        for method in ("POST", "DELETE", "PUT")
    ]

    assert set(answers) <= {401, 404, 405}
    assert relay.upstream.plans == []


async def test_auth_17_what_leads_to_the_route_opens_it_with_a_token(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    assert (await relay.ask("POST", "/%63onnect", json={"sdp": OFFER})).status_code == 401
    with_token = await relay.ask("POST", "/%63onnect", json={"sdp": OFFER}, headers=shown(TOKENS[0]))
    assert with_token.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/connect", 401),
        ("POST", "/api/session", 401),
        ("POST", "/prepare", 401),
        ("GET", "/calls/x", 401),
        ("DELETE", "/calls/x", 401),
        ("GET", "/calls/x/events", 401),
        ("GET", "/", 200),
        ("GET", "/config", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/problems", 200),
        ("GET", "/problems/auth-required", 200),
        ("GET", "/app.js", 200),
        ("OPTIONS", "/connect", 204),
    ],
)
async def test_what_acts_asks_who_acts_and_what_explains_does_not(
    relays: Callable[..., RelayDouble], method: str, path: str, status: int
) -> None:
    relay = relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE, direct=True)

    body: dict[str, Any] = {"json": {}} if method == "POST" else {}
    assert (await relay.ask(method, path, **body)).status_code == status


PAGES = [
    ("a program with a bearer credential", ALICE, SHOWN_ON_PURPOSE, {}, 201),
    ("a program that a proxy has signed in", PROXIED, SHOWN_ON_PURPOSE, {}, 403),
    ("the same, where all is shown by itself", PROXIED, SHOWN_BY_ITSELF, {}, 403),
    ("our page through a proxy", PROXIED, SHOWN_BY_ITSELF, {"Origin": "http://localhost"}, 201),
    ("our page, told by the browser", PROXIED, SHOWN_BY_ITSELF, {"Sec-Fetch-Site": "same-origin"}, 201),
    ("a foreign page through a proxy", PROXIED, SHOWN_BY_ITSELF, {"Origin": PARTNER}, 403),
    ("the same, told by the browser", PROXIED, SHOWN_BY_ITSELF, {"Sec-Fetch-Site": "cross-site"}, 403),
    ("a foreign page with a token", ALICE, SHOWN_ON_PURPOSE, {"Origin": PARTNER}, 403),
    ("a frame without an origin", ALICE, SHOWN_ON_PURPOSE, {"Origin": "null"}, 403),
    (
        "a program on this machine, without sign-in",
        a_caller(),
        OriginRule(allowed=frozenset(), without_origin=True),
        {},
        201,
    ),
    ("a program elsewhere, without sign-in", a_caller(), SHOWN_BY_ITSELF, {}, 403),
]


@pytest.mark.parametrize(
    ("caller", "rule", "headers", "status"), [case[1:] for case in PAGES], ids=[case[0] for case in PAGES]
)
async def test_web_01_web_05_which_pages_and_programs_may_act(
    relays: Callable[..., RelayDouble], caller: Caller, rule: OriginRule, headers: dict[str, str], status: int
) -> None:
    relay = relays(sign_in=saying(caller), rule=rule)

    response = await relay.connect(headers)

    assert response.status_code == status
    assert len(relay.upstream.plans) == (status == 201)


async def test_web_05_hanging_up_follows_the_same_rule(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=saying(PROXIED), rule=SHOWN_ON_PURPOSE)
    page = {"Origin": "http://localhost"}
    location = (await relay.connect(page)).headers["location"]

    assert (await relay.ask("GET", location)).status_code == 200
    assert (await relay.ask("DELETE", location)).status_code == 403
    assert (await relay.ask("DELETE", location, headers=page)).status_code == 204


async def test_web_06_a_listed_page_can_read_that_it_must_sign_in(relays: Callable[..., RelayDouble]) -> None:
    rule = OriginRule(allowed=frozenset({PARTNER}), without_origin=False, when_shown=True)
    relay = relays(sign_in=by_token, rule=rule)

    response = await relay.connect({"Origin": PARTNER})

    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == PARTNER
