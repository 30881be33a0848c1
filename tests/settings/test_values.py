"""One setting at a time: what its reader takes, and its words for what it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from relay.settings.values import (
    number_between,
    one_of,
    read_certificates,
    read_entra_name,
    read_list,
    read_rate,
    read_scope,
    read_secret,
    read_switch,
    read_text,
    read_voices,
    read_word,
)

READ = [
    (read_text, "  plain words ", "plain words"),
    (read_text, '"quoted by docker"', "quoted by docker"),
    (read_text, "'single'", "single"),
    (read_text, "it's", "it's"),
    (read_text, 42, "42"),
    (read_text, SecretStr(" dark "), "dark"),
    (read_word, "gpt-realtime", "gpt-realtime"),
    (read_word, "a" * 4096, "a" * 4096),
    (read_secret, "key", SecretStr("key")),
    (read_entra_name, "contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
    (read_scope, "https://ai.azure.com/.default", "https://ai.azure.com/.default"),
    (read_scope, "api://my-gateway/.default", "api://my-gateway/.default"),
    (read_list, "a, b ,,a,", ("a", "b")),
    (read_list, ["a", "b"], ("a", "b")),
    (read_voices, "Alloy,marin", ("alloy", "marin")),
    (read_voices, "a" * 32, ("a" * 32,)),
    (number_between(1, 60), "1", 1),
    (number_between(1, 60), "60", 60),
    (number_between(1, 60), 7, 7),
    (number_between(1, 60), " '20' ", 20),
    (one_of("text", "json"), "JSON", "json"),
    (read_rate, "6/minute", "6/minute"),
    (read_rate, " 010 / Second ", "10/second"),
    (read_rate, "99999/hour", "99999/hour"),
    (read_rate, "off", "off"),
    (read_rate, False, "off"),
    (read_rate, "0", "off"),
]

REFUSED = [
    (read_text, "", "one line of text"),
    (read_text, "canary\x00", "control characters"),
    (read_text, "canary\nmore", "control characters"),
    (read_text, True, "must be text"),
    (read_text, 1.5, "must be text"),
    (read_text, {"canary": 1}, "must be text"),
    (read_word, "canary more", "printable ASCII without spaces"),
    (read_word, "cänary", "printable ASCII without spaces"),
    (read_word, "a" * 4097, "printable ASCII"),
    (read_word, "<canary>", "placeholder"),
    (read_rate, "6", "per second, minute or hour"),
    (read_rate, "0/minute", "or off"),
    (read_rate, "-1/minute", "or off"),
    (read_rate, "100000/minute", "or off"),
    (read_rate, "6/day", "or off"),
    (read_rate, "6.5/minute", "or off"),
    (read_secret, "canary canary", "printable ASCII"),
    (read_entra_name, "canary/x", "letters, digits, hyphens and dots"),
    (read_scope, "https://canary.example.com", "ending in /.default"),
    (read_list, " , ", "at least one"),
    (read_voices, "alloy,canary1", "letters a to z"),
    (read_voices, "a" * 33, "letters a to z"),
    (number_between(1, 60), "0", "from 1 to 60"),
    (number_between(1, 60), "61", "from 1 to 60"),
    (number_between(1, 60), "canary", "from 1 to 60"),
    (number_between(1, 60), "1.5", "from 1 to 60"),
    (number_between(1, 60), 1.5, "from 1 to 60"),
    (number_between(1, 60), True, "from 1 to 60"),
    (number_between(1, 60), "9" * 5000, "from 1 to 60"),
    (number_between(1, 60), "٣", "from 1 to 60"),
    (number_between(0, 65535), "tcp://canary:8787", "enableServiceLinks"),
    (one_of("text", "json"), "canary", "one of: text, json"),
    (read_switch, "canary", "must be on or off"),
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


@pytest.mark.parametrize("raw", ["on", "true", "1", "yes", "ON", "True", True])
def test_on_is_written_in_many_ways(raw: object) -> None:
    assert read_switch(raw) is True


@pytest.mark.parametrize("raw", ["off", "false", "0", "no", "OFF", "No", False])
def test_off_is_written_in_many_ways(raw: object) -> None:
    assert read_switch(raw) is False


def test_a_bundle_of_certificates_is_opened_and_parsed(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))

    assert read_certificates(bundle) == bundle


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff\xfe\x00"])
def test_a_file_without_certificates_is_refused(tmp_path: Path, content: bytes) -> None:
    bundle = tmp_path / "canary.pem"
    bundle.write_bytes(content)

    with pytest.raises(ValueError, match="certificates in PEM form") as caught:
        read_certificates(bundle)
    assert "canary" not in str(caught.value)


def test_a_bundle_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_certificates(tmp_path / "missing.pem")
