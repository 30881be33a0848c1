"""Removes each guard of the door in turn, in a copy of the tree, and tells which test dies.

``make guards``, or ``python -m tests.guards.run [words…]`` for the guards whose names hold one of the words.
Writes what it finds into the table, tests/guards.md; ends with 1 when a guard could go and no test noticed.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.guards.every import GUARDS
from tests.guards.guard import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.guards.guard import Guard

TABLE = ROOT / "tests" / "guards.md"
_HEAD = (
    "# Which test notices when a guard is gone\n\n"
    "Written by `make guards`, which removes one guard after the other in a copy of the source and runs the "
    "tests\nthat should notice; nothing here is typed by hand.\n\n"
    "| what is guarded | where | the test that dies |\n|---|---|---|\n"
)
_LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
)
_SECONDS = 120
_AT_ONCE = 2
_SURE = "not costs_little"  # those measure time, and a busy machine fails them by itself
_SURVIVES = "**none**"


def main(words: Sequence[str]) -> int:
    """Try the guards, print what dies, and write it down."""
    chosen = [guard for guard in GUARDS if not words or any(word in guard.what for word in words)]
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        trees: queue.Queue[Path] = queue.Queue()
        for number in range(_AT_ONCE):
            tree = Path(folder) / str(number)
            shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)
            trees.put(tree)

        def tried(guard: Guard) -> str:
            tree = trees.get()
            try:
                died = who_dies(guard, tree)
            finally:
                trees.put(tree)
            print(f"{guard.what}: {died}", flush=True)
            return died

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            deaths = list(pool.map(tried, chosen))
    write(dict(zip(chosen, deaths, strict=True)))
    survivors = deaths.count(_SURVIVES)
    print(f"{len(chosen)} guards, {survivors} of which no test misses")
    return 1 if survivors else 0


def write(deaths: Mapping[Guard, str]) -> None:
    """Write the table: what was found now, and what it held of the other guards there are."""
    old = TABLE.read_text().splitlines() if TABLE.exists() else []
    known = {line.rpartition(" | ")[0]: line for line in old if line.startswith("| ")}
    lines = [
        f"{_what(guard)} | {deaths[guard]} |" if guard in deaths else known[_what(guard)]
        for guard in GUARDS
        if guard in deaths or _what(guard) in known
    ]
    TABLE.write_text(_HEAD + "".join(f"{line}\n" for line in lines))


def _what(guard: Guard) -> str:
    return f"| {guard.what} | `{guard.file}`"


def who_dies(guard: Guard, tree: Path) -> str:
    """Run the tests of a guard without it; the first that fails."""
    source = tree / guard.file
    whole = source.read_text()
    source.write_text(whole.replace(guard.old, guard.new, 1))
    words = [
        "-m",
        "pytest",
        "-q",
        "-x",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-k",
        _SURE,
        *guard.tests.split(),
    ]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "the tests do not end"
    finally:
        source.write_text(whole)
    if done.returncode == 0:
        return _SURVIVES
    found = re.search(r"^(?:FAILED|ERROR) ([^\s\[]+)", done.stdout, re.MULTILINE)
    return f"`{found[1].rpartition('::')[2]}`" if found else f"the tests end with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
