"""Ollama's `/api`, as its clients know it: chat, generate, embed, tags, ps, show and version."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from picode.gateway import ollama
from picode.gateway.api_errors import ApiError
from picode.gateway.names import ModelRef
from picode.gateway.replies import Stopwatch, as_json, streamed, whole
from picode.gateway.services import Services, services_of, text_of

router = APIRouter(prefix="/api", tags=["Ollama"])

_TAG = ":latest"
"""What some of Ollama's clients add to a name without a tag."""


@router.post("/chat", responses={200: {"model": ollama.Generated}})
async def chat(body: ollama.ChatRequest, request: Request) -> Response:
    """The next turn of a conversation, as lines of JSON; without `stream`, in one piece."""
    return await _answer(body, request, asks=bool(body.messages), chats=True)


@router.post("/generate", responses={200: {"model": ollama.Generated}})
async def generate(body: ollama.GenerateRequest, request: Request) -> Response:
    """The answer to a prompt; with `suffix` or `raw`, code for the cursor's place. As lines of JSON, or in one piece."""
    return await _answer(body, request, asks=bool(body.prompt or body.suffix), chats=False)


async def _answer(
    body: ollama.ChatRequest | ollama.GenerateRequest, request: Request, *, asks: bool, chats: bool
) -> Response:
    services, watch = services_of(request), Stopwatch()
    named = await _find(services, body.model)
    if not asks:
        return as_json(ollama.loaded(body.model, chat=chats))
    asked = body.gateway_request(named, services.settings.gateway.reuse, request, await text_of(request))
    reply = await services.answer(asked, request)
    watch.first_word()
    thinks = body.shows_thought
    if not body.stream:
        return await whole(reply, request, lambda given: ollama.answer(reply, given, watch, chat=chats, thinks=thinks))
    lines = ollama.OllamaLines(reply, watch, request.scope["state"]["request_id"], chat=chats, thinks=thinks)
    return streamed(reply, lines, ollama.KEEPALIVE, ollama.NDJSON)


@router.post("/embed", responses={200: {"model": ollama.Embedded}})
async def embed(body: ollama.EmbedRequest, request: Request) -> Response:
    """The vectors of one text or several, by a model that is named."""
    services, watch = services_of(request), Stopwatch()
    named = await _find(services, body.model)
    if not body.texts:
        return as_json({"model": body.model, "embeddings": []})
    asked = body.gateway_request(named, request, await text_of(request))
    reply = await services.embed(asked, body.dimensions, request)
    watch.first_word()
    return await whole(reply, request, lambda given: ollama.embedded(reply, given, body.texts, watch))


@router.get("/tags", responses={200: {"model": ollama.ModelTags}})
async def tags(request: Request) -> Response:
    """The models that can be asked here and now."""
    return as_json({"models": [ollama.tag(*row) for row in await services_of(request).named_models()]})


@router.get("/ps", responses={200: {"model": ollama.ModelTags}})
async def ps() -> Response:
    """The models that are loaded: which of them are, only their servers know."""
    return as_json({"models": []})


@router.post("/show", responses={200: {"model": ollama.ShownModel}})
async def show(body: ollama.ShowRequest, request: Request) -> Response:
    """What a model can do, and how much it reads."""
    services, name = services_of(request), body.model or body.name
    lead = (await services.assistant.relay.chain(*await _find(services, name))).lead
    return as_json(ollama.shown(name, lead.profile, lead.provider.name))


@router.get("/version", responses={200: {"model": ollama.Version}})
async def version() -> Response:
    """The version of Ollama whose API this is."""
    return as_json({"version": ollama.VERSION})


async def _find(services: Services, name: str) -> ModelRef:
    try:
        return await services.names.find(name)
    except ApiError:
        if not name.endswith(_TAG):
            raise
    return await services.names.find(name.removesuffix(_TAG))
