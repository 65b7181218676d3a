"""Answers to questions, edits and conversations: everything that a slash command asks a model for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from picode.assistant.chat.chat_context import ChatContextBuilder, shown
from picode.assistant.chat.command_request import Began, CommandRequest, Ended, Event, Piece, Selection
from picode.assistant.chat.local_answers import chosen, help_text, models_text
from picode.assistant.chat.scope import widen
from picode.assistant.chat.turn_recorder import TurnRecorder
from picode.assistant.ports import ConversationStore
from picode.assistant.routing.call import Answered, Caller
from picode.assistant.routing.models import Choice
from picode.assistant.routing.route import Chain, Router, chat_options, providers
from picode.assistant.routing.upstream import Target
from picode.assistant.status import StatusBoard
from picode.core.asking import ChatContext, build_chat, said, title_of
from picode.core.conversation import Turn
from picode.core.errors import ConfigurationError, PiCodeError
from picode.core.messages import Chunk, Finish, Message, Request, Usage
from picode.core.repetition import sound_length
from picode.core.slash import Command
from picode.core.tokens import USUAL
from picode.settings.model import Settings

_LEAST_ANSWER = 256
"""Tokens of a model's window that an answer has at the least, whatever there is to show."""

_LOOK = 400
"""Characters after which it is looked whether the model repeats itself."""

REPEATS = "The model began to repeat itself, and was stopped."

_EDIT_TEMPERATURE = 0.0
_TALK_TEMPERATURE = 0.3


class ChatService:
    """Answers inquiries. One for all of them."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        router: Router,
        caller: Caller,
        briefing: ChatContextBuilder,
        conversations: ConversationStore,
        status: StatusBoard,
        commands: Callable[[], Mapping[str, Command]],
        choices: Callable[[], Awaitable[Sequence[Choice]]],
    ) -> None:
        self._settings = settings
        self._router = router
        self._caller = caller
        self._briefing = briefing
        self._conversations = conversations
        self._status = status
        self._commands = commands
        self._choices = choices
        self._chosen = ("", "")
        """The provider and model that `/model` chose, for as long as this process lives."""

    def ask(self, inquiry: CommandRequest) -> AsyncGenerator[Event]:
        """`Began` as soon as a model answers, then the answer piece by piece, then `Ended`.

        Whatever arrives is in the conversation at once. Closing the iterator closes the connection; what had come by then
        stays.
        Raises `PiCodeError`s that say what to do; after the first piece too, if the answer breaks off.
        """
        return self._locally(inquiry) if inquiry.command.output == "local" else self._ask(inquiry)

    async def _locally(self, inquiry: CommandRequest) -> AsyncGenerator[Event]:
        """What needs no model. It is in no conversation."""
        if inquiry.command.name == "help":
            text = help_text(self._commands(), inquiry.words)
        elif inquiry.words:
            provider, model = self._chosen = chosen(inquiry.words, list(providers(self._settings())))
            text = f"From now on `{provider}{'/' if model else ''}{model}` is asked."
        else:
            text = models_text(await self._choices(), self._asked_now())
        yield Began(inquiry.conversation, "picode", "", selection=inquiry.selection)
        yield Piece(text)
        yield Ended(text, Finish.STOP, Usage())

    def _asked_now(self) -> str:
        settings = self._settings()
        provider = self._chosen[0] or settings.chat.provider or settings.inline.provider
        row = providers(settings).get(provider)
        model = self._chosen[1] or ("" if self._chosen[0] else settings.chat.model) or (row.model if row else "")
        return f"{provider}/{model}" if model else provider

    async def _ask(self, inquiry: CommandRequest) -> AsyncGenerator[Event]:
        settings = self._settings()
        if not settings.enabled:
            raise ConfigurationError("PiCode is turned off.", "Turn it on: picode.enabled.")
        inquiry = await _scoped(inquiry)
        brief = await self._briefing.brief(inquiry)
        chain = await self._chain(inquiry, settings)
        history = await self._history(inquiry.conversation)
        question = _Question(inquiry, replace(brief, history=history), settings)
        keeper = TurnRecorder(self._conversations, await self._opened(inquiry, brief))
        await keeper.user(Turn("user", _said(inquiry, brief), command=inquiry.command.name))
        answer = _Answer(Turn("assistant", "", command=inquiry.command.name, state="partial"))
        await keeper.answer(answer.turn)
        try:
            async for event in self._answered(question, chain, keeper, answer):
                yield event
        except PiCodeError as error:
            answer.turn = replace(answer.turn, state="failed", problem=str(error))
            raise
        finally:
            await asyncio.shield(keeper.end(answer.turn))

    async def _answered(
        self, question: _Question, chain: Chain, keeper: TurnRecorder, answer: _Answer
    ) -> AsyncGenerator[Event]:
        began: list[Began] = []

        def on_answer(answered: Answered) -> None:
            target = answered.target
            note = answered.note
            seen = shown(question.briefs[target.model, target.provider.name])
            answer.turn = replace(
                answer.turn,
                provider=target.provider.name,
                model=target.model,
                shown=tuple(dict.fromkeys(each.name for each in seen)),
            )
            answer.target = target
            inquiry = question.inquiry
            began.append(Began(keeper.conversation, target.provider.name, target.model, seen, inquiry.selection, note))

        plan = chat_options(question.settings, by_hand=True)
        finish, note = Finish.STOP, ""
        with self._status.working(chain.lead.provider.name, chain.lead.model):
            async with aclosing(self._caller.ask(question.request_for, chain.links, plan, on_answer)) as chunks:
                async for chunk in chunks:
                    if began:
                        yield began.pop()
                    finish = chunk.finish or finish
                    answer.take(chunk)
                    keeper.grow(answer.turn.text)
                    if chunk.text or chunk.reasoning:
                        yield Piece(chunk.text, chunk.reasoning)
                    if answer.repeats():
                        finish, note = Finish.LENGTH, REPEATS
                        break
        turn = answer.turn = replace(answer.turn, state="whole", cost=self._cost(answer))
        yield Ended(turn.text, finish, turn.usage, turn.cost, note)

    def _cost(self, answer: _Answer) -> float | None:
        target = answer.target
        return None if target is None else self._caller.budgets.cost(target.provider, target.model, answer.turn.usage)

    async def _chain(self, inquiry: CommandRequest, settings: Settings) -> Chain:
        provider, model = inquiry.provider, inquiry.model
        if not provider and not model and inquiry.command.model:
            provider, _, model = inquiry.command.model.partition("/")
        if not provider and not model:
            provider, model = self._chosen
        return await self._router.chat_chain(settings, provider, model)

    async def _opened(self, inquiry: CommandRequest, brief: ChatContext) -> str:
        """The conversation that this belongs to: the one that was named, else a new one."""
        if inquiry.conversation:
            return inquiry.conversation
        title = title_of(inquiry.command, inquiry.words, brief.code)
        return await self._conversations.begin(title, inquiry.folder, inquiry.origin)

    async def _history(self, conversation: str) -> tuple[Message, ...]:
        if not conversation:
            return ()
        found = await self._conversations.read(conversation)
        if found is None:
            raise ConfigurationError("That conversation is not there any more.", "Begin a new one.")
        return tuple(Message(turn.role, turn.text) for turn in found.turns if turn.text.strip())


@dataclass(slots=True)
class _Question:
    """What is asked of whichever model of the chain, each within its own window."""

    inquiry: CommandRequest
    brief: ChatContext
    settings: Settings
    briefs: dict[tuple[str, str], ChatContext] = field(default_factory=dict)

    def request_for(self, target: Target, shorter: bool) -> Request:
        chat = self.settings.chat
        window = target.profile.window
        answer = max(_LEAST_ANSWER, min(chat.max_tokens, window // 3))
        tokens = min(max(_LEAST_ANSWER, window - answer - window // 16), chat.context_tokens)
        brief = self.brief.within(int(tokens * USUAL) // (2 if shorter else 1))
        self.briefs[target.model, target.provider.name] = brief
        temperature = _EDIT_TEMPERATURE if self.inquiry.command.output == "edit" else _TALK_TEMPERATURE
        selection = self.inquiry.selection
        return Request(
            target.model,
            build_chat(brief),
            max_tokens=answer,
            temperature=temperature,
            path=selection.path or "" if selection else "",
            files=tuple(dict.fromkeys(each.name for each in shown(brief))),
        )


@dataclass(slots=True)
class _Answer:
    """An answer as far as it has come."""

    turn: Turn
    target: Target | None = None
    looked: int = 0

    def take(self, chunk: Chunk) -> None:
        usage = self.turn.usage.merged(chunk.usage) if chunk.usage else self.turn.usage
        self.turn = replace(self.turn, text=self.turn.text + chunk.text, usage=usage)

    def repeats(self) -> bool:
        """Whether the model says the same for ever; what it has said too often is taken off then."""
        text = self.turn.text
        if len(text) - self.looked < _LOOK:
            return False
        self.looked = len(text)
        sound = sound_length(text)
        self.turn = replace(self.turn, text=text[:sound])
        return sound < len(text)


async def _scoped(inquiry: CommandRequest) -> CommandRequest:
    """`inquiry` about the stretch that its command is about, instead of a cursor."""
    if inquiry.selection is None or inquiry.command.about != "code":
        return inquiry
    selection: Selection = await asyncio.to_thread(widen, inquiry.selection, inquiry.command)
    return replace(inquiry, selection=selection)


def _said(inquiry: CommandRequest, brief: ChatContext) -> str:
    return said(inquiry.command, inquiry.words, brief.code, inquiry.attached)
