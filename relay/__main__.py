"""The command line: ``python -m relay``, also installed as ``sdp-relay``."""

from __future__ import annotations

import argparse
import sys

from relay import __version__


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do what it says.

    Args:
        arguments: Without the program's name; ``sys.argv`` unless given.

    Returns:
        The exit code: 0 for success, 1 for failure, 2 for wrong settings or words.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["simulate"]:
        from relay.simulator.__main__ import main as simulate  # noqa: PLC0415 - its packages are an extra

        return simulate(words[1:])
    parsed = _parser().parse_args(words)
    if parsed.command == "check-config":
        from relay.command.check_config import check_config  # noqa: PLC0415 - keeps start-up short

        return check_config()
    from relay.command.serve import serve  # noqa: PLC0415 - keeps start-up short

    given = {"RELAY_HOST": parsed.host, "RELAY_PORT": parsed.port, "RELAY_UPSTREAM": parsed.upstream}
    return serve({name: value for name, value in given.items() if value is not None})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdp-relay",
        description="Signalling relay between a browser and the Azure OpenAI Realtime API over WebRTC.",
        epilog="Settings come from the environment, .dev.vars and relay.toml; see README.md.",
    )
    parser.add_argument("--version", action="version", version=f"sdp-relay {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    serve = commands.add_parser("serve", help="start the relay (with the simulator when no Azure is set)")
    serve.add_argument("--host", help="as RELAY_HOST")
    serve.add_argument("--port", help="as RELAY_PORT")
    serve.add_argument("--upstream", choices=["auto", "azure", "simulator"], help="as RELAY_UPSTREAM")
    commands.add_parser("simulate", help="start the simulator alone; `simulate --help` has its options")
    commands.add_parser("check-config", help="show every setting, where it comes from, and what is wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main())
