"""azure-identity: building a credential of the relay's choosing, and reading what its errors mean.

Everything of azure is imported when it is first needed: half a second that a relay with an API key saves.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Protocol

from relay.upstream.http_client import trusted_context

if TYPE_CHECKING:
    import ssl

    from azure.core.pipeline.transport import RequestsTransport

_CONNECT_SECONDS = 3
_READ_SECONDS = 5
_SUBPROCESS_SECONDS = 10
_CODE = re.compile(r"AADSTS[0-9]{4,8}")
# Entra ID's own word that it is busy or failing: MsodsServiceUnavailable and the two throttles. They
# come in the same form as a refusal.
_PASSING = frozenset({"AADSTS90024", "AADSTS90033", "AADSTS90055"})


class TokenSource(Protocol):
    """As much of azure-identity's credentials as is used."""

    def get_token_info(self, *scopes: str) -> object:
        """Fetch a token; blocks. The result has ``token``, ``expires_on`` and ``refresh_on``."""

    def close(self) -> None:
        """Close its connections."""


def build_entra_credential(
    *,
    tenant: str | None = None,
    client: str | None = None,
    application_secret: str | None = None,
    authority: str | None = None,
    instance_discovery: bool = True,
    ca_file: str | None = None,
    egress_proxy: str | None = None,
) -> TokenSource:
    """Build a credential: a service principal when all three of its parts are given, else the default chain.

    ``AZURE_TOKEN_CREDENTIALS`` narrows the default chain by itself. Proxy variables of the environment are
    not read; `egress_proxy` serves https only, because managed identity is plain http to this machine.

    Args:
        tenant: Directory id or domain.
        client: Application id; without an application secret it chooses a user-assigned managed identity.
        application_secret: The OAuth client secret of the app registration.
        authority: Such as ``https://login.microsoftonline.us``; ``None`` for Azure's.
        instance_discovery: Off where the authority is private and Azure's public one cannot be asked.
        ca_file: Further CA certificates (PEM).
        egress_proxy: URL.

    Raises:
        ValueError: A part that azure-identity refuses before it asks anybody.
        OSError: `ca_file` cannot be read.
    """
    from azure.identity import ClientSecretCredential, DefaultAzureCredential  # noqa: PLC0415

    _silence_identity_logs()
    settings: dict[str, Any] = {
        "authority": authority,
        "disable_instance_discovery": not instance_discovery,
        "transport": _build_transport(trusted_context(ca_file)),
        "proxies": {} if egress_proxy is None else {"https": egress_proxy},
        # One layer repeats: this one would sleep for as long as a Retry-After says, in our only thread.
        "retry_total": 0,
    }
    if tenant and client and application_secret:
        return ClientSecretCredential(tenant, client, application_secret, **settings)
    if client:
        settings |= {"managed_identity_client_id": client, "workload_identity_client_id": client}
    if tenant:
        settings["workload_identity_tenant_id"] = tenant
    return DefaultAzureCredential(process_timeout=_SUBPROCESS_SECONDS, **settings)


def is_refusal(error: BaseException) -> bool:
    """Whether Entra ID itself said no, so that asking again cannot help until somebody changes something.

    Only its own code tells: azure-identity raises the same class for a network that is down (measured).
    """
    code = _aadsts(error)
    return code is not None and code not in _PASSING and not _is_unavailable(error)


def describe_refusal(error: BaseException) -> str:
    """Give the class and Entra ID's code: all that may be logged, as the text names tenants (TOK-10)."""
    code = _aadsts(error)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"


def _aadsts(error: BaseException) -> str | None:
    found = _CODE.search(str(error))
    return None if found is None else found.group()


def _is_unavailable(error: BaseException) -> bool:
    return any(kind.__name__ == "CredentialUnavailableError" for kind in type(error).__mro__)


def _silence_identity_logs() -> None:
    """Keep azure-identity and msal from logging a failed fetch in full; `describe_refusal` is logged."""
    for name in ("azure", "msal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _build_transport(context: ssl.SSLContext) -> RequestsTransport:
    """Build azure-core's transport over a TLS context of ours.

    urllib3's own would write keys to ``SSLKEYLOGFILE``, and takes no further CAs beside the public ones.
    """
    import requests  # noqa: PLC0415
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415

    class ContextAdapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **kwargs)

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            return super().proxy_manager_for(*args, ssl_context=context, **kwargs)

    session = requests.Session()
    session.trust_env = False
    session.mount("https://", ContextAdapter())
    return RequestsTransport(
        session=session,
        use_env_settings=False,
        connection_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
    )
