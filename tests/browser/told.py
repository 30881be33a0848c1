"""What the relay tells the page, in the words of a test: its config, and the events of a call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from tests.browser.voice_page import VoicePage

Entry = tuple[str, dict[str, Any]]
"""Kind and body of an event of a call."""


def configure(page: VoicePage, *profiles: dict[str, Any], **fields: Any) -> None:
    """Load the page again with other fields in ``/config``; each profile adds to what the first one says."""

    def answer(route: Route) -> None:
        response = route.fetch()
        config = response.json()
        (known, *_) = config["profiles"]
        if profiles:
            config["profiles"] = [{**known, **profile} for profile in profiles]
        route.fulfill(response=response, json={**config, **fields})

    page.tab.route("**/config", answer)
    page.open()


def tell(page: VoicePage, *entries: Entry) -> None:
    """Have the next event stream of a call say this; the streams after it are the relay's own."""
    body = "".join(f"event: {kind}\ndata: {json.dumps({**entry, 'at': 0})}\n\n" for kind, entry in entries)

    said: list[str] = []

    def answer(route: Route) -> None:
        if said:
            route.continue_()
            return
        said.append(body)
        route.fulfill(body=body, content_type="text/event-stream", headers={"Cache-Control": "no-store"})

    page.tab.route("**/calls/*/events", answer)
