"""Every setting there is: its name, its reader, its default and one line of help, each written once.

A field's name in upper case is the setting's name in the environment and in `.dev.vars`; in lower case it
is its key in `relay.toml`. What is derived from several settings stands at the end.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, SecretStr

from relay.settings.addresses import IceServer, read_bind, read_ice_servers, read_proxy
from relay.settings.base_url import is_loopback
from relay.settings.marks import Dark, File, Switch
from relay.settings.spending_fields import SpendingFields
from relay.settings.tool_tables import ToolSetting
from relay.settings.values import (
    number_between,
    one_of,
    read_certificates,
    read_rate,
    read_store,
    read_voice,
    read_voices,
)

UpstreamKind = Literal["azure", "simulator"]
CredentialKind = Literal["api_key", "service_principal", "default_chain"]

_UNIT_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_VOICES: Final = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")


class Settings(SpendingFields):
    """The relay's settings, checked; made by `relay.settings.load_settings`."""

    # --- the address of the relay -----------------------------------------------------------------------
    relay_host: Annotated[str, BeforeValidator(read_bind)] = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every network."
    )
    relay_port: Annotated[int, BeforeValidator(number_between(0, 65535))] = Field(
        default=8787, description="Port to listen on; 0 for any free one."
    )

    # --- a call -----------------------------------------------------------------------------------------
    relay_voices: Annotated[tuple[str, ...], BeforeValidator(read_voices)] = Field(
        default=_VOICES, description="Voices a caller may choose."
    )
    relay_voice: Annotated[str, BeforeValidator(read_voice)] = Field(
        default="alloy", description="Voice when a caller chooses none; one of RELAY_VOICES."
    )
    relay_turn_detection: Annotated[
        Literal["server_vad", "semantic_vad"], BeforeValidator(one_of("server_vad", "semantic_vad"))
    ] = Field(
        default="server_vad", description="How the upstream notices that the caller has finished speaking."
    )
    relay_sideband: Annotated[
        Literal["off", "observe", "guard"], BeforeValidator(one_of("off", "observe", "guard"))
    ] = Field(
        default="observe",
        description="Whether the relay watches each call over a control connection (observe), and sets back "
        "what the browser changes in it (guard); or off. A profile may say otherwise.",
    )
    relay_keep_secrets: Switch = Field(
        default=True,
        description="Whether client secrets are kept while they live: a call is then one upstream request.",
    )
    relay_ephemeral_keys: Switch = Field(
        default=False,
        description="Whether pages may fetch a client secret and exchange the offer themselves.",
    )
    relay_allow_unkillable: Switch = Field(
        default=False, description="Whether to deliver an answer when the upstream did not name its call."
    )
    relay_ice_servers: Annotated[tuple[IceServer, ...], BeforeValidator(read_ice_servers), Dark()] = Field(
        default=(),
        description="STUN and TURN servers for the browser, as a JSON list.",
        examples=['[{"urls": "stun:stun.example.com:3478"}]'],
    )

    # --- limits -----------------------------------------------------------------------------------------
    relay_rate: Annotated[str, BeforeValidator(read_rate)] = Field(
        default="6/minute",
        description="Calls a caller may begin per second, minute or hour, failed ones counted; or off.",
    )
    relay_calls_per_caller: Annotated[int, BeforeValidator(number_between(0, 100_000))] = Field(
        default=2, description="Calls of one caller open at once; 0 for no bound."
    )
    relay_minutes_per_day: Annotated[int, BeforeValidator(number_between(0, 1_000_000))] = Field(
        default=60, description="Minutes the calls of one caller may last in a day (UTC); 0 for no bound."
    )
    relay_minutes_per_day_total: Annotated[int, BeforeValidator(number_between(0, 100_000_000))] = Field(
        default=0, description="Minutes the calls of all callers may last in a day (UTC); 0 for no bound."
    )
    relay_exchange_seconds: Annotated[int, BeforeValidator(number_between(1, 60))] = Field(
        default=20, description="Seconds a browser waits for its answer at most."
    )
    relay_in_flight: Annotated[int, BeforeValidator(number_between(1, 100_000))] = Field(
        default=200, description="Exchanges at once; more are refused."
    )
    relay_max_body_bytes: Annotated[int, BeforeValidator(number_between(1024, 16_777_216))] = Field(
        default=131_072, description="Bytes of a request body at most."
    )
    relay_max_sdp_bytes: Annotated[int, BeforeValidator(number_between(1024, 1_048_576))] = Field(
        default=32_768, description="Bytes of an offer at most."
    )
    relay_max_instructions_bytes: Annotated[int, BeforeValidator(number_between(0, 1_048_576))] = Field(
        default=16_384, description="Bytes of a caller's instructions at most; 0: callers may give none."
    )
    relay_max_head_bytes: Annotated[int, BeforeValidator(number_between(1024, 1_048_576))] = Field(
        default=32_768, description="Bytes of a request's line and headers at most."
    )
    relay_head_seconds: Annotated[int, BeforeValidator(number_between(1, 300))] = Field(
        default=10, description="Seconds for a request's line and headers to arrive."
    )
    relay_body_seconds: Annotated[int, BeforeValidator(number_between(1, 300))] = Field(
        default=15, description="Seconds for a request's body to arrive."
    )
    relay_connections: Annotated[int, BeforeValidator(number_between(1, 100_000))] = Field(
        default=1000,
        description="Connections at once in each worker; the longest silent one makes room for a new one.",
    )
    relay_shutdown_seconds: Annotated[int, BeforeValidator(number_between(1, 600))] = Field(
        default=25, description="Seconds for what is under way when the relay is told to stop."
    )

    # --- the life of a call -------------------------------------------------------------------------------
    relay_max_call_seconds: Annotated[int, BeforeValidator(number_between(1, 3600))] = Field(
        default=600, description="Seconds after which a call is hung up; the upstream allows 3600 at most."
    )
    relay_presence_seconds: Annotated[int, BeforeValidator(number_between(1, 300))] = Field(
        default=15,
        description="Seconds a page that promised its presence may be silent before its call is hung up.",
    )
    relay_calls_total: Annotated[int, BeforeValidator(number_between(0, 100_000))] = Field(
        default=50, description="Calls open at once, in all workers together; 0 for no bound."
    )
    relay_store: Annotated[Literal["sqlite"], BeforeValidator(read_store)] = Field(
        default="sqlite", description="What calls are written down in."
    )
    relay_state_dir: File = Field(
        default=None,
        description="Folder of the store, on a local disk; unset: the platform's folder for such state.",
        examples=["/var/lib/sdp-relay"],
    )
    relay_on_stop: Annotated[
        Literal["auto", "keep", "hangup"], BeforeValidator(one_of("auto", "keep", "hangup"))
    ] = Field(
        default="auto",
        description="Live calls when the relay stops: hangup, keep (for another process to adopt), "
        "or auto (hangup unless another process shares the store).",
    )
    relay_retention_days: Annotated[int, BeforeValidator(number_between(0, 3650))] = Field(
        default=30, description="Days for which an ended call stays readable."
    )

    # --- the way out ------------------------------------------------------------------------------------
    relay_egress_proxy: Annotated[SecretStr | None, BeforeValidator(read_proxy), Dark()] = Field(
        default=None,
        description="Proxy for every outgoing connection; HTTPS_PROXY and its like are not looked at.",
        examples=["http://proxy.example.com:3128"],
    )
    relay_ca_file: Annotated[Path | None, BeforeValidator(read_certificates)] = Field(
        default=None,
        description="PEM bundle trusted in addition, for the upstream, Entra ID and the proxy.",
        examples=["/etc/ssl/certs/company.pem"],
    )

    # --- the house --------------------------------------------------------------------------------------
    relay_config: File = Field(
        default=None,
        description="The TOML file to read; unset: relay.toml if it is there.",
        examples=["relay.toml"],
    )
    relay_log: Annotated[Literal["auto", "text", "json"], BeforeValidator(one_of("auto", "text", "json"))] = (
        Field(default="auto", description="Form of the log: text, json, or auto (text on a terminal).")
    )
    relay_log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(one_of("debug", "info", "warning", "error")),
    ] = Field(default="info", description="Least grave level that is logged: debug, info, warning or error.")

    # --- no settings, but what is known of them: excluded from every listing ----------------------------
    sources: Mapping[str, str] = Field(default_factory=dict, exclude=True, repr=False)
    warnings: tuple[str, ...] = Field(default=(), exclude=True, repr=False)
    # Of `relay.core.profile.Profile`, which pydantic need not look into.
    profiles: Mapping[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    tools: Mapping[str, ToolSetting] = Field(default_factory=dict, exclude=True, repr=False)
    folder: Path = Field(default_factory=Path, exclude=True, repr=False)

    @property
    def upstream_kind(self) -> UpstreamKind:
        """Where calls go; ``simulator`` only when it was asked for or nothing else is set."""
        if self.relay_upstream == "auto":
            return "simulator" if self.azure_openai_base_url is None else "azure"
        return self.relay_upstream

    @property
    def credential_kind(self) -> CredentialKind:
        """What is shown to Azure; an API key wins over everything else."""
        if self.azure_openai_api_key is not None:
            return "api_key"
        return "default_chain" if self.azure_client_secret is None else "service_principal"

    @property
    def rate(self) -> tuple[int, int] | None:
        """RELAY_RATE as so many in so many seconds; ``None`` when it is off."""
        return _so_many_in_seconds(self.relay_rate)

    @property
    def sign_in_failures(self) -> tuple[int, int] | None:
        """RELAY_SIGN_IN_FAILURES in the same way."""
        return _so_many_in_seconds(self.relay_sign_in_failures)

    @property
    def binds_loopback(self) -> bool:
        """Whether only this machine can reach the relay."""
        return is_loopback(self.relay_host)

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Hosts to serve, in lower case: ``host`` stands for any port, ``host:port`` for this one alone."""
        if self.relay_allowed_hosts or not self.binds_loopback:
            return self.relay_allowed_hosts
        own = f"[{self.relay_host}]" if ":" in self.relay_host else self.relay_host
        return tuple(dict.fromkeys(("localhost", "127.0.0.1", "[::1]", own)))


def _so_many_in_seconds(rate: str) -> tuple[int, int] | None:
    if rate == "off":
        return None
    most, unit = rate.split("/")
    return int(most), _UNIT_SECONDS[unit]
