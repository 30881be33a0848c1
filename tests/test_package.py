"""The wheel: what an operator installs has everything it needs, and nothing it must not have."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from relay import __version__

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a packager would, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_the_page_the_texts_and_the_voices(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    page = {f"relay/public/{path.relative_to(ROOT / 'public')}" for path in (ROOT / "public").rglob("*.*")}
    assert page <= names
    assert "relay/web/problems.toml" in names
    assert any(name.endswith(".opus") for name in names)


def test_the_wheel_carries_no_tests_and_no_settings(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert not [name for name in names if name.startswith("tests/") or ".dev.vars" in name]


def test_an_unpacked_wheel_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    environment = {"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-m", "relay", "--version"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    asked = subprocess.run(
        [sys.executable, "-c", "from relay.web.static import public_folder as f; print(f())"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == f"sdp-relay {__version__}"
    assert asked.stdout.strip() == str(tmp_path / "site/relay/public")


def test_the_console_script_is_the_command_line(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))

    assert "sdp-relay = relay.__main__:main" in archive.read(entry).decode()
