"""The offers of ``tests/core/offers``, and a way to break them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

OFFERS: Final = {
    path.stem: path.read_bytes().decode() for path in sorted((Path(__file__).parent / "offers").glob("*.sdp"))
}


def without(text: str, pattern: str) -> str:
    """Remove every line that matches the pattern from its beginning."""
    return re.sub(rf"(?m)^{pattern}.*\r\n", "", text)
