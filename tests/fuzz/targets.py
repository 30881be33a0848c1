"""What is fuzzed: each target takes any bytes, and raises when the relay does what it must never do.

A reader may give a value or one of our own refusals, and nothing else. The relay as a whole may answer
anything below 500. `seeds` has what each begins with.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import jwt
from starlette.datastructures import Headers

from relay.core.claims import check_times, flat_claims, subject_of, ticket_claims
from relay.core.offer import OfferBounds, check_answer, parse_offer
from relay.core.realtime import call_id_from_location, is_call_id, read_client_secret
from relay.core.refusal import error_code, request_id, retry_after_seconds, told_retry_after
from relay.errors import BadRequest, Problem, SignInRefused, UpstreamBadAnswer
from relay.web.bearer import bearer, only_header
from relay.web.easy_auth import read_principal
from relay.web.form import SESSION_FIELDS, FormBounds, read_connect_request
from relay.web.host import OriginRule, check_host, check_origin
from relay.web.key_set import find_key, read_key_set
from relay.web.peer import parse_address
from relay.web.request_head import check_request_head
from relay.web.signed import unverified_claims, unverified_head, verified_claims
from tests.secrecy import TICKET_KEY
from tests.web.asgi_request import MULTIPART, asgi_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fuzz.world import World

NOW: Final = 1_700_000_000.0
_OWN: Final = OriginRule(allowed=frozenset({"https://partner.example"}), without_origin=False)
_ALGORITHMS: Final = ("HS256", "RS256", "ES256", "EdDSA")


def form(content_type: str, data: bytes) -> None:
    """A body of a known kind."""
    with suppress(BadRequest):
        asyncio.run(read_connect_request(asgi_request(data, content_type), FormBounds()))


def head(data: bytes) -> None:
    """Content-Type on the first line, the query on the second, then the body."""
    content_type, _, rest = data.partition(b"\n")
    query, _, body = rest.partition(b"\n")
    for fields in ({}, {"fields": SESSION_FIELDS}):
        request = asgi_request(body, content_type.decode("latin-1"), query=query)
        with suppress(BadRequest):
            asyncio.run(read_connect_request(request, FormBounds(), **fields))


def offer(data: bytes) -> None:
    """An offer, whose text may hold anything a JSON body can."""
    for text in (data.decode("latin-1"), data.decode(errors="surrogateescape")):
        with suppress(BadRequest):
            found = parse_offer(text, OfferBounds())
            assert parse_offer(found.text, OfferBounds()) == found, "mending twice changes the offer"


def answer(data: bytes) -> None:
    """An answer of the upstream's."""
    with suppress(UpstreamBadAnswer):
        check_answer(data.decode("utf-8", "replace"), 65536)


def upstream(data: bytes) -> None:
    """What else the upstream says: Location, Retry-After, and bodies."""
    text = data.decode("latin-1")
    found = call_id_from_location(text)
    assert found is None or is_call_id(found)
    said = {"retry-after": text, "retry-after-ms": text, "x-request-id": text}
    for headers in (said, {"retry-after": text}):
        told = told_retry_after(retry_after_seconds(headers, NOW))
        assert 1 <= told <= 60
    request_id(said)
    error_code(data)
    with suppress(UpstreamBadAnswer):
        read_client_secret(data)


def token(data: bytes) -> None:
    """A token as it is shown, and one whose head and claims are signed as they are."""
    for read in (unverified_head, unverified_claims):
        with suppress(SignInRefused):
            read(data)
    for algorithm in _ALGORITHMS:
        with suppress(SignInRefused):
            verified_claims(data, TICKET_KEY.encode(), algorithms=[algorithm], required=["exp"])
    token_head, _, claims = data.partition(b"\n")
    signed = _signed(token_head, claims)
    with suppress(SignInRefused):
        found = verified_claims(
            signed, TICKET_KEY.encode(), algorithms=["HS256"], required=["exp"], issuer="us", audience=["us"]
        )
        _claims(found)


def claims(data: bytes) -> None:
    """Claims whose signature holds."""
    with suppress(ValueError, RecursionError):
        found = json.loads(data)
        if isinstance(found, dict):
            _claims(found)


def key_set(data: bytes) -> None:
    """An issuer's keys."""
    with suppress(ValueError):
        find_key(read_key_set(data), None, "RS256")


def principal(data: bytes) -> None:
    """Easy Auth's principal, in base64 and before it."""
    for value in (data, jwt.utils.base64url_encode(data), b64encode(data)):
        with suppress(SignInRefused):
            subject, _ = read_principal(value)
            assert subject.strip()


def headers(data: bytes) -> None:
    """Who asks, by which name, from which page: header lines as they came."""
    lines = [line.partition(b":") for line in data.split(b"\n")]
    given = [(name.strip().lower(), value.strip()) for name, _, value in lines]
    text = Headers(raw=given)
    request = asgi_request()
    request.scope["headers"] = given
    with suppress(SignInRefused):
        bearer(request)
    with suppress(SignInRefused):
        only_header(request, "x-forwarded-user")
    for line in (data.decode("latin-1"), text.get("x-forwarded-for", "")):
        parse_address(line)
    with suppress(BadRequest):
        host = check_host([value for name, value in given if name == b"host"], {"localhost", "[::1]"})
        check_origin(
            _OWN,
            method="POST",
            host=host,
            origin=text.get("origin"),
            fetch_site=text.get("sec-fetch-site"),
        )


def request_line(data: bytes) -> None:
    """Method, target and version on the first line, then header lines."""
    first, *lines = data.split(b"\n")
    method, _, rest = first.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    given = [
        (name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)
    ]
    with suppress(BadRequest):
        check_request_head(method, target, version.decode("latin-1"), given)


def wire(world: World, data: bytes) -> None:
    """Bytes on a connection to the relay."""
    written = world.send(data)
    for status in _statuses(written):
        assert status < 500, written[:200]


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "form-multipart": partial(form, MULTIPART),
    "form-json": partial(form, "application/json"),
    "form-sdp": partial(form, "application/sdp"),
    "form-head": head,
    "offer": offer,
    "answer": answer,
    "upstream": upstream,
    "token": token,
    "claims": claims,
    "key-set": key_set,
    "principal": principal,
    "headers": headers,
    "request-head": request_line,
}
"""Readers, by name; `wire` is bound to a world, open or signed, by whoever runs it."""

WIRES: Final = {"wire": False, "wire-signed": True}
"""Names of the whole relay as a target, and whether callers must sign in."""


def _claims(found: dict[str, object]) -> None:
    flat_claims(found)
    for read in (subject_of, partial(check_times, now=NOW), partial(ticket_claims, now=NOW)):
        with suppress(Problem):
            read(found)


def _signed(token_head: bytes, body: bytes) -> bytes:
    encode = jwt.utils.base64url_encode
    signed = encode(token_head) + b"." + encode(body)
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return signed + b"." + encode(algorithm.sign(signed, TICKET_KEY.encode()))


def _statuses(written: bytes) -> list[int]:
    """The status of every response on a connection; each begins with our server's own line."""
    return [int(piece[:3]) for piece in written.split(b"HTTP/1.1 ")[1:]]
