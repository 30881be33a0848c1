"""What each target begins with: good input, so that the fuzzer starts behind the first check."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

import jwt

from tests.core.recorded_offers import OFFERS
from tests.doubles.issuer import AUDIENCE, public_jwk
from tests.doubles.sign_in import EC, ED, RSA
from tests.doubles.upstream import ANSWER
from tests.fuzz.targets import NOW
from tests.fuzz.world import ISSUER
from tests.secrecy import SHARED_TOKENS as TOKENS
from tests.secrecy import TICKET_KEY
from tests.web.asgi_request import MULTIPART, form, part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OFFER: Final = OFFERS["chromium-audio-only"]
_FIELDS: Final = {"sdp": _OFFER, "voice": "ash", "instructions": "Be brief.", "profile": "default"}
_FORM: Final = form(*(part(name, value) for name, value in _FIELDS.items()))
_JSON: Final = json.dumps(_FIELDS).encode()
_CLAIMS: Final = {
    "sub": "alice",
    "jti": "1",
    "exp": NOW + 60,
    "iat": NOW,
    "profile": "default",
    "max_seconds": 60,
    "groups": ["staff", 1, True],
    "iss": "us",
    "aud": "us",
}
_TICKET: Final = jwt.encode({"sub": "alice", "jti": "1", "exp": NOW + 60}, TICKET_KEY).encode()
_ID_TOKEN: Final = jwt.encode(
    {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": NOW + 60, "iat": NOW},
    RSA,
    algorithm="RS256",
    headers={"kid": "rsa-1"},
).encode()
_PRINCIPAL: Final = json.dumps(
    {"role_typ": "roles", "claims": [{"typ": "oid", "val": "alice"}, {"typ": "roles", "val": "Voice.User"}]}
).encode()
_KEY_SET: Final = json.dumps(
    {"keys": [public_jwk(RSA, "rsa-1"), public_jwk(EC, None, alg="ES256"), public_jwk(ED, "ed")]}
).encode()
_HEAD: Final = b"Host: localhost\r\nOrigin: http://localhost\r\nX-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n"


def _post(path: bytes, content_type: str, body: bytes, more: bytes = b"") -> bytes:
    declared = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return b"POST " + path + b" HTTP/1.1\r\n" + _HEAD + more + declared + body


_REQUESTS: Final = (
    _post(b"/connect", MULTIPART, _FORM),
    _post(b"/connect", "application/json", _JSON),
    _post(b"/connect?voice=ash&instructions=Be%20brief", "application/sdp", _OFFER.encode()),
    _post(b"/api/session", "application/json", b'{"voice": "ash"}'),
    b"GET /calls/abc HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"GET /calls/abc/events HTTP/1.1\r\n" + _HEAD + b"Last-Event-ID: 12\r\n\r\n",
    b"DELETE /calls/abc HTTP/1.1\r\n" + _HEAD + b"\r\nGET /config HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"GET /problems/bad-sdp HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"GET /readyz HTTP/1.0\r\nX-Forwarded-Proto: https\r\nForwarded: for=192.0.2.1;proto=https\r\n\r\n",
    b"GET /index.html HTTP/1.1\r\n" + _HEAD + b"Range: bytes=0-10\r\nIf-None-Match: *\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"POST /connect HTTP/1.1\r\n"
    + _HEAD
    + b"Content-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4;x=y\r\nv=0\r\n\r\n0\r\nTrailer: 1\r\n\r\n",
)
_SIGNS: Final = (
    b"Authorization: Bearer " + TOKENS[0].encode() + b"\r\n",
    b"Authorization: Bearer " + _TICKET + b"\r\n",
    b"Authorization: Bearer " + _ID_TOKEN + b"\r\n",
    b"X-Forwarded-User: alice\r\n",
    b"X-MS-CLIENT-PRINCIPAL: " + base64.b64encode(_PRINCIPAL) + b"\r\n",
)
SEEDS: Final[Mapping[str, Sequence[bytes]]] = {
    "form-multipart": (_FORM, form(part("sdp", "v=0\r\n"))),
    "form-json": (_JSON, b'{"sdp": "v=0", "voice": null}'),
    "form-sdp": (_OFFER.encode(),),
    "form-head": (
        MULTIPART.encode() + b"\n\n" + form(part("sdp", "v=0\r\n")),
        b"application/json; charset=utf-8\n\n" + b'{"sdp": "v=0"}',
        b"application/sdp\nvoice=ash&instructions=a%20b+c\nv=0\r\n",
    ),
    "offer": tuple(text.encode() for text in OFFERS.values()),
    "answer": (ANSWER.encode(),),
    "upstream": (
        b"/v1/realtime/calls/rtc_990b6ba8f11341c9b697c970849587c1",
        b"https://a/b?call_id=rtc_1#x",
        b"Wed, 21 Oct 2026 07:28:00 GMT",
        b"12.5",
        b'{"error": {"code": "rate_limit", "type": null}}',
        b'{"value": "ek_abcdefghijklmnop", "expires_at": 1784859437}',
    ),
    "token": (_TICKET, _ID_TOKEN, b'{"alg":"HS256","typ":"JWT"}\n' + json.dumps(_CLAIMS).encode()),
    "claims": (json.dumps(_CLAIMS).encode(),),
    "key-set": (_KEY_SET, b'{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}'),
    "principal": (_PRINCIPAL, base64.b64encode(_PRINCIPAL)),
    "headers": (
        (
            b"Host: localhost:8787\nOrigin: http://localhost:8787\nSec-Fetch-Site: same-origin\n"
            b"Authorization: Bearer abc\nX-Forwarded-For: ::ffff:192.0.2.1%eth0"
        ),
        b"fe80::1%25eth0",
    ),
    "request-head": (
        b"POST /connect?a=b HTTP/1.1\nhost: localhost\ntransfer-encoding: chunked",
        b"GET http://localhost/config 1.1\nhost: localhost",
    ),
    "wire": _REQUESTS,
    "wire-signed": tuple(_post(b"/connect", "application/json", _JSON, sign) for sign in _SIGNS) + _REQUESTS,
}
WORDS: Final = (
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"--",
        b";",
        b": ",
        b"=",
        b'"',
        b",",
        b"%00",
        b"\xff",
        b"\xed\xa0\x80",
    ),
    *(
        b"GET ",
        b"POST ",
        b"DELETE ",
        b"OPTIONS * ",
        b"HTTP/1.0",
        b"HTTP/1.1",
        b"/connect",
        b"/calls/",
        b"/events",
    ),
    *(
        b"Host: ",
        b"Content-Length: ",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"Expect: 100-continue\r\n",
    ),
    *(
        b"Upgrade: websocket\r\n",
        b"Origin: null\r\n",
        b"Sec-Fetch-Site: cross-site\r\n",
        b"Authorization: Bearer ",
    ),
    *(
        b"X-Forwarded-For: ",
        b"X-Forwarded-Proto: https\r\n",
        b"Forwarded: for=",
        b"X-MS-CLIENT-PRINCIPAL: ",
        b"Last-Event-ID: ",
    ),
    *(
        b"multipart/form-data; boundary=",
        b"application/json",
        b"application/sdp",
        b"charset=utf-16",
        b"filename*=",
    ),
    *(
        b"a=ice-ufrag:",
        b"a=ice-pwd:",
        b"a=fingerprint:sha-256 ",
        b"a=setup:active\r\n",
        b"a=group:BUNDLE ",
        b"a=candidate:",
    ),
    *(
        b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        b"m=audio 0 ",
        b"a=inactive\r\n",
        b"a=mid:",
        b"a=bundle-only\r\n",
    ),
    *(
        b'"alg":"none"',
        b'"alg":"HS256"',
        b'"kid":',
        b'"crit":["x"]',
        b'"b64":false',
        b'"exp":',
        b'"aud":',
        b'"groups":',
    ),
    *(
        b'"kty":"RSA"',
        b'"kty":"EC"',
        b'"kty":"OKP"',
        b'"crv":"P-256"',
        b'"crv":"secp256k1"',
        b'"n":',
        b'"e":"AQAB"',
        b'"use":',
    ),
    *(
        b"1e999",
        b"NaN",
        b"9" * 40,
        b"null",
        b"[[[[",
        b"{}",
        b"true",
        b"-1",
        b'"typ":"oid"',
        b'"val":',
        b"ek_",
        b"rtc_",
    ),
)
"""What a fuzzer would take long to spell."""
