"""The web edge as a whole: routes, layers, problems, over ASGI with a hand-written upstream."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.call import Reason
from relay.errors import UpstreamRateLimited, all_problems
from tests.doubles.relay import OFFER, PARTNER, RelayDouble
from tests.doubles.sign_in import SHOWN_ON_PURPOSE, by_token
from tests.doubles.upstream import ANSWER
from tests.secrecy import CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.anyio


@pytest.fixture(name="build")
def _build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RelayDouble]]:
    """Builds relays and closes their stores."""
    built: list[RelayDouble] = []

    def build(**changes: Any) -> RelayDouble:
        built.append(RelayDouble(tmp_path_factory.mktemp("state"), **changes))
        return built[-1]

    yield build
    for relay in built:
        asyncio.run(relay.store.close())


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    """Every error has the one shape (RFC 9457) and may not be cached."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert body["type"] == f"/problems/{code.replace('_', '-')}"
    assert body["status"] == status
    assert body["title"]
    assert isinstance(body["detail"], str)
    assert body["request_id"] == response.headers["x-request-id"]


async def test_a_connect_answers_201_with_everything_the_browser_needs(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()

    response = await relay.connect(voice="ash")

    assert response.status_code == 201
    assert response.text == ANSWER
    assert response.headers["content-type"] == "application/sdp"
    assert response.headers["location"].startswith("/calls/")
    assert response.headers["cache-control"] == "no-store"
    store, _, upstream = response.headers["server-timing"].partition(", ")
    assert re.fullmatch(r"store;dur=\d+\.\d", store)
    assert upstream == "credential;dur=0.1, secret;dur=40.0, exchange;dur=120.5"
    assert response.headers["x-request-id"]


async def test_web_12_markup_in_an_answer_is_handed_on_as_sdp_and_never_as_a_page(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()
    relay.upstream.answer = f"{ANSWER}a=x:</script><script>alert(1)</script>\r\n"
    response = await relay.connect()

    assert (response.status_code, response.text) == (201, relay.upstream.answer)
    assert response.headers["content-type"] == "application/sdp"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "require-trusted-types-for 'script'" in response.headers["content-security-policy"]


async def test_web_13_the_upstreams_id_and_host_are_nowhere_in_the_answer(
    build: Callable[..., RelayDouble],
) -> None:
    response = await build().connect()

    everything = str(response.headers) + response.text
    assert "rtc_" not in everything
    assert "upstream.example" not in everything


async def test_bad_21_json_and_raw_sdp_are_taken_as_well(build: Callable[..., RelayDouble]) -> None:
    relay = build()

    as_json = await relay.ask("POST", "/connect", json={"sdp": OFFER, "voice": "ash"})
    as_sdp = await relay.ask(
        "POST",
        "/connect",
        content=OFFER.encode(),
        params={"voice": "ash", "instructions": "Be brief."},
        headers={"Content-Type": "application/sdp"},
    )

    assert (as_json.status_code, as_sdp.status_code) == (201, 201)
    assert relay.upstream.offers == [OFFER, OFFER]
    assert relay.upstream.plans[1].session == {"voice": "ash", "instructions": "Be brief."}


async def test_hanging_up_is_204_and_again_204(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    location = (await relay.connect()).headers["location"]

    first = await relay.ask("DELETE", location)
    second = await relay.ask("DELETE", location)
    await relay.supervisor.settle(1)

    assert (first.status_code, second.status_code) == (204, 204)
    assert relay.upstream.hung_up == ["rtc_1"]


async def test_web_14_an_unknown_call_is_404(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    await relay.connect()

    assert_problem(await relay.ask("DELETE", "/calls/guess"), 404, "not_found")
    assert relay.upstream.live == {"rtc_1"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "TRACE", "PATCH", "BREW"])
async def test_bad_24_connect_takes_post_only(build: Callable[..., RelayDouble], method: str) -> None:
    response = await build().ask(method, "/connect")

    assert response.status_code == 405
    assert response.headers["allow"] == "OPTIONS, POST"


async def test_options_tells_what_there_is(build: Callable[..., RelayDouble]) -> None:
    response = await build().ask("OPTIONS", "/connect")

    assert response.status_code == 204
    assert response.headers["allow"] == "OPTIONS, POST"
    assert response.headers["accept-post"] == "multipart/form-data, application/json, application/sdp"


@pytest.mark.parametrize("path", ["/nothing", "/connect/", "/api/session", "/calls", "/problems/none"])
async def test_what_is_not_there_is_a_problem_too(build: Callable[..., RelayDouble], path: str) -> None:
    method = "POST" if path.startswith("/api") else "GET"

    assert_problem(await build().ask(method, path), 404, "not_found")


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("path", ["/connect", "/api/session"])
async def test_web_01_a_foreign_page_spends_nothing(
    build: Callable[..., RelayDouble], path: str, *, direct: bool
) -> None:
    relay = build(direct=direct, origins=frozenset({PARTNER}))

    response = await relay.ask(
        "POST", path, files={"voice": (None, "ash")}, headers={"Origin": "https://evil.example"}
    )

    assert_problem(response, 403, "origin_refused")
    assert "access-control-allow-origin" not in response.headers
    assert relay.upstream.plans == []


@pytest.mark.parametrize(
    "headers",
    [
        [("Origin", "http://localhost"), ("Origin", "https://evil.example")],
        [("Origin", "http://localhost"), ("Origin", "http://localhost")],
        [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    ],
)
async def test_web_04_a_request_that_names_two_pages_is_refused(
    build: Callable[..., RelayDouble], headers: list[tuple[str, str]]
) -> None:
    relay = build()

    assert_problem(await relay.connect(headers), 400, "malformed_request")
    assert relay.upstream.paid_requests == 0


async def test_web_07_a_rebound_name_is_refused_even_for_reading(build: Callable[..., RelayDouble]) -> None:
    response = await build().ask("GET", "/config", headers={"Host": "evil.example"})

    assert_problem(response, 421, "unknown_host")


async def test_sec_09_health_is_answered_to_any_host_and_tells_nothing(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()
    headers = {"Host": "10.0.0.7:8787"}

    alive = await relay.ask("GET", "/healthz", headers=headers)
    ready = await relay.ask("GET", "/readyz", headers=headers)

    assert alive.json() == {"status": "ok"}
    assert ready.json() == {
        "status": "ready",
        "checks": {"credential": True, "not_draining": True, "store": True, "room": True},
        "calls": {"live": 0, "in_doubt": 0, "unkilled": 0},
        "paused": False,
    }


async def test_tok_01_readyz_is_503_without_a_credential_and_while_draining(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()
    relay.upstream.can_be_ready = False
    assert (await relay.ask("GET", "/readyz")).status_code == 503

    relay.upstream.can_be_ready = True
    await relay.exchange.drain(5)

    assert (await relay.ask("GET", "/readyz")).status_code == 503
    assert (await relay.ask("GET", "/healthz")).status_code == 200
    assert_problem(await relay.connect(), 503, "draining")


async def test_web_06_a_listed_page_may_connect_and_read_what_it_needs(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(origins=frozenset({PARTNER}))

    response = await relay.connect(headers={"Origin": PARTNER})

    assert response.status_code == 201
    assert response.headers["access-control-allow-origin"] == PARTNER
    assert "Location" in response.headers["access-control-expose-headers"]
    assert "Origin" in response.headers["vary"]


async def test_web_06_a_listed_page_can_read_its_problems(build: Callable[..., RelayDouble]) -> None:
    relay = build(origins=frozenset({PARTNER}))

    response = await relay.connect(headers={"Origin": PARTNER}, voice="nobody")

    assert_problem(response, 422, "bad_voice")
    assert response.headers["access-control-allow-origin"] == PARTNER


@pytest.mark.parametrize(("origin", "granted"), [(PARTNER, PARTNER), ("https://evil.example", None)])
async def test_web_06_preflight_is_granted_to_listed_pages_only(
    build: Callable[..., RelayDouble], origin: str, granted: str | None
) -> None:
    relay = build(origins=frozenset({PARTNER}))

    response = await relay.ask(
        "OPTIONS", "/connect", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
    )

    assert response.headers.get("access-control-allow-origin") == granted
    assert "Origin" in response.headers["vary"]
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/problems", "/config"])
async def test_web_08_every_response_has_the_security_headers(
    build: Callable[..., RelayDouble], path: str
) -> None:
    headers = (await build().ask("GET", path)).headers

    policy = headers["content-security-policy"]
    for directive in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self';",
        "media-src 'self' blob:",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ):
        assert directive in policy
    assert headers["permissions-policy"] == "microphone=(self), camera=(), geolocation=()"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


async def test_web_09_no_page_may_frame_ours_not_even_a_listed_one(build: Callable[..., RelayDouble]) -> None:
    relay = build(direct=True, origins=frozenset({PARTNER}))

    for path in ("/", "/problems", "/problems/busy", "/nothing"):
        policy = (await relay.ask("GET", path, headers={"Origin": PARTNER})).headers[
            "content-security-policy"
        ]
        assert [part for part in policy.split("; ") if "frame" in part] == ["frame-ancestors 'none'"]


async def test_web_10_hsts_goes_with_the_effective_scheme_alone(build: Callable[..., RelayDouble]) -> None:
    relay = build()

    claimed = await relay.ask("GET", "/", headers={"X-Forwarded-Proto": "https"})
    real = await relay.ask("GET", "https://localhost/")

    assert "strict-transport-security" not in claimed.headers
    assert real.headers["strict-transport-security"] == "max-age=31536000"


async def test_web_11_pages_are_revalidated_and_files_may_be_kept(build: Callable[..., RelayDouble]) -> None:
    relay = build()

    page = await relay.ask("GET", "/")
    script = await relay.ask("GET", "/app.js")

    assert page.headers["cache-control"] == "no-cache"
    assert script.headers["cache-control"] == "public, max-age=300"
    assert script.headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        "/..%2fpyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/..%5cpyproject.toml",
        "/%00",
        "//host/share",
        "/index.html%00.js",
        "/.gitignore",
    ],
)
async def test_http_20_nothing_outside_the_public_folder_is_served(
    build: Callable[..., RelayDouble], path: str
) -> None:
    assert_problem(await build().ask("GET", path), 404, "not_found")


async def test_http_20_a_symbolic_link_out_of_the_folder_is_not_followed(
    build: Callable[..., RelayDouble], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("outside", encoding="utf-8")
    public = tmp_path / "public"
    (public / "folder").mkdir(parents=True)
    (public / "link").symlink_to(tmp_path / "secret")

    assert_problem(await build(public=public).ask("GET", "/link"), 404, "not_found")


async def test_http_21_a_folder_is_no_redirect(build: Callable[..., RelayDouble], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    response = await build(public=tmp_path).ask("GET", "/folder")

    assert_problem(response, 404, "not_found")


@pytest.mark.parametrize("ranges", [1, 101, 10_000])
async def test_http_19_ranges_are_answered_whole(build: Callable[..., RelayDouble], ranges: int) -> None:
    wanted = "bytes=" + ",".join(f"{place}-{place}" for place in range(ranges))

    response = await build().ask("GET", "/app.js", headers={"Range": wanted})

    assert response.status_code == 200


async def test_files_take_get_and_head_only(build: Callable[..., RelayDouble]) -> None:
    assert_problem(await build().ask("POST", "/app.js"), 405, "method_not_allowed")
    assert (await build().ask("HEAD", "/app.js")).status_code == 200


async def test_a_problem_of_the_upstream_tells_numbers_and_no_text(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    relay.upstream.refuses = UpstreamRateLimited("Ask again later.", retry_after=7)

    response = await relay.connect()

    assert_problem(response, 503, "upstream_rate_limited")
    assert response.headers["retry-after"] == "7"
    assert response.json()["retry_after"] == 7


async def test_a_fault_of_our_own_says_nothing_and_logs_without_the_message(
    build: Callable[..., RelayDouble], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = build()

    async def broken(*_: object, **__: object) -> None:
        raise ValueError("canary-in-the-message")

    monkeypatch.setattr(relay.exchange, "connect", broken)
    with caplog.at_level(logging.DEBUG):
        response = await relay.connect()

    assert_problem(response, 500, "internal_error")
    assert "canary" not in response.text
    assert "canary" not in caplog.text
    assert any(record.getMessage() == "unexpected error" for record in caplog.records)


async def test_every_problem_has_a_page_for_a_person(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    index = (await relay.ask("GET", "/problems")).text
    for kind in all_problems():
        response = await relay.ask("GET", f"/problems/{kind.slug}")

        assert response.status_code == 200
        assert "What to do" in response.text
        assert f'href="/problems/{kind.slug}"' in index


async def test_config_tells_the_page_what_it_may_know(build: Callable[..., RelayDouble]) -> None:
    body = (await build().ask("GET", "/config")).json()

    assert body["upstream"] == {"kind": "simulator", "api": "realtime"}
    assert body["profiles"][0]["voices"] == ["alloy", "ash"]
    assert body["direct"] is False


async def test_direct_mode_hands_out_a_client_secret_only_when_it_is_on(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(direct=True)

    response = await relay.ask("POST", "/api/session", json={"voice": "ash"})

    assert response.json() == {
        "value": CLIENT_SECRET,
        "expires_at": 1_800_000_000,
        "calls_url": "https://upstream.example/calls",
        "session": {"model": "gpt-realtime", "voice": "ash"},
    }
    assert response.headers["cache-control"] == "no-store"
    assert "connect-src 'self' https://upstream.example;" in response.headers["content-security-policy"]


async def test_direct_mode_takes_no_offer(build: Callable[..., RelayDouble]) -> None:
    response = await build(direct=True).ask("POST", "/api/session", json={"sdp": OFFER})

    assert_problem(response, 400, "unexpected_field")


@pytest.mark.parametrize(("sent", "kept"), [("abc-123", True), ("has space", False), ("x" * 65, False)])
async def test_a_proxys_request_id_is_kept_when_it_looks_like_one(
    build: Callable[..., RelayDouble], sent: str, *, kept: bool
) -> None:
    response = await build().ask("GET", "/healthz", headers={"X-Request-ID": sent})

    assert (response.headers["x-request-id"] == sent) is kept


async def test_sec_06_the_access_line_has_no_query_and_no_call_id(
    build: Callable[..., RelayDouble], caplog: pytest.LogCaptureFixture
) -> None:
    relay = build()
    with caplog.at_level(logging.INFO):
        location = (await relay.connect()).headers["location"]
        await relay.ask("DELETE", location)
        await relay.ask("GET", "/config?instructions=canary-instructions")

    fields = [str(getattr(record, "fields", "")) for record in caplog.records]
    assert any("/calls/…" in line for line in fields)
    assert not any(location.rsplit("/", 1)[-1] in line or "canary" in line for line in fields)


@pytest.mark.parametrize("path", ["/%00", "/app.js%00", "/nothing.js"])
async def test_http_20_writing_to_what_is_no_file_is_404(
    build: Callable[..., RelayDouble], path: str
) -> None:
    assert_problem(await build().ask("POST", path), 404, "not_found")


async def test_a_file_tells_what_may_be_done_with_it(build: Callable[..., RelayDouble]) -> None:
    assert (await build().ask("DELETE", "/app.js")).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/caf%C3%A9", "/a%0ab", "/" + "a" * 121])
async def test_sec_06_an_odd_path_is_not_in_the_log(
    build: Callable[..., RelayDouble], caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.INFO, "relay.access"):
        await build().ask("GET", path)

    (record,) = [record for record in caplog.records if record.name == "relay.access"]
    assert getattr(record, "fields", {})["path"] == "(unprintable)"


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "1" * 13, "\u00b2".encode()])
async def test_bad_25_a_last_event_id_that_is_none_of_ours_is_refused(
    build: Callable[..., RelayDouble], last: str | bytes
) -> None:
    relay = build()
    place = (await relay.connect()).headers["location"]

    response = await relay.ask("GET", f"{place}/events", headers={"Last-Event-ID": last})

    assert_problem(response, 400, "malformed_request")


async def test_a_head_that_tells_of_no_form_is_refused_before_anybody_is_asked_who_asks_for_a_client_secret(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(direct=True, sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    response = await relay.ask("POST", "/api/session", content=b"x", headers={"Content-Type": "text/plain"})

    assert_problem(response, 415, "unsupported_media_type")


async def test_a_call_that_was_ended_before_its_answer_is_not_handed_out(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()
    relay.upstream.answering.clear()
    connecting = asyncio.create_task(relay.connect())
    while not relay.upstream.live:
        await asyncio.sleep(0)
    (call,) = await relay.store.recent(1, only_open=True)
    await relay.supervisor.end(call.key, Reason.OPERATOR)
    relay.upstream.answering.set()

    assert_problem(await connecting, 503, "call_ended")
    await relay.settle()
    assert relay.upstream.live == set()
