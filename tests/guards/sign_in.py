"""The guards of who asks: verifiers, keys, tickets, identities."""

from __future__ import annotations

from tests.guards.guard import Group

_WEB = "tests/web/test_{}.py"
_caller = Group(
    "relay/core/caller.py",
    "tests/core/test_caller.py tests/web/test_rate.py tests/web/test_ticket.py tests/web/test_token.py",
)
_claims = Group(
    "relay/core/claims.py", "tests/core/test_claims.py tests/web/test_ticket.py tests/web/test_oidc.py"
)
_ticket_key = Group("relay/core/ticket_key.py", "tests/core/test_ticket_key.py")
_auth = Group("relay/web/auth.py", "tests/web/test_auth.py")
_bearer = Group(
    "relay/web/bearer.py",
    "tests/web/test_bearer.py tests/web/test_token.py tests/web/test_proxy_identity.py",
)
_token = Group("relay/web/token.py", "tests/web/test_token.py")
_ticket = Group("relay/web/ticket.py", "tests/web/test_ticket.py")
_signed = Group(
    "relay/web/signed.py", "tests/web/test_signed.py tests/web/test_oidc.py tests/web/test_ticket.py"
)
_oidc = Group("relay/web/oidc.py", "tests/web/test_oidc.py")
_keys = Group("relay/web/key_set.py", "tests/web/test_jwks.py tests/web/test_oidc.py")
_jwks = Group("relay/web/jwks.py", "tests/web/test_jwks.py")
_proxy = Group("relay/web/proxy_identity.py", "tests/web/test_proxy_identity.py")
_easy = Group("relay/web/easy_auth.py", "tests/web/test_proxy_identity.py")
_peer = Group("relay/web/peer.py", "tests/web/test_peer.py tests/web/test_proxy_identity.py")
_file = Group("relay/web/watched_file.py", "tests/web/test_watched_file.py")
_routes = Group("relay/web/routes.py", "tests/web/test_auth.py tests/web/test_routes.py")
_server = Group("relay/server.py", "tests/whole/test_sign_in.py")
_store = Group("relay/store/sqlite.py", "tests/store/test_tickets.py tests/web/test_ticket.py")

_guesses = Group("relay/web/guesses.py", "tests/web/test_guesses.py")
_leak = Group("relay/core/guesses.py", "tests/core/test_guesses.py")

SIGN_IN = (
    _guesses.never("sign-ins that fail", "wait"),
    _guesses.never("addresses that are remembered", "len(self._failures) > MOST_ADDRESSES"),
    _guesses.never("proofs that are remembered", "len(self._proofs) > MOST_PROOFS"),
    _guesses.instead(
        "who has signed in is not kept out", "counted = proof not in self._proofs", "counted = True"
    ),
    _guesses.gone("a proof that fails is known no longer", "self._proofs.pop(proof, None)"),
    _guesses.instead("what failed stays counted", "except AuthInvalid:", "except ZeroDivisionError:"),
    _guesses.instead(
        "one address of many", "address = anonymous_caller(address_of(request), self._key)", 'address = "all"'
    ),
    _leak.instead("failures leak away", "(now - failures.at) * rate.most / rate.seconds", "0"),
    _leak.instead("so many may fail", "+ 1 - rate.most", "+ 0 - rate.most"),
    _caller.never("no empty identity", "not (self.id and self.issuer and self.subject and self.holder)"),
    _caller.instead(
        "a call belongs to its holder", "if call.holder != caller.holder:\n        return False", "pass"
    ),
    _caller.instead(
        "an old ticket serves its own call alone",
        "return caller.ticket is None or caller.ticket.fresh or caller.ticket.key == call.ticket",
        "return True",
    ),
    _caller.instead(
        "a ticket for another profile",
        'raise ProfileRefused("The sign-in is for another profile.")',
        "return requested",
    ),
    _caller.never(
        "a profile is for those it names",
        "allow and not any(value in caller.claims.get(name, ()) for name, _, value in pairs)",
    ),
    _caller.instead(
        "a ticket does not lengthen calls", "min(operators, caller.max_seconds)", "caller.max_seconds"
    ),
    _caller.instead("one IPv6 network is one caller", "parsed.packed[: _PREFIX_V6 // 8]", "parsed.packed"),
    _caller.instead("two issuers' subjects are two callers", "{len(issuer)} {issuer} {subject}", "{subject}"),
    _claims.instead(
        "claims of the future",
        "if name in claims and _number(claims[name]) > now + LEEWAY_SECONDS:",
        "if False:",
    ),
    _claims.instead(
        "claims that are over",
        "if is_over(check_begun(claims, now), now):\n        raise AuthExpired",
        "check_begun(claims, now)",
    ),
    _claims.never("a ticket for too long", "expires > now + TICKET_SECONDS + LEEWAY_SECONDS"),
    _claims.never("a ticket for no time", "seconds is not None and _number(seconds) < 1"),
    _claims.instead("a number that is a number", "isinstance(value, bool) or not", "not"),
    _claims.instead("a number without end", " or not math.isfinite(_float(value))", ""),
    _claims.instead("a word that is a line of text", " or _CONTROL.search(value)", ""),
    _claims.instead("a word that is short", "not 0 < len(value) <= _MOST_CHARACTERS", "not value"),
    _claims.never("a word that is not blank", "value.isspace()"),
    _ticket_key.never("a short ticket key", "len(key) < LEAST_BYTES"),
    _ticket_key.instead(
        "a ticket key of another kind", "if isinstance(private, Ed25519PrivateKey):", "if True:"
    ),
    _auth.never("somebody has to check", "not verifiers"),
    _auth.instead(
        "a fault in a verifier", "except Exception as error:", "except ZeroDivisionError as error:"
    ),
    _auth.never("what is no caller", "caller is not None and not isinstance(caller, Caller)"),
    _auth.instead(
        "a proof shown by the browser itself",
        "check_ambient(\n            self",
        "(lambda *_, **__: None)(\n            self",
    ),
    _auth.gone("the head before the sign-in", "first(request)"),
    _auth.instead(
        "nobody came in",
        "raise self._told(max(failures, key=_telling, default=AuthRequired()))",
        "return caller",
    ),
    _bearer.instead(
        "a credential twice", "len(values) > 1 or len(values[0]) > most", "len(values[0]) > most"
    ),
    _bearer.instead("a credential over long", "len(values) > 1 or len(values[0]) > most", "len(values) > 1"),
    _bearer.never("a credential of odd bytes", "not _TOKEN68.fullmatch(value)"),
    _bearer.never("a scheme that is not ours", 'value[:6].lower() != b"bearer"'),
    _token.instead(
        "a wrong token", "if not is_one_of(shown, self._tokens()):\n            raise AuthInvalid", "pass"
    ),
    _token.instead(
        "tokens are compared in constant time",
        "hmac.compare_digest(digest, hashlib.sha256(token.encode()).digest())",
        "digest == hashlib.sha256(token.encode()).digest()",
    ),
    _token.instead("every token is compared", "return any(matches)", "return matches[0]"),
    _ticket.instead(
        "the algorithm of the key, not of the ticket",
        "algorithms=[key.algorithm]",
        'algorithms=["HS256", "HS512", "RS256", "EdDSA"]',
    ),
    _ticket.instead("an expired ticket", "if over:\n                raise AuthExpired", "pass"),
    _ticket.never(
        "a ticket for another page",
        'said.origin is not None and said.origin != request.headers.get("origin")',
    ),
    _ticket.never("a ticket opens once", "opening and spent"),
    _ticket.instead(
        "a ticket while the store is away",
        "if opening:\n                raise\n            return True",
        "return not opening",
    ),
    _ticket.instead("an old ticket is not fresh", "fresh=not (over or spent)", "fresh=True"),
    _store.never(
        "a ticket opens once, in the store", "ticket is not None and tickets.is_spent(db, ticket.key)"
    ),
    _store.instead(
        "a refused call spends no ticket",
        "if ticket is not None and admission.limit is None:",
        "if ticket is not None:",
    ),
    _signed.never(
        "words in a token's head", "not isinstance(algorithm, str) or not isinstance(kid, str | None)"
    ),
    _signed.instead("claims that must be there", '"require": list(required),', ""),
    _signed.instead("whose token it is", '"verify_iss": issuer is not None,', '"verify_iss": False,'),
    _signed.instead("for whom a token is", "audience=audience", "audience=None"),
    _oidc.never(
        "a foreign token does not make us ask", 'unverified_claims(shown).get("iss") != self._issuer'
    ),
    _oidc.gone("an issuer's token holds now", "check_times(claims, self._clock.now().wall_seconds)"),
    _oidc.instead(
        "a token that the browser sends by itself", 'ambient=self._header != "authorization"', "ambient=False"
    ),
    _keys.instead(
        "a key that is weak, or costs too much",
        "case RSAPublicKey() if _LEAST_RSA_BITS <= public.key_size <= _MOST_RSA_BITS:",
        "case RSAPublicKey():",
    ),
    _keys.instead("a key that is not for signatures", 'entry.get("use", "sig") != "sig" or ', ""),
    _keys.instead("a key's own algorithm", "family if algorithm is None else family & {algorithm}", "family"),
    _keys.instead("a key's family", "(key for key in named if algorithm in key.algorithms)", "iter(named)"),
    _keys.instead(
        "a token that names no key",
        "(len(keys) == 1 if kid is None else key.kid == kid)",
        "(kid is None or key.kid == kid)",
    ),
    _keys.instead("keys of a set", "listed[:_MOST_KEYS]", "listed"),
    _jwks.instead(
        "an issuer is asked seldom",
        "self._fetching is None and now - self._tried >= self._pause()",
        "self._fetching is None",
    ),
    _jwks.never("the bytes of a key set", "len(body) > MOST_BYTES"),
    _jwks.instead(
        "the age of a key set",
        "if self._age() > STALE_SECONDS:\n            wait",
        "if False:\n            wait",
    ),
    _jwks.never(
        "another issuer's document",
        'not isinstance(document, dict) or document.get("issuer") != self._issuer',
    ),
    _jwks.instead("keys come by https", 'urlsplit(url).scheme != "https" or ', ""),
    _jwks.instead("keys come with 200", "response.status_code != 200\n                or ", ""),
    _jwks.instead(
        "keys come in the clear", 'or response.headers.get("content-encoding", "identity") != "identity"', ""
    ),
    _jwks.instead("keys come soon", "asyncio.timeout(FETCH_SECONDS)", "asyncio.timeout(None)"),
    _proxy.never("a proxy must be listed", "not trusted"),
    _proxy.instead("an unlisted peer", "self._warn(request)\n            return None", "self._warn(request)"),
    _proxy.never(
        "a header in disguise", "any(lookalikes(request, name) for name in (self._header, SECRET_HEADER))"
    ),
    _proxy.never("a proxy's secret", 'not is_one_of(shown or b"", self._secrets())'),
    _proxy.instead("odd characters in an identity", " or _UNUSUAL.search(name)", ""),
    _proxy.instead(
        "an empty or over long identity", "not 0 < len(name) <= _MOST_CHARACTERS or name.isspace() or ", ""
    ),
    _easy.never("one subject of a principal", "len(subject) != 1 or not subject[0].strip()"),
    _easy.never("a principal without claims", "not isinstance(listed, list)"),
    _easy.never("claims of text", "not isinstance(name, str) or not isinstance(said, str)"),
    _easy.instead(
        "a principal that is no JSON",
        "except (binascii.Error, ValueError, RecursionError):",
        "except binascii.Error:",
    ),
    _peer.instead(
        "trust goes by the connection",
        'scope.setdefault("state", {})[_PEER] = address',
        'scope.setdefault("state", {})',
    ),
    _peer.instead(
        "forwarded addresses of listed peers alone",
        "ProxyHeadersMiddleware(app, networks) if networks else app",
        'ProxyHeadersMiddleware(app, ["*"])',
    ),
    _file.instead(
        "a key file that cannot be read lets nobody in",
        "self._value = None\n            self._seen = ()",
        "pass",
    ),
    _routes.instead(
        "whose call is ended", "touching(calls.delete)", "(lambda request: calls.delete(request, None))"
    ),
    _routes.instead(
        "whose call is read", "touching(calls.get)", "(lambda request: calls.get(request, None))"
    ),
    _routes.instead(
        "whose call is listened to", "touching(calls.events)", "(lambda request: calls.events(request, None))"
    ),
    _server.instead(
        "uvicorn believes nobody", "proxy_headers=False,", 'proxy_headers=True, forwarded_allow_ips="*",'
    ),
)
