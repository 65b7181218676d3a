"""What the command line prints: text that a terminal shows and does not obey, JSON, times, examples for `--help`.

Every command prints with `print_text`, `print_json`, `ask`, `confirm` or `picode.cli.console.Console`, whatever the text is:
file names, answers and providers' error messages are in many of them (`tests/attacks/test_escapes.py` looks for other ways).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from picode.core.invisible import INVISIBLE
from picode.core.terminal import safe

if TYPE_CHECKING:
    from picode.io.embedded.options import Progress


@cache
def _unseen() -> re.Pattern[str]:
    return re.compile(rf"{INVISIBLE.pattern}|[\x7f-\x9f\ud800-\udfff]")


_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def line(text: str) -> str:
    """`safe` text on one line."""
    return " ".join(safe(text).split())


def print_text(text: str, *, err: bool = False, end: str = "\n", column: int = 0, **style: Any) -> None:
    """Prints `safe` text, on standard error with `err`; a terminal gets lines that end between words. `column` is how much
    of the line is written already, and how far the next ones are indented. `style` is that of `typer.style`, left out where no
    terminal reads, or one that shall not be coloured."""
    shown, stream = safe(text), sys.stderr if err else sys.stdout
    if stream.isatty():
        # Of this stream: the library's function asks standard output, which may be a pipe while errors go to a terminal.
        width = os.get_terminal_size(stream.fileno()).columns or shutil.get_terminal_size().columns
        shown = wrapped(" " * column + shown, width)[column:]
    if style and is_coloured():
        shown = typer.style(shown, **style)
    typer.echo(f"{shown}{end}", nl=False, err=err)


def print_alert(message: str) -> None:
    """Prints what the assistant has to say by itself, on standard error."""
    _alerted.add(message)
    print_text(message, err=True)


def print_error(error: Exception) -> None:
    """Prints why something failed, on standard error, unless an alert has just said the same."""
    if str(error) in _alerted:
        _alerted.remove(str(error))
    else:
        print_text(str(error), err=True)


_alerted: set[str] = set()


def can_draw(stream: TextIO) -> bool:
    """Whether `stream` is a terminal whose cursor can be moved, so that a line is drawn over."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def is_animated(stream: TextIO) -> bool:
    """Whether what is written to `stream` may be drawn over, as a line is that moves."""
    return can_draw(stream) and is_coloured()


def is_coloured() -> bool:
    """Whether terminals may be written to with colours and weights (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("dumb", "unknown")


def wrapped(text: str, width: int) -> str:
    """`text` with every line that is longer than `width` columns broken at spaces, and indented as it begins. A word that is
    longer than a line, such as a path, stays whole.

    >>> print(wrapped("  one two three", 10))
      one two
      three
    """
    return "\n".join(_wrapped_line(each, width) for each in text.split("\n"))


def _wrapped_line(text: str, width: int) -> str:
    if len(text) <= width // 2 or (text.isascii() and len(text) <= width):
        return text
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    indent = text[: len(text) - len(text.lstrip())][: width // 2]
    lines, words = [""], re.findall(r"\s+|\S+", text)
    for gap, word in zip(*[iter(words if words[0].isspace() else ["", *words])] * 2, strict=False):
        if lines[-1].strip() and cell_len(lines[-1] + gap + word) > width:
            lines.append(indent + word)
        else:
            lines[-1] += gap + word
    return "\n".join(lines)


def print_json(value: Any) -> None:
    """Prints `value` as JSON on standard output."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    print(json_text(value, only_ascii=encoding != "utf8"))


def json_text(value: Any, *, only_ascii: bool = False) -> str:
    """`value` as JSON over several lines. Control and invisible characters are escaped, so that a reader of the JSON has all of
    them and a terminal obeys none.

    >>> json_text(["\\x9b31m\\u202eé"])
    '[\\n  "\\\\u009b31m\\\\u202eé"\\n]'
    """
    return _unseen().sub(lambda found: json.dumps(found[0])[1:-1], json.dumps(value, indent=2, ensure_ascii=only_ascii))


def is_asked() -> bool:
    """Whether there is a user who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Whether the user says yes to the `safe` question, which is on standard error. Ctrl-C is a no."""
    return typer.confirm(safe(question), err=True)


def ask(question: str, default: str = "") -> str:
    """What the user types after the `safe` question, which is on standard error; `default` for Enter alone. Raises
    `typer.Abort` for Ctrl-C and at the end of the input."""
    answer = typer.prompt(safe(question), default=safe(default), err=True, show_default=bool(default))
    return str(answer).strip()


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def require_yes(what: str, *, yes: bool, named: bool = True) -> None:
    """Has the user confirm on a terminal that `what` is deleted. Ends the program where they do not.

    A script is not asked: what it names (`named`) is deleted, and for what it does not name one by one `--yes` has to be there.
    """
    if yes or (named and not sys.stdin.isatty()):
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"Say --yes to delete {line(what)}: this is no terminal to confirm it in.")
    if not confirm(f"Delete {line(what)}?"):
        print_text("Nothing was deleted.", err=True)
        raise typer.Exit(1)


def age(moment: float, now: float | None = None) -> str:
    """How long ago a moment was, in a word or two; the day, for what is older than a month.

    >>> age(0, 30), age(0, 300), age(0, 7200), age(0, 200_000), age(0, 3_000_000)
    ('just now', '5 min', '2 h', '2 d', '1970-01-01')
    """
    seconds = (time.time() if now is None else now) - moment
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < _DAY:
        return f"{seconds / _HOUR:.0f} h"
    if seconds < 31 * _DAY:
        return f"{seconds / _DAY:.0f} d"
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def examples(*lines: str) -> str:
    """The end of a command's `--help`: command lines that work, each on a line of its own."""
    return "\n".join(("Examples:" if len(lines) > 1 else "Example:", *(f"  {each}" for each in lines)))


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Shows how far something has come, on standard error where that is a terminal."""
    if not is_animated(sys.stderr):
        yield lambda progress: None
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    from picode.cli.console import Console

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("", total=None)

        def show(progress: Progress) -> None:
            bars.update(task, description=line(progress.message), completed=progress.done, total=progress.total or None)

        yield show
