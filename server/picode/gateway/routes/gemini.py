"""`/v1beta/models`, and what of `/v1/models` is Google's, as Google's clients know them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from picode.gateway import gemini
from picode.gateway.names import ModelRef
from picode.gateway.replies import KEEPALIVE, as_json, new_id, streamed, whole
from picode.gateway.services import Services, services_of, text_of
from picode.gateway.streaming import SSE, while_connected

router = APIRouter(tags=["Gemini"])


@router.post("/v1beta/models/{name:path}:generateContent", responses={200: {"model": gemini.GenerateContentResponse}})
@router.post("/v1/models/{name:path}:generateContent", responses={200: {"model": gemini.GenerateContentResponse}})
async def generate(name: str, body: gemini.GenerateContentRequest, request: Request) -> Response:
    """The next turn of a conversation."""
    services = services_of(request)
    came = (request, await text_of(request))
    asked = body.gateway_request(await _find(services, name), services.settings.gateway.reuse, came, "generateContent")
    reply = await services.answer(asked, request)
    identifier = new_id()
    return await whole(reply, request, lambda given: gemini.answer(reply, given, identifier, thinks=body.thinks))


@router.post(
    "/v1beta/models/{name:path}:streamGenerateContent", responses={200: {"model": gemini.GenerateContentResponse}}
)
@router.post("/v1/models/{name:path}:streamGenerateContent", responses={200: {"model": gemini.GenerateContentResponse}})
async def stream(
    name: str,
    body: gemini.GenerateContentRequest,
    request: Request,
    alt: Annotated[str, Query(max_length=20, description="`sse`: as events; else as a JSON array.")] = "",
) -> Response:
    """The next turn of a conversation, piece by piece."""
    services = services_of(request)
    came = (request, await text_of(request))
    asked = body.gateway_request(
        await _find(services, name), services.settings.gateway.reuse, came, "streamGenerateContent"
    )
    reply = await services.answer(asked, request)
    events = gemini.GeminiEvents(reply, new_id(), request.scope["state"]["request_id"], thinks=body.thinks)
    if alt == "sse":
        return streamed(reply, events, KEEPALIVE, SSE)
    return streamed(reply, events, gemini.JSON_KEEPALIVE, "application/json", gemini.as_array)


@router.post("/v1beta/models/{name:path}:countTokens", responses={200: {"model": gemini.TokenCount}})
@router.post("/v1/models/{name:path}:countTokens", responses={200: {"model": gemini.TokenCount}})
async def count_tokens(name: str, body: gemini.CountTokensRequest, request: Request) -> Response:
    """How many tokens a conversation has: by the provider's own count where it has one, else estimated."""
    services = services_of(request)
    asked = body.gateway_request(await _find(services, name))
    tokens = await while_connected(request, services.assistant.relay.count(asked))
    return as_json({"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]})


@router.get("/v1beta/models", responses={200: {"model": gemini.GeminiModels}})
async def models(request: Request) -> Response:
    """The models that can be asked here and now."""
    rows = await services_of(request).named_models()
    return as_json({"models": [gemini.model_info(name, title) for name, title, _ in rows]})


@router.get("/v1beta/models/{name:path}", responses={200: {"model": gemini.GeminiModel}})
async def model(name: str, request: Request) -> Response:
    """One model, by any name that a request may have for it."""
    services = services_of(request)
    await _find(services, name)
    return as_json(gemini.model_info(name, await services.title_of(name)))


async def _find(services: Services, name: str) -> ModelRef:
    return await services.names.find(name.removeprefix("models/"))
