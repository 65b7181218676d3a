"""`/infill` and `/props`, as llama.cpp's clients know them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from picode.gateway import llamacpp
from picode.gateway.fields import LONGEST_NAME
from picode.gateway.replies import Answer, Stopwatch, as_json, streamed, whole
from picode.gateway.services import services_of

router = APIRouter(tags=["llama.cpp"])


@router.post("/infill", responses={200: {"model": llamacpp.InfillResponse}})
async def infill(body: llamacpp.InfillRequest, request: Request) -> Response:
    """Code for the cursor's place; with `stream`, as events. Chunks of other files (`input_extra`) are shown to the model,
    too."""
    services, watch = services_of(request), Stopwatch()
    named = await services.names.find(body.model)
    asked = body.gateway_request(named, services.settings.gateway.reuse)
    if not body.asks:
        nothing = llamacpp.infilled(body.model, "", watch)
        return as_json(llamacpp.selected(nothing, body.response_fields))
    reply = await services.answer(asked, request)
    watch.first_word()
    llamacpp.bounded(reply, body.t_max_predict_ms)
    if body.stream:
        return streamed(reply, llamacpp.InfillEvents(reply, watch, request.scope["state"]["request_id"]))

    def shape(given: Answer) -> dict[str, object]:
        return llamacpp.answer(reply, given, watch, body.response_fields)

    return await whole(reply, request, shape)


@router.get("/props", responses={200: {"model": llamacpp.ServerProperties}})
async def props(
    request: Request,
    model: Annotated[str, Query(max_length=LONGEST_NAME, description="The model; the usual one.")] = "",
) -> Response:
    """What the server is: the name of its model and the context window of that."""
    services = services_of(request)
    lead = (await services.assistant.relay.chain(*await services.names.find(model), fills=True)).lead
    return as_json(llamacpp.properties(f"{lead.provider.name}/{lead.model}", lead.profile.window))


@router.get("/health")
async def health() -> Response:
    """That the process answers, in llama.cpp's words. No token is needed."""
    return as_json({"status": "ok"})
