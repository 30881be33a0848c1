"""The moments of the page, each a way to get there: what the pictures are taken of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.browser.told import configure, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess

    Moment = Callable[[VoicePage, SimulatorProcess], None]

_PRIVATE: Final = {
    "name": "tutor",
    "title": "Tutor of the language school",
    "description": "Talks with you in the language you learn, and corrects you kindly.",
    "instructions_max_bytes": 0,
    "private": True,
    "recorded": True,
    "shows_cost": True,
    "sideband": "guard",
}


def idle(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """Nothing has happened; a second profile is there."""
    configure(page, {"title": "Open", "description": "A plain conversation."}, _PRIVATE)


def private(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """A private profile is chosen, whose calls are recorded."""
    configure(page, {"title": "Open"}, _PRIVATE)
    page.tab.locator("#profile").select_option("tutor")


def connecting(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """The relay's answer is awaited."""
    page.tab.route("**/connect", lambda _route: None)
    page.start(until="connecting")


def in_call(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """Both sides have said something."""
    page.start()
    page.type("What is on your mind")
    page.wait_for_line("assistant", "You typed a message.")
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye.", final=False)


def muted(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """The microphone is muted, and the pickers of the devices are open."""
    page.start()
    page.tab.locator("#mute").click()
    page.tab.locator("#devices-panel > summary").click()


def held(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """Push to talk is on, and the key is held."""
    page.tab.locator("#devices-panel > summary").click()
    page.tab.locator("#push-to-talk").check()
    page.tab.locator("#devices-panel > summary").click()
    page.start()
    page.tab.keyboard.down("Space")


def told(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """A private profile at work: cost, tools, a guard's notice, and the end is near."""
    configure(page, {**_PRIVATE, "name": "default"})
    tell(
        page,
        ("sideband", {"state": "attached"}),
        (
            "usage",
            {
                "input_tokens": 1204,
                "output_tokens": 310,
                "cost": "0.0123",
                "currency": "USD",
                "complete": True,
            },
        ),
        ("tool", {"id": "t1", "name": "find_course", "state": "done", "milliseconds": 412}),
        ("tool", {"id": "t2", "name": "book_course", "state": "asked"}),
        ("tool", {"id": "t3", "name": "weather", "state": "timeout"}),
        ("limits", {"name": "tokens", "remaining": 39000, "reset_seconds": 42}),
        ("guard", {"changed": ["instructions"], "reverted": True, "times": 1, "ended": False}),
        ("failed", {"what": "transcription", "code": "DeploymentNotFound"}),
        ("warning", {"seconds_left": 58, "cause": "time"}),
    )
    page.start()
    page.tab.locator("#facts [data-fact=cost]").wait_for()
    page.tab.locator("#notice [data-code=failed]").wait_for()


def problem(page: VoicePage, simulator: SimulatorProcess) -> None:
    """The relay's credential is refused."""
    simulator.fault(step="mint", status=403, times="always")
    page.expected = [r"status of 502"]
    page.tab.locator("#start").click()
    page.wait_for_problem("upstream_auth")


def ended(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """The call is over; its words are still there."""
    page.start()
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye.")
    page.stop()


def checked(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """The set-up was checked, and the report is there to copy."""
    page.tab.locator("#checks-panel > summary").click()
    page.tab.locator("#checks-run").click()
    page.tab.locator("#checks-copy").click(timeout=20_000)
    page.tab.locator("#checks-report-field").wait_for()


def behind(page: VoicePage, _simulator: SimulatorProcess) -> None:
    """Every figure and the log are open, in a call."""
    page.start()
    page.type("Please tell me a story.")
    for panel in ("timing", "charts", "log", "keyboard"):
        page.tab.locator(f"#{panel}-panel > summary").click()
    page.tab.locator("#charts .chart").first.wait_for()
    page.tab.wait_for_timeout(2500)


MOMENTS: Final[tuple[Moment, ...]] = (
    idle,
    private,
    connecting,
    in_call,
    muted,
    held,
    told,
    problem,
    ended,
    checked,
    behind,
)
