"""The log: one line per event, a fixed sentence and named fields.

Fields are ids, numbers and words of ours. Secrets, SDP, instructions, query strings and foreign text are
never passed in; there is no redaction to rely on. Libraries that log addresses or headers are held at
WARNING whatever level is asked for.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Literal

LogFormat = Literal["text", "json"]

_CHATTY = ("httpx", "httpcore", "hpack", "urllib3", "asyncio")
_TELLTALE = ("azure", "msal")  # they log refusals in full, with tenant and client, at WARNING


def log(logger: logging.Logger, level: int, event: str, **fields: object) -> None:
    """Write one event.

    Args:
        logger: Whose event it is.
        level: A level of `logging`.
        event: A fixed sentence without variable parts, so that it can be searched for.
        fields: Its particulars; ``None`` is left out.
    """
    if logger.isEnabledFor(level):
        present = {name: value for name, value in fields.items() if value is not None}
        # What `Logger.log` does but for looking up who called it, which costs more than the line itself.
        record = logging.LogRecord(logger.name, level, "", 0, event, None, None)
        record.fields = present
        logger.handle(record)


def fault_of(error: BaseException) -> dict[str, object]:
    """Say where an unexpected error arose, without its message: messages carry foreign text."""
    trace = error.__traceback__
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": type(error).__name__, "at": " > ".join(frames[-8:])}


class _TextFormatter(logging.Formatter):
    """For a terminal: time, level, sentence, then ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        pairs = "  ".join(f"{name}={_one_line(value)}" for name, value in fields.items())
        stamp = time.strftime("%H:%M:%S", time.localtime(record.created))
        return f"{stamp} {record.levelname:<7} {_one_line(record.getMessage())}  {pairs}".rstrip()


class _JsonFormatter(logging.Formatter):
    """For a collector: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        return json.dumps(line, ensure_ascii=True, default=str)


def _one_line(value: object) -> str:
    return str(value).replace("\n", "\\n").replace("\r", "\\r")


def configure_logging(log_format: LogFormat, level: str) -> None:
    """Send every logger of the process to standard error in one format.

    Args:
        log_format: ``text`` for people, ``json`` for collectors.
        level: Name of a level of `logging`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _TELLTALE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # Nobody reads these of a record; asking the system for them costs as much as writing the line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # uvicorn's own start and stop lines are ours to say.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
