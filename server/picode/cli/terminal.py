"""What is written to a terminal: text that it shows and does not obey, times as people say them, examples for `--help`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from picode.core.invisible import drop_invisible
from picode.core.terminal import strip_commands

if TYPE_CHECKING:
    from picode.io.embedded.options import Progress

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def safe(text: str) -> str:
    """`text` without what a terminal would obey, and without what would hide some of it. Line ends and tabs stay.

    >>> safe("a\\x1b[31mb\\x1b]0;title\\x07c\\r\\n")
    'abc\\n'
    """
    shown = drop_invisible(strip_commands(text)).replace("\r", "")
    return shown.encode("utf-8", "replace").decode()


def line(text: str) -> str:
    """`safe` text on one line."""
    return " ".join(safe(text).split())


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
    return "\n\n".join(
        ("Examples:" if len(lines) > 1 else "Example:", *(f"  {each}".replace("[", "\\[") for each in lines))
    )


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Shows how far something has come, on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

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
