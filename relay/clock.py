"""The clocks of the machine, read at the edge and passed inwards as a `Moment`.

Durations between processes are measured with the boot clock, which goes on while the machine sleeps and
never jumps.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
import time
import uuid
from pathlib import Path
from typing import Protocol

from relay.core.moment import Moment

_LINUX_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> Moment:
        """Read the boot clock and the wall clock together."""


class SystemClock:
    """The clocks of this machine.

    Linux: ``CLOCK_BOOTTIME`` and the kernel's boot id. macOS: ``CLOCK_MONOTONIC_RAW``, which goes on during
    sleep there, and ``kern.bootsessionuuid`` (``kern.boottime`` moves with the wall clock). Elsewhere the
    monotonic clock and an id of this process alone, so that other processes are judged by the wall clock.
    """

    def __init__(self) -> None:
        self._boot_id = _boot_id()
        self._source: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC_RAW", None))

    def now(self) -> Moment:
        """Read the boot clock and the wall clock together."""
        boot = time.monotonic() if self._source is None else time.clock_gettime(self._source)
        return Moment(self._boot_id, boot, time.time())


def _boot_id() -> str:
    if sys.platform == "darwin":
        return _darwin_boot_id() or _own_boot_id()
    try:
        return _LINUX_BOOT_ID.read_text(encoding="ascii").strip() or _own_boot_id()
    except OSError:
        return _own_boot_id()


def _own_boot_id() -> str:
    return f"process-{uuid.uuid4()}"


def _darwin_boot_id() -> str | None:
    """Ask the kernel for the UUID of this boot (sysctl ``kern.bootsessionuuid``)."""
    libc = ctypes.CDLL(ctypes.util.find_library("c"))
    buffer = ctypes.create_string_buffer(64)
    size = ctypes.c_size_t(len(buffer))
    failed = libc.sysctlbyname(b"kern.bootsessionuuid", buffer, ctypes.byref(size), None, ctypes.c_size_t(0))
    return None if failed else buffer.value.decode("ascii") or None
