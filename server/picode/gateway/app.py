"""The gateway as an ASGI application: the gate in front, the routes behind it, the assistant beneath."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from picode import __version__
from picode.bootstrap import Assistant, Outlets, Surroundings, build
from picode.core.errors import PiCodeError
from picode.gateway.failures import Refused, refusal, shape_for
from picode.gateway.gate import Gate
from picode.gateway.replies import as_json
from picode.gateway.routes import anthropic, health, openai, own
from picode.gateway.services import Build, running
from picode.gateway.streaming import ClientLeft
from picode.io.gateway_tokens import GatewayTokens
from picode.settings.model import Gateway

_DESCRIPTION = """\
One endpoint in front of all the models that PiCode knows, in PiCode's own shape and in those of OpenAI and Anthropic. Models \
are named `provider/model`, by one of the two alone, or `default`."""


def create(listens: str = "127.0.0.1", command_line: Mapping[str, Any] | None = None) -> Gate:
    """The gateway of the user's settings, in this process. `listens` is the host that it is reached at."""

    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # each request has a line of ours

    async def assistant(outlets: Outlets) -> Assistant:
        return await build(outlets, Surroundings(command_line=command_line or {}))

    return assemble(assistant, GatewayTokens(), listens)


def assemble(build: Build, tokens: GatewayTokens, listens: str = "127.0.0.1") -> Gate:
    """The gateway out of its parts. `build` is the seam that tests replace."""
    app = application()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(build, tokens) as services:
            app.state.services = services
            yield
            app.state.services = None

    app.router.lifespan_context = lifespan

    def settings() -> Gateway:
        services = getattr(app.state, "services", None)
        return services.settings.gateway if services else Gateway()

    return Gate(app, settings, tokens, lambda: app.state.services.assistant.limiter, listens)


def application() -> FastAPI:
    """The routes alone."""
    app = FastAPI(
        title="PiCode",
        version=__version__,
        description=_DESCRIPTION,
        license_info={"name": "MIT"},
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for each in (own, openai, anthropic, health):
        app.include_router(each.router)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(PiCodeError, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(ClientLeft, _left)
    app.add_exception_handler(Exception, _defect)
    return app


def openapi() -> dict[str, Any]:
    """What `schemas/gateway.openapi.json` holds."""
    schema = application().openapi()
    schema["info"]["version"] = "1"  # of the API: the file changes with it, not with each release
    schema["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in ("/healthz", "/readyz") else [{"bearer": []}, {"key": []}]
    return schema


def _answer(refused: Refused, request: Request) -> Response:
    shape = shape_for(request.url.path, request.headers)
    response = as_json(shape(refused, request.scope["state"]["request_id"]), refused.headers)
    response.status_code = refused.status
    return response


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _answer(error, request)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, PiCodeError)
    return _answer(refusal(error), request)


async def _invalid(request: Request, error: Exception) -> Response:
    """The first thing that is wrong, by its place. What was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:] if first["type"] != "json_invalid")
    said = "The body is no valid JSON." if first["type"] == "json_invalid" else f"{place or 'body'}: {first['msg']}."
    return _answer(Refused(400, "invalid", said, field=place or None, retry=False), request)


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: f"There is nothing at {request.url.path[:200]}.", 405: f"{request.method} is not allowed here."}
    kind: Any = "not_found" if error.status_code in (404, 405) else "invalid"
    message = said.get(error.status_code, str(error.detail))
    return _answer(Refused(error.status_code, kind, message, headers=error.headers, retry=False), request)


async def _left(request: Request, error: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


async def _defect(request: Request, error: Exception) -> Response:
    return _answer(Refused(500, "provider", "This is a defect of PiCode's; its log says more.", retry=False), request)
