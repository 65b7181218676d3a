"""What is waited for, on the last line of a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from picode.cli.terminal import is_animated, print_text

if TYPE_CHECKING:
    from rich.status import Status


class WaitingLine:
    """A line on standard error that moves, so that it is seen that something is done; nothing where that is no terminal.

    A terminal that can't draw, or shall not be coloured, gets a plain line for each thing that is waited for. There is one in a
    process: two would draw over each other.
    """

    def __init__(self) -> None:
        self._status: Status | None = None
        self._told = ""
        """What was printed as a plain line."""

    def show(self, text: str) -> None:
        """Shows `text`, in place of what is shown."""
        if not sys.stderr.isatty():
            return
        if not is_animated(sys.stderr):
            self._tell(text.rstrip("0123456789% "))
        elif self._status is None:
            from picode.cli.console import Console

            self._status = Console(stderr=True).status(text)
            self._status.start()
        else:
            self._status.update(text)

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            print_text(text, err=True)

    def clear(self) -> None:
        """Takes the line away."""
        self._told = ""
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
