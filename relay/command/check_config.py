"""``check-config``: every setting, where it comes from, and what is wrong with it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from relay.app_profiles import ProfileLoader
from relay.settings import report


def check_config() -> int:
    """Print the settings of this folder and environment.

    Returns:
        0 when the relay could start with them, 2 when not.
    """
    return report.check_config(
        os.environ,
        Path.cwd(),
        sys.stdout,
        sys.stderr,
        lambda settings: ProfileLoader(settings).load(settings),  # nothing is connected to
    )
