"""``serve``: the relay, and the simulator beside it where no Azure resource is named."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from relay import __version__
from relay.server import AddressInUse, Server, listen
from relay.settings import SettingsError, load_settings
from relay.simulator_process import SimulatorFailed, run_simulator
from relay.telemetry import configure_logging, log

if TYPE_CHECKING:
    import socket

    from relay.settings import Settings
    from relay.simulator_process import SimulatorProcess

_log = logging.getLogger("relay.server")

EXIT_SETTINGS = 2
EXIT_FAILED = 1


def serve(overrides: dict[str, str]) -> int:
    """Serve until stopped.

    Args:
        overrides: Settings from the command line, by their names in the environment.

    Returns:
        0 after an orderly stop, 1 when it could not start or go on, 2 when the settings are wrong.
    """
    try:
        settings = load_settings({**os.environ, **overrides}, Path.cwd())
    except SettingsError as error:
        _say("The relay cannot start: its settings need mending.")
        for complaint in error.complaints:
            _say(f"  - {complaint}")
        _say("`python -m relay check-config` shows every setting and where it comes from.")
        return EXIT_SETTINGS
    in_text = settings.relay_log == "text" or (settings.relay_log == "auto" and sys.stderr.isatty())
    configure_logging("text" if in_text else "json", settings.relay_log_level.upper())
    try:
        sock = listen(settings.relay_host, settings.relay_port)
    except AddressInUse as error:
        _say(str(error))
        return EXIT_FAILED
    try:
        return _run(_serve(settings, sock))
    except SimulatorFailed as error:
        _say(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:  # before the signals were ours
        return 0


def _run(main: asyncio._CoroutineLike[int]) -> int:
    """Run on uvloop where there is one."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def _serve(settings: Settings, sock: socket.socket) -> int:
    async with AsyncExitStack() as stack:
        simulator = None
        if settings.upstream_kind == "simulator":
            _say("No Azure resource is set: starting the simulator ...")
            simulator = await stack.enter_async_context(run_simulator(settings.azure_openai_deployment))
        from relay.app import create_app  # noqa: PLC0415 - while the simulator is starting

        app = create_app(settings, simulator=simulator.address if simulator else None)
        server = Server(
            app.asgi,
            sock,
            trusted_proxies=[str(network) for network in settings.relay_trusted_proxies],
            shutdown_seconds=settings.relay_shutdown_seconds,
            drain=app.drain,
        )
        await app.start()
        stack.push_async_callback(app.close)
        _announce(settings, sock)
        watching = asyncio.create_task(_watch(simulator, server)) if simulator else None
        await server.run()
        if watching is not None and watching.done():
            return EXIT_FAILED
        if watching is not None:
            watching.cancel()
    log(_log, logging.INFO, "stopped")
    return 0


async def _watch(simulator: SimulatorProcess, server: Server) -> None:
    """Without its upstream the relay is of no use: say so and stop."""
    code = await asyncio.shield(simulator.ended)
    log(_log, logging.ERROR, "the simulator has ended; stopping", exit_code=code)
    server.stop()


def _announce(settings: Settings, sock: socket.socket) -> None:
    port = sock.getsockname()[1]
    shown = "localhost" if settings.binds_loopback else settings.relay_host
    kind = settings.upstream_kind
    upstream = "the simulator: canned replies, no account, no cost" if kind == "simulator" else "Azure"
    _say(f"sdp-relay {__version__}")
    _say(f"  upstream  {upstream}")
    if kind == "azure":
        _say(f"            {settings.azure_openai_base_url}  deployment {settings.azure_openai_deployment}")
    _say(f"  page      http://{shown}:{port}/")
    _say("  stop      Ctrl-C")
    for warning in settings.warnings:
        _say(f"  note      {warning}")


def _say(line: str) -> None:
    """Speak to the person who started it; the log goes to standard error."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
