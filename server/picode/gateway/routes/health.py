"""Liveness, readiness and metrics."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from picode.gateway.replies import as_json
from picode.gateway.services import services_of

router = APIRouter(tags=["Operations"])


@router.get("/healthz")
async def healthz() -> Response:
    """That the process answers. No token is needed."""
    return as_json({"status": "ok"})


@router.head("/", include_in_schema=False)
async def root() -> Response:
    """That there is a server: Claude Code asks so before its first question."""
    return Response()


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """That requests can be sent here. No token is needed."""
    ready = getattr(request.app.state, "services", None) is not None
    return (
        as_json({"status": "ok"}) if ready else Response('{"status": "starting"}', 503, media_type="application/json")
    )


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """What has been counted since the start, in Prometheus's format."""
    counted = services_of(request).assistant.metrics
    return Response(await asyncio.to_thread(counted.render), headers={"content-type": counted.content_type})
