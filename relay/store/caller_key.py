"""The key with which callers are hashed: made once per state folder, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from relay.errors import StoreUnavailable
from relay.store.faults import unavailable

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 32
_OTHERS = 0o077


def read_or_make_caller_key(path: Path) -> bytes:
    """Read the key; make it if it is not there. Two processes that start at once agree on one.

    Raises:
        StoreUnavailable: The folder cannot be used, or the key is none, as a full disk may leave it: hashes
            of addresses made with a key that everybody can guess hide nothing.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)  # fails when another process was first: then its key counts
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        if path.stat().st_mode & _OTHERS:
            path.chmod(0o600)
        key = path.read_bytes()
    except OSError as fault:
        raise unavailable(fault) from fault
    if len(key) < _BYTES:
        raise StoreUnavailable("The file caller.key in the state folder is damaged: remove it.")
    return key
