"""``RELAY_AUTH=proxy``: a proxy that has signed the caller in says who it is, in a header.

A header proves nothing by itself. It is believed from a listed peer only, seen by its TCP connection, and if
a secret is configured, beside that secret only. What could have been slipped past the proxy is refused:
doubled headers, look-alikes with an underscore, values that no proxy writes.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from relay.core.caller import Caller, caller_id
from relay.errors import AuthInvalid
from relay.telemetry import log
from relay.web.bearer import MOST_BYTES, lookalikes, only_header
from relay.web.easy_auth import HEADER as EASY_AUTH
from relay.web.easy_auth import MOST_PRINCIPAL_BYTES, read_principal
from relay.web.peer import is_within, peer_of
from relay.web.token import is_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from relay.web.peer import Network

_log = logging.getLogger("relay.auth")

SECRET_HEADER: Final = "x-relay-proxy-secret"  # noqa: S105 - a header's name
_ISSUER = "proxy"
_MOST_CHARACTERS = 256
# A comma joins two headers into one, so the first of two names could be anything; %0d%0a is CRLF in disguise.
_UNUSUAL = re.compile(r"[\x00-\x1f\x7f-\x9f,]|%0[0ad]", re.IGNORECASE)


class ProxyVerifier:
    """Believes listed proxies.

    Args:
        header: Where the identity stands, in lower case; Easy Auth's is understood as what it is.
        trusted: The peers that are believed; at least one network, and not all there are.
        secrets: Gives what the proxy must show beside it; ``None`` where its address is enough.
        caller_key: With which subjects are hashed.
    """

    def __init__(
        self,
        *,
        header: str,
        trusted: Sequence[Network],
        secrets: Callable[[], Sequence[str]] | None,
        caller_key: bytes,
    ) -> None:
        if not trusted:
            raise ValueError("no proxy is trusted")
        self._header = header
        self._trusted = tuple(trusted)
        self._secrets = secrets
        self._caller_key = caller_key
        self._warned = False

    async def verify(self, request: Request, *, opening: bool) -> Caller | None:
        """Take whom a listed proxy names."""
        del opening
        if not is_within(peer_of(request.scope), self._trusted):
            self._warn(request)
            return None
        if any(lookalikes(request, name) for name in (self._header, SECRET_HEADER)):
            raise AuthInvalid
        easy_auth = self._header == EASY_AUTH
        value = only_header(request, self._header, most=MOST_PRINCIPAL_BYTES if easy_auth else MOST_BYTES)
        if value is None:
            return None
        if self._secrets is not None:
            shown = only_header(request, SECRET_HEADER)
            if not is_one_of(shown or b"", self._secrets()):
                raise AuthInvalid
        if easy_auth:
            subject, claims = read_principal(value)
        else:
            subject = _name(value)
            claims = {"sub": frozenset({subject})}
        name = caller_id(_ISSUER, subject, self._caller_key)
        return Caller(id=name, issuer=_ISSUER, subject=subject, holder=name, ambient=True, claims=claims)

    def _warn(self, request: Request) -> None:
        if self._warned or self._header not in request.headers:
            return
        self._warned = True
        log(
            _log,
            logging.WARNING,
            "an identity header came from a peer that is not in RELAY_TRUSTED_PROXIES, and is ignored",
            peer=str(peer_of(request.scope)),
        )


def _name(value: bytes) -> str:
    try:
        name = value.decode().strip(" \t")
    except UnicodeDecodeError:
        raise AuthInvalid from None
    if not 0 < len(name) <= _MOST_CHARACTERS or name.isspace() or _UNUSUAL.search(name):
        raise AuthInvalid
    return name
