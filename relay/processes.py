"""Which processes of this machine are alive, and how a worker is named so that others can tell."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def worker_id(group: str) -> str:
    """Name a worker: its group, the process namespace its pid belongs to, and something of its own.

    Args:
        group: Shared by the workers of one parent, which stop together.
    """
    return f"{group}-{_namespace()}-{secrets.token_hex(6)}"


def is_of_group(worker: str, group: str) -> bool:
    """Whether a worker belongs to a group."""
    return worker.split("-", maxsplit=1)[0] == group


def is_dead(worker: str, pid: int) -> bool:
    """Whether a worker is certainly gone: its pid belongs to our namespace, and nobody has it."""
    parts = worker.split("-")
    if len(parts) != 3 or parts[1] != _namespace():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _namespace() -> str:
    """Linux names it; elsewhere all processes of a machine share one."""
    try:
        return "".join(filter(str.isdigit, Path("/proc/self/ns/pid").readlink().name)) or "0"
    except OSError:
        return "0"
