"""What is typed or pasted while an answer streams: read at once, shown in the next input line, and asked as one question."""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?")
"""Arrow keys and the like, and the marks around what is pasted."""

_PAUSE = 0.05
"""Seconds without a key after which what is being pasted is taken to be whole."""

_READ = 65_536


class TypeAhead:
    """Collects what is typed meanwhile."""

    def __init__(self) -> None:
        self._text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._arrived = asyncio.Event()

    def take(self) -> tuple[str, bool]:
        """What was typed so far, and whether it ended with Enter. It is forgotten here."""
        text, self._text = edited(self._text), ""
        return text.rstrip("\n"), text.endswith("\n")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Reads keys meanwhile, without showing them: they would stand in the middle of the answer. Ctrl-C stays a signal.
        Where standard input is no terminal of POSIX, nothing is read."""
        found = _terminal()
        if found is None:
            yield
            return
        import termios
        import tty

        descriptor, before = found
        loop = asyncio.get_running_loop()
        tty.setcbreak(descriptor, termios.TCSANOW)
        loop.add_reader(descriptor, self._read, descriptor)
        try:
            yield
            await self._settle()
        finally:
            loop.remove_reader(descriptor)
            termios.tcsetattr(descriptor, termios.TCSANOW, before)

    def _read(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, _READ)
        except OSError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(descriptor)
        self._text += self._decoder.decode(data)
        self._arrived.set()

    async def _settle(self) -> None:
        """Waits for the end of what is being pasted, if something was typed at all."""
        while True:
            self._arrived.clear()
            try:
                async with asyncio.timeout(_PAUSE if self._text else 0.0):
                    await self._arrived.wait()
            except TimeoutError:
                return


def _terminal() -> tuple[int, list[Any]] | None:
    """Standard input's descriptor and its settings as a terminal; None where it is none, or the system has no such settings."""
    try:
        import termios
    except ImportError:  # Windows
        return None
    try:
        descriptor = sys.stdin.fileno()
        return descriptor, termios.tcgetattr(descriptor)
    except (OSError, ValueError, termios.error):
        return None


def edited(typed: str) -> str:
    """`typed` as an input line has it: without keys that write nothing, and with deletions carried out.

    >>> edited("onx\\x7fe\\r\\x1b[Atwo\\t")
    'one\\ntwo\\t'
    """
    text = ""
    for key in _SEQUENCES.sub("", typed).replace("\r\n", "\n").replace("\r", "\n"):
        if key in "\x7f\b":
            text = text[:-1] if text and text[-1] != "\n" else text
        elif key >= " " or key in "\n\t":
            text += key
    return text
