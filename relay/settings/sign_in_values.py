"""How the settings of signing in are read; the rules of `relay.settings.values` hold here too."""

import re
from typing import Final

from pydantic import SecretStr

from relay.settings.addresses import split_url
from relay.settings.values import read_list, read_word

SIGN_INS: Final = ("none", "token", "ticket", "oidc", "proxy")

_LEAST_CHARACTERS: Final = 16
_MOST_TOKENS: Final = 16
_NOT_FOR_IDENTITIES: Final = frozenset(
    {"authorization", "cache-control", "connection", "cookie", "date", "dnt", "expect", "forwarded", "from",
     "host", "keep-alive", "last-event-id", "origin", "pragma", "priority", "proxy-authorization", "range",
     "referer", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-forwarded-for",
     "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-relay-proxy-secret",
     "x-request-id", "x-requested-with"}
)  # fmt: skip
_BROWSERS_BEGINNINGS: Final = ("accept", "access-control-", "content-", "if-", "sec-")


def read_sign_in(value: object) -> tuple[str, ...]:
    """Return the ways of signing in, in the order they are tried."""
    words = tuple(word.lower() for word in read_list(value))
    if not set(words) <= set(SIGN_INS):
        raise ValueError(f"must be one or several of: {', '.join(SIGN_INS)}")
    if "none" in words and len(words) > 1:
        raise ValueError("must not join none with others: everybody could come in by it")
    return words


def read_tokens(value: object) -> SecretStr:
    """Return one token or several, one a line; they may be given by commas or lines."""
    raw = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(raw, str):
        raise ValueError("must be text")  # noqa: TRY004 - the one error pydantic gathers
    parts = [part.strip() for part in re.split(r"[,\r\n]", raw) if part.strip()]
    if not 1 <= len(parts) <= _MOST_TOKENS:
        raise ValueError(f"must hold 1 to {_MOST_TOKENS} tokens, by commas or lines")
    tokens = [read_word(part) for part in parts]
    if any(len(token) < _LEAST_CHARACTERS for token in tokens):
        raise ValueError(f"must have {_LEAST_CHARACTERS} characters at least: openssl rand -hex 32 makes one")
    return SecretStr("\n".join(dict.fromkeys(tokens)))


def split_tokens(tokens: SecretStr) -> tuple[str, ...]:
    """Return the single tokens of what `read_tokens` returned."""
    return tuple(tokens.get_secret_value().splitlines())


def read_key_text(value: object) -> SecretStr:
    """Return a ticket key, which may have several lines, after it was read as one."""
    from relay.core.ticket_key import read_ticket_key  # noqa: PLC0415 - its library takes a while to load

    raw = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(raw, str) or not raw.isascii() or "\0" in raw:
        raise ValueError("must be text: a line of random characters, or a PEM key")
    text = raw.strip().strip("'\"")
    if "<" in text or ">" in text:
        raise ValueError("still holds a placeholder in <>: put the real value there")
    read_ticket_key(text)
    return SecretStr(text)


def read_issuer(value: object) -> str:
    """Return an issuer as it stands in its tokens; a slash at the end counts."""
    issuer = read_word(value)
    parts = split_url(issuer)
    if "://" in issuer and (parts.scheme != "https" or parts.query or parts.fragment or "@" in parts.netloc):
        raise ValueError("must be the https address of the issuer, as its tokens have it in iss")
    return issuer


def read_https_url(value: object) -> str:
    """Return an https URL."""
    url = read_word(value)
    parts = split_url(url)
    if parts.scheme != "https" or not parts.hostname or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an address that begins with https://")
    return url


def read_audiences(value: object) -> tuple[str, ...]:
    """Return the audiences one of which a token must name."""
    return tuple(read_word(entry) for entry in read_list(value))


def read_header(value: object) -> str:
    """Return a header's name, in lower case (RFC 9110 section 5.1)."""
    name = read_word(value).lower()
    if not re.fullmatch(r"[a-z0-9!#$%&'*+.^`|~-]+", name):
        raise ValueError("must be the name of a header, without an underscore")
    return name


def read_identity_header(value: object) -> str:
    """Return the name of a header that can hold an identity."""
    name = read_header(value)
    if name in _NOT_FOR_IDENTITIES or name.startswith(_BROWSERS_BEGINNINGS):
        raise ValueError("must be a header of the proxy's own, such as X-Forwarded-User")
    return name


def read_link(value: object) -> str:
    """Return where a page sends a person to sign in: a path of this host, or an https URL."""
    link = read_word(value)
    if re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", link):
        return link
    try:
        return read_https_url(link)
    except ValueError:
        raise ValueError("must be a path such as /oauth2/start, or begin with https://") from None
