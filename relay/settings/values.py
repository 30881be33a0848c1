"""How one setting is read: from what stands in the environment or a file to a checked value.

Each reader takes the raw value (text, or what TOML made of it) and returns the value, or raises a
``ValueError`` whose words go on after the setting's name. Words never repeat the value. Readers look at
one setting alone; what two settings mean together is decided in `relay.settings.rules`.
"""

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import SecretStr

_ON: Final = frozenset({"on", "true", "1", "yes"})
_OFF: Final = frozenset({"off", "false", "0", "no"})


def read_text(value: object) -> str:
    """Return one line of text; white space and quotes around it are mended (docker keeps quotes)."""
    raw = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(raw, bool) or not isinstance(raw, str | int | Path):
        raise ValueError("must be text")  # noqa: TRY004 - the one error pydantic gathers
    text = str(raw).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    if not text or re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("must be one line of text without control characters")
    return text


def read_word(value: object) -> str:
    """Return text that can stand in a header or a URL: printable ASCII, no space."""
    text = read_text(value)
    if "<" in text or ">" in text:
        raise ValueError("still holds a placeholder in <>: put the real value there")
    if not re.fullmatch(r"[\x21-\x7e]{1,4096}", text):
        raise ValueError("must be printable ASCII without spaces: copy it again")
    return text


def read_secret(value: object) -> SecretStr:
    """Return a key or an application secret."""
    return SecretStr(read_word(value))


def read_entra_name(value: object) -> str:
    """Return a tenant or application id: a GUID, or a tenant's domain."""
    text = read_word(value)
    if not re.fullmatch(r"[A-Za-z0-9.-]+", text):
        raise ValueError("must be an id of letters, digits, hyphens and dots, as the portal shows it")
    return text


def read_scope(value: object) -> str:
    """Return the scope of an access token (fact 7.1)."""
    text = read_word(value)
    if not re.fullmatch(r"[a-z]+://.+/\.default", text):
        raise ValueError("must be a scope ending in /.default, such as https://ai.azure.com/.default")
    return text


def read_switch(value: object) -> bool:
    """Return whether something is on."""
    if isinstance(value, bool):
        return value
    word = read_text(value).lower()
    if word not in _ON | _OFF:
        raise ValueError("must be on or off (true, false, 1, 0, yes and no are understood as well)")
    return word in _ON


def number_between(low: int, high: int) -> Callable[[object], int]:
    """Build the reader of a whole number; both bounds belong to the range."""

    def read_number(value: object) -> int:
        text = read_text(value) if isinstance(value, str) else repr(value)
        if text.startswith("tcp://"):
            raise ValueError(
                "was set by Kubernetes for a Service of the same name: "
                "put enableServiceLinks: false into the pod, or rename the Service"
            )
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read_number


def read_rate(value: object) -> str:
    """Return a rate as ``6/minute``, or ``off``."""
    text = "off" if value is False else read_text(value).lower().replace(" ", "")
    if text in _OFF:
        return "off"
    found = re.fullmatch(r"0*([1-9][0-9]{0,4})/(second|minute|hour)", text)
    if found is None:
        raise ValueError("must be a number per second, minute or hour, such as 6/minute; or off")
    return f"{found[1]}/{found[2]}"


def one_of(*words: str) -> Callable[[object], str]:
    """Build the reader of a choice; case does not matter."""

    def read_choice(value: object) -> str:
        word = read_text(value).lower()
        if word not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return word

    return read_choice


def read_store(value: object) -> str:
    """Return what calls are written down in: in this version SQLite."""
    word = read_text(value).lower()
    if word.startswith(("redis:", "rediss:")):
        raise ValueError("can only be sqlite in this version; a store shared by several machines comes later")
    if word != "sqlite":
        raise ValueError("can only be sqlite")
    return word


def read_list(value: object) -> tuple[str, ...]:
    """Return the entries of a comma-separated text or of a TOML array, without repetitions."""
    parts = list(value) if isinstance(value, list | tuple) else read_text(value).split(",")
    entries = [read_text(part) for part in parts if part != "" and not str(part).isspace()]
    if not entries:
        raise ValueError("must name at least one, separated by commas")
    return tuple(dict.fromkeys(entries))


def read_voices(value: object) -> tuple[str, ...]:
    """Return the voices a caller may choose."""
    return tuple(read_voice(entry) for entry in read_list(value))


def read_voice(value: object) -> str:
    """Return one voice."""
    voice = read_text(value).lower()
    if not re.fullmatch(r"[a-z]{1,32}", voice):
        raise ValueError("must be made of 1 to 32 letters a to z each")
    return voice


def read_path(value: object) -> Path:
    """Return a path; whether there is a file is found out by whoever opens it."""
    return Path(read_text(value))


def read_certificates(value: object) -> Path:
    """Return the path of a bundle of certificates, after it was opened and parsed."""
    path = read_path(value)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise ValueError("must be a file of certificates in PEM form") from None
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from None
    return path
