"""Builds the way to the upstream and what is shown there, from the settings; a part of `relay.app`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay import __version__
from relay.clock import SystemClock
from relay.settings.places import read_secret_file
from relay.upstream.client_secrets import FreshSecrets
from relay.upstream.credential import ApiKeyCredential
from relay.upstream.http_client import build_clients, trusted_context
from relay.upstream.realtime import RealtimeUpstream
from relay.upstream.secrets import KeptSecrets
from relay.upstream.sideband import SidebandRoute

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import SecretStr

    from relay.settings import Settings
    from relay.simulator_process import SimulatorAddress
    from relay.upstream.credential import Credential
    from relay.upstream.mint import Mint


def build_upstream(settings: Settings, simulator: SimulatorAddress | None) -> RealtimeUpstream:
    """Build the upstream that the settings name, or the simulator's.

    Args:
        settings: The operator's.
        simulator: Where the simulator listens, when it takes Azure's place.
    """
    proxy = settings.relay_egress_proxy
    egress_proxy = proxy.get_secret_value() if proxy and not simulator else None
    ca_file = str(settings.relay_ca_file) if settings.relay_ca_file else None
    base_url = simulator.base_url if simulator else str(settings.azure_openai_base_url)
    return RealtimeUpstream(
        name="simulator" if simulator else "azure",
        base_url=base_url,
        credential=_credential(settings, simulator),
        clients=build_clients(version=__version__, ca_file=ca_file, egress_proxy=egress_proxy),
        sideband=SidebandRoute(
            base_url=base_url,
            version=__version__,
            context=trusted_context(ca_file),
            egress_proxy=egress_proxy,
        ),
        secrets=_keep if settings.relay_keep_secrets else FreshSecrets,
    )


def _keep(mint: Mint) -> KeptSecrets:
    clock = SystemClock()
    return KeptSecrets(mint, clock=lambda: clock.now().boot_seconds)


def _credential(settings: Settings, simulator: SimulatorAddress | None) -> Credential:
    if simulator is not None:
        return ApiKeyCredential(lambda: simulator.api_key)
    if settings.azure_openai_api_key is not None:
        return ApiKeyCredential(
            _key_reader(settings.azure_openai_api_key, settings.azure_openai_api_key_file)
        )
    from relay.upstream.entra import EntraCredential  # noqa: PLC0415 - heavy
    from relay.upstream.identity import build_entra_credential  # noqa: PLC0415 - heavy

    application_secret = settings.azure_client_secret
    egress_proxy = settings.relay_egress_proxy
    return EntraCredential(
        build=lambda: build_entra_credential(
            tenant=settings.azure_tenant_id,
            client=settings.azure_client_id,
            application_secret=application_secret.get_secret_value() if application_secret else None,
            authority=settings.azure_authority_host,
            instance_discovery=settings.azure_instance_discovery,
            ca_file=str(settings.relay_ca_file) if settings.relay_ca_file else None,
            egress_proxy=egress_proxy.get_secret_value() if egress_proxy else None,
        ),
        scope=settings.azure_openai_scope,
    )


def _key_reader(api_key: SecretStr, file: Path | None) -> Callable[[], str]:
    """A key from a file is read anew whenever the upstream has refused it (TOK-11)."""
    return api_key.get_secret_value if file is None else lambda: read_secret_file(file).get_secret_value()
