"""One setting of signing in at a time: what its reader takes, and its words for what it does not."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from relay.settings.sign_in_values import (
    read_audiences,
    read_header,
    read_https_url,
    read_identity_header,
    read_issuer,
    read_key_text,
    read_link,
    read_sign_in,
    read_tokens,
    split_tokens,
)

ONE, TWO = "1" * 16, "2" * 16
PEM = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
RSA_PEM = (
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)

READ: list[tuple[Callable[[object], object], object, object]] = [
    (read_sign_in, "None", ("none",)),
    (read_sign_in, "token, OIDC,token", ("token", "oidc")),
    (read_sign_in, ["proxy"], ("proxy",)),
    (read_tokens, f" {ONE} ", SecretStr(ONE)),
    (read_tokens, f"{ONE},{TWO}", SecretStr(f"{ONE}\n{TWO}")),
    (read_tokens, f"{ONE}\r\n{TWO}\n\n{ONE}\n", SecretStr(f"{ONE}\n{TWO}")),
    (read_tokens, SecretStr(ONE), SecretStr(ONE)),
    (read_key_text, "k" * 32, SecretStr("k" * 32)),
    (read_key_text, PEM.decode(), SecretStr(PEM.decode().strip())),
    (read_issuer, "https://login.example/", "https://login.example/"),
    (read_issuer, "voice.example.com", "voice.example.com"),
    (read_https_url, "https://a.example/keys?x=1", "https://a.example/keys?x=1"),
    (read_audiences, "a,b", ("a", "b")),
    (read_header, "X-Pomerium-Jwt-Assertion", "x-pomerium-jwt-assertion"),
    (read_identity_header, "X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal"),
    (read_link, "/oauth2/start?rd=/", "/oauth2/start?rd=/"),
    (read_link, "/", "/"),
    (read_link, "https://login.example/", "https://login.example/"),
]

REFUSED: list[tuple[Callable[[object], object], object, str]] = [
    (read_sign_in, "canary", "one or several of"),
    (read_sign_in, "none,token", "must not join none"),
    (read_tokens, " , ", "must hold 1 to 16"),
    (read_tokens, ",".join(f"canary{n:032}" for n in range(17)), "must hold 1 to 16"),
    (read_tokens, "canary-7-x-shor", "16 characters at least"),
    (read_tokens, "canary with spaces 0001", "printable ASCII"),
    (read_tokens, "<canary-canary-canary>", "placeholder"),
    (read_tokens, 1234567890123456, "must be text"),
    (read_key_text, "canary", "32 characters at least"),
    (read_key_text, "<canary>" * 8, "placeholder"),
    (read_key_text, "canäry" * 8, "must be text"),
    (read_key_text, RSA_PEM.decode(), "Ed25519"),
    (read_issuer, "http://canary.example", "https address"),
    (read_issuer, "https://canary@login.example", "https address"),
    (read_issuer, "https://login.example/?canary", "https address"),
    (read_https_url, "http://canary.example", "begins with https"),
    (read_https_url, "https://", "begins with https"),
    (read_header, "X_Canary", "without an underscore"),
    (read_header, "X-Canary:", "name of a header"),
    (read_identity_header, "cookie", "of the proxy's own"),
    (read_identity_header, "X-Forwarded-For", "of the proxy's own"),
    (read_identity_header, "User-Agent", "of the proxy's own"),
    (read_identity_header, "Accept-Language", "of the proxy's own"),
    (read_identity_header, "Sec-Fetch-Site", "of the proxy's own"),
    (read_link, "canary", "must be a path"),
    (read_link, "//canary.example", "must be a path"),
    (read_link, "javascript:canary", "must be a path"),
]


@pytest.mark.parametrize(("reader", "raw", "value"), READ)
def test_a_value_is_read(reader: Callable[[object], object], raw: object, value: object) -> None:
    assert reader(raw) == value


@pytest.mark.parametrize(("reader", "raw", "words"), REFUSED)
def test_a_bad_value_is_refused_in_words_without_it(
    reader: Callable[[object], object], raw: object, words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        reader(raw)

    assert "canary" not in str(caught.value)


def test_the_tokens_are_told_apart_again() -> None:
    assert split_tokens(read_tokens(f"{ONE},{TWO}")) == (ONE, TWO)
