"""`/v1/messages` and `/v1/messages/count_tokens`, as Anthropic's clients know them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from picode.gateway import anthropic
from picode.gateway.replies import as_json, new_id, streamed, whole
from picode.gateway.services import services_of

router = APIRouter(tags=["Anthropic"])


@router.post("/v1/messages", responses={200: {"model": anthropic.MessageResponse}})
async def messages(body: anthropic.MessagesRequest, request: Request) -> Response:
    """The next turn of a conversation; with `stream`, as events."""
    services = services_of(request)
    asked = body.gateway_request(await services.names.find(body.model), services.settings.gateway.reuse)
    reply = await services.answer(asked, request)
    identifier = new_id()
    if body.stream:
        tokens = anthropic.counted(body.chat())["input_tokens"]
        events = anthropic.AnthropicEvents(reply, identifier, request.scope["state"]["request_id"], tokens)
        return streamed(reply, events, anthropic.KEEPALIVE)
    return await whole(reply, request, lambda text, _: anthropic.answer(reply, text, identifier))


@router.post("/v1/messages/count_tokens", responses={200: {"model": anthropic.TokenCount}})
async def count_tokens(body: anthropic.CountRequest) -> Response:
    """About how many tokens a conversation has. No provider is asked."""
    return as_json(anthropic.counted(body.chat()))
