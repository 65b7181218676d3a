"""`/v1/responses`, as OpenAI's clients know it."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from picode.gateway import responses
from picode.gateway.api_errors import ApiError
from picode.gateway.replies import as_json, streamed, whole
from picode.gateway.responses_content import messages_of
from picode.gateway.responses_output import ResponseEvents
from picode.gateway.services import services_of, text_of, token_of

router = APIRouter(tags=["OpenAI"])


@router.post("/v1/responses", responses={200: {"model": responses.ResponseObject}})
async def create(body: responses.ResponsesRequest, request: Request) -> Response:
    """The next turn of a conversation; with `stream`, as events. It is kept unless `store` is false."""
    services, owner = services_of(request), token_of(request)
    named, text = await services.names.find(body.model), await text_of(request)
    before = services.kept.find(owner, body.previous_response_id) if body.previous_response_id else None
    asked = body.gateway_request(
        named, services.settings.gateway.reuse, request, text, before.turns if before else None
    )
    reply = await services.answer(asked, request)

    def keep(response: dict[str, Any]) -> None:
        if body.store is not False:
            turns = (*(before.turns if before else ()), *body.turns, *messages_of(response["output"], "output"))
            services.kept.keep(owner, response, turns)

    echo = body.model_dump(exclude={"input", "stream"}, exclude_none=True)
    usual = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True, "metadata": {}}
    events = ResponseEvents(reply, int(time.time()), usual | echo, body.client_tools, keep)
    if body.stream:
        return streamed(reply, events)
    return await whole(reply, request, events.whole)


@router.get("/v1/responses/{identifier}", responses={200: {"model": responses.ResponseObject}})
async def retrieve(identifier: str, request: Request) -> Response:
    """A response that was kept."""
    kept = services_of(request).kept.find(token_of(request), identifier)
    if kept is None:
        raise _missing(identifier)
    return as_json(kept.response)


@router.delete("/v1/responses/{identifier}")
async def delete(identifier: str, request: Request) -> Response:
    """Forgets a response that was kept."""
    if not services_of(request).kept.forget(token_of(request), identifier):
        raise _missing(identifier)
    return as_json({"id": identifier, "object": "response", "deleted": True})


def _missing(identifier: str) -> ApiError:
    return ApiError(404, "not_found", f"No response {identifier[:100]!r} is kept here.", retry=False)
