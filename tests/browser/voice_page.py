"""The voice page as a person uses it, and what else can be seen of it: statistics, console, requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request

# Runs before the page's own code: keeps its peer connections at hand, notes every word the status says,
# and writes what the content security policy refuses into the console, where it fails the test.
_OBSERVER: Final = """
window.observed = { peers: [], words: [] };
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.observed.peers.push(this); }
};
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
new MutationObserver(() => {
  const word = document.getElementById("status-word")?.textContent;
  if (word && word !== window.observed.words.at(-1)) window.observed.words.push(word);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
_ENERGY: Final = """async () => {
  for (const report of (await window.observed.peers.at(-1).getStats()).values())
    if (report.type === "inbound-rtp" && report.kind === "audio") return report.totalAudioEnergy ?? 0;
  return 0;
}"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript."""

    role: str
    text: str
    final: bool
    standing: str
    note: str


class VoicePage:
    """One tab with the page open.

    Args:
        context: A fresh one; everything it asks for and complains of is kept.
        address: Where the relay is.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.requests: list[str] = []
        """Method and address of everything that was asked for."""
        self.complaints: list[str] = []
        """Errors and warnings of the console, exceptions, violations of the policy."""
        self.expected: list[str] = []
        """Patterns of complaints that belong to the test."""
        self.other_hosts: set[str] = set()
        """Hosts beside the relay that the test means to be asked."""
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(f"exception: {error.error}"))
        context.add_init_script(_OBSERVER)
        context.set_default_timeout(15_000)
        self.context = context
        self.tab: Page = context.new_page()

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(f"{request.method} {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    # --- what a person does ---------------------------------------------------------------------------

    def open(self, path: str = "/", ready: str = "#about:not(:empty)") -> None:
        """Load the page and wait until it is ready: until it has read the relay's config."""
        self.tab.goto(self.address + path)
        self.tab.locator(ready).wait_for(state="attached")

    def start(self, *, until: str = "listening") -> None:
        """Press Start."""
        self.tab.locator("#start").click()
        self.wait_for_state(until)

    def stop(self) -> None:
        """Press Stop."""
        self.tab.locator("#start[data-action=stop]").click()
        self.wait_for_state("ended")

    def type(self, text: str) -> None:
        """Send a message by the keyboard."""
        self.tab.locator("#message").fill(text)
        self.tab.locator("#message").press("Enter")

    def hear_story(self) -> None:
        """Have the assistant say its longest piece (13 s), and wait until it is heard."""
        self.type("Please tell me a story.")
        self.wait_for_event("output_audio_buffer.started")
        self.wait_for_state("speaking")
        self.wait_for_sound()

    # --- what a person sees ---------------------------------------------------------------------------

    @property
    def state(self) -> str:
        return self.tab.locator("body").get_attribute("data-state") or ""

    @property
    def words(self) -> list[str]:
        """Every word the status has said."""
        return list(self.tab.evaluate("window.observed.words"))

    @property
    def reason(self) -> str:
        return self.tab.locator("#status-reason").inner_text()

    @property
    def notice(self) -> str:
        return self.tab.locator("#notice").inner_text()

    @property
    def problem(self) -> Locator:
        """The box that says what went wrong."""
        return self.tab.locator("#problem")

    def wait_for_problem(self, code: str, seconds: float = 15.0) -> str:
        """Wait for a problem and give back all its words: the status says it in short, the box at length."""
        self.tab.locator(f'#problem[data-code="{code}"]').wait_for(timeout=seconds * 1000)
        return f"{self.reason}\n{self.problem.inner_text()}"

    def wait_for_state(self, state: str, seconds: float = 15.0) -> None:
        self.tab.locator(f'body[data-state="{state}"]').wait_for(state="attached", timeout=seconds * 1000)

    def lines(self, role: str) -> list[Line]:
        """The transcript of one side."""
        seen: list[dict[str, Any]] = self.tab.locator(f'#transcript > li[data-role="{role}"]').evaluate_all(
            """(items) => items.map((item) => ({
                 text: item.querySelector(".said").textContent, final: item.dataset.final === "true",
                 standing: item.dataset.standing, note: item.querySelector(".said-note").textContent }))"""
        )
        return [Line(role, **line) for line in seen]

    def wait_for_line(self, role: str, pattern: str, seconds: float = 15.0, *, final: bool = True) -> Line:
        """Wait for a line of one side whose text fits, and that is finished unless said otherwise."""

        def found() -> Line | None:
            return next(
                (line for line in self.lines(role) if line.final >= final and re.search(pattern, line.text)),
                None,
            )

        line = eventually(found, seconds, otherwise=f"no line of the {role} with {pattern!r}")
        assert line is not None
        return line

    # --- what a person does not see -------------------------------------------------------------------

    def events(self, direction: str = "in") -> list[str]:
        """Types of the events in the log; `in`, `out`, or `page` for its own states."""
        items = self.tab.locator(f'#log > li[data-direction="{direction}"]')
        return list(items.evaluate_all("(items) => items.map((item) => item.dataset.type)"))

    def wait_for_event(
        self, kind: str, *, count: int = 1, direction: str = "in", seconds: float = 15.0
    ) -> None:
        items = self.tab.locator(f'#log > li[data-direction="{direction}"][data-type="{kind}"]')
        items.nth(count - 1).wait_for(state="attached", timeout=seconds * 1000)

    def energy(self) -> float:
        """The energy of all sound received so far (WebRTC statistics, `totalAudioEnergy`)."""
        return float(self.tab.evaluate(_ENERGY))

    def wait_for_sound(self, seconds: float = 10.0) -> None:
        """Wait until sound comes in."""
        before = self.energy()
        eventually(lambda: self.energy() > before + 0.001, seconds, otherwise="no sound came in")

    def energy_during(self, milliseconds: float) -> float:
        """The energy of what is received from now on for so long."""
        before = self.energy()
        self.tab.wait_for_timeout(milliseconds)
        return self.energy() - before

    def timing(self) -> dict[str, float]:
        """Milliseconds from the click to each mark; `relay-…`: what the relay took for a step."""
        rows = self.tab.locator("#timing tr").evaluate_all(
            "(rows) => rows.map((row) => [row.dataset.mark, Number(row.dataset.ms)])"
        )
        return {str(mark): float(ms) for mark, ms in rows}

    def asked(self, method: str, path: str) -> list[str]:
        """Give the requests with this method whose path begins so."""
        return [
            request
            for request in self.requests
            if request.startswith(f"{method} ") and urlsplit(request.split(" ", 1)[1]).path.startswith(path)
        ]

    def check(self) -> None:
        """Fail when the console complained or somebody else was asked for anything."""
        unexpected = [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self.expected)
        ]
        assert unexpected == [], unexpected
        hosts = {urlsplit(request.split(" ", 1)[1]).netloc for request in self.requests}
        strangers = hosts - self.other_hosts - {urlsplit(self.address).netloc}
        assert strangers == set(), strangers

    def keep_picture(self, path: Path) -> None:
        """Save what is to be seen, and beside it the log and the complaints."""
        path.parent.mkdir(exist_ok=True)
        self.tab.screenshot(path=path, full_page=True)
        log = self.tab.locator("#log > li > details > summary, #log > li > code").all_text_contents()
        path.with_suffix(".txt").write_text("\n".join([*log, "", *self.complaints, "", *self.requests]))
