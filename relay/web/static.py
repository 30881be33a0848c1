"""The files of ``public/``: no listing, no redirect, no range, nothing outside the folder."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from relay.errors import MethodNotAllowed, NotFound

if TYPE_CHECKING:
    import os

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

_SECONDS = 300  # a page opened before a release still fits the relay after it


def public_folder() -> Path:
    """Find the page's files: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "public"
    return installed if installed.is_dir() else package.parent / "public"


def inline_scripts(folder: Path) -> list[str]:
    """Name the scripts that stand inside pages of ours, as a policy allows them (CSP Level 3, 2.3.1).

    Returns:
        ``'sha256-…'`` for each: exactly that text may run, wherever it stands.
    """
    texts = [page.read_bytes() for page in sorted(folder.glob("*.html"))]
    scripts = [
        script
        for text in texts
        for script in re.findall(rb"<script type=\"module\">(.*?)</script>", text, re.DOTALL)
    ]
    return [f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts]


class PublicFiles(StaticFiles):
    """Static files with cache headers; ``/`` is ``index.html``.

    Range requests are answered whole: the files are small, and many ranges are an attack (HTTP-19).
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file."""
        if "\0" in scope["path"]:
            raise NotFound
        if scope["method"] not in ("GET", "HEAD"):
            found = self.lookup_path(self.get_path(scope))[1]
            if found is None:
                raise NotFound
            raise MethodNotAllowed("Files can be read only.", headers={"Allow": "GET, HEAD"})
        unranged = [pair for pair in scope["headers"] if pair[0] not in (b"range", b"if-range")]
        await super().__call__({**scope, "headers": unranged}, receive, send)

    def get_path(self, scope: Scope) -> str:
        """Read the path from ``scope["path"]`` only, never from an URL built with Host."""
        path = super().get_path(scope)
        return "index.html" if path in ("", ".") else path

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Add how long a browser may keep the file."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        is_page = str(full_path).endswith(".html")
        response.headers["Cache-Control"] = "no-cache" if is_page else f"public, max-age={_SECONDS}"
        if isinstance(response, FileResponse):
            response.headers["Accept-Ranges"] = "none"
        return response
