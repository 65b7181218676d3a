"""What is waited for, on the last line of a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status


class WaitingLine:
    """A line on standard error that moves, so that it is seen that something is done; nothing where that is no terminal.

    There is one in a process: two would draw over each other.
    """

    def __init__(self) -> None:
        self._status: Status | None = None

    def show(self, text: str) -> None:
        """Shows `text`, in place of what is shown."""
        if not sys.stderr.isatty():
            return
        if self._status is None:
            from picode.cli.console import Console

            self._status = Console(stderr=True).status(text)
            self._status.start()
        else:
            self._status.update(text)

    def clear(self) -> None:
        """Takes the line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Takes the line away meanwhile, for something that is printed or asked."""
        status = self._status
        if status is not None:
            status.stop()
        try:
            yield
        finally:
            if status is not None and self._status is status:
                status.start()


WAITING = WaitingLine()
