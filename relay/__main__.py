"""The command line: ``python -m relay``, also installed as ``sdp-relay``."""

from __future__ import annotations

import argparse
import sys
from datetime import date

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
    if words[:1] == ["worker"]:
        from relay.command.serve import work  # noqa: PLC0415 - for a parent's own use

        return work()
    parsed = _parser().parse_args(words)
    given = {"RELAY_HOST": parsed.host, "RELAY_PORT": parsed.port, "RELAY_UPSTREAM": parsed.upstream}
    overrides = {name: value for name, value in given.items() if value is not None}
    if parsed.command == "check-config":
        from relay.command.check_config import check_config  # noqa: PLC0415 - keeps start-up short

        return check_config()
    if parsed.command == "serve":
        from relay.command.serve import serve  # noqa: PLC0415 - keeps start-up short

        return serve(overrides, parsed.workers)
    if parsed.command == "ticket":
        from relay.command.ticket import make_ticket  # noqa: PLC0415 - keeps start-up short

        bounds = {"profile": parsed.profile, "max_seconds": parsed.max_seconds, "origin": parsed.origin}
        return make_ticket({"sub": parsed.sub, **bounds}, overrides)
    if parsed.command == "usage":
        from relay.command.usage import print_usage  # noqa: PLC0415 - keeps start-up short

        return print_usage(
            parsed.by, days=parsed.days, since=parsed.since, as_csv=parsed.csv, overrides=overrides
        )
    if parsed.command in ("transcript", "forget"):
        from relay.command import transcripts  # noqa: PLC0415 - keeps start-up short

        if parsed.command == "forget":
            return transcripts.forget_caller(parsed.caller, issuer=parsed.issuer, overrides=overrides)
        return transcripts.print_transcript(parsed.call, as_json=parsed.json, overrides=overrides)
    from relay.command import calls  # noqa: PLC0415 - keeps start-up short

    if parsed.command in ("pause", "resume"):
        return calls.set_paused(paused=parsed.command == "pause", overrides=overrides)
    if parsed.action == "end":
        return calls.end_calls(None if parsed.every else parsed.call, overrides)
    return calls.list_calls(as_json=parsed.json, only_open=parsed.open, overrides=overrides)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdp-relay",
        description="Signalling relay between a browser and the Azure OpenAI Realtime API over WebRTC.",
        epilog="Settings come from the environment, .dev.vars and relay.toml; see README.md.",
    )
    parser.add_argument("--version", action="version", version=f"sdp-relay {__version__}")
    parser.set_defaults(host=None, port=None, upstream=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    serve = commands.add_parser("serve", help="start the relay (with the simulator when no Azure is set)")
    serve.add_argument("--host", help="as RELAY_HOST")
    serve.add_argument("--port", help="as RELAY_PORT")
    serve.add_argument("--upstream", choices=["auto", "azure", "simulator"], help="as RELAY_UPSTREAM")
    serve.add_argument("--workers", type=_count, default=1, help="processes that answer (default 1)")
    commands.add_parser("simulate", help="start the simulator alone; `simulate --help` has its options")
    commands.add_parser("check-config", help="show every setting, where it comes from, and what is wrong")
    same = argparse.ArgumentParser(add_help=False)
    same.add_argument("--port", help="of the relay, where it runs with the simulator on another port")
    calls = commands.add_parser("calls", parents=[same], help="list live and recent calls, or end some")
    calls.add_argument("--json", action="store_true", help="as JSON")
    calls.add_argument("--open", action="store_true", help="only those that are not over")
    calls.set_defaults(action="list")
    actions = calls.add_subparsers(dest="action", metavar="end")
    end = actions.add_parser("end", help="hang up a call, or every one")
    which = end.add_mutually_exclusive_group(required=True)
    which.add_argument("call", nargs="?", metavar="CALL", help="as `calls` shows it; its beginning will do")
    which.add_argument("--all", action="store_true", dest="every", help="every open call")
    ticket = commands.add_parser(
        "ticket", parents=[same], help="sign a ticket for one call (RELAY_AUTH=ticket)"
    )
    ticket.add_argument("--sub", required=True, help="whose it is")
    ticket.add_argument("--profile", help="the only profile it is good for")
    ticket.add_argument("--max-seconds", type=_seconds, help="the longest call it is good for")
    ticket.add_argument("--origin", help="the only origin whose page may use it")
    usage = commands.add_parser("usage", parents=[same], help="what calls used and cost, as a table or CSV")
    usage.add_argument(
        "--by",
        type=_groups,
        default=["day"],
        help="day, caller, profile, deployment, call; commas for several",
    )
    span = usage.add_mutually_exclusive_group()
    span.add_argument("--days", type=_seconds, default=30, help="how many days back (default 30)")
    span.add_argument("--since", type=date.fromisoformat, metavar="DAY", help="from this day on: 2026-11-20")
    usage.add_argument("--csv", action="store_true", help="for a spreadsheet, with exact costs")
    transcript = commands.add_parser(
        "transcript", parents=[same], help="what was said in a call whose profile keeps it"
    )
    transcript.add_argument("call", metavar="CALL", help="as `calls` shows it; its beginning will do")
    transcript.add_argument("--json", action="store_true", help="as JSON")
    forget = commands.add_parser("forget", parents=[same], help="drop every transcript of a caller")
    forget.add_argument("caller", metavar="CALLER", help="as `calls` shows it, or its name with --issuer")
    forget.add_argument(
        "--issuer", help="who knows the caller by that name: ticket, proxy, or a provider's URL"
    )
    commands.add_parser("pause", parents=[same], help="refuse new calls until `resume`; live ones go on")
    commands.add_parser("resume", parents=[same], help="let new calls in again")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 64:
        raise argparse.ArgumentTypeError("choose 1 to 64")
    return count


def _groups(text: str) -> list[str]:
    known = ("day", "caller", "profile", "deployment", "call")
    groups = text.split(",")
    if not set(groups) <= set(known) or len(set(groups)) != len(groups):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(known)}")
    return groups


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < 1:
        raise argparse.ArgumentTypeError("choose 1 or more")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
