"""Looking at processes from outside, on every system that has `ps`."""

from __future__ import annotations

import subprocess


def children_of(parent: int) -> list[int]:
    """Give the ids of a process's children."""
    return [child for child, its_parent in _listed("pid", "ppid") if its_parent == parent]


def resident_mib(process: int) -> float:
    """Give the memory that a process has in RAM, in MiB."""
    return next(kib for number, kib in _listed("pid", "rss") if number == process) / 1024


def is_running(process: int) -> bool:
    """Whether there is such a process, and it is more than an entry that nobody has collected."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    state = listed.stdout.strip()
    return bool(state) and not state.startswith("Z")


def _listed(*columns: str) -> list[tuple[int, int]]:
    wanted = ",".join(f"{column}=" for column in columns)
    listed = subprocess.run(["ps", "-A", "-o", wanted], capture_output=True, text=True, check=True)
    pairs = (line.split() for line in listed.stdout.splitlines())
    return [(int(first), int(second)) for first, second in pairs]
