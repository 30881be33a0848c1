"""What `check-config` prints: every setting in effect, warnings, and what follows from them.

Secrets are eight stars, whatever they are. Nothing is asked of the network.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from relay.settings import Settings, SettingsError, load_settings
from relay.settings.profile_values import written_allow
from relay.settings.table import setting_table, written

if TYPE_CHECKING:
    from relay.core.profile import Profile

_CREDENTIALS: Final = {
    "api_key": "the API key of AZURE_OPENAI_API_KEY",
    "service_principal": "an Entra ID access token of the service principal AZURE_CLIENT_ID",
    "default_chain": "an Entra ID access token: managed identity, workload identity or a signed-in CLI",
}

_SIGN_INS: Final = {
    "token": "whoever shows the token",
    "ticket": "whoever shows a ticket, for one call each",
    "oidc": "whoever the issuer has signed in",
    "proxy": "whoever the trusted proxies name",
}


def check_config(
    environ: Mapping[str, str],
    directory: Path,
    out: TextIO,
    err: TextIO,
    attempt: Callable[[Settings], object] = lambda _: None,
) -> int:
    """Print the settings in effect, or everything that is wrong with them.

    Args:
        environ: The environment.
        directory: Where `.dev.vars` and `relay.toml` are.
        out: Takes the report.
        err: Takes the complaints.
        attempt: Tries what the settings alone cannot tell; raises `SettingsError`.

    Returns:
        The exit status: 0, or 2 when the relay would not start.
    """
    try:
        settings = load_settings(environ, directory)
        attempt(settings)
    except SettingsError as error:
        err.write(render_complaints(error.complaints))
        return 2
    out.write(render_report(settings))
    return 0


def render_complaints(complaints: list[str]) -> str:
    """Write what is wrong as a numbered list."""
    return "".join(f"{line}\n" for line in ("The settings cannot be used:", *_numbered(complaints)))


def render_report(settings: Settings) -> str:
    """Write the settings in effect as a table, then warnings, then what follows from them."""
    rows = [
        (row.name, settings.sources.get(row.key, "default"), written(getattr(settings, row.key)) or "-")
        for row in setting_table()
    ]
    sections = [list(_columns([("SETTING", "FROM", "VALUE"), *rows]))]
    sections.append(["Profiles:", *(f"  {line}" for line in _columns(list(_profiles(settings))))])
    if settings.warnings:
        sections.append(["Warnings:", *_numbered(settings.warnings)])
    sections.append(["What follows:", *(f"  {line}" for line in _columns(list(_facts(settings))))])
    return "\n".join("".join(f"{line}\n" for line in section) for section in sections)


def _profiles(settings: Settings) -> Iterator[tuple[str, ...]]:
    """One row for each profile; of its prompt only the length."""
    yield "NAME", "OPEN TO", "DEPLOYMENT", "VOICES", "PROMPT", "PAGE ADDS", "SIDEBAND", "TOOLS"
    profiles: Mapping[str, Profile] = settings.profiles
    for name, profile in profiles.items():
        adds = profile.browser_instructions
        required = ", required" if profile.sideband_required else ""
        yield (
            f"{name} (private)" if profile.private else name,
            ", ".join(map(written_allow, profile.allow)) or "everybody",
            profile.deployment,
            ",".join(profile.voices),
            "none" if profile.instructions is None else f"{len(profile.instructions)} characters",
            f"{settings.relay_max_instructions_bytes} bytes" if adds is None else f"{adds} characters",
            f"{profile.sideband}{required}",
            ", ".join(profile.tools) or "-",
        )


def _facts(settings: Settings) -> Iterator[tuple[str, ...]]:
    azure = settings.upstream_kind == "azure"
    yield (
        "upstream",
        f"Azure at {settings.azure_openai_base_url}" if azure else "the simulator, on this machine",
    )
    yield "deployment", settings.azure_openai_deployment
    yield "credential", _CREDENTIALS[settings.credential_kind] if azure else "none is needed"
    yield "address", _address(settings)
    yield "who may connect", _callers(settings)
    yield "names served", ", ".join(settings.allowed_hosts)
    yield "pages served", ", ".join(("the relay's own", *settings.relay_allowed_origins))


def _address(settings: Settings) -> str:
    host = f"[{settings.relay_host}]" if ":" in settings.relay_host else settings.relay_host
    return (
        f"http://{host}:{settings.relay_port}/" if settings.relay_port else f"http://{host}/, on a free port"
    )


def _callers(settings: Settings) -> str:
    if settings.relay_auth != ("none",):
        return ", or ".join(_SIGN_INS[way] for way in settings.relay_auth)
    if settings.binds_loopback:
        return "anybody on this machine (RELAY_AUTH=none)"
    return "anybody who can reach the address (RELAY_AUTH=none): let an authenticating proxy stand in front"


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _numbered(lines: list[str] | tuple[str, ...]) -> Iterator[str]:
    return (f"  {number}. {line}" for number, line in enumerate(lines, start=1))
