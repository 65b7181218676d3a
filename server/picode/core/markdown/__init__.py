"""A model's Markdown made harmless: nothing in it is fetched, run or followed, wherever it is rendered.

Images and links become their text and their target; HTML and definitions of links become text; control characters and those
that change how text reads become visible. Code stays as it is, to the byte, but for those characters. What a renderer takes
for code is made certain, because all else depends on it: fences stand near the beginning of their line, backticks are paired or
escaped. Lines end with `\\n`.

Each line depends only on those before it and, in a table, on the next one: `Stream` gives an answer's parts as they arrive.
"""

from __future__ import annotations

from picode.core.invisible import JOINERS, show_invisible
from picode.core.markdown.blocks import Lines

__all__ = ["Stream", "harmless"]


def sanitize(text: str) -> str:
    """`text`, or as much of it as has arrived, made harmless.

    >>> print(harmless("![logo](https://example.org/?q=secret) and <b>bold</b>, `<b>` stays"))
    logo (https://example.org/?q=secret) and \\<b>bold\\</b>, `<b>` stays
    """
    stream = Stream()
    return stream.feed(text) + stream.close()


class Stream:
    """The same for text that arrives in pieces: what has been given out stays as it is."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._waiting = ""
        self._given = 0
        """Characters that were given out of the line that is being written."""

    def feed(self, piece: str) -> str:
        """What of the text is certain by now and has not been given out. It may end in the middle of a line."""
        text = self._waiting + piece
        cr = text.endswith("\r")  # perhaps half of a line end
        *lines, rest = _plain(text[:-1] if cr else text).split("\n")
        shown: list[str] = []
        for number, line in enumerate(lines):
            if "|" in line and "`" in line and number + 1 == len(lines):
                rest = f"{line}\n{rest}"  # the next line says whether it is a row of a table
                break
            shown.append(self._show(line, lines[number + 1] if number + 1 < len(lines) else "") + "\n")
        self._waiting = rest + "\r" * cr
        if "\n" not in rest and not cr:
            begun = self._lines.show_so_far(show_invisible(rest.rstrip(JOINERS)))
            shown.append(begun[self._given :])
            self._given = max(self._given, len(begun))
        return "".join(shown)

    def close(self) -> str:
        """What is left when no more comes. A block of code that is open is closed: what follows the text is none of it."""
        lines = _plain(self._waiting).split("\n")
        self._waiting = ""
        shown = [self._show(line, below) for line, below in zip(lines, [*lines[1:], ""], strict=True)]
        return "\n".join([*shown, *self._lines.closing()])

    def _show(self, line: str, below: str) -> str:
        shown = self._lines.show(show_invisible(line), below)[self._given :]
        self._given = 0
        return shown


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
