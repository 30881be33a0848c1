"""The guards of what is sent and of what comes back: offers, answers, session configs, the upstream."""

from __future__ import annotations

from tests.guards.guard import Group

_offer = Group(
    "relay/core/offer.py",
    "tests/core/test_sdp.py tests/core/test_offer.py tests/core/test_offer_bounds.py "
    "tests/core/test_offer_answers.py",
)
_sdp = Group(
    "relay/core/sdp.py",
    "tests/core/test_sdp.py tests/core/test_offer.py tests/core/test_offer_bounds.py "
    "tests/core/test_offer_answers.py",
)
_profile = Group(
    "relay/core/profile.py",
    "tests/core/test_request.py tests/web/test_form_text.py tests/test_exchange.py tests/web/test_routes.py",
)
_realtime = Group("relay/core/realtime.py", "tests/core/test_realtime.py")
_refusal = Group("relay/core/refusal.py", "tests/core/test_refusal.py")
_answer = Group(
    "relay/upstream/answer.py",
    "tests/upstream/test_wire_bodies.py tests/upstream/test_realtime.py "
    "tests/upstream/test_wire_faults.py tests/upstream/test_mint.py",
)
_upstream = Group(
    "relay/upstream/realtime.py",
    "tests/upstream/test_realtime.py tests/upstream/test_sent_once.py "
    "tests/upstream/test_hang_up.py tests/upstream/test_wire_faults.py",
)
_placed = Group(
    "relay/upstream/placed.py",
    "tests/upstream/test_placed.py tests/upstream/test_realtime.py "
    "tests/upstream/test_wire_bodies.py tests/upstream/test_wire_faults.py",
)
_api = Group(
    "relay/upstream/api.py",
    "tests/upstream/test_api.py tests/upstream/test_realtime.py tests/upstream/test_wire_faults.py "
    "tests/upstream/test_sent_once.py",
)
_client = Group(
    "relay/upstream/http_client.py", "tests/upstream/test_http_client.py tests/upstream/test_realtime.py"
)
_failure = Group(
    "relay/upstream/failure.py",
    "tests/upstream/test_realtime.py tests/upstream/test_sent_once.py tests/upstream/test_wire_faults.py",
)
_mint = Group("relay/upstream/mint.py", "tests/upstream/test_mint.py tests/upstream/test_mint_again.py")

OFFER = (
    _offer.never("the bytes of an offer", "_utf8_length(text) > bounds.max_bytes"),
    _offer.instead(
        "a lone surrogate in an offer",
        "return len(text.encode())",
        'return len(text.encode(errors="surrogatepass"))',
    ),
    _offer.never("the lines of an offer", 'mended.count("\\n") > bounds.max_lines'),
    _offer.never("the bytes of a line", "len(line.encode()) > bounds.max_line_bytes"),
    _offer.never("the sections of an offer", "len(description.media) > bounds.max_media_sections"),
    _offer.never(
        "the candidates of an offer",
        'sum(len(place.attributes.get("candidate", ())) for place in places) > bounds.max_candidates',
    ),
    _offer.gone("the grammar of an offer", "check_grammar(lines)"),
    _offer.never("an answer in place of an offer", 'roles & {"active", "passive"}'),
    _offer.never("a DTLS role that is none", 'roles - {"actpass"}'),
    _offer.never("no audio at all", 'not any(section.media == "audio" for section in description.media)'),
    _offer.never("no audio in use", "not audio"),
    _offer.never(
        "a user fragment",
        'not any(_ICE_UFRAG.fullmatch(value) for value in description.effective(audio, "ice-ufrag"))',
    ),
    _offer.never(
        "an ICE password",
        'not any(_ICE_PWD.fullmatch(value) for value in description.effective(audio, "ice-pwd"))',
    ),
    _offer.never(
        "a fingerprint",
        'not any(_SHA_256.fullmatch(value) for value in description.effective(audio, "fingerprint"))',
    ),
    _offer.never(
        "the bytes of an answer",
        'len(text) > max_bytes or len(text.encode("utf-8", "surrogatepass")) > max_bytes',
    ),
    _offer.never("an answer begins like one", 'lines[0] != "v=0"'),
    _offer.never("an answer with nothing in use", "not used"),
    _offer.instead(
        "an answer with a transport", 'raise UpstreamBadAnswer(f"The answer has no {name}.")', "pass"
    ),
    _offer.never(
        "an answer that is an offer",
        'any("actpass" in description.effective(section, "setup") for section in used)',
    ),
    _sdp.never("the first line", 'lines[0] != "v=0"'),
    _sdp.never("the form of a line", "not well_formed and _LINE.fullmatch(line) is None"),
    _sdp.never("the order of lines", "not in_order"),
    _sdp.never("a time", "not timed"),
    _sdp.instead("a media line", "parts is None or int(parts[2]) > 0xFFFF", "parts is None"),
    _profile.never("voices of the operator's", "chosen not in profile.voices"),
    _profile.never("control characters in instructions", "_CONTROL.search(instructions)"),
    _realtime.instead(
        "foreign JSON nested deeply", "except (ValueError, RecursionError):", "except ValueError:"
    ),
    _realtime.never(
        "a client secret that fits a header", "not isinstance(value, str) or not _SECRET.fullmatch(value)"
    ),
    _realtime.never("an expiry", "isinstance(expires_at, bool) or not isinstance(expires_at, int | float)"),
    _realtime.never(
        "a plausible expiry", "not math.isfinite(expires_at) or not 0 < expires_at < _LATEST_EXPIRY"
    ),
    _realtime.instead(
        "a call's name that fits a path", "if _CALL_ID.fullmatch(candidate)), None)", "if candidate), None)"
    ),
    _realtime.instead("an SDP for an answer", 'text.startswith("v=0")', "bool(text)"),
    _refusal.instead(
        "the upstream's words stay here",
        "if isinstance(text, str) and _WORD.fullmatch(text) else None",
        "if isinstance(text, str) else None",
    ),
    _refusal.instead(
        "a date that no calendar has", "except (ValueError, OverflowError):", "except ValueError:"
    ),
    _answer.never("an answer that is encoded", 'encoding not in {"", "identity"}'),
    _answer.never("an answer without end", "len(body) > limit"),
    _answer.instead(
        "a refusal whose body is slow",
        "asyncio.timeout_at(min(deadline, soon))",
        "asyncio.timeout_at(deadline)",
    ),
    _upstream.never("a call that nobody wants any more", "not wanted()"),
    _upstream.never("a refused exchange is not repeated", "not may_repeat or refused.refusal.status != 401"),
    _upstream.never(
        "an exchange that may have been sent is not repeated",
        "not may_repeat or not was_not_sent(error) or is_untrusted(error)",
    ),
    _upstream.gone("an exchange is sent twice at most", "may_repeat = False"),
    _upstream.instead(
        "a lost exchange is in doubt",
        "problem.in_doubt = not was_not_sent(error)",
        "problem.in_doubt = False",
    ),
    _upstream.instead("a call's name is quoted", "quote(ref.id, safe='')", "ref.id"),
    _upstream.instead(
        "the offer goes without the standing credential",
        'headers = {"Authorization": f"Bearer {client_secret.value}", "Content-Type": "application/sdp"}',
        "headers = {**await self._credential.headers(deadline=deadline), "
        '"Authorization": f"Bearer {client_secret.value}"}',
    ),
    _placed.instead("the time for an answer", "asyncio.timeout_at(self._deadline)", "asyncio.timeout(None)"),
    _placed.never("an answer that is an SDP", "text is None or not is_answer(text)"),
    _placed.instead(
        "an unnamed call whose answer is bad is in doubt",
        "problem.in_doubt = self._ref is None",
        "problem.in_doubt = False",
    ),
    _api.never("no request when no time is left", "remaining <= 0"),
    _api.instead("the time for a head", "asyncio.timeout_at(deadline)", "asyncio.timeout(None)"),
    _api.instead(
        "a redirect is a refusal", "200 <= response.status_code < 300", "response.status_code < 400"
    ),
    _client.instead(
        "nothing of the environment", "trust_env=False,\n        follow", "trust_env=True,\n        follow"
    ),
    _client.instead(
        "no compression upstream", '(b"Accept-Encoding", b"identity")', '(b"X-Nothing", b"identity")'
    ),
    _client.instead("no redirects", "follow_redirects=False", "follow_redirects=True"),
    _client.instead("no cookies", "cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),", ""),
    _client.instead("no compression", ', "Accept-Encoding": "identity"}', "}"),
    _client.instead(
        "certificates are checked",
        "ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)",
        "ssl._create_unverified_context()",
    ),
    _client.instead(
        "no old TLS",
        "context.minimum_version = ssl.TLSVersion.TLSv1_2",
        "context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED",
    ),
    _failure.instead(
        "what certainly was not sent", "return isinstance(error, _BEFORE_THE_FIRST_BYTE)", "return True"
    ),
    _mint.instead(
        "a refused credential is not shown for ever",
        "return 0.0 if self._credential.refused(headers) else None",
        "return 0.0",
    ),
    _mint.never("a pause that does not fit", "pause is None or not _fits(pause, step_deadline)"),
)
