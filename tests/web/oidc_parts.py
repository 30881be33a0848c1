"""An issuer's keys as the relay keeps them, with a clock that is moved by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.upstream.http_client import build_client, trusted_context
from relay.web.jwks import IssuerKeys
from relay.web.oidc import OidcVerifier
from tests.doubles.issuer import AUDIENCE, KEYS
from tests.doubles.relay import CALLER_KEY

if TYPE_CHECKING:
    from tests.doubles.issuer import Issuer
    from tests.doubles.relay import RelayDouble


@dataclass
class Ticks:
    """Seconds that only grow, when a test says so."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


def issuer_keys(issuer: Issuer, ca_file: str, ticks: Ticks, *, discover: bool = True) -> IssuerKeys:
    """Keys fetched by the real client."""
    return IssuerKeys(
        issuer=issuer.url,
        jwks_url=None if discover else issuer.url + KEYS,
        client=build_client("0", trusted_context(ca_file), None),
        monotonic=ticks,
    )


def verifier(
    issuer: Issuer, keys: IssuerKeys, relay: RelayDouble, *, header: str = "authorization"
) -> OidcVerifier:
    """RELAY_AUTH=oidc."""
    return OidcVerifier(
        issuer=issuer.url,
        audiences=[AUDIENCE, "relay-too"],
        header=header,
        keys=keys,
        clock=relay.clock,
        caller_key=CALLER_KEY,
    )
