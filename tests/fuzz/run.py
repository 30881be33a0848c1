"""Fuzz with coverage: ``python -m tests.fuzz.run [--inputs N] [target …]``; `make fuzz` is the long run.

Each target runs in a process of its own under Atheris (libFuzzer). Where that cannot be installed, the seeds
are edited blindly. What broke a target is printed; `test_fuzz.py` keeps what was found.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import random
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
MOST_SECONDS: Final = 0.5  # of CPU for one input, instrumented
_MOST_BYTES: Final = 16384


def main() -> int:
    """Run the named targets, or all; 1 when one was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target")
    parser.add_argument("--here", metavar="FOLDER", help="run the one target in this process, on this corpus")
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    if options.here:
        return fuzz(options.targets[0], Path(options.here), options.inputs)
    from tests.fuzz.seeds import SEEDS  # noqa: PLC0415 - what is imported before Atheris is not instrumented

    print("| target | inputs | corpus | seconds | broken |\n|---|---|---|---|---|", flush=True)
    done = [_run(name, options.inputs, SEEDS[name]) for name in options.targets or SEEDS]
    return 0 if all(done) else 1


def fuzz(name: str, folder: Path, inputs: int) -> int:
    """Run one target in this process."""
    if importlib.util.find_spec("atheris") is None:
        _blindly(_target(name), folder, inputs)
    else:
        _with_coverage(name, folder, inputs)
    return 0


def _with_coverage(name: str, folder: Path, inputs: int) -> None:
    import atheris  # noqa: PLC0415 - not everywhere

    with atheris.instrument_imports(include=["relay", "jwt", "python_multipart"]):
        target = _target(name)
    from tests.fuzz.seeds import WORDS  # noqa: PLC0415

    words = folder.with_suffix(".words")
    spelled = ["".join(f"\\x{byte:02x}" for byte in word) for word in WORDS]
    words.write_text("".join(f'"{word}"\n' for word in spelled))
    options = [
        *(f"-runs={inputs}", f"-max_len={_MOST_BYTES}", "-timeout=5", "-rss_limit_mb=2048", "-len_control=0"),
        *("-print_final_stats=1", f"-artifact_prefix={folder}/broken-", f"-dict={words}"),
    ]
    atheris.Setup([sys.argv[0], *options, str(folder)], target)
    atheris.Fuzz()  # ends the process


def _blindly(target: Callable[[bytes], None], folder: Path, inputs: int) -> None:
    chance = random.Random(7)
    seeds = [path.read_bytes() for path in sorted(folder.iterdir())]
    for number in range(inputs):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(data) + 1)
            data[place : place + chance.randrange(9)] = chance.randbytes(chance.randrange(5))
        (folder / "broken-blind").write_bytes(data)
        target(bytes(data))
        (folder / "broken-blind").unlink()
        print(f"number_of_executed_units: {number + 1}", file=sys.stderr)


def _target(name: str) -> Callable[[bytes], None]:
    from tests.fuzz.targets import TARGETS, WIRES, wire  # noqa: PLC0415 - as above
    from tests.fuzz.world import World  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    reader = partial(wire, World(signed=WIRES[name])) if name in WIRES else TARGETS[name]

    def timed(data: bytes) -> None:
        began = time.thread_time()
        reader(data)
        assert time.thread_time() - began < MOST_SECONDS, "one input took too long"

    return timed


def _run(name: str, inputs: int, seeds: Sequence[bytes]) -> bool:
    with tempfile.TemporaryDirectory(prefix="relay-fuzz-") as place:
        folder = Path(place) / "corpus"
        folder.mkdir()
        for number, seed in enumerate(seeds):
            (folder / f"seed-{number}").write_bytes(seed)
        began = time.monotonic()
        words = [sys.executable, "-m", "tests.fuzz.run", "--here", str(folder), "--inputs", str(inputs), name]
        ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        seconds = time.monotonic() - began
        done = re.findall(r"number_of_executed_units: *(\d+)", ran.stderr)
        broken = list(folder.glob("broken-*"))
        kept = len(list(folder.iterdir())) - len(broken)
        print(f"| {name} | {done[-1] if done else 0} | {kept} | {seconds:.0f} | {len(broken)} |", flush=True)
        if ran.returncode:
            print(
                ran.stdout[-3000:],
                ran.stderr[-3000:],
                *(repr(path.read_bytes()) for path in broken),
                sep="\n",
            )
    return ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
