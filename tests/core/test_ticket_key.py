"""The key of tickets: its kind decides the one algorithm."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from relay.core.ticket_key import read_ticket_key

ED25519 = ed25519.Ed25519PrivateKey.generate()


def private_pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_text_of_32_bytes_signs_and_verifies_with_hs256() -> None:
    key = read_ticket_key("k" * 32)

    assert (key.algorithm, key.verifying, key.signing) == ("HS256", b"k" * 32, b"k" * 32)


@pytest.mark.parametrize("text", [private_pem(ED25519), private_pem(ED25519).replace("\n", "\\n")])
def test_a_private_ed25519_key_signs_and_verifies_with_eddsa(text: str) -> None:
    key = read_ticket_key(text)

    assert (key.algorithm, key.signing is not None) == ("EdDSA", True)
    assert key.sign({"sub": "alice"})


def test_a_public_ed25519_key_only_verifies() -> None:
    key = read_ticket_key(public_pem(ED25519))

    assert key.algorithm == "EdDSA"
    with pytest.raises(ValueError, match="public half"):
        key.sign({"sub": "alice"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "canary" + "k" * 25,
        "-----BEGIN PUBLIC KEY-----\ncanary\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----",
        "-----BEGIN",
        public_pem(rsa.generate_private_key(65537, 2048)),
        private_pem(ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_auth_01_no_other_key_is_taken_and_none_is_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="must ") as caught:
        read_ticket_key(text)

    assert "canary" not in str(caught.value)


def test_sec_03_a_key_is_not_shown() -> None:
    assert "canary" not in repr(read_ticket_key("canary" * 8))
