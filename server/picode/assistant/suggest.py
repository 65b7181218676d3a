"""The use-case behind ghost text: a cursor in, suggestions out.

One document has one question under way: a newer one supersedes it. Failures never reach the caller; they go to the
status board, because an editor would pop up a window for each of them at every key.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from picode.assistant.ports import Clock, Deadlines, Excluder, Transport
from picode.assistant.route import Router
from picode.assistant.status import StatusBoard, needs_user
from picode.assistant.upstream import Target, stream
from picode.core import prompt, trim
from picode.core.document import Position, Snapshot
from picode.core.errors import PiCodeError
from picode.core.messages import Chat, Fill, Request
from picode.settings.model import Settings

log = logging.getLogger(__name__)

Trigger = Literal["explicit", "automatic"]


@dataclass(frozen=True, slots=True)
class Selected:
    """The entry of the editor's own completion list that is selected: it counts as typed between these columns."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for suggestions. `path` is the file behind the document, where there is one."""

    snapshot: Snapshot
    trigger: Trigger = "automatic"
    path: str | None = None
    selected: Selected | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to stand between two columns of the cursor's line; it begins with what stands there up to the cursor."""

    text: str
    start: int
    end: int
    id: str


class Superseded:
    """The answer to a question that a newer one has made pointless: what is shown may stay."""


SUPERSEDED = Superseded()
Answer = tuple[Suggestion, ...] | Superseded

_TEMPERATURES = (0.0, 0.6, 0.9, 1.0, 1.0)
"""Of the candidates, in order: the first is the model's best, the others are looked for further away."""

_LONG_LINE = 400
"""A suggestion on a line of more characters repeats only the cursor's word, not the whole line before it."""

_SHOWN_LIMIT = 256


class Suggester:
    """Makes suggestions. Everything it needs from outside is a port."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        router: Router,
        transport: Transport,
        clock: Clock,
        status: StatusBoard,
        excluder: Excluder,
    ) -> None:
        self._settings = settings
        self._router = router
        self._transport = transport
        self._clock = clock
        self._status = status
        self._excluder = excluder
        self._running: dict[str, asyncio.Future[tuple[Suggestion, ...]]] = {}
        self._shown: dict[str, Suggestion] = {}
        self._gave_up: object = None

    async def suggest(self, ask: Ask) -> Answer:
        """The suggestions for `ask`, best first. Empty where there is nothing to suggest, or a provider has failed."""
        uri = ask.snapshot.uri
        work = asyncio.ensure_future(self._answer(ask))
        if (older := self._running.get(uri)) is not None:
            older.cancel()
        self._running[uri] = work
        try:
            await asyncio.wait({work})
        finally:
            work.cancel()  # cancelled ourselves: so is the question upstream
            if self._running.get(uri) is work:
                del self._running[uri]
        return SUPERSEDED if work.cancelled() else work.result()

    def forget(self, uri: str) -> None:
        """The document is closed: stop what is under way for it."""
        if (work := self._running.get(uri)) is not None:
            work.cancel()

    def accepted(self, suggestion_id: str) -> bool:
        """The user took a suggestion. False where it is not known (any more)."""
        suggestion = self._shown.pop(suggestion_id, None)
        if suggestion is not None:
            log.info("accepted %s, %d characters", suggestion_id, len(suggestion.text))
        return suggestion is not None

    def retry(self) -> None:
        """Try again what only the user could mend."""
        self._gave_up = None
        self._router.forget()
        self._status.succeeded()

    async def _answer(self, ask: Ask) -> tuple[Suggestion, ...]:
        settings = self._settings()
        reason = inactive_reason(settings, ask, self._excluder)
        self._status.inactive(reason or "")
        if reason is not None or (ask.trigger == "automatic" and self._gave_up is settings):
            return ()
        if ask.trigger == "automatic" and ask.snapshot.line_prefix.strip():
            await self._clock.sleep(settings.inline.debounce_ms / 1000)
        try:
            return await self._ask_model(ask, settings)
        except PiCodeError as error:
            log.warning("no suggestion: %s", error)
            self._status.failed(error, settings.inline.provider, settings.inline.model)
            self._gave_up = settings if needs_user(error) else None
        except Exception:
            # A defect of ours in one suggestion must neither end the server nor open a window at each key.
            log.exception("no suggestion because of a defect")
        return ()

    async def _ask_model(self, ask: Ask, settings: Settings) -> tuple[Suggestion, ...]:
        target = await self._router.inline_target(settings)
        question = _Question.prepare(ask, target, settings)
        if question is None:
            return ()
        deadlines = Deadlines(total=settings.inline.timeout_seconds, idle=settings.inline.timeout_seconds)
        count = settings.inline.candidates if ask.trigger == "explicit" else 1
        with self._status.working(target.provider.name, target.model):
            answers = await asyncio.gather(
                *(self._complete(question, target, deadlines, number) for number in range(count)),
                return_exceptions=True,
            )
        texts = [answer for answer in answers if isinstance(answer, str)]
        if not texts:
            raise next(answer for answer in answers if isinstance(answer, BaseException))
        self._status.succeeded()
        self._gave_up = None
        return tuple(self._remember(question.place_text(text)) for text in dict.fromkeys(texts) if text)

    async def _complete(self, question: _Question, target: Target, deadlines: Deadlines, number: int) -> str:
        """One candidate, trimmed. Stops reading, and so the model's writing, as soon as more could change nothing."""
        request = replace(
            question.request, temperature=_TEMPERATURES[min(number, len(_TEMPERATURES) - 1)], seed=number or None
        )
        raw = ""
        async with aclosing(stream(request, target, self._transport, deadlines)) as chunks:
            async for chunk in chunks:
                raw += chunk.text
                if chunk.text and trim.is_complete(raw, question.place):
                    break
        return trim.trim(raw, question.place)

    def _remember(self, suggestion: Suggestion) -> Suggestion:
        self._shown[suggestion.id] = suggestion
        if len(self._shown) > _SHOWN_LIMIT:
            del self._shown[next(iter(self._shown))]
        return suggestion


def inactive_reason(settings: Settings, ask: Ask, excluder: Excluder) -> str | None:
    """Why there are no suggestions here on purpose; None where there are."""
    language = ask.snapshot.language
    if not settings.enabled:
        return "PiCode is turned off."
    if not settings.inline.enabled:
        return "Inline suggestions are turned off."
    languages = settings.inline.languages
    if not languages.get(language, languages.get("*", True)):
        return f"Inline suggestions are turned off for {language or 'this kind of document'}."
    if ask.path is not None and (why := excluder.reason(ask.path)) is not None:
        return f"No suggestions here: {why}."
    return None


@dataclass(frozen=True, slots=True)
class _Question:
    """A request to a model and what its answer has to fit into."""

    request: Request
    place: trim.Place
    snapshot: Snapshot
    selected: Selected | None

    @classmethod
    def prepare(cls, ask: Ask, target: Target, settings: Settings) -> _Question | None:
        """None where there is nothing to go on: an empty document."""
        snapshot = _with_selected(ask.snapshot, ask.selected)
        window = prompt.Window.within(target.profile.window)
        name = PurePath(ask.path).name if ask.path else ""
        fill = prompt.build_fill(snapshot, window, name, from_line_start=not target.asks_chat)
        if not fill.prefix.strip() and not fill.suffix.strip():
            return None
        multiline = trim.wants_block(snapshot) and not window.one_line
        stops = target.profile.stops
        place = trim.describe(snapshot, multiline=multiline, chat=target.asks_chat, stops=stops)
        content: Chat | Fill = prompt.ask_to_fill(fill) if target.asks_chat else fill
        ends = () if target.asks_chat else _stops(stops, snapshot, multiline)
        request = Request(target.model, content, max_tokens=settings.inline.max_tokens, stop=ends)
        return cls(request, place, snapshot, ask.selected)

    def place_text(self, text: str) -> Suggestion:
        """`text`, which stands at the cursor, as a suggestion for the editor."""
        identifier = uuid.uuid4().hex
        text = text.replace("\n", self.snapshot.newline)
        if self.selected is not None:
            return Suggestion(self.selected.text + text, self.selected.start, self.selected.end, identifier)
        column, prefix = self.snapshot.cursor.column, self.snapshot.line_prefix
        start = 0 if column <= _LONG_LINE else column - len(_last_word(prefix[-_LONG_LINE:]))
        return Suggestion(prefix[start:] + text, start, column, identifier)


def _last_word(text: str) -> str:
    found = re.search(r"\w*\Z", text)
    return found[0] if found else ""


def _with_selected(snapshot: Snapshot, selected: Selected | None) -> Snapshot:
    """The document as it would be with the selected entry of the completion list accepted."""
    if selected is None:
        return snapshot
    row = snapshot.cursor.line
    line = snapshot.lines[row]
    lines = list(snapshot.lines)
    lines[row] = line[: selected.start] + selected.text + line[max(selected.end, snapshot.cursor.column) :]
    return replace(snapshot, lines=lines, cursor=Position(row, selected.start + len(selected.text)))


def _stops(stops: tuple[str, ...], snapshot: Snapshot, multiline: bool) -> tuple[str, ...]:
    """What the provider is asked to stop at; four at most, as the OpenAI API documents."""
    if multiline:
        return ("\n\n", *stops)[:4]
    return ("\n", *stops)[:4] if snapshot.line_prefix.strip() else stops[:4]
