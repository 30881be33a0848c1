"""A site of somebody else, whose page takes the module from the relay: another origin than the relay's."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from tests.browser.voice_page import VoicePage

_PAGE = """<!doctype html><title>A guest</title><p id="ready" hidden></p><button id="click">Click</button>
<script type="module">
import {{ Call, readConfig }} from "{module}";
import {{ EXTRAS }} from "{extras}";
window.told = [];
window.make = (options) => {{
  window.call = new Call({{ extras: EXTRAS, ...options }});
  for (const name of ["state", "transcript", "stats", "turn", "problem", "notice", "warning",
    "usage", "sound", "mute", "devices", "reconnected", "signedout", "ended"]) {{
    window.call.addEventListener(name, ({{ detail }}) => window.told.push([name, detail]));
  }}
  window.levels = {{ caller: 0, assistant: 0 }};
  window.call.addEventListener("level", ({{ detail }}) => {{
    for (const side of ["caller", "assistant"]) {{
      window.levels[side] = Math.max(window.levels[side], detail[side]);
    }}
  }});
}};
window.readConfig = readConfig;
click.addEventListener("click", () => window.call.start());
ready.hidden = false;
</script>"""


class GuestSite:
    """Serves one page on a port of its own.

    Args:
        module: Address of the module, at the relay.
        at: An address of before, to be had again: relays allow origins by name.
    """

    def __init__(self, module: str, at: str = "http://127.0.0.1:0") -> None:
        extras = module.rsplit("/", 1)[0] + "/call/extras.js"
        page = _PAGE.format(module=module, extras=extras).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == "/"
                self.send_response(200 if found else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                if found:
                    self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", int(at.rsplit(":", 1)[1])), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exit_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class GuestCall:
    """A call of the page of a guest, seen through the module's own events.

    Args:
        page: Where it is; ready.
        options: Of the call.
    """

    def __init__(self, page: VoicePage, **options: Any) -> None:
        self._page = page
        page.tab.evaluate("(options) => window.make(options)", options)

    def start(self, until: str = "listening", seconds: float = 15.0) -> None:
        """Click."""
        self._page.tab.locator("#click").click()
        self.wait_for_state(until, seconds)

    def wait_for_state(self, state: str, seconds: float = 15.0) -> None:
        eventually(lambda: self.read("state") == state, seconds, otherwise=f"no {state}: {self.told()}")

    def read(self, path: str) -> Any:
        """Read something of the call."""
        return self._page.tab.evaluate(f"window.call.{path}")

    def do(self, code: str) -> Any:
        """Do something with the call."""
        return self._page.tab.evaluate(f"async () => {{ return (window.call.{code}); }}")

    def told(self, name: str | None = None) -> list[Any]:
        """Give the details of the events of one name; or all events."""
        told: list[list[Any]] = self._page.tab.evaluate("window.told")
        if name is None:
            return [each for each in told if each[0] not in ("transcript", "stats")]
        return [detail for kind, detail in told if kind == name]

    def wait_for_text(self, who: str, part: str, seconds: float = 15.0) -> None:
        """Wait until one side has said something."""

        def said() -> bool:
            return any(item["who"] == who and part in item["text"] for item in self.read("transcript"))

        eventually(said, seconds, otherwise=f"{who} did not say {part!r}")
