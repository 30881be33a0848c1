"""SEC-01: marked secrets, offers and instructions, and the search for them in whatever comes out.

The doubles use the values of `MARKED` as their own, so the whole suite is a test of secrecy: a hit names
the value, never shows it. What may go out, and is not searched: the SDP answer to the browser, the client
secret of ``POST /api/session`` where it is switched on, and what the upstream is sent. The store, the log,
the output of every process and every other answer must hold none of them.
"""

from __future__ import annotations

import base64
import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tests.core.recorded_offers import OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

API_KEY: Final = "canary-api-key-6f1c7a1e"
CLIENT_SECRET: Final = "ek_canary_91d0f3a2c84b7e65"
ACCESS_TOKEN: Final = "canary.access.token.5b7e33"
APPLICATION_SECRET: Final = "canary-application-secret-c2"
SHARED_TOKENS: Final = ("canary-token-old-0001", "canary-token-new-0002")
TICKET_KEY: Final = "canary-ticket-key-" + "k" * 64  # long enough for HS512 too
PROXY_SECRETS: Final = ("canary-proxy-secret-1", "canary-proxy-secret-2")
UFRAG: Final = "canaryUfrag7731"
INSTRUCTIONS: Final = "canary: whisper-4be1c70d9a25"


def _offered(name: str) -> tuple[str, ...]:
    """Every value of an attribute, in the same order in every process that runs tests."""
    found = (re.findall(rf"a={name}(\S+)", text) for text in OFFERS.values())
    return tuple(dict.fromkeys(word for words in found for word in words))


MARKED: Final = {
    "API key": (API_KEY,),
    "client secret": (CLIENT_SECRET,),
    "access token": (ACCESS_TOKEN,),
    "application secret": (APPLICATION_SECRET,),
    "shared token": SHARED_TOKENS,
    "ticket key": (TICKET_KEY,),
    "proxy secret": PROXY_SECRETS,
    "ICE user fragment": (UFRAG,),
    "instructions": (INSTRUCTIONS,),
    "ICE password of an offer": _offered("ice-pwd:"),
    "fingerprint of an offer": _offered("fingerprint:sha-256 "),
}
"""Name, and the values that bear it."""

SHAPES: Final = {
    "the word canary": rb"canary|CANARY",  # what single tests mark for themselves
    "a client secret": rb"\bek_[A-Za-z0-9_]{8}",
    "a signed token": rb"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}",
    "credentials of an SDP": rb"a=(?:ice-(?:ufrag|pwd):[\w+/]{4}|fingerprint:\S+ \w\w:)",
    "an address of an SDP": rb"a=candidate:\S+ \d|\bc=IN IP[46] \S|\bm=audio \d",
}
"""What needs no mark, because it is known by its shape: secrets made while the tests run, and any SDP."""

_WINDOW: Final = 12  # so many characters in a row are a leak, wherever they stand
_RELAY: Final = re.compile(r"https?://[^/ ]+/(?:connect|config|calls|api/session|problems)\b")


def _windows(data: bytes) -> set[bytes]:
    return {data[at : at + _WINDOW] for at in range(len(data) - _WINDOW + 1)}


def _disguises(value: str) -> list[bytes]:
    """The value as it is and recoded; base64 at each of three offsets, without what neighbours decide."""
    raw = value.encode()
    coded = [base64.b64encode(b"\0" * pad + raw)[4 if pad else 0 : -4] for pad in range(3)]
    return [raw, raw.hex().encode(), quote(value, safe="").encode(), *coded]


_NAMES: Final = {
    window: name
    for name, values in MARKED.items()
    for value in values
    for disguise in _disguises(value)
    for window in _windows(disguise)
}
_SHAPES: Final = {name: re.compile(shape) for name, shape in SHAPES.items()}


def found_in(told: str | bytes) -> list[str]:
    """Name the secrets that a text holds."""
    data = told.encode(errors="surrogatepass") if isinstance(told, str) else told
    named = {_NAMES[window] for window in _windows(data) & _NAMES.keys()}
    return sorted(named) + [name for name, shape in _SHAPES.items() if shape.search(data)]


def check_output(source: str, told: str | bytes) -> None:
    """Fail when something that came out holds a secret.

    Args:
        source: Where it came out, for the message, which never shows the secret.
        told: All of it.
    """
    found = found_in(told)
    assert not found, f"{source} tells: {', '.join(found)}"


def check_folder(folder: Path) -> None:
    """Fail when a file of the relay's state holds a secret."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            check_output(f"the file {path.name}", path.read_bytes())


def check_answer(answer: httpx.Response) -> None:
    """Fail when an answer of the relay holds a secret where none belongs; a stream is not waited for."""
    source = f"the answer {answer.status_code} to {answer.request.method} {answer.request.url.path}"
    check_output(f"the head of {source}", repr(answer.headers.raw))
    kind = answer.headers.get("content-type", "")
    is_answer = (answer.status_code, kind) == (201, "application/sdp")
    is_secret = (answer.status_code, answer.request.url.path) == (200, "/api/session")
    if not (is_answer or is_secret or kind.startswith("text/event-stream")):
        check_output(source, answer.read())


class Ear(logging.Handler):
    """Hears every record of every logger, and keeps the names of what was told."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._form = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "httpx" and _RELAY.search(record.getMessage()):
            return  # the test's own client, which writes the address it asks the relay for
        if record.name.startswith("aiortc."):
            return  # the test's own browser, or the simulator; in its process it is searched as output
        told = f"{self._form.format(record)} {record.args} {getattr(record, 'fields', '')}"
        self.heard += [f"{name} in the log of {record.name}" for name in found_in(told)]


@contextmanager
def listening() -> Iterator[list[str]]:
    """Have everything logged at DEBUG; gives what was heard that should not have been said.

    Loggers that an earlier test has silenced are heard again; those that the relay silences itself are not.
    """
    root, ear = logging.getLogger(), Ear()
    silenced = [
        (logger, logger.level)
        for logger in [*root.manager.loggerDict.values()]
        if isinstance(logger, logging.Logger) and logger.level != logging.NOTSET
    ]
    for logger, _ in silenced:
        logger.setLevel(logging.NOTSET)
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(ear)
    try:
        yield ear.heard
    finally:
        root.removeHandler(ear)
        root.setLevel(before)
        for logger, level in silenced:
            logger.setLevel(level)
