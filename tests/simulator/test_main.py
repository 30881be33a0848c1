"""The program: how it starts, what it says, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from relay.simulator.__main__ import main

START = [sys.executable, "-m", "relay.simulator", "--port", "0"]


def start(*arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*START, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def finished(process: subprocess.Popen[str], within: float) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=within)
    return process.returncode, out, err


def test_a_child_says_its_port_and_ends_with_its_parent() -> None:
    process = start("--parent-pipe")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    with urllib.request.urlopen(f"http://127.0.0.1:{told['port']}/simulator", timeout=5) as answer:
        shown = json.load(answer)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None, "Ctrl-C belongs to the parent"
    closed_at = time.monotonic()
    status, out, err = finished(process, within=5)

    assert (told["event"], shown["simulator"]) == ("listening", True)
    assert (status, out, err) == (0, "", "")
    assert time.monotonic() - closed_at < 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_on_its_own_it_says_what_to_do_and_a_signal_ends_it_quietly(number: signal.Signals) -> None:
    process = start("--no-media")
    assert process.stdout is not None
    first = process.stdout.readline() + process.stdout.readline()
    process.send_signal(number)
    status, _, err = finished(process, within=5)

    assert "AZURE_OPENAI_BASE_URL=http://127.0.0.1:" in first
    assert (status, err) == (0, "")


def test_a_taken_port_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status = main(["--no-media", "--port", str(taken.getsockname()[1])])

    assert status == 1
    assert "choose another port" in capsys.readouterr().err


def test_bad_settings_are_told_all_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATOR_FLAVOUR", "vanilla")
    monkeypatch.setenv("SIMULATOR_MAX_CALLS", "none")

    assert main([]) == 2
    told = capsys.readouterr().err
    assert "SIMULATOR_FLAVOUR" in told
    assert "SIMULATOR_MAX_CALLS" in told


def test_without_its_packages_it_says_which_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "aiortc" else object())

    assert main([]) == 2
    assert "pip install 'sdp-relay[simulator]'" in capsys.readouterr().err


def test_without_media_nothing_of_webrtc_is_imported() -> None:
    code = "import sys, relay.simulator.server; print(sorted({'aiortc', 'av', 'aioice'} & set(sys.modules)))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )

    assert shown.stdout == "[]\n"
