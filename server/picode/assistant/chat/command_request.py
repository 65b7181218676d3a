"""What is asked about code in words, and what comes back: the vocabulary of asks, edits and conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from picode.core.document import Position, body
from picode.core.messages import Finish, Usage
from picode.core.slash import Command

Origin = Literal["editor", "terminal", "gateway"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the editor reports as wrong. Lines and columns (code points) count from zero."""

    start: Position
    end: Position
    message: str
    severity: Literal["error", "warning", "information", "hint"] = "error"
    source: str = ""

    def __str__(self) -> str:
        return f"line {self.start.line + 1}: {self.severity}: {' '.join(self.message.split())}"


@dataclass(frozen=True, slots=True)
class Selection:
    """A stretch of a document at one moment: what an ask is about. `path` is the file behind it, where there is one, `unit` a
    level of indentation in the editor, `problems` what it reports within the stretch or around it. An empty stretch is a
    cursor."""

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
        """The stretch itself."""
        first, last = self.start.line, self.end.line
        if first == last:
            return self.lines[first][self.start.column : self.end.column]
        inside = self.lines[first + 1 : last]
        return "".join((self.lines[first][self.start.column :], *inside, self.lines[last][: self.end.column]))

    @property
    def is_cursor(self) -> bool:
        """Whether nothing is selected."""
        return self.start == self.end

    @property
    def last_line(self) -> int:
        """The last line of which something is in the stretch."""
        ends_before = self.end.column == 0 and self.end.line > self.start.line
        return self.end.line - 1 if ends_before else self.end.line

    def whole_lines(self, first: int, last: int) -> tuple[Position, Position]:
        """From the beginning of line `first` to the end of line `last`, without that one's line end."""
        return Position(first, 0), Position(last, len(body(self.lines[last])))


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """One thing that a user wants: a command, the words behind it, and what it is about.

    `conversation` is the one to go on with; empty begins a new one. `provider` and `model` are asked instead of the usual
    ones. `files` are named by the user, as paths or relative to the workspace. `attached` is text that comes with the
    question, such as what was piped into a terminal.
    """

    command: Command
    words: str = ""
    selection: Selection | None = None
    conversation: str = ""
    provider: str = ""
    model: str = ""
    files: tuple[str, ...] = ()
    attached: str = ""
    folder: str = ""
    origin: Origin = "editor"


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that the model was shown, and why. Lines count from one; `first` is 0 for what has no lines."""

    name: str
    why: str
    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        place = "" if not self.first else f":{self.first}" if self.first == self.last else f":{self.first}-{self.last}"
        return f"{self.name}{place} ({self.why})"


@dataclass(frozen=True, slots=True)
class Began:
    """A model has begun to answer. `note` says why it took longer than usual; empty where it did not. `selection` is what
    the answer is about: what was selected, or what PiCode took instead of a cursor."""

    conversation: str
    provider: str
    model: str
    shown: tuple[Shown, ...] = ()
    selection: Selection | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer. `reasoning` is the model's thinking aloud, which is no part of it."""

    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer is whole, or as long as it may get (`finish`). `cost` is in US dollars; None where nobody knows it. `note`
    says why it ends here, where that is not plain."""

    text: str
    finish: Finish
    usage: Usage
    cost: float | None = None
    note: str = ""


Event = Began | Piece | Ended
