"""Which plans are known before anybody calls, and that a client secret is at hand for each of them."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from relay.app import Application, create_app
from relay.app_warm import fixed_plans
from relay.core.upstream import Plan
from relay.settings import load_settings
from relay.simulator_process import SimulatorAddress
from relay.upstream import secrets
from tests.doubles.relay import OFFER
from tests.doubles.upstream import ANSWER
from tests.secrecy import API_KEY, CLIENT_SECRET
from tests.upstream.parts import LOCATION
from tests.upstream.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from relay.core.profile import SessionConfig
    from relay.settings import Settings
    from tests.upstream.wire import Visit

pytestmark = pytest.mark.anyio

FIXED = '[profiles.a]\ninstructions = "Be brief."\nbrowser_instructions = 0\nvoices = ["ash", "alloy"]\n'
OF_FIXED = {"voice": "ash", "instructions": "Be brief."}


def plan(config: SessionConfig) -> Plan:
    return Plan("d", {"voice": config.voice, "instructions": config.instructions})


def planned(folder: Path, text: str, **environ: str) -> list[Mapping[str, object]]:
    (folder / "relay.toml").write_text(text)
    settings = load_settings(environ, folder)
    return [found.session for found in fixed_plans(settings, settings.profiles.values(), plan)]


def test_a_fixed_profile_is_planned_with_the_voice_it_begins_with(tmp_path: Path) -> None:
    assert planned(tmp_path, FIXED) == [OF_FIXED]


@pytest.mark.parametrize("adds", ["", "browser_instructions = 1"])
def test_what_the_browser_may_add_to_is_not_known_before(tmp_path: Path, adds: str) -> None:
    assert planned(tmp_path, f"[profiles.a]\n{adds}\n") == []


@pytest.mark.parametrize("place", ["{name}", "{name|a customer}"])
def test_what_is_filled_with_claims_is_not_known_before(tmp_path: Path, place: str) -> None:
    text = f'[profiles.a]\ninstructions = "Greet {place}."\nbrowser_instructions = 0\n'

    assert planned(tmp_path, text) == []


def test_braces_that_are_text_are_planned_as_every_call_has_them(tmp_path: Path) -> None:
    text = '[profiles.a]\ninstructions = "Say {{name}}."\nbrowser_instructions = 0\n'

    assert planned(tmp_path, text) == [{"voice": "alloy", "instructions": "Say {name}."}]


def test_nothing_is_known_before_where_the_upstream_is_told_who_calls(tmp_path: Path) -> None:
    assert planned(tmp_path, FIXED, RELAY_SAFETY_IDENTIFIER="on") == []


def test_where_nobody_may_add_instructions_every_profile_is_fixed(tmp_path: Path) -> None:
    found = planned(tmp_path, "[profiles.a]\nbrowser_instructions = 100\n", RELAY_MAX_INSTRUCTIONS_BYTES="0")

    assert found == [{"voice": "alloy", "instructions": None}] * 2  # the default profile is the other


class House:
    """A whole relay of one profile beside the default one, at an upstream that tells of each mint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._minted: asyncio.Queue[object] = asyncio.Queue()
        self.wire = Wire(self._serve)
        self.app: Application

    def write(self, profile: str, head: str = "") -> None:
        (self._folder / "relay.toml").write_text(
            f"{head}[profiles.{profile}]\ninstructions = 'I am {profile}.'\nbrowser_instructions = 0\n"
            "sideband = 'off'\n"
        )

    async def start(self) -> None:
        def read() -> Settings:
            return load_settings({"RELAY_STATE_DIR": str(self._folder / "state")}, self._folder)

        self.app = create_app(read(), simulator=SimulatorAddress(self.wire.url, API_KEY), read=read)
        await self.app.start()

    async def next_mint(self) -> object:
        """Wait for a client secret to be minted; the instructions it is for."""
        return await asyncio.wait_for(self._minted.get(), 10)

    async def connect(self, profile: str) -> int:
        transport = httpx.ASGITransport(self.app.asgi, client=("127.0.0.1", 123))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            parts = {"sdp": (None, OFFER), "profile": (None, profile)}
            return (await client.post("/connect", files=parts)).status_code

    async def _serve(self, visit: Visit) -> None:
        if visit.heard.path.endswith("client_secrets"):
            body = {"value": CLIENT_SECRET, "expires_at": int(time.time()) + 600}
            await visit.respond(200, json.dumps(body).encode(), {"Content-Type": "application/json"})
            self._minted.put_nowait(json.loads(visit.heard.body)["session"].get("instructions"))
        else:
            await visit.respond(201, ANSWER.encode(), {"Location": LOCATION})


@pytest.fixture(name="house")
async def _house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(secrets, "_LOOK_SECONDS", 0.01)
    house = House(tmp_path)
    async with house.wire:
        house.write("first")
        await house.start()
        yield house
        await house.app.close()


async def test_the_first_call_of_a_fixed_profile_finds_a_client_secret_at_hand(house: House) -> None:
    assert await house.next_mint() == "I am first."
    assert await house.connect("first") == 201

    assert len(house.wire.sent_to("client_secrets")) == 1


async def test_a_reload_has_a_client_secret_at_hand_for_the_profiles_that_are_new(house: House) -> None:
    await house.next_mint()
    house.write("second")
    await house.app.reload()

    assert await house.next_mint() == "I am second."
    assert await house.connect("second") == 201
    assert len(house.wire.sent_to("client_secrets")) == 2


async def test_a_reload_warms_by_the_settings_that_calls_are_placed_by(house: House) -> None:
    await house.next_mint()
    house.write("second", head="relay_safety_identifier = true\n")  # which needs a restart
    await house.app.reload()

    assert await house.next_mint() == "I am second."
