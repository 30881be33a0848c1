"""What a reload takes of the settings, what it leaves as it was, and who is told."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from relay.app_profiles import ProfileLoader
from relay.app_reload import Reload
from relay.profiles import Profiles
from relay.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

ENVIRON = {"AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com"}


class House:
    """A reload of the settings in a folder; and the profiles that were in force each time it was done."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "relay.toml"
        self.file.write_text("[profiles.a]\n")
        self.first = load_settings(ENVIRON, folder)
        self.loader = ProfileLoader(self.first)
        self.profiles = Profiles(self.loader.load(self.first))
        self.done: list[list[str]] = []
        self.reload = Reload(
            settings=self.first,
            read=lambda: load_settings(ENVIRON, folder),
            loader=self.loader,
            profiles=self.profiles,
            then=lambda: self.done.append(self.names()),
        )

    def names(self) -> list[str]:
        return [profile.name for profile in self.profiles]


@pytest.fixture(name="house")
async def _house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.loader.close()


@pytest.mark.parametrize(
    "broken", ["[profiles.a]\nspeed = 9\n", "[[", '[profiles.a]\ntools = ["nowhere:x"]\n']
)
async def test_a_broken_file_keeps_what_was_and_nothing_follows(house: House, broken: str) -> None:
    before = house.profiles.current
    house.file.write_text(broken)
    await house.reload()

    assert (house.profiles.current, house.reload.settings) == (before, house.first)
    assert house.done == []


async def test_a_mended_file_is_taken_and_what_needs_a_restart_is_said(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.file.write_text("[[")
    await house.reload()
    house.file.write_text("relay_port = 1\n[profiles.b]\ninstructions = 'canary words'\n")
    with caplog.at_level(logging.INFO):
        await asyncio.gather(house.reload(), house.reload())

    assert house.names() == ["default", "b"]
    assert house.reload.settings.relay_port == 1
    fields = [vars(record).get("fields", {}) for record in caplog.records]
    assert {"settings": "RELAY_PORT"} in fields
    assert "canary" not in str(fields) + caplog.text


async def test_what_follows_a_reload_is_done_once_the_profiles_are_in_place(house: House) -> None:
    house.file.write_text("relay_port = 1\n[profiles.b]\n")
    await house.reload()

    assert house.done == [["default", "b"]]


async def test_what_a_reload_takes_of_the_settings_is_no_news(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.file.write_text('relay_voice = "cedar"\n')
    with caplog.at_level(logging.INFO):
        await house.reload()

    default = house.profiles.get("default")
    assert default is not None
    assert default.voice == "cedar"
    assert "need a restart" not in caplog.text
