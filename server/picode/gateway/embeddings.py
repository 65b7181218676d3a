"""OpenAI's embeddings, from the server's side.

Source: https://platform.openai.com/docs/api-reference/embeddings/create.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, Field

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest
from picode.core.content import Embedding, of_kind
from picode.core.generation import ClientBody
from picode.core.messages import Chat, Message
from picode.gateway.api_errors import ApiError
from picode.gateway.fields import ModelName, OpenBody, client_body
from picode.gateway.names import ModelRef
from picode.gateway.openai import name_of
from picode.gateway.replies import Answer

_IMMATERIAL = frozenset({"user"})
_MOST_TEXTS = 2048


class EmbeddingsRequest(OpenBody):
    """Texts whose vectors are asked for. Tokens instead of texts are for providers of the same API."""

    model: ModelName
    input: str | Annotated[list[Any], Field(min_length=1, max_length=_MOST_TEXTS)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @property
    def texts(self) -> list[str] | None:
        """The texts; None where they are tokens."""
        given = [self.input] if isinstance(self.input, str) else self.input
        return given if all(isinstance(each, str) for each in given) else None

    def gateway_request(self, named: ModelRef, request: Request, text: str) -> GatewayRequest:
        """The request for the assistant; `text` is the body. Raises `ApiError` where no model is named, or a text is empty."""
        unknown = [*self.unknown(_IMMATERIAL), *(["input (tokens)"] if self.texts is None else [])]
        body = client_body("openai_chat", text, request, stream=False, unknown=unknown, path="/embeddings")
        return embedding_request(self.texts, named, body)


def embedding_request(texts: Sequence[str] | None, named: ModelRef, body: ClientBody) -> GatewayRequest:
    """The request for the vectors of `texts` (None: they are in `body` alone). Raises `ApiError` where no model is named, or a
    text is empty."""
    if not named[1]:
        problem = "No model that embeds is named."
        remedy = "Name one as provider/model, such as openai/text-embedding-3-small, or set an alias for it."
        raise ApiError(400, "invalid", f"{problem} {remedy}", field="model", retry=False)
    if texts is not None and not all(texts):
        raise ApiError(400, "invalid", "input: an empty text has no embedding.", field="input", retry=False)
    turns = tuple(Message("user", each) for each in texts or ("",))
    return GatewayRequest(Chat(turns), *named, reuse="never", whole=True, client_body=body)


def vectors_of(reply: GatewayReply, given: Answer, count: int) -> list[tuple[float, ...]]:
    """The vectors of `count` texts. Raises `ApiError` where there are not as many."""
    vectors = [each.values for each in of_kind(given.deltas, Embedding)]
    if len(vectors) != count:
        problem = f"{count} texts were sent to {name_of(reply)}, and {len(vectors)} vectors came back."
        raise ApiError(502, "provider", problem)
    return vectors


class EmbeddingRow(BaseModel):
    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingList(BaseModel):
    """The vectors, in the order of the texts."""

    object: Literal["list"]
    data: list[EmbeddingRow]
    model: str
    usage: dict[str, int]


def answer(reply: GatewayReply, given: Answer, asked: EmbeddingsRequest) -> dict[str, Any]:
    """The whole answer. Raises `ApiError` where there is not one vector for each text."""
    vectors = vectors_of(reply, given, len(asked.texts or ()))
    encode = _in_base64 if asked.encoding_format == "base64" else list
    rows = [{"object": "embedding", "index": at, "embedding": encode(each)} for at, each in enumerate(vectors)]
    tokens = reply.usage.input_tokens
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": name_of(reply), "usage": usage}


def _in_base64(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
