"""Driving Firefox by WebDriver BiDi, straight over its WebSocket: no driver program stands in between."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from websockets.sync.client import connect

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_NAMES: Final = ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox")
_PREFERENCES: Final[dict[str, object]] = {
    # A tone for a microphone, which nobody is asked for; and a peer connection to this machine.
    "media.navigator.streams.fake": True,
    "permissions.default.microphone": 1,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # No network but this machine.
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.server": "",
}
_START_SECONDS: Final = 60.0


class FirefoxMissing(Exception):  # noqa: N818 - told to a person
    """No Firefox was found; the text says what to do."""


def find_firefox() -> str:
    """Find Firefox: RELAY_TEST_FIREFOX, the system's, an application.

    Raises:
        FirefoxMissing: There is none.
    """
    for place in filter(None, (os.environ.get("RELAY_TEST_FIREFOX"), *_NAMES)):
        found = shutil.which(place)
        if found is not None:
            return found
    raise FirefoxMissing("These tests need Firefox. Install it, or set RELAY_TEST_FIREFOX to its program.")


class Firefox:
    """A running Firefox without a window, with a profile of its own and one tab."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="relay-firefox-", ignore_cleanup_errors=True)
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()
        ]
        (Path(self._folder.name) / "user.js").write_text("\n".join(lines))
        words = ["--headless", "--no-remote", "--profile", self._folder.name, "--remote-debugging-port", "0"]
        self._said = Path(self._folder.name) / "said.txt"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [find_firefox(), *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": self._folder.name, "MOZ_CRASHREPORTER_DISABLE": "1"},
            )
        self._open = ExitStack()
        self._number = 0
        self._socket: ClientConnection | None = None
        self._tab = ""

    def __enter__(self) -> Self:
        try:
            address = eventually(self._address, _START_SECONDS, otherwise="Firefox offers no WebDriver BiDi")
            self._socket = self._open.enter_context(connect(f"{address}/session", max_size=None))
            self.ask("session.new", capabilities={})
            self._tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def _address(self) -> str:
        said = re.search(r"WebDriver BiDi listening on (ws://\S+)", self._said.read_text())
        return said[1] if said else ""

    def __exit__(self, *exit_: object) -> None:
        self._open.close()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send one command and give back its result; events in between are passed over."""
        assert self._socket is not None
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        until = time.monotonic() + 30
        while True:
            message = json.loads(self._socket.recv(timeout=max(0.1, until - time.monotonic())))
            if message.get("id") != self._number:
                continue
            assert message["type"] == "success", message
            return dict(message["result"])

    def open(self, address: str) -> None:
        """Load a page."""
        self.ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def read(self, code: str) -> Any:
        """Evaluate an expression in the page; what it gives, or promises, must be JSON."""
        result = self.ask(
            "script.evaluate",
            expression=f"Promise.resolve({code}).then((value) => JSON.stringify(value ?? null))",
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"])

    def click(self, selector: str) -> None:
        """Press the mouse on an element, as a person does: sound may begin only then."""
        found = self.ask(
            "browsingContext.locateNodes",
            context=self._tab,
            locator={"type": "css", "value": selector},
        )["nodes"]
        origin = {"type": "element", "element": {"sharedId": found[0]["sharedId"]}}
        self.read(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{ block: 'center' }})")
        mouse = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": mouse})

    def type(self, text: str) -> None:
        """Press keys; ``\\n`` is Enter."""
        keys = [
            {"type": kind, "value": "\ue007" if key == "\n" else key}
            for key in text
            for kind in ("keyDown", "keyUp")
        ]
        self._act({"type": "key", "id": "keys", "actions": keys})

    def _act(self, source: dict[str, object]) -> None:
        self.ask("input.performActions", context=self._tab, actions=[source])
