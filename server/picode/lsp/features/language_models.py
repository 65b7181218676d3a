"""PiCode's models for other programs of the editor: `picode.languageModels` and what is asked of them (docs/protocol.md)."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired, TypedDict

from picode.core.errors import (
    AllProvidersFailed,
    AuthenticationError,
    ModelUnavailable,
    PiCodeError,
    Private,
    ProviderNotFound,
)
from picode.core.messages import Finish
from picode.core.terminal import notice
from picode.lsp import extensions
from picode.lsp.extensions import RemedyCommand
from picode.lsp.notifications import remedy_command

if TYPE_CHECKING:
    from picode.assistant.chat.response_parts import ResponsePart
    from picode.assistant.routing.exchange import GatewayReply
    from picode.assistant.routing.language_models import LanguageModel
    from picode.core.content import Reasoning
    from picode.lsp.arguments import RespondArguments
    from picode.lsp.session import Session

FEATURE: Final = "language_model"
"""Under which these requests are counted."""

_FLUSH_INTERVAL: Final = 0.03
"""Seconds for which pieces are gathered before they are sent."""


class LanguageModelRow(TypedDict):
    """A model that other programs of the editor may ask. `title` is its provider's name for people. `maxInputTokens` and
    `maxOutputTokens` share its context window. `needsKey`: what is missing is the provider's key; `detail` says what is to be
    known of it."""

    provider: str
    title: str
    model: str
    family: str
    maxInputTokens: int
    maxOutputTokens: int
    tools: bool
    images: bool
    current: bool
    needsKey: bool
    detail: str


class TextPiece(TypedDict):
    """More of the answer's words."""

    type: Literal["text"]
    text: str


class ReasoningPiece(TypedDict):
    """More of what the model thinks. `signature`, `encrypted`, `id` and the `whole` text end a block of it: the provider wants
    them back, those with the `id` of a call beside that call."""

    type: Literal["reasoning"]
    text: str
    whole: NotRequired[str]
    signature: NotRequired[str]
    encrypted: NotRequired[str]
    id: NotRequired[str]


class CallPiece(TypedDict):
    """A call of a tool. `arguments` is the text of a JSON object."""

    type: Literal["call"]
    id: str
    name: str
    arguments: str


ResponsePiece = TextPiece | ReasoningPiece | CallPiece


class ResponseParams(TypedDict):
    """The parameters of `picode/response`: what is new of the response that the client has named `response`."""

    response: str
    parts: list[ResponsePiece]


FailureKind = Literal["key", "unknownModel", "refused", "failed"]
"""`key`: the provider's key is missing or wrong. `refused`: by the model, a content filter or the privacy gate."""


class ResponseFailure(TypedDict):
    """Why there is no response, or no whole one; `remedy` helps."""

    kind: FailureKind
    message: str
    remedy: NotRequired[RemedyCommand]


class LanguageModelResult(TypedDict):
    """The end of a response, whose parts were sent before. `input` and `output` are tokens."""

    provider: str
    model: str
    input: int
    output: int
    failure: NotRequired[ResponseFailure]


async def listed(session: Session, *arguments: Any) -> list[LanguageModelRow]:
    """`picode.languageModels`: the models that hold conversations, the current one first."""
    from picode.lsp.arguments import ListModelsArguments, read

    wanted = read(ListModelsArguments, "picode.languageModels", arguments)
    return [_row(each) for each in await (await session.assistant()).language_models(refresh=wanted.refresh)]


def _row(found: LanguageModel) -> LanguageModelRow:
    choice = found.choice
    return {
        "provider": choice.provider,
        "title": notice(choice.title),
        "model": choice.model,
        "family": found.family,
        "maxInputTokens": found.window - found.longest_answer,
        "maxOutputTokens": found.longest_answer,
        "tools": found.tools,
        "images": found.images,
        "current": choice.current,
        "needsKey": choice.needs_key,
        "detail": notice(choice.detail),
    }


async def count_tokens(session: Session, *arguments: Any) -> int:
    """`picode.languageModels.countTokens`: about how many tokens messages are. Programs ask this of every piece that they may
    send, so nothing goes to the provider; the estimate learns from what it counts in responses."""
    from picode.assistant.routing.token_count import estimated
    from picode.lsp.arguments import ModelConversation, read
    from picode.lsp.model_conversation import gateway_request

    name = "picode.languageModels.countTokens"
    asked = gateway_request(read(ModelConversation, name, arguments), name)
    rate = (await session.assistant()).relay.rates.rate((asked.provider, asked.model))
    return estimated(asked.prompt, asked.generation, rate)


async def respond(session: Session, *arguments: Any) -> LanguageModelResult:
    """`picode.languageModels.respond`: sends the parts of a response as they arrive, and returns at its end. Cancelling it
    closes the connection to the model."""
    from picode.lsp.arguments import RespondArguments, read
    from picode.lsp.model_conversation import response_request

    wanted = read(RespondArguments, "picode.languageModels.respond", arguments)
    asked = response_request(wanted, FEATURE)
    assistant = await session.assistant()
    result: LanguageModelResult = {"provider": wanted.provider, "model": wanted.model, "input": 0, "output": 0}
    try:
        with assistant.status.working(wanted.provider, wanted.model):
            reply = await assistant.relay.answer(asked)
            problem = await _send_parts(session, wanted, reply, limited=asked.max_tokens is not None)
    except PiCodeError as error:
        result["failure"] = _failure(session, error)
        return result
    result = {
        "provider": reply.provider,
        "model": reply.model,
        "input": reply.usage.input_tokens,
        "output": reply.usage.output_tokens,
    }
    if problem:
        kind: FailureKind = "refused" if reply.finish is Finish.REFUSED else "failed"
        result["failure"] = {"kind": kind, "message": notice(problem)}
    return result


async def _send_parts(session: Session, wanted: RespondArguments, reply: GatewayReply, *, limited: bool) -> str:
    """Sends the parts of `reply`; why it is not whole, empty if it is."""
    from picode.assistant.chat.response_parts import ResponseParts

    outbox = _Outbox(session, wanted.response)
    response = ResponseParts(reply, limited=limited)
    try:
        async with aclosing(response.parts()) as parts:
            async for part in parts:
                outbox.add(part)
    finally:
        outbox.flush()
    return response.problem


class _Outbox:
    """Gathers the pieces of a response for a moment before they are sent."""

    def __init__(self, session: Session, response: str) -> None:
        self._session = session
        self._response = response
        self._pieces: list[ResponsePiece] = []
        self._later: asyncio.TimerHandle | None = None

    def add(self, part: ResponsePart) -> None:
        piece, last = _piece(part), self._pieces[-1] if self._pieces else None
        if (
            last is not None
            and piece["type"] != "call"
            and last.keys() == piece.keys()
            and last["type"] == piece["type"]
        ):
            last["text"] += piece["text"]
        else:
            self._pieces.append(piece)
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(_FLUSH_INTERVAL, self.flush)

    def flush(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._pieces:
            params: ResponseParams = {"response": self._response, "parts": self._pieces}
            self._session.notify(extensions.RESPONSE, params)
            self._pieces = []


def _piece(part: ResponsePart) -> ResponsePiece:
    from picode.core.content import Reasoning, Text

    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Reasoning):
        return _reasoning_piece(part)
    return {"type": "call", "id": part.id, "name": part.name, "arguments": part.arguments}


def _reasoning_piece(part: Reasoning) -> ReasoningPiece:
    """A proof has the whole text that it is the proof of, which was sent in pieces before."""
    if not (part.signature or part.encrypted):
        return {"type": "reasoning", "text": part.text}
    piece: ReasoningPiece = {"type": "reasoning", "text": "", "whole": part.text}
    if part.signature:
        piece["signature"] = part.signature
    if part.encrypted:
        piece["encrypted"] = part.encrypted
    if part.id:
        piece["id"] = part.id
    return piece


def _failure(session: Session, error: PiCodeError) -> ResponseFailure:
    from picode.assistant.status import remedy_for
    from picode.io.installation import runnable

    remedy = remedy_command(remedy_for(error), session.client_capabilities)
    return {"kind": _kind(error), "message": notice(runnable(str(error))), "remedy": remedy}


def _kind(error: PiCodeError) -> FailureKind:
    if isinstance(error, AllProvidersFailed):
        kinds = {_kind(cause) for cause in error.causes}
        return kinds.pop() if len(kinds) == 1 else "failed"
    if isinstance(error, AuthenticationError):
        return "key"
    if isinstance(error, ModelUnavailable | ProviderNotFound):
        return "unknownModel"
    return "refused" if isinstance(error, Private) else "failed"
