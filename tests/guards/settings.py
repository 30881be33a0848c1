"""The guards of the settings: values that are dangerous, and combinations that are."""

from __future__ import annotations

from tests.guards.guard import Group

_rules = Group("relay/settings/rules.py", "tests/settings/test_rules.py")
_sign_in = Group(
    "relay/settings/sign_in_rules.py", "tests/settings/test_sign_in_rules.py tests/settings/test_rules.py"
)
_sign_in_values = Group(
    "relay/settings/sign_in_values.py",
    "tests/settings/test_sign_in_values.py tests/settings/test_sign_in_rules.py",
)
_addresses = Group("relay/settings/addresses.py", "tests/settings/test_addresses.py")
_base_url = Group("relay/settings/base_url.py", "tests/settings/test_base_url.py")
_places = Group("relay/settings/places.py", "tests/settings/test_places.py")
_values = Group("relay/settings/values.py", "tests/settings/test_values.py")
_sign_in_app = Group("relay/app_sign_in.py", "tests/test_app_sign_in.py")

SETTINGS = (
    _rules.never(
        "names of a relay that others reach",
        "not settings.binds_loopback and not settings.relay_allowed_hosts",
    ),
    _rules.instead("a simulator that others reach", "elif not settings.binds_loopback:", "elif False:"),
    _rules.instead("an upstream that is missing", 'if settings.relay_upstream == "azure":', "if False:"),
    _rules.never("half a service principal", "getattr(settings, field) is None"),
    _rules.never("a voice that nobody may choose", "settings.relay_voice not in settings.relay_voices"),
    _rules.never("a field larger than its body", "getattr(settings, field) > settings.relay_max_body_bytes"),
    _sign_in.never(
        "an open relay that nobody asked for",
        'not settings.binds_loopback and "relay_auth" not in settings.sources',
    ),
    _sign_in.never(
        "a sign-in that lacks what it needs", "way in settings.relay_auth and not getattr(settings, field)"
    ),
    _sign_in.never(
        "a sign-in that is not switched on", "way not in settings.relay_auth and getattr(settings, field)"
    ),
    _sign_in.never(
        "an issuer without keys",
        'issuer and not issuer.startswith("https://") and not settings.relay_oidc_jwks_url',
    ),
    _sign_in.never(
        "one header with two meanings", "settings.relay_oidc_header == settings.relay_proxy_user_header"
    ),
    _sign_in.never("one secret for two ends", 'owner != field and field.startswith("relay_")'),
    _sign_in.never(
        "identities from about everywhere",
        '"proxy" in settings.relay_auth and (wide := embraces_too_much(settings.relay_trusted_proxies))',
    ),
    _sign_in.never("half the internet", "network.prefixlen < _WIDEST[version] and not network.is_private"),
    _sign_in.instead("halves that make a whole", "in ipaddress.collapse_addresses(ours):", "in ours:"),
    _sign_in_values.never("an unknown sign-in", "not set(words) <= set(SIGN_INS)"),
    _sign_in_values.never("nobody signs in beside others", '"none" in words and len(words) > 1'),
    _sign_in_values.never("no token, or too many", "not 1 <= len(parts) <= _MOST_TOKENS"),
    _sign_in_values.never(
        "a token that can be guessed", "any(len(token) < _LEAST_CHARACTERS for token in tokens)"
    ),
    _sign_in_values.gone("a ticket key that is one", "read_ticket_key(text)"),
    _sign_in_values.never(
        "an issuer by plain http",
        '"://" in issuer and (parts.scheme != "https" or parts.query or parts.fragment '
        'or "@" in parts.netloc)',
    ),
    _sign_in_values.never(
        "keys by plain http",
        'parts.scheme != "https" or not parts.hostname or parts.fragment or "@" in parts.netloc',
    ),
    _sign_in_values.never(
        "a header with an underscore", 'not re.fullmatch(r"[a-z0-9!#$%&\'*+.^`|~-]+", name)'
    ),
    _sign_in_values.never(
        "an identity in a header of everybody's",
        "name in _NOT_FOR_IDENTITIES or name.startswith(_BROWSERS_BEGINNINGS)",
    ),
    _sign_in_values.instead("a sign-in link elsewhere", 're.fullmatch(r"/(?![/\\\\])', 're.fullmatch(r"/'),
    _addresses.never("a host of stars", '"*" in entry'),
    _addresses.never("an origin of null or stars", 'entry == "null" or "*" in entry'),
    _addresses.instead(
        "an origin without scheme",
        'raise ValueError("must be origins such as https://app.example.com, each with its scheme")',
        "pass",
    ),
    _addresses.never(
        "an origin with a path", 'parts.path or parts.query or parts.fragment or "@" in parts.netloc'
    ),
    _addresses.never("everybody as a proxy", "network.prefixlen == 0"),
    _base_url.never(
        "an upstream by plain http", 'origin.startswith("http:") and not is_loopback(host_of(origin))'
    ),
    _base_url.never("credentials in an address", "parts.username is not None or parts.password is not None"),
    _places.never("a secret in a pipe", "path.exists() and not (path.is_file() or path.is_dir())"),
    _values.never("a placeholder", '"<" in text or ">" in text'),
    _values.never("a rate that is none", "found is None"),
    _values.never(
        "a number out of its range",
        'not re.fullmatch(r"[+-]?[0-9]{1,12}", text) or not low <= int(text) <= high',
    ),
    _values.instead("bytes that split a header", 'r"[\\x21-\\x7e]{1,4096}"', 'r"[^<>]{1,4096}"'),
    _sign_in_app.instead(
        "without sign-in, programs on this machine alone",
        'settings.binds_loopback and ways == ("none",)',
        "True",
    ),
)
