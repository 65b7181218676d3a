"""`/v1/messages` and `/v1/messages/count_tokens`, as Anthropic's clients know them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from picode.assistant.routing.token_count import estimated
from picode.gateway import anthropic
from picode.gateway.replies import as_json, new_id, streamed, whole
from picode.gateway.services import services_of, text_of
from picode.gateway.streaming import while_connected

router = APIRouter(tags=["Anthropic"])


@router.post("/v1/messages", responses={200: {"model": anthropic.MessageResponse}})
async def messages(body: anthropic.MessagesRequest, request: Request) -> Response:
    """The next turn of a conversation; with `stream`, as events."""
    services = services_of(request)
    named, text = await services.names.find(body.model), await text_of(request)
    asked = body.gateway_request(named, services.settings.gateway.reuse, request, text)
    reply = await services.answer(asked, request)
    identifier = new_id()
    if body.stream:
        tokens = estimated(asked.prompt, asked.generation)
        events = anthropic.AnthropicEvents(
            reply, identifier, request.scope["state"]["request_id"], tokens, thinks=body.thinks
        )
        return streamed(reply, events, anthropic.KEEPALIVE)
    return await whole(reply, request, lambda given: anthropic.answer(reply, given, identifier, thinks=body.thinks))


@router.post("/v1/messages/count_tokens", responses={200: {"model": anthropic.TokenCount}})
async def count_tokens(body: anthropic.CountRequest, request: Request) -> Response:
    """How many tokens a conversation has: by the provider's own count where it speaks this API, else estimated."""
    services = services_of(request)
    asked = body.gateway_request(await services.names.find(body.model), request, await text_of(request))
    return as_json({"input_tokens": await while_connected(request, services.assistant.relay.count(asked))})
