"""A relay, an upstream to look into, browsers, and a fresh tab for every test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chromium import Browsers
from tests.browser.voice_page import VoicePage
from tests.doubles.process import RelayProcess, SimulatorProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tests.browser.chromium import Microphone

    Visit = Callable[..., VoicePage]

_HERE = Path(__file__).parent
_FAILED = pytest.StashKey[bool]()
TRANSCRIBING = {"AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT": "gpt-4o-transcribe"}
FRESH = {"RELAY_KEEP_SECRETS": "off"}  # so that a fault of the mint meets every call
NAMES = {"RELAY_ALLOWED_HOSTS": "localhost,127.0.0.1,relay.test"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: its driver keeps an event loop running in this thread until the end."""
    items.sort(key=lambda item: _HERE in item.path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test failed, for the picture."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session", name="simulator")
def _simulator() -> Iterator[SimulatorProcess]:
    """The upstream of `relay`, with its ledger and its faults."""
    with SimulatorProcess() as process:
        yield process
        assert "Traceback" not in process.output, process.output


@pytest.fixture(scope="session", name="relay")
def _relay(simulator: SimulatorProcess) -> Iterator[RelayProcess]:
    """A relay that takes `simulator` for Azure."""
    with RelayProcess({**simulator.relay_environment(), **TRANSCRIBING, **NAMES, **FRESH}) as process:
        yield process
        assert "Traceback" not in process.output, process.output


@pytest.fixture(scope="session", name="browsers")
def _browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        browsers = Browsers(playwright, tmp_path_factory.mktemp("sounds"))
        yield browsers
        browsers.close()


@pytest.fixture(name="visit")
def _visit(
    browsers: Browsers, simulator: SimulatorProcess, relay: RelayProcess, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    """Open the page: `visit(microphone=…, at=…, path=…, ready=…, and options of the browser's context)`."""
    simulator.reset()
    pages: list[VoicePage] = []

    def visit(
        *,
        microphone: Microphone = "silence",
        at: str = relay.url,
        path: str = "/",
        ready: str = "#about:not(:empty)",
        **options: Any,
    ) -> VoicePage:
        context = browsers.with_microphone(microphone).new_context(**options)
        voice_page = VoicePage(context, at)
        pages.append(voice_page)
        voice_page.open(path, ready)
        return voice_page

    yield visit
    failed = request.node.stash.get(_FAILED, False)
    name = re.sub(r"\W+", "_", request.node.name)
    for number, voice_page in enumerate(pages):
        if failed and not voice_page.tab.is_closed():
            voice_page.keep_picture(_HERE / "artefacts" / f"{name}_{number}.png")
        voice_page.context.close()
    if not failed:
        for voice_page in pages:
            voice_page.check()
