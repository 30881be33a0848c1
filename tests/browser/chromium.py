"""Which browser the tests drive, and with which flags: real Chromium, no network but this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tests.browser.sounds import silence, speech_without_pauses

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

Microphone = Literal["speech", "chatter", "silence", "refused", "missing"]
"""A sentence every 6.5 s; one every 3 s; nothing; no permission; no device, if the machine has none."""

_HERE = Path(__file__).parent
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_APPLICATIONS: Final = ("Google Chrome", "Chromium")
_FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Where there is no network, Chromium has no address to be reached at but this one.
    "--allow-loopback-in-peer-connection",
    # `relay.test` is a name that is not loopback, so its pages are no secure context; the other is that
    # of the samples in deploy/; nothing else resolves.
    "--host-resolver-rules="
    + ",".join(f"MAP {name} 127.0.0.1" for name in ("relay.test", "voice.example.com"))
    + ",MAP * ~NOTFOUND,EXCLUDE localhost,EXCLUDE 127.0.0.1",
)


class BrowserMissing(Exception):  # noqa: N818 - told to a person
    """No browser was found; the text says what to do."""


def find_browser(playwright: Playwright) -> str:
    """Find Chromium or Chrome: RELAY_TEST_BROWSER, the system's, an application, Playwright's own.

    Raises:
        BrowserMissing: There is none, or RELAY_TEST_BROWSER names none.
    """
    named = os.environ.get("RELAY_TEST_BROWSER")
    if named:
        found = shutil.which(named)
        if found is None:
            raise BrowserMissing(f"RELAY_TEST_BROWSER names no program that can be run: {named}")
        return found
    applications = [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in _APPLICATIONS]
    for place in (*_NAMES, *applications, playwright.chromium.executable_path):
        found = shutil.which(place)
        if found is not None:
            return found
    raise BrowserMissing(
        "The browser tests need Chromium or Chrome, and none was found. "
        "Install one, or set RELAY_TEST_BROWSER to its program."
    )


class Browsers:
    """One running browser per kind of microphone, started at the first need."""

    def __init__(self, playwright: Playwright, sounds: Path) -> None:
        self._playwright = playwright
        self._program = find_browser(playwright)
        self._sounds = sounds
        self._running: dict[Microphone, Browser] = {}

    def with_microphone(self, microphone: Microphone) -> Browser:
        """Give the browser that has this microphone."""
        if microphone not in self._running:
            flags = [*_FLAGS, *self._hearing(microphone)]
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                flags.append("--no-sandbox")
            self._running[microphone] = self._playwright.chromium.launch(
                executable_path=self._program, args=flags
            )
        return self._running[microphone]

    def close(self) -> None:
        """End all of them."""
        for browser in self._running.values():
            browser.close()

    def _hearing(self, microphone: Microphone) -> list[str]:
        if microphone == "missing":
            return ["--use-fake-ui-for-media-stream"]
        if microphone == "refused":
            return ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
        sound = _HERE / "speech.wav"
        if microphone == "chatter":
            sound = speech_without_pauses(sound, self._sounds / "chatter.wav")
        if microphone == "silence":
            sound = silence(self._sounds / "silence.wav")
        return [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={sound}",
        ]
