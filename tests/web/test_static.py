"""The scripts that stand inside our pages are named in the policy, and no others."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from relay.web.headers import content_security_policy
from relay.web.static import inline_scripts, public_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_script_inside_a_page_is_named_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b'<p>x</p><script type="module">\nlet a = 1;\n</script>')
    (tmp_path / "other.html").write_bytes(b'<script type="module" src="app.js"></script>')
    digest = base64.b64encode(hashlib.sha256(b"\nlet a = 1;\n").digest()).decode()

    assert inline_scripts(tmp_path) == [f"'sha256-{digest}'"]


def test_the_policy_allows_our_own_inline_script_and_nothing_unsafe() -> None:
    (named,) = inline_scripts(public_folder())
    policy = content_security_policy(scripts=[named])

    assert f"script-src 'self' {named};" in policy
    assert "unsafe" not in policy
