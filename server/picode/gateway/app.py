"""The gateway as an ASGI application: the gate, the routes, the assistant, and the error responses."""

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
from picode.gateway.api_errors import ApiError, api_error, shape_for
from picode.gateway.gate import OPEN, Gate
from picode.gateway.replies import as_json
from picode.gateway.routes import anthropic, gemini, health, llamacpp, ollama, openai, own, responses
from picode.gateway.services import Build, running
from picode.gateway.streaming import ClientLeft
from picode.io.gateway_tokens import GatewayTokens
from picode.settings.model import Gateway

_DESCRIPTION = """\
One endpoint in front of all the models that PiCode knows, in PiCode's own shape and in those of OpenAI, Anthropic, Google, \
Ollama and llama.cpp. Models are named `provider/model`, by one of the two alone, or `default`."""


def create(listens: str = "127.0.0.1", command_line: Mapping[str, Any] | None = None) -> Gate:
    """The gateway with the user's settings, in this process. `listens` is the host that it listens at."""

    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # `Gate` logs each request

    async def assistant(outlets: Outlets) -> Assistant:
        return await build(outlets, Surroundings(command_line=command_line or {}))

    return assemble(assistant, GatewayTokens(), listens)


def assemble(build: Build, tokens: GatewayTokens, listens: str = "127.0.0.1") -> Gate:
    """The gateway with an assistant that `build` makes."""
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
    """The routes and the error handlers, without gate and assistant."""
    app = FastAPI(
        title="PiCode",
        version=__version__,
        description=_DESCRIPTION,
        license_info={"name": "MIT"},
        docs_url=None,  # these pages load scripts from other sites
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for each in (own, openai, responses, anthropic, gemini, ollama, llamacpp, health):
        app.include_router(each.router)
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(PiCodeError, _on_assistant_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_body)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(ClientLeft, _on_client_left)
    app.add_exception_handler(Exception, _on_defect)
    return app


def openapi() -> dict[str, Any]:
    """The OpenAPI description, as in `schemas/gateway.openapi.json`."""
    schema = application().openapi()
    schema["info"]["version"] = "1"  # of the API: the file changes with it, not with each release
    schema["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        "googleKey": {"type": "apiKey", "in": "header", "name": "x-goog-api-key"},
    }
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in OPEN else [{"bearer": []}, {"key": []}, {"googleKey": []}]
    return schema


def _response(error: ApiError, request: Request) -> Response:
    shape = shape_for(request.url.path, request.headers)
    response = as_json(shape(error, request.scope["state"]["request_id"]), error.headers)
    response.status_code = error.status
    return response


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _response(error, request)


async def _on_assistant_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PiCodeError)
    return _response(api_error(error), request)


async def _on_invalid_body(request: Request, error: Exception) -> Response:
    """Names the first field that is wrong. Its value is not repeated: it may be secret."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    is_json = first["type"] != "json_invalid"
    field = ".".join(str(part) for part in first["loc"][1:] if not _is_branch(part)) if is_json else ""
    message = f"{field or 'body'}: {first['msg']}." if is_json else "The body is no valid JSON."
    return _response(ApiError(400, "invalid", message, field=field or None, retry=False), request)


def _is_branch(part: Any) -> bool:
    """Whether `part` of a field's place is no name: pydantic puts the type there that it tried where several are possible."""
    return isinstance(part, str) and (part in ("str", "int", "float", "bool") or "[" in part)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    messages = {404: f"There is nothing at {request.url.path[:200]}.", 405: f"{request.method} is not allowed here."}
    kind: Any = "not_found" if error.status_code in messages else "invalid"
    message = messages.get(error.status_code, str(error.detail))
    response = _response(ApiError(error.status_code, kind, message, retry=False), request)
    response.headers.update(error.headers or {})
    return response


async def _on_client_left(request: Request, error: Exception) -> Response:
    return Response(status_code=499)  # is not sent


async def _on_defect(request: Request, error: Exception) -> Response:
    return _response(
        ApiError(500, "provider", "This is a defect of PiCode's; its log says more.", retry=False), request
    )
