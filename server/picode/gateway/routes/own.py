"""`/api`: PiCode's own endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from picode.core.errors import ProviderNotFound
from picode.gateway import own
from picode.gateway.names import ModelRef
from picode.gateway.replies import as_json, new_id, streamed, whole
from picode.gateway.services import Services, services_of, token_of
from picode.gateway.slash import run_command
from picode.gateway.streaming import while_connected

router = APIRouter(prefix="/api", tags=["PiCode"])


@router.post("/completions", responses={200: {"model": own.Completed}})
async def completions(body: own.CompletionBody, request: Request) -> Response:
    """Fills in code, answers in a conversation, or carries out a slash command; with `stream`, as events: `began`, `piece`
    for piece, and `ended` or `failed`."""
    body.check()
    services = services_of(request)
    named = await _named(body, services)
    if body.command is not None:
        reply = await while_connected(request, run_command(services.assistant, body, named, token_of(request)))
    else:
        reply = await services.answer(body.gateway_request(named, services.settings.gateway.reuse), request)
    identifier = new_id()
    if body.stream:
        return streamed(reply, own.OwnEvents(reply, identifier, request.scope["state"]["request_id"]))
    return await whole(reply, request, lambda answer: own.completed(reply, answer, identifier))


@router.get("/providers", responses={200: {"model": list[own.ProviderRow]}})
async def providers(request: Request) -> Response:
    """All providers, and how they stand."""
    return as_json([own.provider_row(each) for each in await services_of(request).assistant.providers()])


@router.get("/models", responses={200: {"model": list[own.ModelRow]}})
async def models(
    request: Request,
    provider: Annotated[str, Query(max_length=256, description="Only those of this provider.")] = "",
    refresh: Annotated[bool, Query(description="Ask the providers again.")] = False,
) -> Response:
    """The models to choose from: the current one first, then what is available."""
    services = services_of(request)
    if provider:
        _ = services.assistant.row(provider)  # raises where there is none
    return as_json([own.model_row(choice) for choice in await services.choices(provider, refresh=refresh)])


async def _named(body: own.CompletionBody, services: Services) -> ModelRef:
    """The provider and model of the request. `model` alone may name a provider too, as in the other APIs."""
    if not body.provider:
        return await services.names.find(body.model)
    rows = services.assistant.rows()
    if body.provider not in {row.name for row in rows}:
        raise ProviderNotFound(body.provider, [row.name for row in rows])
    return body.provider, body.model
