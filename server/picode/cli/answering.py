"""An answer in a terminal, while it is written: formatted, or plain text where standard output is no terminal."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TextIO

from picode.assistant.chat.command_request import Began, Ended, Event, Piece, Waits
from picode.cli.terminal import can_draw, is_animated, print_text
from picode.cli.waiting import WAITING
from picode.core.terminal import Stripper, safe

if TYPE_CHECKING:
    from rich.live import Live

    from picode.cli.console import Console


class PlainAnswer:
    """Writes each piece as it comes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._stripper = Stripper()
        self._last = "\n"

    def add(self, text: str) -> None:
        self._write(self._stripper.feed(text))

    def end(self) -> None:
        self._write(self._stripper.close())
        if self._last != "\n":
            self._write("\n")

    def _write(self, text: str) -> None:
        if text := safe(text):
            self._last = text[-1]
            self._out.write(text)
            self._out.flush()


class FormattedAnswer:
    """Shows Markdown: the paragraphs that are complete are printed for good, the one that is being written is drawn anew.

    A whole answer drawn anew with each piece would flicker, and could not grow beyond the screen.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stripper = Stripper()
        self._pending = ""
        self._live: Live | None = None

    def add(self, text: str) -> None:
        done, self._pending = split_complete(self._pending + safe(self._stripper.feed(text)))
        if done:
            self._stop()
            self._print(done)
        if self._pending.strip():
            self._draw()

    def end(self) -> None:
        self._stop()
        self._print(self._pending)
        self._pending = ""

    def _draw(self) -> None:
        if not is_animated(sys.stdout):
            return
        from rich.live import Live
        from rich.text import Text

        height = max(3, self._console.size.height - 2)
        tail = "\n".join(self._pending.splitlines()[-height:])
        if self._live is None:
            self._live = Live(console=self._console, transient=True, refresh_per_second=20, vertical_overflow="crop")
            self._live.start()
        self._live.update(Text(tail))

    def _stop(self) -> None:
        if self._live is not None:
            self._live.update("")
            self._live.stop()
            self._live = None

    def _print(self, text: str) -> None:
        from rich.markdown import Markdown

        if text.strip():
            self._console.print(Markdown(text, hyperlinks=False))


def split_complete(text: str) -> tuple[str, str]:
    """`text` as the paragraphs that are complete, and what may still change. A fenced block is one paragraph.

    >>> split_complete("One.\\n\\nTwo")
    ('One.\\n\\n', 'Two')
    >>> split_complete("```\\na\\n\\nb")
    ('', '```\\na\\n\\nb')
    """
    end = at = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        at += len(line)
        mark = line.lstrip()[:3]
        if not line.endswith("\n"):
            break
        if fence:
            if mark == fence and not line.strip().strip(fence[0]):
                fence, end = "", at
        elif mark in ("```", "~~~"):
            fence = mark
        elif not line.strip():
            end = at
    return text[:end], text[end:]


class Shown:
    """What is known of an answer when it has been shown."""

    def __init__(self) -> None:
        self.text = ""
        self.began: Began | None = None
        self.ended: Ended | None = None


class _Progress:
    """Says on a terminal what is waited for before the first word, and afterwards for how long the model has thought."""

    def __init__(self) -> None:
        self._since = 0.0

    def begin(self) -> None:
        WAITING.show("Waiting for the model…")

    def thinks(self) -> None:
        if not self._since:
            self._since = time.monotonic()
            WAITING.show("Thinking…")

    def end(self) -> None:
        WAITING.clear()
        if self._since and sys.stderr.isatty():
            from picode.cli.console import Console

            seconds = time.monotonic() - self._since
            Console(stderr=True).print(f"Thought for {seconds:.0f} s.", style="dim")
        self._since = 0.0


async def show(events: AsyncGenerator[Event], shown: Shown, *, quiet: bool = False, whole: bool = False) -> Shown:
    """Shows an answer on standard output while it arrives, and fills `shown`. Raises what `ChatService.ask` raises.

    `quiet`: it is not shown, since something will be made of it. `whole`: it is shown when it has ended. Reasoning is not
    shown; a terminal says how long it took. Why another model than usual answers is said on standard error.
    """
    from picode.cli.console import Console

    answer = FormattedAnswer(Console()) if can_draw(sys.stdout) else PlainAnswer(sys.stdout)
    progress = _Progress()
    progress.begin()
    try:
        async with aclosing(events):
            async for event in events:
                match event:
                    case Began():
                        shown.began = event
                        if event.note:
                            with WAITING.lifted():
                                print_text(event.note, err=True)
                    case Waits():
                        with WAITING.lifted():
                            wait = f"Waiting {math.ceil(event.seconds)} s" if event.seconds >= 1 else "Trying again"
                            print_text(f"{wait}: {event.reason}.", err=True)
                    case Piece():
                        _take(event, shown, progress, None if quiet or whole else answer)
                    case Ended():
                        shown.ended, shown.text = event, event.text
    finally:
        progress.end()
        if not quiet:
            if whole:
                answer.add(shown.text)
            answer.end()
    return shown


def _take(piece: Piece, shown: Shown, progress: _Progress, answer: PlainAnswer | FormattedAnswer | None) -> None:
    if piece.retracts:
        shown.text = ""
        if answer is not None:
            answer.end()  # a terminal takes nothing back
            print_text("(What stands above is the model's reasoning.)", err=True)
    if piece.reasoning and not piece.text and not shown.text:
        progress.thinks()
    shown.text += piece.text
    if piece.text and answer is not None:
        progress.end()
        answer.add(piece.text)


def answer_as_json(command: str, shown: Shown) -> dict[str, Any]:
    """An answer that has ended, as the fields of `--json`."""
    began, ended = shown.began, shown.ended
    assert began is not None
    assert ended is not None
    return {
        "command": command,
        "text": shown.text,
        "conversation": began.conversation,
        "provider": began.provider,
        "model": began.model,
        "shown": [str(each) for each in began.shown],
        "finish": ended.finish.value,
        "problem": ended.note,
        "note": began.note,
        "usage": {"input": ended.usage.input_tokens, "output": ended.usage.output_tokens},
        "cost": ended.cost,
    }


EMPTY, INCOMPLETE = 1, 3
"""Exit codes for an answer that has no text, and for one that was cut or declined."""


def report_ending(shown: Shown) -> int:
    """Says on standard error why the answer is empty or not whole, if it is not. Gives the exit code."""
    ended = shown.ended
    if ended is None or not ended.note:
        return 0
    print_text(ended.note, err=True)
    return INCOMPLETE if ended.text.strip() else EMPTY
