"""What comes into the pipeline and what leaves it: the client's request, what one model is shown for it, and the item."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from picode import postprocess
from picode.assistant.completion.session_cache import ModelAnswer, ModelKey, model_key_of
from picode.assistant.ports import Excluder
from picode.assistant.routing.route import Chain
from picode.assistant.routing.upstream import Target
from picode.core import prompt
from picode.core.anchor import CursorText
from picode.core.document import Position, Snapshot, last_word
from picode.core.languages import identifier
from picode.core.messages import Chat, Fill, Request, Snippet
from picode.settings.model import Settings

Trigger = Literal["explicit", "automatic"]
Origin = Literal["model", "reuse", "cache"]


@dataclass(frozen=True, slots=True)
class SelectedEntry:
    """The selected entry of the editor's completion list (LSP 3.18, `SelectedCompletionInfo`): it counts as typed between
    the columns `start` and `end` of the cursor's line."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A client's request for completions at the cursor of `snapshot`."""

    snapshot: Snapshot
    trigger: Trigger = "automatic"
    path: str | None = None
    """The file behind the document; None where there is none."""
    selected: SelectedEntry | None = None
    timeout_s: float | None = None
    """Seconds that the client waits. The model request continues beyond, for the client's next request."""
    indent_unit: str = ""
    """One level of indentation in the editor; empty where the client does not say."""
    diagnostics: tuple[str, ...] = ()
    """What the editor reports near the cursor, a line of text each."""


@dataclass(frozen=True, slots=True)
class InlineItem:
    """`text` replaces the cursor's line between the columns `start` and `end`; it begins with what stands there up to the
    cursor. `end` lies beyond the cursor where the completion replaces text there."""

    text: str
    start: int
    end: int
    id: str


@dataclass(frozen=True, slots=True)
class Completion:
    """Text for the cursor, and the answer that it comes from. Empty text: there is nothing to suggest."""

    text: str
    replaced_after: int = 0
    """Characters right of the cursor, on its line, that `text` replaces."""
    origin: Origin = "model"
    id: str = ""
    """Of the answer: one answer gives many completions while the user types along it."""
    typed: int = 0
    """Characters of the answer that have been typed already."""
    seconds: float = 0.0
    """How long the model took for the answer."""


NOTHING = Completion("")

_LONG_LINE = 400
"""On a longer line, in characters, an item repeats the word at the cursor and not the whole line before it."""


_TEMPERATURES = (0.0, 0.6, 0.6, 0.8, 0.8)
"""Of the candidates, in order; all but the first have a seed of their own. Hotter, small models write nonsense."""


class Gate:
    """Decides where completions are offered: by the settings, and not for files that are excluded from models."""

    def __init__(self, settings: Callable[[], Settings], excluder: Excluder) -> None:
        self.settings = settings
        self._excluder = excluder

    def turned_off(self, request: CompletionRequest | None) -> str | None:
        """Why the settings want no completions for `request`, for the user; None where they do. Without a request: anywhere."""
        settings = self.settings()
        if not settings.enabled:
            return "PiCode is turned off."
        if not settings.inline.enabled:
            return "Inline suggestions are turned off."
        if request is None:
            return None
        language = request.snapshot.language
        languages = {identifier(name): wanted for name, wanted in settings.inline.languages.items()}
        if not languages.get(language, languages.get("*", True)):
            return f"Inline suggestions are turned off for {language or 'this kind of document'}."
        return None

    async def inactive_reason(self, request: CompletionRequest) -> str | None:
        """Why there are no completions for `request`, for the user; None where there are."""
        if (off := self.turned_off(request)) is not None:
            return off
        why = await self._excluder.find_reason(request.path or request.snapshot.uri)
        return None if why is None else f"No suggestions here: {why}."


@dataclass(frozen=True, slots=True)
class ModelView:
    """What one model is shown of the document, and where its answer has to fit. Made before context is retrieved."""

    request: CompletionRequest
    target: Target
    settings: Settings
    snapshot: Snapshot
    """The document with the selected entry of the completion list, if there is one, accepted."""
    fill: Fill
    """The code around the cursor, without context."""
    cursor: postprocess.CursorContext
    context_tokens: int
    """Tokens that context may add."""

    @classmethod
    def of(
        cls,
        request: CompletionRequest,
        target: Target,
        settings: Settings,
        *,
        shorter: bool = False,
        typed_ahead: int = 0,
    ) -> ModelView | None:
        """None where the model would be shown blank space only.

        `shorter`: a quarter of the usual window, for a model that found it too long. `typed_ahead`: see `prompt.build_fill`.
        """
        snapshot = _with_selected(request.snapshot, request.selected)
        window = prompt.Window.within(target.profile.window)
        window = window.quartered() if shorter else window
        name = PurePath(request.path).name if request.path else ""
        if target.asks_chat:
            fill, healed = prompt.build_fill(snapshot, window, name, typed_ahead=typed_ahead), ""
        else:
            word = target.provider.grammars
            fill, healed = prompt.healed_fill(snapshot, window, name, word=word, typed_ahead=typed_ahead)
        if not fill.prefix.strip() and not fill.suffix.strip():
            return None
        cursor = postprocess.describe(
            snapshot,
            multiline=not window.one_line and settings.inline.multiline == "auto",
            chat=target.asks_chat,
            stops=target.profile.stops,
            unit=request.indent_unit,
            healed=healed,
        )
        cursor = replace(cursor, several_definitions=request.trigger == "explicit")
        # A model that is shown one line at a time reads too slowly for context.
        usual = min(settings.advanced.inline.context_tokens, target.profile.window // 4)
        return cls(request, target, settings, snapshot, fill, cursor, 0 if window.one_line or shorter else usual)

    @property
    def visible(self) -> str:
        """The code around the cursor that the model is shown."""
        return self.fill.prefix + self.fill.suffix

    def model_request(self, snippets: tuple[Snippet, ...], candidate: int = 0) -> Request:
        """The request to the model for one of several candidates, with `snippets` as context where there is room for any."""
        target = self.target
        fill = replace(self.fill, snippets=snippets if self.context_tokens else ())
        files = tuple(dict.fromkeys(each.path for each in fill.snippets))
        if not target.asks_chat and not target.dialect.carries_files(target.profile):
            fill = prompt.fold(fill)
        content: Chat | Fill = prompt.ask_to_fill(fill) if target.asks_chat else fill
        return Request(
            target.model,
            content,
            max_tokens=self.settings.inline.max_tokens,
            temperature=_TEMPERATURES[min(candidate, len(_TEMPERATURES) - 1)],
            seed=candidate or None,
            stop=() if target.asks_chat else self._stops(),
            path=self.request.path or "",
            files=files,
            beginning=self.cursor.healed if target.provider.grammars else "",
        )

    def complete(self, answer: ModelAnswer, typed: str = "", origin: Origin = "model") -> Completion:
        """What `answer` completes at the cursor, `typed` characters behind the place that it was requested for.

        `fit_to_cursor` is called here and nowhere else. `multiline`, `chat` and `stops` are those that the answer was requested
        with: a block stays one while the user types into its first line, and each model's answer is read by its own rules.
        """
        rest, asked = answer.rest(typed), answer.cursor
        cursor = replace(self.cursor, multiline=asked.multiline, chat=asked.chat, stops=asked.stops)
        fitted = postprocess.fit_to_cursor(rest or "", cursor, self.snapshot)
        origin = "cache" if answer.cached else origin
        return Completion(fitted.text, fitted.replaced_after, origin, answer.id, len(typed.strip()), answer.seconds)

    def item(self, completion: Completion) -> InlineItem:
        """`completion` for the editor, with a new id."""
        identifier = uuid.uuid4().hex
        text = completion.text.replace("\n", self.snapshot.newline)
        column, selected = self.request.snapshot.cursor.column, self.request.selected
        if selected is not None:
            end = max(selected.end, column) + completion.replaced_after
            return InlineItem(selected.text + text, selected.start, end, identifier)
        prefix = self.snapshot.line_prefix
        start = 0 if column <= _LONG_LINE else column - len(last_word(prefix[-_LONG_LINE:]))
        return InlineItem(prefix[start:] + text, start, column + completion.replaced_after, identifier)

    def _stops(self) -> tuple[str, ...]:
        """The stop strings for the provider: the line end, where only the rest of a line is wanted. PiCode itself stops
        answers of several lines, and those on a blank line (which may begin with a line end), once they are complete."""
        return ("\n",) if not self.cursor.multiline and self.snapshot.line_prefix.strip() else ()


@dataclass(frozen=True, slots=True)
class CompletionQuery:
    """A request, resolved: the models to ask, what the first of them is shown, and what its answers are found by."""

    chain: Chain
    view: ModelView
    text: CursorText
    key: ModelKey

    @classmethod
    def of(cls, request: CompletionRequest, chain: Chain, settings: Settings) -> CompletionQuery | None:
        """None where there is nothing to go on: an empty document."""
        view = ModelView.of(request, chain.lead, settings)
        if view is None:
            return None
        return cls(chain, view, CursorText.at(view.snapshot), model_key_of(chain.lead))

    @property
    def uri(self) -> str:
        return self.view.snapshot.uri


def _with_selected(snapshot: Snapshot, selected: SelectedEntry | None) -> Snapshot:
    """The document as it would be with the selected entry of the completion list accepted."""
    if selected is None:
        return snapshot
    row = snapshot.cursor.line
    line = snapshot.lines[row]
    lines = list(snapshot.lines)
    lines[row] = line[: selected.start] + selected.text + line[max(selected.end, snapshot.cursor.column) :]
    return replace(snapshot, lines=lines, cursor=Position(row, selected.start + len(selected.text)))
