"""Run the benchmarks, one after the other: ``make bench``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks import sidebands, store

if __name__ == "__main__":
    sys.exit(store.main() or sidebands.main())
