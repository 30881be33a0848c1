"""``python -m relay.simulator``: reads the settings, checks what is installed, serves."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from relay.simulator.settings import SettingsProblem, settings_from

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator; ``relay simulate`` calls this too.

    Args:
        argv: Arguments without the program's name; the process's own by default.

    Returns:
        0 after an orderly end, 1 when the address is taken, 2 when it cannot start as asked.
    """
    try:
        settings = settings_from(os.environ, sys.argv[1:] if argv is None else argv)
    except SettingsProblem as problem:
        sys.stderr.write("The simulator cannot start like this:\n")
        sys.stderr.writelines(f"  {complaint}\n" for complaint in problem.complaints)
        return 2
    needed = ("aiortc", "aioice", "av", "websockets") if settings.media else ("websockets",)
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"The simulator needs packages that are not installed: {', '.join(missing)}.\n"
            "Install them with:  pip install 'sdp-relay[simulator]'\n"
        )
        return 2
    if settings.media:
        from relay.simulator import peer  # noqa: F401, PLC0415 - loaded now, so that no call waits for it
        from relay.simulator.ice import adapt_aioice  # noqa: PLC0415 - only where media is wanted

        adapt_aioice()
    from relay.simulator.server import serve  # noqa: PLC0415 - needs websockets

    return serve(settings)


if __name__ == "__main__":
    sys.exit(main())
