"""`/v1/chat/completions`, `/v1/completions`, `/v1/embeddings` and `/v1/models`, as OpenAI's clients know them."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from picode.gateway import anthropic, embeddings, gemini, openai
from picode.gateway.replies import as_json, new_id, streamed, whole
from picode.gateway.services import services_of, text_of

router = APIRouter(tags=["OpenAI"])


@router.post("/v1/chat/completions", responses={200: {"model": openai.ChatCompletion}})
async def chat_completions(body: openai.ChatRequest, request: Request) -> Response:
    """The next turn of a conversation; with `stream`, as events."""
    services = services_of(request)
    named, text = await services.names.find(body.model), await text_of(request)
    asked = body.gateway_request(named, services.settings.gateway.reuse, request, text)
    reply = await services.answer(asked, request)
    identifier, created = new_id(), int(time.time())
    if body.stream:
        events = openai.OpenAIEvents(reply, identifier, created, chat=True, usage=body.wants_usage)
        return streamed(reply, events)
    return await whole(reply, request, lambda answer: openai.chat_answer(reply, answer, identifier, created))


@router.post("/v1/completions", responses={200: {"model": openai.Completion}})
async def completions(body: openai.CompletionRequest, request: Request) -> Response:
    """What comes after `prompt`, and before `suffix` where there is one; with `stream`, as events."""
    services = services_of(request)
    asked = body.gateway_request(await services.names.find(body.model), services.settings.gateway.reuse)
    reply = await services.answer(asked, request)
    identifier, created = new_id(), int(time.time())
    if body.stream:
        events = openai.OpenAIEvents(reply, identifier, created, chat=False, usage=body.wants_usage)
        return streamed(reply, events)
    return await whole(reply, request, lambda answer: openai.completion_answer(reply, answer.text, identifier, created))


@router.post("/v1/embeddings", responses={200: {"model": embeddings.EmbeddingList}})
async def embed(body: embeddings.EmbeddingsRequest, request: Request) -> Response:
    """The vectors of one text or several, by a model that is named: `default` is none that embeds."""
    services = services_of(request)
    asked = body.gateway_request(await services.names.find(body.model), request, await text_of(request))
    reply = await services.embed(asked, body.dimensions, request)
    return await whole(reply, request, lambda answer: embeddings.answer(reply, answer, body))


@router.get("/v1/models", responses={200: {"model": openai.ModelList}})
async def models(request: Request) -> Response:
    """The models that can be asked here and now, in OpenAI's shape; in Anthropic's or Google's for their clients, which send
    `anthropic-version` or `x-goog-api-key`."""
    rows = await services_of(request).named_models()
    if "anthropic-version" in request.headers:
        listed = [anthropic.model_info(name, title) for name, title, _ in rows]
        ends = {"first_id": listed[0]["id"], "last_id": listed[-1]["id"]}
        return as_json({"data": listed, "has_more": False, **ends})
    if "x-goog-api-key" in request.headers:
        return as_json({"models": [gemini.model_info(name, title) for name, title, _ in rows]})
    return as_json({"object": "list", "data": [openai.model_info(name, provider) for name, _, provider in rows]})


@router.get("/v1/models/{name:path}", responses={200: {"model": openai.ModelInfo}})
async def model(name: str, request: Request) -> Response:
    """One model, by any name that a request may have for it."""
    services = services_of(request)
    provider, _ = await services.names.find(name)
    if "anthropic-version" in request.headers:
        return as_json(anthropic.model_info(name, await services.title_of(name)))
    if "x-goog-api-key" in request.headers:
        return as_json(gemini.model_info(name, await services.title_of(name)))
    return as_json(openai.model_info(name, provider or "picode"))
