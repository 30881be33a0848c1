"""``GET /openapi.json``: the HTTP interface for machines (OpenAPI 3.1), made once at start.

`openapi.json` beside this file holds what a person wrote: routes, forms, answers. Added here is what follows
from the rest: which problems each operation may answer with, what every request may be refused for, how to
sign in, and the version. Decides nothing about what is served; a test compares it with the route table.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from relay.errors import all_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

_DIRECT: Final = "/api/session"
_ANY_HOST: Final = frozenset({"/healthz", "/readyz"})
_EVERYBODY: Final = ("malformed-request", "internal-error")
_CALLERS: Final = ("auth-required", "auth-invalid", "auth-expired", "auth-unavailable", "store-unavailable")
_SECONDS: Final = 300


def openapi_document(*, version: str, direct: bool, bearer: bool) -> dict[str, Any]:
    """Complete the document.

    Args:
        version: Of the relay.
        direct: Whether ``POST /api/session`` is on; it is left out otherwise.
        bearer: Whether callers show a bearer credential; where a proxy or nobody asks, there is no scheme.
    """
    document: dict[str, Any] = json.loads(
        Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
    )
    document["info"]["version"] = version
    if not direct:
        del document["paths"][_DIRECT]
    if not bearer:
        del document["components"]["securitySchemes"]
    statuses = {kind.slug: kind.status for kind in all_problems()}
    codes = sorted(slug.replace("-", "_") for slug in statuses)
    document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] = codes
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            operation = item[method]
            caller = operation.pop("x-caller", None)
            slugs = [*operation.pop("x-problems", ()), *_common(path, method, caller)]
            operation["responses"] |= _problem_responses(slugs, statuses, operation["responses"])
            if caller and bearer:
                operation["security"] = [{"bearer": []}]
    return document


def _common(path: str, method: str, caller: str | None) -> list[str]:
    """What a request may be refused for before its route has looked at it."""
    slugs = [*_EVERYBODY, *(_CALLERS if caller else ())]
    if caller == "opening":
        slugs.append("ticket-used")
    if path not in _ANY_HOST:
        slugs.append("unknown-host")
    if method != "get":
        slugs.append("origin-refused")
    return slugs


def _problem_responses(
    slugs: Sequence[str], statuses: dict[str, int], given: dict[str, Any]
) -> dict[str, Any]:
    """Describe problems by status; where the route has an answer of its own for one, that one stays."""
    by_status: dict[int, list[str]] = {}
    for slug in sorted(slugs):
        by_status.setdefault(statuses[slug], []).append(slug)
    return {
        str(status): {"$ref": "#/components/responses/Problem", "description": ", ".join(named)}
        for status, named in sorted(by_status.items())
        if str(status) not in given
    }


class OpenApi:
    """The handler.

    Args:
        document: What `openapi_document` made.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        tag = hashlib.sha256(self._body).hexdigest()[:16]
        self._headers = {"Cache-Control": f"public, max-age={_SECONDS}", "ETag": f'"{tag}"'}

    async def get(self, request: Request) -> Response:
        """Tell it, or that the reader has it (RFC 9110 section 13.1.2)."""
        known = {
            entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")
        }
        if known & {self._headers["ETag"], "*"}:
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, headers=self._headers, media_type="application/json")
