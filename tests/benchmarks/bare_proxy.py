"""The baseline of the gateway: the least that a FastAPI proxy can be. It passes bytes on, and knows nothing of them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel


class Body(BaseModel):
    model: str
    messages: list[dict[str, str]]
    stream: bool = False


def proxy(upstream: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
        async with httpx2.AsyncClient(limits=limits, trust_env=False, timeout=60) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/chat/completions")
    async def chat(body: Body, request: Request) -> StreamingResponse:
        client: httpx2.AsyncClient = request.app.state.client
        outgoing = client.build_request("POST", f"{upstream}/chat/completions", json=body.model_dump())
        response = await client.send(outgoing, stream=True)

        async def pieces() -> AsyncIterator[bytes]:
            try:
                async for piece in response.aiter_raw():
                    yield piece
            finally:
                await response.aclose()

        return StreamingResponse(pieces(), response.status_code, media_type=response.headers["content-type"])

    return app


if __name__ == "__main__":
    uvicorn.run(proxy(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", access_log=False)
