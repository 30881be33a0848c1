"""The guards of the HTTP edge: connections, heads, hosts, origins, bodies, files."""

from __future__ import annotations

from tests.guards.guard import Group

_connection = Group(
    "relay/web/guarded.py",
    "tests/web/test_guarded.py tests/web/test_guarded_time.py "
    "tests/web/test_guarded_framing.py tests/web/test_guarded_relay.py",
)
_head = Group("relay/web/request_head.py", "tests/web/test_request_head.py")
_door = Group("relay/web/door.py", "tests/web/test_routes.py tests/web/test_rate.py tests/web/test_host.py")
_host = Group("relay/web/host.py", "tests/web/test_host.py tests/web/test_auth.py")
_form = Group(
    "relay/web/form.py", "tests/web/test_form.py tests/web/test_form_head.py tests/web/test_form_text.py"
)
_multipart = Group("relay/web/multipart.py", "tests/web/test_multipart.py tests/web/test_form.py")
_type = Group("relay/web/content_type.py", "tests/web/test_content_type.py tests/web/test_form_head.py")
_query = Group("relay/web/query.py", "tests/web/test_query.py")
_json = Group("relay/web/json_object.py", "tests/web/test_json_object.py")
_static = Group("relay/web/static.py", "tests/web/test_routes.py")
_headers = Group("relay/web/headers.py", "tests/web/test_routes.py tests/web/test_peer.py")
_methods = Group("relay/web/methods.py", "tests/web/test_routes.py")
_problems = Group("relay/web/problems.py", "tests/web/test_routes.py tests/web/test_auth.py")
_envelope = Group("relay/web/envelope.py", "tests/web/test_routes.py")
_calls = Group(
    "relay/web/calls.py", "tests/web/test_routes.py tests/web/test_ticket.py tests/web/test_auth.py"
)
_connect = Group(
    "relay/web/connect.py", "tests/web/test_routes.py tests/web/test_rate.py tests/web/test_limits.py"
)
_direct = Group("relay/web/direct.py", "tests/web/test_routes.py tests/web/test_rate.py")
_pace = Group("relay/web/pace.py", "tests/web/test_rate.py tests/web/test_limits.py")
_exchange = Group(
    "relay/exchange.py", "tests/test_exchange.py tests/test_exchange_callers.py tests/web/test_routes.py"
)
_exchange_prepare = Group("relay/exchange.py", "tests/web/test_prepare.py")
_placement = Group("relay/placement.py", "tests/test_exchange.py tests/web/test_routes.py")
_listeners = Group("relay/listeners.py", "tests/test_listeners.py")

DOOR = (
    _listeners.never("event streams of one call", "len(seats) > MOST_OF_A_CALL"),
    _listeners.instead(
        "a stream that lost its place is woken",
        "seats.pop(0).lost = True\n            self.wake(key)",
        "seats.pop(0).lost = True",
    ),
    _connection.gone(
        "the clock on the first head", "self._clock.set(self._bounds.head_seconds, transport.abort)"
    ),
    _connection.gone(
        "the clock on later heads", "self._clock.set(self._bounds.head_seconds, self.transport.abort)"
    ),
    _connection.gone("the clock on a body", "self._clock.set(self._bounds.body_seconds, self._body_is_late)"),
    _connection.gone(
        "the clock on a client that takes nothing",
        "self._stall_clock.set(self._bounds.stall_seconds, self.transport.abort)",
    ),
    _connection.instead(
        "the clock on a refused client that stays",
        "self._clock.set(self._bounds.leave_seconds, self.transport.abort)\n        if before",
        "if before",
    ),
    _connection.never(
        "the bytes of a head", "self._is(_Phase.HEAD) and self._head_bytes == self._bounds.head_bytes"
    ),
    _connection.never("the headers of a head", "len(self.headers) > self._bounds.head_fields"),
    _connection.never(
        "the framing of a body", "self._is(_Phase.BODY) and self._framing_bytes > self._bounds.head_bytes"
    ),
    _connection.instead(
        "one too many connections closes the longest silent",
        "while len(self.connections) > self._bounds.connections and self._spare:",
        "while False:",
    ),
    _connection.never(
        "one too many connections, all busy", "len(self.connections) > self._bounds.connections"
    ),
    _connection.never("one request at a time", "self._phase is not _Phase.HEAD"),
    _connection.never("trailers are no headers", "self._phase is _Phase.BODY"),
    _connection.instead("an upgrade is not followed", "self._hear_no_more()  # answered", "pass  # answered"),
    _connection.gone("a faulty body reaches the application as a fault", "raise self._fault"),
    _connection.instead(
        "an early answer is the last of its connection",
        "self._may_keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False",
        "self._may_keep_alive = self.cycle.keep_alive",
    ),
    _connection.instead(
        "a slow reader pauses writing at once", "transport.set_write_buffer_limits(high=0)", "pass"
    ),
    _head.never("the version", "version not in _VERSIONS"),
    _head.never("exactly one Host", 'len(hosts) > 1 or (not hosts and version == "1.1")'),
    _head.never(
        "one Transfer-Encoding, chunked", 'codings and (codings != [b"chunked"] or version == "1.0")'
    ),
    _head.instead("chunked in 1.0", ' or version == "1.0")', ")"),
    _head.never(
        "a target of another host",
        "absolute is None or [absolute[1].lower()] != [host.lower() for host in hosts]",
    ),
    _door.instead(
        "the host is checked",
        'host = check_host([value for name, value in headers if name == b"host"], self._hosts)',
        'host = next((value.decode() for name, value in headers if name == b"host"), "")',
    ),
    _door.instead("the origin is checked", "check_origin(\n", "(lambda *_, **__: None)(\n"),
    _door.instead(
        "only listed origins are told that they may read",
        "origin if origin in self._rule.allowed else None",
        "origin",
    ),
    _door.gone("caches keep origins apart", 'response_headers.add_vary_header("Origin")'),
    _door.instead("a page of another origin reads the rate", ", RateLimit, RateLimit-Policy", ""),
    _host.never("one Host again", "len(values) != 1"),
    _host.instead(
        "a foreign name",
        'raise UnknownHost("Add the host name to RELAY_ALLOWED_HOSTS if it is yours.")',
        "return host",
    ),
    _host.instead(
        "a foreign origin",
        'raise OriginRefused("List the page\'s exact origin in RELAY_ALLOWED_ORIGINS if it is yours.")',
        "return",
    ),
    _host.instead(
        "a foreign site without origin",
        'raise OriginRefused("The browser says that another site made this request.")',
        "return",
    ),
    _host.instead("a page of our name that is not ours", " and fetch_site not in _FOREIGN_SITES", ""),
    _host.never("a request that names no page", "not (rule.without_origin or rule.when_shown)"),
    _host.never(
        "a proof that the browser shows by itself",
        "ambient and not named and not rule.without_origin and method not in _SAFE_METHODS",
    ),
    _host.never(
        "an odd origin",
        "parts.scheme not in _DEFAULT_PORTS or not parts.netloc or parts.path or parts.query "
        "or parts.username",
    ),
    _host.instead("the port of a host", "not (port.isascii() and port.isdigit())", "False"),
    _host.instead("the port of an origin", "str(port or default) == default and host in", "host in"),
    _form.never("the content type", "value is None or value.name not in readable"),
    _form.instead("one content type", "if len(given) == 1 else None", "if given else None"),
    _form.gone("the charset of a body", "require_utf8(value)"),
    _form.never(
        "an encoded body",
        'any(encoding.lower() != "identity" for encoding in headers.getlist("content-encoding"))',
    ),
    _form.gone("the declared length", "_check_declared_length(length, bounds)"),
    _form.never("a length that is no number", "not (length.isascii() and length.isdigit())"),
    _form.never("the bytes of a body", "len(body) + len(chunk) > bounds.max_body_bytes"),
    _form.never("fields in the address", "query"),
    _form.never("unknown fields", "name not in fields"),
    _form.never("a field twice", "name in found"),
    _form.never("a missing offer", '"sdp" in fields and not found.get("sdp", "").strip()'),
    _form.never("the bytes of a field", "len(value) > most"),
    _form.instead("the text of a field", "return value.decode()", 'return value.decode(errors="replace")'),
    _multipart.never("a form without an end", "not form.ended"),
    _multipart.never("the number of parts", "len(self.parts) == self._max_parts"),
    _multipart.never("the bytes of a part's headers", "self._header_bytes > self._max_part_header_bytes"),
    _multipart.instead(
        "the number of a part's headers", "max_header_count=max_part_headers", "max_header_count=10_000"
    ),
    _multipart.instead(
        "a part's transfer encoding",
        'raise BadMultipart("A part\'s Content-Transfer-Encoding must be 7bit, 8bit or binary.")',
        "pass",
    ),
    _multipart.never(
        "a part's headers twice",
        'value is None or (name == "content-disposition" and disposition is not None)',
    ),
    _multipart.gone("the charset of a part", "require_utf8(value)"),
    _multipart.never(
        "a part of another disposition", 'disposition is None or disposition.name != "form-data"'
    ),
    _multipart.never("a file", '"filename" in given'),
    _multipart.never("one name for a part", 'given.count("name") != 1 or len(names) != 1'),
    _multipart.instead(
        "a parser that logs what it reads", 'logging.Logger("mute", logging.CRITICAL + 1)', "parser.logger"
    ),
    _type.never(
        "a foreign charset", 'any(charset.lower() != "utf-8" for charset in value.values("charset"))'
    ),
    _type.never("one boundary", "len(boundaries) != 1"),
    _type.never("the alphabet of a boundary", "_BOUNDARY.fullmatch(boundaries[0]) is None"),
    _query.never("the bytes of a query", "len(query) > max_bytes"),
    _query.never("the parameters of a query", "len(pairs) > max_parameters"),
    _query.never("a broken escape", "_BROKEN_ESCAPE.search(query)"),
    _json.instead(
        "members that stand twice",
        ", object_pairs_hook=_Members)",
        ", object_pairs_hook=lambda pairs: _Members(dict(pairs).items()))",
    ),
    _json.instead("deep nesting", "except (ValueError, RecursionError):", "except ValueError:"),
    _json.never("anything but an object", "not isinstance(document, _Members)"),
    _json.never("anything but text", "not isinstance(text, str)"),
    _json.instead("lone surrogates", "return text.encode()", 'return text.encode(errors="surrogatepass")'),
    _static.never("a path with NUL", '"\\0" in scope["path"]'),
    _static.never("files are read only", 'scope["method"] not in ("GET", "HEAD")'),
    _static.instead("no ranges", 'if pair[0] not in (b"range", b"if-range")]', "]"),
    _headers.instead("where scripts may come from", "\"script-src 'self'\",", ""),
    _headers.instead("framing", "\"frame-ancestors 'none'\",", ""),
    _headers.instead("types are not guessed", '"x-content-type-options": "nosniff",', ""),
    _headers.instead("addresses stay here", '"referrer-policy": "no-referrer",', ""),
    _headers.instead("windows stay apart", '"cross-origin-opener-policy": "same-origin",', ""),
    _headers.instead(
        "microphone and camera", '"permissions-policy": "microphone=(self), camera=(), geolocation=()",', ""
    ),
    _headers.instead(
        "HSTS where the browser came by https alone", "_HTTPS_ONLY if https else []", "_HTTPS_ONLY"
    ),
    _methods.gone(
        "other methods", "raise MethodNotAllowed(f\"Allowed: {self._allow['Allow']}.\", headers=self._allow)"
    ),
    _problems.instead(
        "what went wrong inside stays inside",
        'return InternalError("The log has the cause under this request id.")',
        "return InternalError(str(error))",
    ),
    _problems.instead(
        "refusals are not kept", '{"Cache-Control": "no-store", **problem.headers}', "{**problem.headers}"
    ),
    _envelope.instead("the shape of a request id", "and _REQUEST_ID.fullmatch(value)", ""),
    _envelope.never("no call id in the log", 'path.startswith("/calls/")'),
    _envelope.instead("no odd path in the log", 'if _PATH.fullmatch(path) else "(unprintable)"', ""),
    _calls.never("somebody else's call", "not may_touch(caller, call)"),
    _calls.never(
        "a number of an event that is none",
        "not (value.isascii() and value.isdigit() and len(value) <= _MAX_SEQ_DIGITS)",
    ),
    _connect.instead(
        "the rate of calls",
        "standing = await stack.enter_async_context(self._pace.kept(caller.id))",
        "standing = dict[str, str]()",
    ),
    _connect.gone("the head before the caller", "check_head(request.headers, self._bounds)"),
    _connect.instead("answers are not kept", '"Cache-Control": "no-store",', ""),
    _direct.instead(
        "the rate of client secrets",
        "async with self._pace.kept(caller.id) as standing:",
        "if (standing := dict[str, str]()) is not None:",
    ),
    _direct.gone(
        "the head before the caller, of client secrets",
        "check_head(request.headers, self._bounds, fields=SESSION_FIELDS)",
    ),
    _direct.instead("client secrets are not kept", '"Cache-Control": "no-store", ', ""),
    _pace.never("beyond the rate", "not standing.allowed"),
    _pace.gone("a refusal tells the rate too", "problem.headers = {**standing.headers, **problem.headers}"),
    _pace.never(
        "nobody is sent back too early", "problem.retry_after is not None and not standing.remaining"
    ),
    _exchange.never("an offer of spaces", "not request.sdp or request.sdp.isspace()"),
    _exchange.never("the word of presence", 'request.presence not in (None, "", "events")'),
    _exchange_prepare.gone("a pause keeps prepared calls in", "await self._supervisor.check_not_paused()"),
    _placement.instead(
        "a call that was sent is not given up", "self._unsent.discard(key)\n            return", "return"
    ),
    _placement.gone("a call that was not sent is given up", "self._unsent.add(key)"),
    _exchange.never("exchanges in flight", "len(self._placing) + self._others >= self._most_in_flight"),
    _exchange.instead(
        "no new calls while stopping", "if self.draining:\n            raise", "if False:\n            raise"
    ),
    _exchange.instead("a call that was being written down meanwhile", "if self.draining:  #", "if False:  #"),
    _exchange.instead("calls that are being written down are in flight", "with self._in_flight(), ", "with "),
    _exchange.never("an unknown profile", "profile is None"),
    _exchange.gone("a profile that is not for the caller", "check_allowed(caller, profile.allow)"),
    _placement.never("a call that cannot be ended", "placed.ref is None and not self._allow_unkillable"),
    _placement.instead(
        "the answer of the upstream that comes late",
        "check_answer(answer, MAX_ANSWER_BYTES)\n            with stopwatch",
        "with stopwatch",
    ),
    _placement.instead(
        "the answer of the upstream that comes at once",
        "check_answer(answer, MAX_ANSWER_BYTES)\n        except UpstreamProblem",
        "pass\n        except UpstreamProblem",
    ),
    _exchange.gone("a client secret spends its ticket", "await self._supervisor.spend_ticket(caller)"),
    _exchange.instead("client secrets being minted count", "self._others += 1", "self._others += 0"),
    _exchange.never("a bounded sign-in gets no client secret", "caller.max_seconds is not None"),
    _placement.never("a call that was ended meanwhile", "not wanted"),
)
