"""What is asked of a model for one cursor, and how its answer becomes a suggestion there."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from picode import postprocess
from picode.assistant.ports import Excluder
from picode.assistant.routing.upstream import Target
from picode.core import prompt
from picode.core.document import Position, Snapshot
from picode.core.messages import Chat, Fill, Request, Snippet
from picode.core.token_healing import held_back
from picode.settings.model import Settings

Trigger = Literal["explicit", "automatic"]


@dataclass(frozen=True, slots=True)
class Selected:
    """The entry of the editor's own completion list that is selected: it counts as typed between these columns."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for suggestions. `path` is the file behind the document, where there is one. `patience` is how many seconds
    whoever asks waits; what is under way then is kept for the next time they ask. `unit` is a level of indentation in the
    editor, and `problems` is what it reports as wrong near the cursor."""

    snapshot: Snapshot
    trigger: Trigger = "automatic"
    path: str | None = None
    selected: Selected | None = None
    patience: float | None = None
    unit: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to stand between two columns of the cursor's line; it begins with what stands there up to the cursor."""

    text: str
    start: int
    end: int
    id: str


_LONG_LINE = 400
"""A suggestion on a line of more characters repeats only the cursor's word, not the whole line before it."""


def inactive_reason(settings: Settings, ask: Ask | None, excluder: Excluder) -> str | None:
    """Why there are no suggestions for `ask` on purpose; None where there are. Without an `ask`: none anywhere."""
    if not settings.enabled:
        return "PiCode is turned off."
    if not settings.inline.enabled:
        return "Inline suggestions are turned off."
    if ask is None:
        return None
    language, languages = ask.snapshot.language, settings.inline.languages
    if not languages.get(language, languages.get("*", True)):
        return f"Inline suggestions are turned off for {language or 'this kind of document'}."
    if ask.path is not None and (why := excluder.reason(ask.path)) is not None:
        return f"No suggestions here: {why}."
    return None


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a model, and the place that its answer has to fit into."""

    ask: Ask
    request: Request
    place: postprocess.CursorContext
    snapshot: Snapshot
    """The document with the selected entry of the completion list, if there is one, accepted."""
    visible: str
    """The code around the cursor that the model is shown."""
    room: int
    """The tokens that may be added of other places."""

    @classmethod
    def prepare(
        cls,
        ask: Ask,
        target: Target,
        settings: Settings,
        *,
        snippets: tuple[Snippet, ...] = (),
        shorter: bool = False,
        ahead: int = 0,
    ) -> Question | None:
        """None where there is nothing to go on: an empty document. `shorter` is for a model that has found the usual prompt
        too long, `ahead` as in `build_fill`."""
        snapshot = _with_selected(ask.snapshot, ask.selected)
        window = prompt.Window.within(target.profile.window)
        if shorter:
            window = replace(window, minimum=window.minimum // 4, step=window.step // 4, suffix=window.suffix // 4)
        name = PurePath(ask.path).name if ask.path else ""
        held = "" if target.asks_chat else held_back(snapshot.line_prefix, word=target.provider.grammars)
        fill = prompt.build_fill(snapshot, window, name, held=held, ahead=ahead)
        if not fill.prefix.strip() and not fill.suffix.strip():
            return None
        multiline = not window.one_line and settings.inline.multiline == "auto"
        stops = target.profile.stops
        place = postprocess.describe(
            snapshot,
            multiline=multiline,
            chat=target.asks_chat,
            stops=stops,
            unit=ask.unit,
            held=held,
        )
        place = replace(place, several=ask.trigger == "explicit")
        visible = fill.prefix + fill.suffix
        # A model that is shown a line at a time reads too slowly for more, and one that found it all too long gets less.
        room = 0 if window.one_line or shorter else min(settings.inline.context_tokens, target.profile.window // 4)
        fill = replace(fill, snippets=snippets if room else ())
        if not target.asks_chat and not target.dialect.carries_files(target.profile):
            fill = prompt.fold(fill)
        content: Chat | Fill = prompt.ask_to_fill(fill) if target.asks_chat else fill
        ends = () if target.asks_chat else _end(snapshot, multiline)
        request = Request(
            target.model,
            content,
            max_tokens=settings.inline.max_tokens,
            stop=ends,
            path=ask.path or "",
            files=tuple(dict.fromkeys(each.path for each in snippets)) if room else (),
        )
        if target.provider.grammars:
            request = replace(request, beginning=held)
        return cls(ask, request, place, snapshot, visible, room)

    def fit(self, text: str, asked: postprocess.CursorContext) -> str:
        """What is left of an answer that began at `asked`, as it should stand at the cursor now.

        What was begun as a block stays one while somebody types into its first line, and what another model than the usual
        one has answered is read as that model writes.
        """
        place = replace(self.place, multiline=asked.multiline, chat=asked.chat, stops=asked.stops)
        fitted = postprocess.fit_to_cursor(text, place, self.snapshot)
        return "" if fitted.replaced_after else fitted.text

    def suggestion(self, text: str) -> Suggestion:
        """`text`, which stands at the cursor, for the editor."""
        identifier = uuid.uuid4().hex
        text = text.replace("\n", self.snapshot.newline)
        if (selected := self.ask.selected) is not None:
            return Suggestion(selected.text + text, selected.start, selected.end, identifier)
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


def _end(snapshot: Snapshot, multiline: bool) -> tuple[str, ...]:
    """Where the provider is asked to stop. Several lines end where their block does, and on a blank line the model may begin
    with a line end: these are stopped here, once they are complete."""
    return ("\n",) if not multiline and snapshot.line_prefix.strip() else ()
