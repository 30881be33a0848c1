"""The key of the hashes: made once, nobody else's to read, and never one that can be guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relay.errors import StoreUnavailable
from relay.store.caller_key import read_or_make_caller_key

if TYPE_CHECKING:
    from pathlib import Path


def test_the_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "state" / "caller.key"
    made = read_or_make_caller_key(path)

    assert len(made) == 32
    assert read_or_make_caller_key(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["caller.key"]


@pytest.mark.parametrize("left", [b"", b"short", b"x" * 31])
def test_a_key_that_a_full_disk_has_cut_is_not_used(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "caller.key"
    path.write_bytes(left)

    with pytest.raises(StoreUnavailable, match="remove it"):
        read_or_make_caller_key(path)


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "caller.key"
    path.write_bytes(b"k" * 32)
    path.chmod(0o644)

    assert read_or_make_caller_key(path) == b"k" * 32
    assert path.stat().st_mode & 0o777 == 0o600
