"""What is known of the machine and of processes on it: CPU time, memory, versions, load."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("starlette", "uvicorn", "uvloop", "httptools", "httpx")


def tree(pid: int) -> list[int]:
    """A process and everything it has started."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*"):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """What a process tree has run on a CPU, user and system, to the nanosecond (``schedstat``)."""
    total = 0
    for each in tree(pid):
        for task in Path(f"/proc/{each}/task").glob("*"):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def memory_megabytes(pid: int, field: str = "VmRSS") -> float:
    """Resident memory of a process tree; ``VmHWM`` for the most it ever had."""
    total = 0
    for each in tree(pid):
        for line in Path(f"/proc/{each}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                total += int(line.split()[1])
    return total / 1024


def pin(pid: int, cores: set[int]) -> None:
    """Keep a process tree, every thread of it, on these cores, if the machine has them."""
    for each in tree(pid):
        for task in Path(f"/proc/{each}/task").glob("*"):
            os.sched_setaffinity(int(task.name), cores & set(range(os.cpu_count() or 1)))


def prefer(pid: int, rank: int) -> None:
    """Have the kernel prefer a process tree, where it weighs whole sessions: each of them has a rank."""
    for each in tree(pid):
        with suppress(OSError):
            Path(f"/proc/{each}/autogroup").write_text(str(rank))


def load_average() -> float:
    """How many tasks wanted a CPU in the last minute."""
    return os.getloadavg()[0]


def describe(others: dict[str, str]) -> list[str]:
    """The machine and the versions of what is measured, a line each.

    Args:
        others: Name and version of what is not a Python package.
    """
    cpu = next(
        (
            line.partition(": ")[2]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return [
        f"{os.cpu_count()} x {cpu}, {memory:.0f} GB, Linux {platform.release()}",
        f"Python {platform.python_version()}, {packages}",
        ", ".join(f"{name} {number}" for name, number in others.items()),
    ]


def output_of(*words: str) -> str:
    """What a program says, in one line."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().partition("\n")[0]
