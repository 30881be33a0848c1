"""The least that a relay of the same parts could be: what is left when every promise is left out.

It reads the body, sends it upstream with a client secret that is always good, and passes the answer on. No
form, no check, no limit, no call, no log. With ``--commits 3`` it also does what no promise can be kept
without: so many empty changes of one row, each committed. Its database is in the folder where it
runs. Never for use; it shows what the rest costs.
"""

from __future__ import annotations

import argparse
import sqlite3
import ssl
from typing import TYPE_CHECKING

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from relay.upstream.transport import WireTransport
from tests.benchmarks.upstream import STANDING

if TYPE_CHECKING:
    from starlette.requests import Request


def build(upstream: str, commits: int) -> Starlette:
    """Build the application."""
    transport, url = (
        WireTransport(ssl.create_default_context()),
        httpx.URL(f"{upstream}/openai/v1/realtime/calls"),
    )
    db = sqlite3.connect("rows.sqlite3", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, value INTEGER)")
    db.execute("INSERT INTO rows VALUES (1, 0)")

    async def connect(request: Request) -> Response:
        body = await request.body()
        for _ in range(commits):
            db.execute("UPDATE rows SET value = value + 1")
        head = {"Host": url.netloc.decode(), "Authorization": f"Bearer {STANDING.decode()}"}
        sent = httpx.Request(
            "POST",
            url,
            headers={**head, "Content-Length": str(len(body))},
            stream=httpx.ByteStream(body),
            extensions={"timeout": {"connect": 5}},
        )
        answer = await transport.handle_async_request(sent)
        return Response(await answer.aread(), status_code=201, media_type="application/sdp")

    return Starlette(routes=[Route("/connect", connect, methods=["POST"])])


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--commits", type=int, default=0)
    options = parser.parse_args()
    uvicorn.run(
        build(options.upstream, options.commits),
        port=options.port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
