"""Reads the fields of ``POST /connect`` and its kin, from any of the three forms they may be sent in.

Decides what a readable request is, from its head (`check_head`, before anything is read) and then from its
bounded body. Never judges a field's meaning: that is `relay.core`'s. Never echoes a name or a value, never
reads more than the bound, never writes to disk; Starlette's own form reader is not used, because it guesses
where this one refuses (reliability 2.2).
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relay.core.request import ConnectRequest
from relay.errors import (
    BadEncoding,
    BadVoice,
    BodyTooLarge,
    DuplicateField,
    FieldTooLarge,
    MalformedRequest,
    MissingField,
    UnexpectedField,
    UnsupportedMediaType,
)
from relay.web.content_type import boundary_of, parse_header_value, require_utf8
from relay.web.json_object import read_members
from relay.web.multipart import read_parts
from relay.web.query import read_query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.datastructures import Headers
    from starlette.requests import Request

CONNECT_FIELDS: Final = frozenset({"sdp", "voice", "instructions", "profile", "presence"})
SESSION_FIELDS: Final = CONNECT_FIELDS - {"sdp"}

_FORM: Final = "multipart/form-data"
_JSON: Final = "application/json"
_SDP: Final = "application/sdp"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormBounds:
    """How large a request may be (reliability 2.3); bytes are bytes of UTF-8.

    Args:
        max_body_bytes: Of the whole body, declared or streamed.
        max_query_bytes: Of the query of a request whose body is the offer, as percent-encoded.
        max_parts: Of a multipart body, and parameters of a query.
        max_part_headers: Of one part.
        max_part_header_bytes: Of one part's headers together.
        max_sdp_bytes: Of the field; the others likewise.
    """

    max_body_bytes: int = 131072
    max_query_bytes: int = 32768
    max_parts: int = 8
    max_part_headers: int = 8
    max_part_header_bytes: int = 4096
    max_sdp_bytes: int = 32768
    max_instructions_bytes: int = 16384
    max_voice_bytes: int = 32
    max_profile_bytes: int = 64
    max_presence_bytes: int = 16


@dataclass(frozen=True, slots=True)
class FormHead:
    """What the head of a request says about its body.

    Args:
        media_type: One of the three this module reads.
        boundary: Of a multipart body; empty otherwise.
    """

    media_type: str
    boundary: bytes = b""


def check_head(headers: Headers, bounds: FormBounds, *, fields: frozenset[str] = CONNECT_FIELDS) -> FormHead:
    """Refuse by the head alone, so that identity and rate can be checked before a byte of the body is read.

    Args:
        headers: Of the request.
        bounds: How large it may be.
        fields: Those the route takes; a route without ``sdp`` reads no ``application/sdp``.

    Raises:
        UnsupportedMediaType: None, several or another Content-Type, or an encoded body.
        BadCharset: A charset other than UTF-8.
        BadMultipart: A multipart body without a usable boundary.
        BodyTooLarge: The declared length is over the bound.
        MalformedRequest: The declared length is not a number.
    """
    readable = [_FORM, _JSON, _SDP] if "sdp" in fields else [_FORM, _JSON]
    given = headers.getlist("content-type")
    value = parse_header_value(given[0]) if len(given) == 1 else None
    if value is None or value.name not in readable:
        accepted = ", ".join(readable)
        raise UnsupportedMediaType(f"Send one Content-Type: {accepted}.", headers={"Accept-Post": accepted})
    require_utf8(value)
    if any(encoding.lower() != "identity" for encoding in headers.getlist("content-encoding")):
        raise UnsupportedMediaType("Send the body unencoded.", headers={"Accept-Encoding": "identity"})
    for length in headers.getlist("content-length"):
        _check_declared_length(length, bounds)
    return FormHead(value.name, boundary_of(value) if value.name == _FORM else b"")


async def read_connect_request(
    request: Request, bounds: FormBounds, *, fields: frozenset[str] = CONNECT_FIELDS
) -> ConnectRequest:
    """Read a request's fields; checks the head once more, so that no caller can forget to.

    Args:
        request: Its body not read yet.
        bounds: How large it may be.
        fields: Those the route takes; ``sdp`` is required where it is among them.

    Raises:
        BodyTooLarge: At the latest after `FormBounds.max_body_bytes`; asks for the connection to be closed.
        BadMultipart, BadJson, TooManyParts, UnexpectedFile, BadCharset: The body cannot be read.
        UnexpectedField, DuplicateField, MissingField, FieldTooLarge, BadVoice, BadEncoding: A field is wrong.
        ClientDisconnect: Starlette's; the browser left, so there is nobody to answer.
        Problem: As `check_head`.
    """
    head = check_head(request.headers, bounds, fields=fields)
    query = _read_fields_of_query(request, head, bounds)
    body = await _read_body(request, bounds)
    if head.media_type == _SDP:
        # Named twice if the query names it too: an offer in an address would end up in logs.
        members = [("sdp", body), *query]
    elif head.media_type == _FORM:
        members = read_parts(
            body,
            head.boundary,
            max_parts=bounds.max_parts,
            max_part_headers=bounds.max_part_headers,
            max_part_header_bytes=bounds.max_part_header_bytes,
        )
    else:
        members = read_members(body)
    return _connect_request(members, bounds, fields)


def _check_declared_length(length: str, bounds: FormBounds) -> None:
    if not (length.isascii() and length.isdigit()):
        raise MalformedRequest("The Content-Length is not a number.")
    digits = length.lstrip("0") or "0"
    if len(digits) > len(str(bounds.max_body_bytes)) or int(digits) > bounds.max_body_bytes:
        raise _body_too_large(bounds)


def _body_too_large(bounds: FormBounds) -> BodyTooLarge:
    return BodyTooLarge(f"A body may have {bounds.max_body_bytes} bytes.", headers={"Connection": "close"})


async def _read_body(request: Request, bounds: FormBounds) -> bytes:
    body = bytearray()
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            if len(body) + len(chunk) > bounds.max_body_bytes:
                raise _body_too_large(bounds)
            body += chunk
    return bytes(body)


def _read_fields_of_query(request: Request, head: FormHead, bounds: FormBounds) -> list[tuple[str, bytes]]:
    query: bytes = request.scope["query_string"]
    if head.media_type == _SDP:
        return read_query(query, max_bytes=bounds.max_query_bytes, max_parameters=bounds.max_parts)
    if query:
        raise UnexpectedField("Send the fields in the body, not in the address.")
    return []


def _connect_request(
    members: Iterable[tuple[str, bytes]], bounds: FormBounds, fields: frozenset[str]
) -> ConnectRequest:
    found: dict[str, str] = {}
    for name, value in members:
        if name not in fields:
            raise UnexpectedField(f"This route takes: {', '.join(sorted(fields))}.")
        if name in found:
            raise DuplicateField(f"Send {name} once.")
        found[name] = _decode_field(name, value, bounds)
    if "sdp" in fields and not found.get("sdp", "").strip():
        raise MissingField("Send the offer as sdp.")
    return ConnectRequest(**found)


def _decode_field(name: str, value: bytes, bounds: FormBounds) -> str:
    most = {
        "sdp": bounds.max_sdp_bytes,
        "instructions": bounds.max_instructions_bytes,
        "voice": bounds.max_voice_bytes,
        "profile": bounds.max_profile_bytes,
        "presence": bounds.max_presence_bytes,
    }[name]
    if len(value) > most:
        if name == "voice":
            raise BadVoice(f"A voice has at most {most} characters.")
        raise FieldTooLarge(f"{name} may have {most} bytes.")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadEncoding(f"{name} is not valid UTF-8.") from None
