"""An assistant for one command in a terminal: the settings of this folder, its messages on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from picode.cli.terminal import print_text

if TYPE_CHECKING:
    from rich.status import Status as Spinner

    from picode.assistant.status import Alert, Status
    from picode.bootstrap import Assistant

_QUIET = {"log": {"level": "warning"}}


class _Terminal:
    """Whom the assistant tells things unasked."""

    def __init__(self) -> None:
        self._spinner: Spinner | None = None

    def status(self, status: Status) -> None:
        """The command itself says how it went."""

    def alert(self, alert: Alert) -> None:
        print_text(alert.message, err=True)

    def progress(self, message: str, fraction: float | None) -> None:
        if not message:
            self.close()
        elif sys.stderr.isatty():
            text = message if fraction is None else f"{message} {fraction:.0%}"
            if self._spinner is None:
                from picode.cli.console import Console

                self._spinner = Console(stderr=True).status(text)
                self._spinner.start()
            self._spinner.update(text)

    def close(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None


@asynccontextmanager
async def session(command_line: Mapping[str, Any] | None = None) -> AsyncIterator[Assistant]:
    """An assistant that is closed at the end. `command_line` are settings that the command itself makes."""
    from picode.assistant import request_ids
    from picode.bootstrap import Surroundings, build

    request_ids.begin()
    terminal = _Terminal()
    assistant = await build(terminal, Surroundings(folders=here(), command_line={**_QUIET, **(command_line or {})}))
    try:
        yield assistant
    finally:
        terminal.close()
        await assistant.close()


def here() -> tuple[str, ...]:
    """The folder that the command was given in, as a workspace."""
    try:
        return (os.getcwd(),)
    except OSError:  # it was deleted
        return ()


def columns(rows: list[tuple[str, ...]]) -> str:
    """`rows` as text in columns, the last one as long as it is. Characters of East Asia take two places of a terminal."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join(
            (*(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False)), row[-1])
        ).rstrip()
        for row in rows
    )
