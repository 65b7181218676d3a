"""OpenAI's responses, from the server's side: requests in, answers and events out.

Sources: https://platform.openai.com/docs/api-reference/responses/create, /responses/object, /responses-streaming.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, Field

from picode.assistant.routing.exchange import GatewayRequest, Reuse
from picode.core.generation import GenerationOptions
from picode.core.messages import Chat, Message
from picode.gateway.fields import Fraction, ModelName, OpenBody, Temperature, Tokens, client_body, require_some
from picode.gateway.names import ModelRef
from picode.gateway.openai_content import choice_of, format_of
from picode.gateway.responses_content import ClientTool, messages_of, tools_of
from picode.wire.shapes import string

_IMMATERIAL = frozenset(
    """
    user metadata service_tier safety_identifier prompt_cache_key prompt_cache_retention client_metadata stream_options
    truncation
    """.split()
)
"""Fields about billing, records, caches and what of an answer is shown: an answer means the same without them."""


class ResponsesRequest(OpenBody):
    """A conversation whose next turn is asked for. `previous_response_id` is an answer that the gateway has kept."""

    model: ModelName = "default"
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    previous_response_id: Annotated[str, Field(max_length=256)] | None = None
    store: bool | None = None
    stream: bool | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Tokens | None = None
    temperature: Temperature | None = None
    top_p: Fraction | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    include: list[str] | None = None
    text: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None

    @cached_property
    def turns(self) -> list[Message]:
        """The turns of this request alone. Raises `ApiError` for an input that is none."""
        return messages_of(self.input)

    @property
    def client_tools(self) -> dict[str, ClientTool]:
        """How the program calls each of its tools, by the names of the functions."""
        return tools_of(self.tools or (), [])[1]

    def gateway_request(  # parameters: the request, and the conversation that it goes on with
        self, named: ModelRef, reuse: Reuse, request: Request, body: str, earlier: tuple[Message, ...] | None
    ) -> GatewayRequest:
        """The request for the assistant; `body` is its text, and `earlier` are the turns of a kept conversation. None: there is
        none, so that a `previous_response_id` is the provider's."""
        unknown = [*self.unknown(_IMMATERIAL)]
        if self.previous_response_id and earlier is None:
            unknown.append("previous_response_id")
        generation = self._generation(unknown)
        system = [Message("system", self.instructions)] if self.instructions else []
        turns = require_some([*system, *(earlier or ()), *self.turns], "input")
        return GatewayRequest(
            Chat(turns),
            *named,
            max_tokens=self.max_output_tokens,
            temperature=self.temperature,
            reuse=reuse,
            whole=not self.stream,
            generation=generation,
            client_body=client_body(
                "gateway" if earlier else "openai_responses", body, request, stream=bool(self.stream), unknown=unknown
            ),
        )

    def _generation(self, unknown: list[str]) -> GenerationOptions:
        form, effort = (self.text or {}).get("format"), (self.reasoning or {}).get("effort")
        return GenerationOptions(
            tools=tools_of(self.tools or (), unknown)[0],
            tool_choice=choice_of(self.tool_choice, unknown),
            parallel_calls=self.parallel_tool_calls,
            format=format_of(form, unknown),
            effort=effort if isinstance(effort, str) else "",
            verbosity=string((self.text or {}).get("verbosity")),
            top_p=self.top_p,
            logprobs="message.output_text.logprobs" in (self.include or ()) or bool(self.top_logprobs),
            top_logprobs=self.top_logprobs or None,
        )


class ResponseObject(BaseModel):
    """The whole answer: the items of `output` are messages, calls of tools and reasoning."""

    id: str
    object: str
    created_at: int
    status: str
    model: str
    output: list[dict[str, Any]]
    usage: dict[str, Any] | None
    error: dict[str, Any] | None
    incomplete_details: dict[str, Any] | None
