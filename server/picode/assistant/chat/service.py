"""The use-case of slash commands: a request becomes a prompt, is sent to a chain of models, and the answer is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from picode.assistant.chat.chat_context import ChatContextBuilder, shown
from picode.assistant.chat.command_request import Began, CommandRequest, Ended, Event, Piece, Selection, Waits
from picode.assistant.chat.local_answers import Asked, help_text, models_text
from picode.assistant.chat.scope import widen
from picode.assistant.chat.turn_recorder import TurnRecorder
from picode.assistant.ports import ConversationStore
from picode.assistant.routing.call import Answered, Caller
from picode.assistant.routing.model_names import chosen_model, parse_model
from picode.assistant.routing.models import Choice
from picode.assistant.routing.route import Chain, Router, chat_models, providers
from picode.assistant.routing.runner import Waiting
from picode.assistant.routing.upstream import Target
from picode.assistant.status import StatusBoard
from picode.core.asking import ChatContext, build_chat, title_of, user_turn
from picode.core.conversation import Turn, TurnState, first_answered, history
from picode.core.endings import REPEATS, explain_ending, reason_to_wait
from picode.core.errors import ConfigurationError, PiCodeError
from picode.core.messages import Chunk, Finish, Message, Request, Usage
from picode.core.reasoning import ReasoningSplitter, Split
from picode.core.repetition import sound_length
from picode.core.slash import Command
from picode.core.tokens import USUAL
from picode.settings.model import Settings
from picode.syntax.scope import name_at

_LEAST_ANSWER = 256
"""Tokens of the model's window that are kept for the answer, however large the context is."""

_REPETITION_CHECK = 400
"""Characters between two checks whether the model repeats itself."""

_EDIT_TEMPERATURE = 0.0
_PROSE_TEMPERATURE = 0.3


class ChatService:
    """Answers the slash commands of one process."""

    def __init__(  # parameters: the composition root passes one for each port and part that is used
        self,
        settings: Callable[[], Settings],
        router: Router,
        caller: Caller,
        context_builder: ChatContextBuilder,
        conversations: ConversationStore,
        status: StatusBoard,
        commands: Callable[[], Mapping[str, Command]],
        choices: Callable[[], Awaitable[Sequence[Choice]]],
    ) -> None:
        self._settings = settings
        self._router = router
        self._caller = caller
        self._context_builder = context_builder
        self._conversations = conversations
        self._status = status
        self._commands = commands
        self._choices = choices
        self._chosen = ("", "")
        """The provider and model that `/model` chose; it is not stored."""

    def ask(self, request: CommandRequest) -> AsyncGenerator[Event]:
        """`Began` as soon as a model answers, then each `Piece` of the answer, then `Ended`.

        The conversation is written while pieces arrive. Closing the iterator closes the connection to the provider; what
        arrived before stays in the conversation. Raises `PiCodeError`, also after the first piece if the answer breaks off.
        """
        return self._answer_locally(request) if request.command.output == "local" else self._ask(request)

    async def _answer_locally(self, request: CommandRequest) -> AsyncGenerator[Event]:
        """Commands that need no model. They are in no conversation."""
        answers = {"help": self._help, "model": self._model}
        text = await answers[request.command.name](request.args)
        yield Began(request.conversation, "picode", "", selection=request.selection)
        yield Piece(text)
        yield Ended(text, Finish.STOP, Usage())

    async def _help(self, name: str) -> str:
        return help_text(self._commands(), name)

    async def _model(self, name: str) -> str:
        """The models, or the choice of the one called `name` for what follows."""
        if not name:
            return models_text(await self._choices(), await self.asked())
        provider, model = self._chosen = parse_model(name, providers(self._settings()))
        return f"From now on `{provider}{'/' if model else ''}{model}` is asked."

    async def asked(self) -> Asked:
        """Who answers the next question."""
        settings = self._settings()
        try:
            provider, model = chat_models(settings, *self._chosen, small=False)[0]
        except PiCodeError as error:
            return Asked(problem=error)
        row = providers(settings).get(provider)
        title, model = (row.title, model or row.model) if row else (provider, model)
        return Asked(provider, title, model, await self._router.obstacle(provider, settings))

    async def _ask(self, request: CommandRequest) -> AsyncGenerator[Event]:
        settings = self._settings()
        if not settings.enabled:
            raise ConfigurationError("PiCode is turned off.", "Turn it on: picode.enabled.")
        request = await _scoped(request)
        context = await self._context_builder.build(request)
        chain = await self._chain(request, settings)
        request = await self._branched(request)
        earlier = await self._history(request.conversation)
        prompt = _Prompt(request, replace(context, history=earlier), settings)
        recorder = TurnRecorder(self._conversations, await self._conversation(request, context))
        await recorder.user(Turn("user", _user_turn(request, context), command=request.command.name))
        answer = _PartialAnswer(
            Turn("assistant", "", command=request.command.name, state="partial"), _splitter(request, context)
        )
        await recorder.answer(answer.turn)
        try:
            async for event in self._stream(prompt, chain, recorder, answer):
                yield event
        except PiCodeError as error:
            answer.turn = replace(answer.turn, state="failed", problem=str(error))
            raise
        finally:
            await asyncio.shield(recorder.end(answer.turn))

    async def _stream(
        self, prompt: _Prompt, chain: Chain, recorder: TurnRecorder, answer: _PartialAnswer
    ) -> AsyncGenerator[Event]:
        began: list[Began] = []

        def on_answer(answered: Answered) -> None:
            began.append(answer.begin_with(answered, prompt, recorder.conversation))

        options = replace(chain.options, by_hand=True)
        finish, repeats = Finish.STOP, False
        with self._status.working(chain.lead.provider.name, chain.lead.model):
            async with aclosing(self._caller.report(prompt.request_for, chain.candidates, options, on_answer)) as news:
                async for chunk in news:
                    if isinstance(chunk, Waiting):
                        yield Waits(reason_to_wait(chunk.error), chunk.seconds)
                        continue
                    if began:
                        yield began.pop()
                    finish = chunk.finish or finish
                    if piece := answer.take(chunk):
                        recorder.grow(answer.turn.text)
                        yield piece
                    if repeats := answer.repeats():
                        finish = Finish.LENGTH
                        break
        if piece := answer.close():
            yield piece
        note = REPEATS if repeats else prompt.explain_ending(finish, answer)
        state: TurnState = "whole" if answer.turn.text.strip() else "failed"
        turn = answer.turn = replace(answer.turn, state=state, problem=note, cost=self._cost(answer))
        yield Ended(turn.text, finish, turn.usage, turn.cost, note, turn.reasoning)

    def _cost(self, answer: _PartialAnswer) -> float | None:
        target = answer.target
        return None if target is None else self._caller.budgets.cost(target.provider, target.model, answer.turn.usage)

    async def _chain(self, request: CommandRequest, settings: Settings) -> Chain:
        known = providers(settings)
        provider, model = chosen_model(request.provider, request.model, known)
        if not provider and not model and request.command.model:
            provider, model = chosen_model("", request.command.model, known)
        if not provider and not model:
            provider, model = self._chosen
        return await self._router.chat_chain(settings, provider, model, small=False)

    async def _conversation(self, request: CommandRequest, context: ChatContext) -> str:
        """The id of the conversation: the one that the request names, else a new one."""
        if request.conversation:
            return request.conversation
        title = title_of(request.command, request.args, context.code)
        return await self._conversations.begin(title, request.folder, request.origin)

    async def _branched(self, request: CommandRequest) -> CommandRequest:
        """`request` in a new conversation with the beginning of the one that it names, where only that is to go on: what
        follows stays in the old one."""
        if request.keep is None or not request.conversation:
            return request
        found = await self._conversations.read(request.conversation)
        kept = first_answered(found.turns, request.keep) if found is not None else ()
        if found is None or not kept:
            return replace(request, conversation="", keep=None)
        branch = await self._conversations.begin(found.summary.title, found.summary.folder, request.origin)
        for turn in kept:
            await self._conversations.add(branch, turn)
        return replace(request, conversation=branch, keep=None)

    async def _history(self, conversation: str) -> tuple[Message, ...]:
        if not conversation:
            return ()
        found = await self._conversations.read(conversation)
        if found is None:
            raise ConfigurationError("That conversation is not there any more.", "Begin a new one.")
        return history(found.turns)


@dataclass(slots=True)
class _Prompt:
    """The prompt of a command, cut to the window of each model of the chain. `sent` is the context that a model was sent, by
    model and provider."""

    request: CommandRequest
    context: ChatContext
    settings: Settings
    sent: dict[tuple[str, str], ChatContext] = field(default_factory=dict)

    def longest_answer(self, target: Target) -> int:
        """Tokens that the answer may have."""
        return max(_LEAST_ANSWER, min(self.settings.advanced.chat.max_tokens, target.profile.window // 3))

    def explain_ending(self, finish: Finish, answer: _PartialAnswer) -> str:
        """Why `answer` is empty, or not whole; empty if it is."""
        limit = self.longest_answer(answer.target) if answer.target else self.settings.advanced.chat.max_tokens
        by_window = limit < self.settings.advanced.chat.max_tokens
        return explain_ending(finish, answer.turn.text, answer.turn.reasoning, limit, by_window=by_window)

    def request_for(self, target: Target, shorter: bool) -> Request:
        limits = self.settings.advanced.chat
        window = target.profile.window
        answer = self.longest_answer(target)
        tokens = min(max(_LEAST_ANSWER, window - answer - window // 16), limits.context_tokens)
        context = self.context.within(int(tokens * USUAL) // (2 if shorter else 1))
        self.sent[target.model, target.provider.name] = context
        temperature = _EDIT_TEMPERATURE if self.request.command.output == "edit" else _PROSE_TEMPERATURE
        selection = self.request.selection
        return Request(
            target.model,
            build_chat(context),
            max_tokens=answer,
            temperature=temperature,
            path=selection.path or "" if selection else "",
            files=tuple(dict.fromkeys(each.name for each in shown(context))),
        )


@dataclass(slots=True)
class _PartialAnswer:
    """The part of an answer that has arrived."""

    turn: Turn
    splitter: ReasoningSplitter
    target: Target | None = None
    checked: int = 0
    """Characters that were checked for repetition."""

    def begin_with(self, answered: Answered, prompt: _Prompt, conversation: str) -> Began:
        """A model has begun to answer."""
        target, request = answered.target, prompt.request
        note = " ".join(filter(None, (prompt.context.note, answered.note)))
        seen = shown(prompt.sent[target.model, target.provider.name])
        self.turn = replace(
            self.turn,
            provider=target.provider.name,
            model=target.model,
            shown=tuple(dict.fromkeys(each.name for each in seen)),
        )
        self.target = target
        self.splitter.holds = target.profile.reasoning and not request.takes_text_back
        return Began(conversation, target.provider.name, target.model, seen, request.selection, note)

    def take(self, chunk: Chunk) -> Piece | None:
        """The piece of the answer in `chunk`; None if there is none yet."""
        if chunk.usage:
            self.turn = replace(self.turn, usage=self.turn.usage.merged(chunk.usage))
        if chunk.reasoning:
            self.splitter.holds = False  # a dialect that has a field for it leaves none in the text
        return self._add(self.splitter.feed(chunk.text), chunk.reasoning)

    def close(self) -> Piece | None:
        """The last piece, at the answer's end."""
        return self._add(self.splitter.close())

    def _add(self, split: Split, reasoning: str = "") -> Piece | None:
        turn, reasoning = self.turn, reasoning + split.reasoning
        if split.retracts:
            self.turn, self.checked = (
                replace(turn, text=split.text, reasoning=turn.reasoning + turn.text + reasoning),
                0,
            )
        else:
            self.turn = replace(turn, text=turn.text + split.text, reasoning=turn.reasoning + reasoning)
        if split.text or reasoning or split.retracts:
            return Piece(split.text, reasoning, split.retracts)
        return None

    def repeats(self) -> bool:
        """Whether the model repeats itself endlessly. Then the repetitions are cut off."""
        turn = self.turn
        text = turn.text or turn.reasoning
        if len(text) - self.checked < _REPETITION_CHECK:
            return False
        self.checked = len(text)
        sound = sound_length(text)
        self.turn = replace(turn, text=text[:sound]) if turn.text else replace(turn, reasoning=text[:sound])
        return sound < len(text)


def _splitter(request: CommandRequest, context: ChatContext) -> ReasoningSplitter:
    """Where the answer is an edit, tags that the code has are code."""
    code = context.code.text if context.code is not None and request.command.output == "edit" else ""
    return ReasoningSplitter(code)


async def _scoped(request: CommandRequest) -> CommandRequest:
    """`request` with the selection widened to the code that its command is about."""
    if request.selection is None or request.command.about != "code":
        return request
    selection = request.selection
    if request.command.output == "names":
        request, selection = _about_the_name(request, selection)
    return replace(request, selection=await asyncio.to_thread(widen, selection, request.command))


def _about_the_name(request: CommandRequest, selection: Selection) -> tuple[CommandRequest, Selection]:
    """`request` with the name that it is about in front of the user's words, as the code around it does not tell which it is;
    and the place of the name."""
    name = name_at(selection.lines, selection.start, selection.end, selection.language)
    if not name and request.args:
        return request, selection  # the user names it
    if not name:
        raise ConfigurationError("There is no name at the cursor.", "Put the cursor on the name of something.")
    return replace(request, args=f"`{name}` {request.args}".strip()), replace(selection, end=selection.start)


def _user_turn(request: CommandRequest, context: ChatContext) -> str:
    return user_turn(request.command, request.args, context.code, request.attached, len(request.images))
