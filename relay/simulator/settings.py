"""What the simulator is started with: environment first, then the command line.

Reads both once and complains about everything at once; never reads a file and never changes later.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from relay.simulator.faults import Fault, FaultUnreadable, faults_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
Flavour = Literal["azure", "openai"]

REALTIME_DEPLOYMENTS = ("gpt-realtime", "gpt-realtime-mini", "gpt-realtime-1.5", "gpt-realtime-2")
TRANSCRIPTION_DEPLOYMENTS = ("gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-realtime-whisper")


class SettingsProblem(Exception):  # noqa: N818 - it lists problems
    """One line for each setting that cannot be used; names the setting, and its value where no secret."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the simulator can be told.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.
        parent_pipe: Whether to end when stdin ends, and to leave Ctrl-C to the parent.
        media: Whether to answer with real WebRTC; without, an answer is text only.
        api_key: The only key accepted; ``None`` accepts any.
        access_token: The only access token accepted; ``None`` accepts any.
        deployments: Deployment names that speak.
        transcription_deployments: Deployment names that transcribe.
        faults: Switches that are set from the start.
        session_seconds: How long a call may last.
        connect_seconds: How long a call may wait for its browser.
        max_calls: How many calls with media may be live.
        flavour: Whose differences to show (fact 9.10).
    """

    host: str = "127.0.0.1"
    port: int = 8788
    parent_pipe: bool = False
    media: bool = True
    api_key: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    deployments: tuple[str, ...] = REALTIME_DEPLOYMENTS
    transcription_deployments: tuple[str, ...] = TRANSCRIPTION_DEPLOYMENTS
    faults: tuple[Fault, ...] = ()
    session_seconds: float = 3600
    connect_seconds: float = 15
    max_calls: int = 50
    flavour: Flavour = "azure"


def settings_from(environment: Mapping[str, str], arguments: Sequence[str]) -> Settings:
    """Read the settings; an argument wins over the environment, an empty value is no value.

    Raises:
        SettingsProblem: Everything that cannot be used.
        SystemExit: The command line asks for help or cannot be parsed.
    """
    options = _parser().parse_args(arguments)
    complaints: list[str] = []

    def read(name: str, default: T, convert: Callable[[str], T]) -> T:
        given = environment.get(name, "")
        try:
            return convert(given) if given else default
        except ValueError as problem:
            complaints.append(f"{name}: {problem}")
            return default

    settings = Settings(
        host=options.host or environment.get("SIMULATOR_HOST") or "127.0.0.1",
        port=read("SIMULATOR_PORT", 8788, _port) if options.port is None else options.port,
        parent_pipe=options.parent_pipe,
        media=not options.no_media,
        api_key=environment.get("SIMULATOR_API_KEY") or None,
        access_token=environment.get("SIMULATOR_ACCESS_TOKEN") or None,
        deployments=read("SIMULATOR_DEPLOYMENTS", REALTIME_DEPLOYMENTS, _names),
        transcription_deployments=read(
            "SIMULATOR_TRANSCRIPTION_DEPLOYMENTS", TRANSCRIPTION_DEPLOYMENTS, _names
        ),
        faults=read("SIMULATOR_FAULTS", (), _faults),
        session_seconds=read("SIMULATOR_SESSION_SECONDS", 3600.0, _seconds),
        connect_seconds=read("SIMULATOR_CONNECT_SECONDS", 15.0, _seconds),
        max_calls=read("SIMULATOR_MAX_CALLS", 50, _count),
        flavour=read("SIMULATOR_FLAVOUR", "azure", _flavour),
    )
    if complaints:
        raise SettingsProblem(complaints)
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="relay simulate",
        description="A pretend Azure OpenAI Realtime API (WebRTC) on this machine.",
        epilog="Settings of the environment: SIMULATOR_HOST, _PORT, _API_KEY, _ACCESS_TOKEN, _DEPLOYMENTS, "
        "_TRANSCRIPTION_DEPLOYMENTS, _FAULTS, _SESSION_SECONDS, _CONNECT_SECONDS, _MAX_CALLS, _FLAVOUR.",
    )
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, help="port to listen on (8788); 0 for any free one")
    parser.add_argument(
        "--parent-pipe", action="store_true", help="print the port as JSON and end when stdin ends"
    )
    parser.add_argument(
        "--no-media", action="store_true", help="answer from a template, without WebRTC, for load tests"
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ValueError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"a whole number above 0 is needed, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86400:
        raise ValueError(f"seconds between 0 and 86400 are needed, not {text!r}")
    return seconds


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise ValueError("at least one name is needed")
    return names


def _flavour(text: str) -> Flavour:
    if text in ("azure", "openai"):
        return cast("Flavour", text)
    raise ValueError(f"azure or openai, not {text!r}")


def _faults(text: str) -> tuple[Fault, ...]:
    try:
        return faults_from(json.loads(text))
    except json.JSONDecodeError as problem:
        raise ValueError(f"not JSON: {problem.msg} at character {problem.pos}") from problem
    except FaultUnreadable as problem:
        raise ValueError(str(problem)) from problem
