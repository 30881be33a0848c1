"""Fuzz with coverage: ``python -m tests.fuzz.run [--inputs N] [target …]``; `make fuzz` does it for the record.

Each target runs in a process of its own under Atheris (libFuzzer), which exists for Linux on x86-64. The
input that broke a target is printed; `test_findings.py` is where it goes.
"""

from __future__ import annotations

import argparse
import logging
import re
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent.parent
_MOST_BYTES: Final = 16384
_MOST_SECONDS: Final = 5  # of one input, instrumented and on a busy machine; libFuzzer counts whole seconds


def main() -> int:
    """Run the named targets, or all; 1 when one was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target")
    parser.add_argument("--one", metavar="FOLDER", help="run the one target here, with this corpus")
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    if options.one:
        fuzz(options.targets[0], Path(options.one), options.inputs)
    from tests.fuzz.seeds import SEEDS  # noqa: PLC0415 - what is imported before Atheris is not instrumented

    broken = [name for name in options.targets or SEEDS if not _run(name, options.inputs, SEEDS[name])]
    return 1 if broken else 0


def fuzz(name: str, corpus: Path, inputs: int) -> None:
    """Run one target in this process; does not come back."""
    import atheris  # noqa: PLC0415 - only Linux on x86-64 has it

    with atheris.instrument_imports(include=["relay", "jwt", "python_multipart"]):
        from tests.fuzz.targets import TARGETS, WIRES, wire  # noqa: PLC0415
        from tests.fuzz.world import World  # noqa: PLC0415
    logging.disable(logging.CRITICAL)
    target: Callable[[bytes], None]
    target = partial(wire, World(signed=WIRES[name])) if name in WIRES else TARGETS[name]
    words = [
        *(f"-runs={inputs}", f"-max_len={_MOST_BYTES}", f"-timeout={_MOST_SECONDS}", "-rss_limit_mb=2048"),
        *("-print_final_stats=1", f"-artifact_prefix={corpus}/broken-", "-len_control=0"),
    ]
    atheris.Setup([sys.argv[0], *words, str(corpus)], target)
    atheris.Fuzz()


def _run(name: str, inputs: int, seeds: Sequence[bytes]) -> bool:
    with tempfile.TemporaryDirectory(prefix="relay-fuzz-") as folder:
        for number, seed in enumerate(seeds):
            (Path(folder) / f"seed-{number}").write_bytes(seed)
        began = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.run", "--one", folder, "--inputs", str(inputs), name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        seconds = time.monotonic() - began
        done = re.search(r"number_of_executed_units: *(\d+)", ran.stderr)
        corpus = len(list(Path(folder).iterdir()))
        print(
            f"| {name} | {done[1] if done else 0} | {corpus} | {seconds:.0f} | {ran.returncode} |", flush=True
        )
        if ran.returncode:
            print(ran.stdout[-3000:], ran.stderr[-3000:], sep="\n")
            for broken in Path(folder).glob("broken-*"):
                print(repr(broken.read_bytes()))
    return ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
