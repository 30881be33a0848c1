"""What a browser asks for, once its form has been read. Holds text as it was sent; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRequest:
    """The fields of one request for a call, each bounded and valid UTF-8, none judged yet.

    ``None`` stands for a field that was not sent. The offer and the instructions are private, so they are
    kept out of ``repr``.

    Args:
        sdp: The offer, for `relay.core.offer`; ``None`` only on a route that takes none.
        voice: What `relay.core.profile` compares with its list.
        instructions: What `relay.core.profile` puts into the session config.
        profile: The name of an operator's profile.
        presence: How the browser will show that it is still there.
    """

    sdp: str | None = field(default=None, repr=False)
    voice: str | None = None
    instructions: str | None = field(default=None, repr=False)
    profile: str | None = None
    presence: str | None = None
