"""The log: one line per event, no foreign text, chatty libraries held back."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from relay.telemetry import configure_logging, fault_of, log

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("relay.test")


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_json_line_is_one_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "INFO")

    log(logger, logging.INFO, "a call ends", call="abc", reason=None, seconds=1.5)

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["call"], line["seconds"]) == ("a call ends", "abc", 1.5)
    assert "reason" not in line
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_bad_18_a_line_end_in_a_field_stays_in_its_line(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json" if log_format == "json" else "text", "INFO")

    log(logger, logging.INFO, "event", field="first\r\nsecond")

    assert capsys.readouterr().err.count("\n") == 1


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("text", "WARNING")

    log(logger, logging.INFO, "event")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["httpx", "httpcore", "azure.identity", "msal", "urllib3"])
def test_sec_04_libraries_stay_quiet_at_debug_level(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "DEBUG")

    logging.getLogger(name).info("https://host/path?with=secrets")

    assert capsys.readouterr().err == ""


def test_tok_10_azure_stays_quiet_even_about_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "DEBUG")

    logging.getLogger("azure.identity").warning("tenant and client")

    assert capsys.readouterr().err == ""


def test_a_fault_is_told_by_its_place_and_not_by_its_message() -> None:
    with pytest.raises(ValueError, match="canary") as raised:
        int("canary")
    told = fault_of(raised.value)

    assert told["error"] == "ValueError"
    assert "test_telemetry.py" in str(told["at"])
    assert "canary" not in str(told)
