"""Azure App Service and Container Apps authentication ("Easy Auth"): the header ``X-MS-CLIENT-PRINCIPAL``.

Base64 of a JSON object with ``claims``, a list of ``{"typ", "val"}``. It is not signed: it is worth what the
peer is worth that sends it, which is not decided here.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from relay.core.claims import flat_claims
from relay.errors import AuthInvalid

HEADER: Final = "x-ms-client-principal"

MOST_PRINCIPAL_BYTES: Final = 32_768
"""Two hundred groups, which is as many as Entra ID lists, take some 16 KiB."""

_LONG: Final = {
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid",
    "http://schemas.microsoft.com/identity/claims/tenantid": "tid",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": "sub",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/role": "roles",
}
_SUBJECTS: Final = ("oid", "sub")
"""The first that is there names the caller; e-mail addresses and display names can be given to others."""


def read_principal(value: bytes) -> tuple[str, dict[str, frozenset[str]]]:
    """Read a principal.

    Returns:
        The subject, and the claims by their short names.

    Raises:
        AuthInvalid: It is no principal, or names nobody.
    """
    try:
        document = json.loads(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise AuthInvalid from None
    listed = document.get("claims") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise AuthInvalid
    roles = document.get("role_typ")
    claims: dict[str, list[str]] = {}
    for entry in listed:
        name, said = _claim(entry)
        claims.setdefault("roles" if name == roles else _LONG.get(name, name), []).append(said)
    subject = next((claims[name] for name in _SUBJECTS if name in claims), [])
    if len(subject) != 1 or not subject[0].strip():
        raise AuthInvalid
    return subject[0], flat_claims(claims)


def _claim(entry: Any) -> tuple[str, str]:
    if not isinstance(entry, dict):
        raise AuthInvalid
    name, said = entry.get("typ"), entry.get("val")
    if not isinstance(name, str) or not isinstance(said, str):
        raise AuthInvalid
    return name, said
