"""The values of a slash command: its request with the selected code, and the events of its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from picode.core.content import Image
from picode.core.document import Position, body, text_between
from picode.core.messages import Finish, Usage
from picode.core.slash import Command


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnostic of the editor. Lines and columns (code points) count from zero."""

    start: Position
    end: Position
    message: str
    severity: Literal["error", "warning", "information", "hint"] = "error"
    source: str = ""

    def __str__(self) -> str:
        return f"line {self.start.line + 1}: {self.severity}: {' '.join(self.message.split())}"


@dataclass(frozen=True, slots=True)
class Selection:
    """A range of a document at one version; an empty range is a cursor. `path` is the document's file, if it has one,
    `unit` one level of indentation in the editor, `problems` its diagnostics in the range or around it."""

    uri: str
    path: str | None
    language: str
    lines: Sequence[str]
    start: Position
    end: Position
    version: int | None = None
    unit: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def text(self) -> str:
        """The text of the range."""
        return text_between(self.lines, self.start, self.end)

    @property
    def file_name(self) -> str:
        """The last part of the path, or of the URI of a document without a file."""
        return (self.path or self.uri).replace("\\", "/").rpartition("/")[2]

    @property
    def is_cursor(self) -> bool:
        """Whether the range is empty."""
        return self.start == self.end

    @property
    def last_line(self) -> int:
        """The number of the last line of which a part is in the range."""
        ends_before = self.end.column == 0 and self.end.line > self.start.line
        return self.end.line - 1 if ends_before else self.end.line

    def whole_lines(self, first: int, last: int) -> tuple[Position, Position]:
        """From the beginning of line `first` to the end of line `last`, without that one's line end."""
        return Position(first, 0), Position(last, len(body(self.lines[last])))


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """A slash command with its arguments, and the code that it is about.

        `conversation` is the id of the one to continue; empty starts a new one. `provider` and `model` override the configured
    ones. `files` are named by the user, absolute or relative to the workspace. `attached` is text that came with the command,
    such as standard input, `system` what the user tells the model beside PiCode's own instructions. `folder` is the
    workspace's. `takes_text_back`: who shows the answer can take back text that turns out to be reasoning; for others, the
    text of a model that may reason in it is held until that is certain.
    """

    command: Command
    args: str = ""
    selection: Selection | None = None
    conversation: str = ""
    provider: str = ""
    model: str = ""
    files: tuple[str, ...] = ()
    attached: str = ""
    images: tuple[Image, ...] = ()
    """Pictures for the model to look at, with this question alone."""
    system: str = ""
    visible: Selection | None = None
    """What the user looks at, where nothing is selected."""
    folder: str = ""
    origin: str = "editor"
    """As in `Summary`."""
    takes_text_back: bool = True
    keep: int | None = None
    """Of the conversation, only so many answered questions go on, in a new one; None: all of it goes on."""

    @property
    def has_material(self) -> bool:
        """Whether something came with the command that it can be about."""
        return bool(self.attached.strip() or self.images)


@dataclass(frozen=True, slots=True)
class Shown:
    """A file, or a part of one, that was in the prompt, and why. Lines count from one; `first` is 0 for what has no lines."""

    name: str
    why: str
    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        place = "" if not self.first else f":{self.first}" if self.first == self.last else f":{self.first}-{self.last}"
        return f"{self.name}{place} ({self.why})"


@dataclass(frozen=True, slots=True)
class Began:
    """A model has begun to answer. `note` says why it took longer than usual, or is empty. `selection` is what the answer is
    about: what was selected, or the definition that PiCode chose around a cursor."""

    conversation: str
    provider: str
    model: str
    shown: tuple[Shown, ...] = ()
    selection: Selection | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer. `reasoning` is the model's reasoning, which is not part of the answer. `retracts`: the text of all
    earlier pieces was reasoning."""

    text: str = ""
    reasoning: str = ""
    retracts: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer has ended; `finish` says why. `cost` is in US dollars; None if the price is not known. `note` is a sentence
    that says why the answer is empty or not whole, and what to do; empty if it is whole."""

    text: str
    finish: Finish
    usage: Usage
    cost: float | None = None
    note: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """The model is asked again in so many seconds; `reason` says why, in a few words."""

    reason: str
    seconds: float


Event = Waits | Began | Piece | Ended
