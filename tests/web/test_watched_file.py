"""Keys in files: read again when they change, and not believed when they cannot be read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from relay.errors import AuthUnavailable
from relay.web.watched_file import LOOK_SECONDS, WatchedFile
from tests.web.oidc_parts import Ticks

if TYPE_CHECKING:
    from pathlib import Path


def read_number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("1", encoding="ascii")
    return path


def test_a_changed_file_is_read_within_a_second(path: Path) -> None:
    ticks = Ticks()
    watched = WatchedFile(path, read_number, monotonic=ticks)
    assert watched() == 1
    path.write_text("22", encoding="ascii")
    before = watched()
    ticks.seconds += LOOK_SECONDS

    assert (before, watched()) == (1, 22)


def test_a_link_that_is_exchanged_is_noticed(path: Path, tmp_path: Path) -> None:
    ticks = Ticks()
    (tmp_path / "other").write_text("2", encoding="ascii")
    link = tmp_path / "link"
    link.symlink_to(path)
    watched = WatchedFile(link, read_number, monotonic=ticks)
    assert watched() == 1
    (tmp_path / "next").symlink_to(tmp_path / "other")
    os.replace(tmp_path / "next", link)  # noqa: PTH105 - as Kubernetes does
    ticks.seconds += LOOK_SECONDS

    assert watched() == 2


def test_an_unchanged_file_is_not_read_again(path: Path) -> None:
    ticks, reads = Ticks(), []

    def read(path: Path) -> int:
        reads.append(path)
        return read_number(path)

    watched = WatchedFile(path, read, monotonic=ticks)
    for _ in range(5):
        watched()
        ticks.seconds += LOOK_SECONDS

    assert len(reads) == 1


@pytest.mark.parametrize("content", ["", "canary", None])
def test_auth_08_a_file_that_cannot_be_used_lets_nobody_in_until_it_can(
    path: Path, content: str | None
) -> None:
    ticks = Ticks()
    watched = WatchedFile(path, read_number, monotonic=ticks)
    assert watched() == 1
    if content is None:
        path.unlink()
    else:
        path.write_text(content, encoding="ascii")
    for _ in range(3):
        ticks.seconds += LOOK_SECONDS
        with pytest.raises(AuthUnavailable):
            watched()
    path.write_text("3", encoding="ascii")
    ticks.seconds += LOOK_SECONDS

    assert watched() == 3


def test_trouble_with_a_file_is_said_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ticks = Ticks()
    path.write_text("canary", encoding="ascii")
    watched = WatchedFile(path, read_number, monotonic=ticks)
    for _ in range(3):
        with pytest.raises(AuthUnavailable):
            watched()
        ticks.seconds += LOOK_SECONDS

    assert len([record for record in caplog.records if record.name == "relay.auth"]) == 1
