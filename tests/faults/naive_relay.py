"""What nearly every sample does: read the offer, ask the upstream, hand over the answer. For comparison only.

Run as a program: ``python -m tests.faults.naive_relay UPSTREAM``; it prints its port.
"""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

API = "/openai/v1/realtime"


def main() -> None:
    """Serve until killed."""
    limits = httpx.Limits(max_connections=None)
    client = httpx.AsyncClient(base_url=sys.argv[1], timeout=60, limits=limits, trust_env=False)

    async def connect(request: Request) -> Response:
        form = await request.form()
        minted = await client.post(f"{API}/client_secrets", headers={"api-key": "key"}, json={"session": {}})
        bearer = {"Authorization": f"Bearer {minted.json()['value']}", "Content-Type": "application/sdp"}
        answer = await client.post(f"{API}/calls", headers=bearer, content=str(form["sdp"]).encode())
        return Response(answer.content, status_code=201, media_type="application/sdp")

    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    print(f"listening on {sock.getsockname()[1]}", flush=True)
    app = Starlette(routes=[Route("/connect", connect, methods=["POST"])])
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run([sock])


if __name__ == "__main__":
    main()
