"""``serve``: the relay, and the simulator beside it where no Azure resource is named."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from relay import __version__
from relay.command.workers import EXIT_SETTINGS, Workers, read_worker_facts
from relay.errors import StoreUnavailable
from relay.server import AddressInUse, Server, listen
from relay.settings import SettingsError, load_settings
from relay.simulator_process import SimulatorAddress, SimulatorFailed, run_simulator
from relay.telemetry import configure_logging, log
from relay.web.guarded import ConnectionBounds, guarded_protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    from relay.app import Application
    from relay.core.profile import Profile
    from relay.settings import Settings
    from relay.simulator_process import SimulatorProcess

_log = logging.getLogger("relay.server")

_GARBAGE = (10_000, 20, 20)
"""When Python looks for cycles among objects: a call makes some hundred objects and hardly a cycle."""

EXIT_FAILED = 1


def serve(overrides: Mapping[str, str], workers: int) -> int:
    """Serve until stopped.

    Args:
        overrides: Settings from the command line, by their names in the environment.
        workers: Processes that answer.

    Returns:
        0 after an orderly stop, 1 when it could not start or go on, 2 when the settings are wrong.
    """
    settings = _settings({**os.environ, **overrides})
    if settings is None:
        return EXIT_SETTINGS
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)  # until they mean something, they should not kill
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, until the server owns it
    try:
        sock = listen(settings.relay_host, settings.relay_port)
    except AddressInUse as error:
        _say(str(error))
        return EXIT_FAILED
    environment = {**os.environ, **overrides}
    return _run(_serve(settings, sock, workers, environment))


def work() -> int:
    """Be one of the workers of `relay.command.workers`."""
    asked: list[int] = []  # for a reload, while nothing is there yet that could do it
    signal.signal(signal.SIGHUP, lambda number, _: asked.append(number))
    fd, group, simulator = read_worker_facts()
    settings = _settings(os.environ)
    if settings is None:
        return EXIT_SETTINGS
    address = None if simulator is None else SimulatorAddress(*simulator)
    return _run(_work(settings, socket.socket(fileno=fd), group, address, os.environ, asked=asked))


def _settings(environment: Mapping[str, str]) -> Settings | None:
    try:
        settings = load_settings(environment, Path.cwd())
    except SettingsError as error:
        _say_complaints(error)
        return None
    in_text = settings.relay_log == "text" or (settings.relay_log == "auto" and sys.stderr.isatty())
    configure_logging("text" if in_text else "json", settings.relay_log_level.upper())
    return settings


def _say_complaints(error: SettingsError) -> None:
    _say("The relay cannot start: its settings need mending.")
    for complaint in error.complaints:
        _say(f"  - {complaint}")
    _say("`python -m relay check-config` shows every setting and where it comes from.")


def _run(main: Coroutine[object, object, int]) -> int:
    """Run on uvloop where there is one; what keeps it from starting is told in words."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        new_loop = asyncio.new_event_loop
    else:
        new_loop = uvloop.new_event_loop
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(main)
    except SettingsError as error:  # of a profile or a tool
        _say_complaints(error)
        return EXIT_SETTINGS
    except SimulatorFailed as error:
        _say(str(error))
    except StoreUnavailable as fault:
        _say(f"The relay cannot start: {fault.detail}")
    except KeyboardInterrupt:  # before the signals were ours
        return 0
    return EXIT_FAILED


async def _serve(
    settings: Settings, sock: socket.socket, workers: int, environment: Mapping[str, str]
) -> int:
    async with AsyncExitStack() as stack:
        simulator = None
        if settings.upstream_kind == "simulator":
            _say("No Azure resource is set: starting the simulator ...")
            simulator = await stack.enter_async_context(run_simulator(_deployments(settings)))
        address = simulator.address if simulator else None
        if workers > 1:
            await _try_profiles(settings)
            crew = Workers(sock, workers, address, environment)
            _announce(settings, sock)
            await _until_done(crew, simulator)
            return EXIT_FAILED if crew.failed else 0
        return await _work(settings, sock, "", address, environment, simulator)


async def _try_profiles(settings: Settings) -> None:
    """Tell what is wrong with profiles and tools once, rather than by every worker.

    Raises:
        SettingsError: Something is.
    """
    from relay.app_profiles import ProfileLoader  # noqa: PLC0415 - while the simulator is starting

    loader = ProfileLoader(settings)
    try:
        loader.load(settings)
    finally:
        await loader.close()


def _deployments(settings: Settings) -> list[str]:
    """Every deployment that a profile names."""
    profiles: Mapping[str, Profile] = settings.profiles
    return sorted({profile.deployment for profile in profiles.values()})


async def _work(
    settings: Settings,
    sock: socket.socket,
    group: str,
    address: SimulatorAddress | None,
    environment: Mapping[str, str],
    simulator: SimulatorProcess | None = None,
    asked: Sequence[int] = (),
) -> int:
    """Answer requests in this process."""
    from relay.app import create_app  # noqa: PLC0415 - while the simulator is starting

    def read() -> Settings:
        return load_settings(environment, Path.cwd())

    app = create_app(settings, simulator=address, group=group, read=read)
    try:
        server = _server(settings, sock, app)
        server.own_signals()
        if asked:
            server.begin_reload()
        await app.start()
        # What is there by now stays: the collector need not look through it again and again for cycles.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        if group:
            server.stop_when_closed(sys.stdin.fileno())
        else:
            _announce(settings, sock)
        return await _until_done(server, simulator)
    finally:
        await app.close()
        log(_log, logging.INFO, "stopped")


def _server(settings: Settings, sock: socket.socket, app: Application) -> Server:
    return Server(
        app.asgi,
        sock,
        http=guarded_protocol(
            ConnectionBounds(
                head_bytes=settings.relay_max_head_bytes,
                head_seconds=settings.relay_head_seconds,
                body_seconds=settings.relay_body_seconds,
                connections=settings.relay_connections,
            )
        ),
        shutdown_seconds=settings.relay_shutdown_seconds,
        drain=app.drain,
        pause=app.supervisor.pause,
        reload=app.reload,
    )


async def _until_done(running: Server | Workers, simulator: SimulatorProcess | None) -> int:
    """Run until stopped, or until the simulator has ended: without its upstream a relay is of no use."""
    main = asyncio.ensure_future(running.run())
    if simulator is None:
        await main
        return 0
    await asyncio.wait({main, simulator.ended}, return_when=asyncio.FIRST_COMPLETED)
    if main.done():
        return 0
    log(_log, logging.ERROR, "the simulator has ended; stopping", exit_code=simulator.ended.result())
    running.stop()
    await main
    return EXIT_FAILED


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
    from relay.command.spending import most_spent  # noqa: PLC0415 - while the simulator is starting

    for number, line in enumerate(most_spent(settings)):
        _say(f"  {'' if number else 'spending':8}  {line}")
    _say("  stop      Ctrl-C")
    for warning in settings.warnings:
        _say(f"  note      {warning}")


def _say(line: str) -> None:
    """Speak to the person who started it; the log goes to standard error."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
