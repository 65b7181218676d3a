"""An assistant for one command in a terminal: the settings of this folder, its messages on standard error."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from picode.cli.terminal import print_alert
from picode.cli.waiting import WAITING

if TYPE_CHECKING:
    from picode.assistant.status import Alert, Status
    from picode.bootstrap import Assistant
    from picode.settings.layers import Resolved

_QUIET = {"log": {"level": "error"}}
"""What is a warning in the log is an alert here, or part of an error."""


class _Terminal:
    """Where the assistant's notifications go; with `tells`, alerts to standard error."""

    def __init__(self, *, tells: bool) -> None:
        self._tells = tells

    def status(self, status: Status) -> None:
        """The command itself says how it went."""

    def alert(self, alert: Alert) -> None:
        if self._tells:
            with WAITING.lifted():
                print_alert(alert.message)

    def progress(self, message: str, fraction: float | None) -> None:
        if message:
            WAITING.show(message if fraction is None else f"{message} {fraction:.0%}")
        else:
            WAITING.clear()


@asynccontextmanager
async def session(command_line: Mapping[str, Any] | None = None, *, tells: bool = True) -> AsyncIterator[Assistant]:
    """An assistant that is closed at the end. `command_line` are settings that the command itself makes. Without `tells`, the
    command itself says what is wrong with the settings."""
    from picode.assistant import request_ids
    from picode.bootstrap import Surroundings, build
    from picode.cli.provider.typed import ask_passphrase

    request_ids.begin()
    own = {**_QUIET, **(command_line or {})}
    surroundings = Surroundings(folders=here(), command_line=own, ask_passphrase=ask_passphrase)
    assistant = await build(_Terminal(tells=tells), surroundings)
    try:
        yield assistant
    finally:
        WAITING.clear()
        await assistant.close()


def resolved_here(command_line: Mapping[str, Any] | None = None) -> Resolved:
    """The settings in force in this folder, as a language server has them before its editor adds its own. `command_line` are
    settings that the command itself makes."""
    from picode.io.live_settings import LiveSettings

    live = LiveSettings(os.environ, lambda _: None)
    live.update(here(), False, {}, command_line or {})
    return live.resolved


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
