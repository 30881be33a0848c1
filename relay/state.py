"""Where the relay keeps its state: one folder, and in it one store for each upstream.

A call can only be hung up at the upstream that runs it, so relays of different upstreams must not adopt
each other's calls: each has a file of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

import platformdirs


def state_folder(configured: Path | None) -> Path:
    """Name the folder: the configured one, or the platform's for such state."""
    return configured or Path(platformdirs.user_state_dir("sdp-relay", appauthor=False))


def store_path(folder: Path, upstream: str) -> Path:
    """Name the store of one upstream.

    Args:
        folder: The state folder.
        upstream: What tells it from others: its origin, or ``simulator`` and the relay's port.
    """
    name = re.sub(r"[^a-z0-9.-]+", "-", upstream.lower().removeprefix("https://")).strip("-.")
    return folder / f"calls-{name}.sqlite3"
