"""What tells one plan from another: the name under which a client secret for it is kept."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relay.core.upstream import Plan


def plan_digest(plan: Plan) -> bytes:
    """Name a plan by a hash of everything that a client secret is minted for.

    Two plans with one name are one and the same, the caller included where the upstream is told it; the
    name shows nothing of the instructions.
    """
    whole = (plan.deployment, plan.caller, plan.session)
    written = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).digest()
