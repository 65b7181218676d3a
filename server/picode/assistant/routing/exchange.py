"""What other programs ask of the gateway, what they get, and the request to a model that it makes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from picode.assistant.routing.upstream import Target
from picode.core import prompt
from picode.core.errors import BadRequest, Unsupported
from picode.core.messages import Chat, Chunk, Fill, Finish, Request, Usage
from picode.settings.model import Settings
from picode.wire import DIALECTS

if TYPE_CHECKING:
    from picode.core.generation import ClientBody, GenerationOptions

Reuse = Literal["deterministic", "always", "never"]

_AGENT_TOKENS = 32_000
"""Tokens of an answer with tools, where the program sets no limit: a call may hold a whole file. A provider that allows fewer
says so, and is asked for these."""


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """One request of a program. An empty `provider` or `model` means that of the settings, `max_tokens` None their limit.

    `own_stops`: PiCode cuts at the stop strings instead of the provider, so that it is known which one ended the answer.
    """

    prompt: Fill | Chat
    provider: str = ""
    model: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    own_stops: bool = False
    reuse: Reuse = "deterministic"
    whole: bool = False
    """The program takes the answer in one piece: one that breaks off before is asked for again."""
    generation: GenerationOptions | None = None
    """What is asked for beyond the fields above."""
    client_body: ClientBody | None = None
    """The request as the program wrote it, for providers that speak its dialect."""
    family: str = ""
    """The prompt is in the words of a family of models, and goes only to those whose names have this in them, as it is."""
    trims: bool = False
    """Of code that the model's window does not hold, a part is left out, other files first; else that is an error."""
    owner: str = ""
    """The name of the token that it came with. Other tokens do not get its answer, unless the settings share answers."""


@dataclass(slots=True)
class GatewayReply:
    """An answer that has begun. The fields after `chunks` are final when `chunks` has ended.

    Closing `chunks` closes the connection to the provider.
    """

    provider: str
    model: str
    chunks: AsyncGenerator[Chunk]
    raw: bool = False
    """Each chunk carries what the provider sent, which is for the program as it is."""
    cached: bool = False
    note: str = ""
    """Why it took longer than usual; empty if it did not."""
    finish: Finish = Finish.STOP
    usage: Usage = field(default_factory=Usage)
    """By the provider's count, else estimated."""
    stopped_by: str = ""
    """The stop string at which PiCode cut the answer."""
    conversation: str = ""
    """The id of its conversation; empty if it is in none."""


def request_of(asked: GatewayRequest, target: Target, settings: Settings) -> Request:
    """The request to `target`. Raises `BadRequest` where a conversation is asked of a model that holds none, or a family's
    prompt of another, `Unsupported` where there are fields that only another API has."""
    fill: Fill | None = None
    if isinstance(asked.prompt, Chat):
        agent = asked.generation is not None and asked.generation.tools
        usual = max(settings.advanced.chat.max_tokens, _AGENT_TOKENS if agent else 0)
        content: Fill | Chat = asked.prompt
        if not target.profile.chat:
            problem = f"{target.model} completes code and holds no conversations."
            raise BadRequest(target.provider.title, problem, "Choose another model for this.", status=400)
        _check_prefill(asked, asked.prompt, target)
    else:
        usual = settings.inline.max_tokens
        fill = _fitting(asked, asked.prompt, target, asked.max_tokens or usual)
        folds = not target.asks_chat and not target.dialect.carries_files(target.profile)
        content = prompt.ask_to_fill(fill) if target.asks_chat else prompt.fold(fill) if folds else fill
    body = _body_for(asked, target)
    # In a conversation about code the stops are strings of the code, which the model is free to write around it.
    own = asked.own_stops or (fill is not None and target.asks_chat)
    return Request(
        target.model,
        content,
        max_tokens=asked.max_tokens or usual,
        stop=() if own else asked.stop,
        temperature=asked.temperature,
        seed=asked.seed,
        stream=body is None or body.stream,
        generation=asked.generation,
        client_body=body,
        path=fill.path if fill else "",
        files=tuple(each.path for each in fill.snippets) if fill else (),
    )


def _check_prefill(asked: GatewayRequest, chat: Chat, target: Target) -> None:
    """Raises `Unsupported` where a program has begun the answer and `target` would begin anew."""
    passes = asked.client_body is not None and asked.client_body.dialect == target.dialect.name
    if not passes and not target.profile.prefill and chat.messages[-1].role == "assistant":
        field = "messages (an answer that was begun)"
        raise Unsupported(field, target.model, f"{target.dialect.name}, where models begin anew")


def _fitting(asked: GatewayRequest, fill: Fill, target: Target, max_tokens: int) -> Fill:
    """What of `fill` is sent to `target`. Raises `BadRequest` where it is a prompt of another family."""
    if asked.family and (target.dialect.name not in _RAW or asked.family not in target.model.lower()):
        problem = f"{target.model} does not know the prompts for next edits of the {asked.family} models."
        remedy = f"Name a model of theirs that completes raw prompts, or let the editor fill in the middle. {_WHY}"
        raise BadRequest(target.provider.title, problem, remedy, status=400)
    if not asked.trims:
        return fill
    return prompt.trimmed(fill, (target.profile.window - max_tokens) * _LEAST_CHARACTERS)


_RAW = ("openai_completions", "ollama")
"""Dialects in which a prompt can be sent as it is."""
_WHY = "Their answers replace a whole region: what another model leaves out would be deleted."
_LEAST_CHARACTERS = 3
"""To a token of code; see `core.prompt.Window.within`."""


def as_prompt(target: Target) -> Target:
    """`target`, which is sent prompts of its family as they are, where its server takes raw prompts."""
    fill = target.provider.fill
    if fill is None or fill not in _RAW:
        return target
    profile = replace(target.profile, fim=None, suffix=False)
    return replace(target, dialect=DIALECTS[fill], profile=profile, asks_chat=False)


def _body_for(asked: GatewayRequest, target: Target) -> ClientBody | None:
    """The program's own words, if `target` understands them. PiCode's own server is part of PiCode: no program speaks with
    it."""
    body = asked.client_body
    if body is None or (body.dialect == target.dialect.name and target.provider.name != "embedded"):
        return body
    if body.unknown:
        raise Unsupported(body.unknown[0], target.model, target.dialect.name)
    return None
