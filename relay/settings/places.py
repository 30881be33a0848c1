"""Where settings stand: the environment, then `.dev.vars`, then `relay.toml`.

The edge of the settings: the only place that opens their files. It sorts names into known and unknown
and notes line and key; values are judged later. Complaints never repeat a value, nor a path that is one.
"""

import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from dotenv.parser import Binding, parse_stream
from pydantic import SecretStr

from relay.settings.found import OUR_PREFIXES, TEST_PREFIX, Name, Reading, is_needless
from relay.settings.toml_table import Lines, TomlTable
from relay.settings.values import read_path, read_secret

_TABLES: Final = ("profiles", "tools", "prices")
_SECRET_FILE_BYTES: Final = 65536


def read_places(environ: Mapping[str, str], directory: Path, names: Mapping[str, Name]) -> Reading:
    """Read all places, the strongest first.

    Args:
        environ: The environment.
        directory: Where `.dev.vars` and `relay.toml` are looked for.
        names: Every name and alias, as in the environment.
    """
    reading = Reading(names)
    _read_environment(environ, reading)
    _read_dev_vars(directory / ".dev.vars", reading)
    _read_toml(directory, reading)
    return reading


def read_secret_file(path: Path, read: Callable[[object], SecretStr] = read_secret) -> SecretStr:
    """Read a key from a file of its own, such as a mounted Kubernetes or Docker secret.

    Args:
        path: The file.
        read: What its text must be.

    Raises:
        ValueError: The file cannot be read or holds no key, in words that go on after the setting's name.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ValueError("names a pipe or a device, and what is read again must be a file")
        with path.open("rb") as file:
            text = file.read(_SECRET_FILE_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("names a file that is not UTF-8 text") from None
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"names a file whose content {error}") from None


def _read_environment(environ: Mapping[str, str], reading: Reading) -> None:
    for written, value in environ.items():
        if written in reading.names:
            reading.keep(written, "environment", "environment", value)
        elif written.startswith(OUR_PREFIXES) and not written.startswith(TEST_PREFIX):
            words = reading.strangeness(written)
            # Other programs have AZURE_OPENAI_ names of their own: only a likely slip is worth a word.
            if written.startswith("RELAY_") or is_needless(written) or "did you mean" in words:
                reading.warnings.append(f"{written} (environment) {words}")


def _read_dev_vars(path: Path, reading: Reading) -> None:
    lines: dict[str, tuple[int, str]] = {}
    for line, binding in _bindings(_file_text(path, ".dev.vars", reading)):
        written, value, where = binding.key, binding.value, f".dev.vars line {line}"
        if binding.error or written is None or value is None:
            reading.complaints.append(f"{where} is not NAME=value: write it so, or put # before it")
        elif written in reading.names:
            if written in lines:
                earlier = lines[written][0]
                reading.warnings.append(
                    f"{written} ({where}) stands in line {earlier} too; the last one counts"
                )
            lines[written] = (line, value)
        elif is_needless(written):
            reading.warnings.append(f"{written} ({where}) {reading.strangeness(written)}")
        elif written.upper().startswith(OUR_PREFIXES) and not written.startswith(TEST_PREFIX):
            reading.complaints.append(f"{written} ({where}) {reading.strangeness(written)}")
        elif written.startswith("AZURE_"):
            reading.warnings.append(f"{written} ({where}) is not read from here: set it in the environment")
    for written, (line, value) in lines.items():
        reading.keep(written, ".dev.vars", f".dev.vars line {line}", value)


def _bindings(text: str) -> Iterator[tuple[int, Binding]]:
    """Yield each binding with the line it really starts in: the parser counts from the blank lines before."""
    for binding in parse_stream(io.StringIO(text, newline="")):
        raw = binding.original.string
        if binding.error or binding.key is not None:
            blank = raw[: len(raw) - len(raw.lstrip())]
            yield binding.original.line + len(re.findall(r"\r\n|\n|\r", blank)), binding


def _read_toml(directory: Path, reading: Reading) -> None:
    named = reading.first("relay_config")
    path, title = directory / "relay.toml", "relay.toml"
    if named:
        try:
            path, title = directory / read_path(named.value), f"the file of {named.label}"
        except ValueError:
            reading.whole = False  # the field's reader complains
            return
    try:
        text = _file_text(path, title, reading, must_exist=named is not None)
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = re.search(r"at line \d+, column \d+|at end of document", str(error))
        reading.refuse_place(f"{title} is not TOML {position.group() if position else ''}".rstrip())
        return
    reading.folder = path.parent
    grouped: dict[str, object] = {key: tables.pop(key) for key in _TABLES if key in tables}
    if grouped:
        reading.tables = TomlTable(grouped, (), Lines(text), reading.complaints)
    for key, value in tables.items():
        _read_toml_key(key, value, reading)


def _read_toml_key(key: str, value: object, reading: Reading) -> None:
    written, where = key.upper(), f"relay.toml, key {key}"
    if written not in reading.names:
        reading.complaints.append(f"relay.toml: {key} {reading.strangeness(written, key=True)}")
    elif key != key.lower():
        reading.complaints.append(f"relay.toml: {key} must be written in lower case: {key.lower()}")
    elif written == "RELAY_CONFIG":
        reading.complaints.append(
            f"RELAY_CONFIG ({where}) cannot stand in the file it names: remove it there"
        )
    else:
        reading.keep(written, "relay.toml", where, value)


def _file_text(path: Path, title: str, reading: Reading, *, must_exist: bool = False) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        if must_exist or not isinstance(error, FileNotFoundError):
            reading.refuse_place(f"{title} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        reading.refuse_place(f"{title} is not UTF-8 text: save it as UTF-8")
    return ""
