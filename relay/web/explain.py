"""``GET /problems/{slug}``: what a problem means, what usually causes it, how to fix it, for a person."""

from __future__ import annotations

import html
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from relay.errors import NotFound, Problem, all_problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/problem.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


class Explanations:
    """The pages under ``/problems``, rendered once at start."""

    def __init__(self) -> None:
        texts = tomllib.loads(Path(__file__).with_name("problems.toml").read_text(encoding="utf-8"))
        kinds = sorted(all_problems(), key=lambda kind: (kind.status, kind.slug))
        self._pages = {kind.slug: _page(kind, texts[kind.slug]) for kind in kinds}
        self._index = _index(kinds)

    async def one(self, request: Request) -> Response:
        """Show one problem."""
        page = self._pages.get(request.path_params["slug"])
        if page is None:
            raise NotFound("There is no problem of this name; /problems lists them all.")
        return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    async def every(self, _request: Request) -> Response:
        """List all problems."""
        return HTMLResponse(self._index, headers={"Cache-Control": "no-cache"})


def _page(kind: type[Problem], text: Mapping[str, object]) -> str:
    parts = [
        f'<p class="status">{kind.status} · <code>{kind.slug.replace("-", "_")}</code></p>',
        f"<h1>{html.escape(kind.title)}</h1>",
        f"<p>{_inline(str(text['meaning']))}</p>",
        "<h2>Usual causes</h2>",
        _list("ul", text["causes"]),
        "<h2>What to do</h2>",
        _list("ol", text["fix"]),
        '<p><a href="/problems">All problems</a> · <a href="/">The voice page</a></p>',
    ]
    return _FRAME.format(title=html.escape(kind.title), body="\n".join(parts))


def _index(kinds: Sequence[type[Problem]]) -> str:
    rows = "\n".join(
        f'<li><span class="status">{kind.status}</span> '
        f'<a href="/problems/{kind.slug}">{html.escape(kind.title)}</a></li>'
        for kind in kinds
    )
    body = f'<h1>Every problem the relay can report</h1>\n<ul class="index">\n{rows}\n</ul>'
    return _FRAME.format(title="Problems", body=body)


def _list(tag: str, items: object) -> str:
    rows = items if isinstance(items, list) else [items]
    return f"<{tag}>" + "".join(f"<li>{_inline(str(row))}</li>" for row in rows) + f"</{tag}>"


def _inline(text: str) -> str:
    """Escape a text; what stands between backquotes becomes code."""
    pieces = html.escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))
