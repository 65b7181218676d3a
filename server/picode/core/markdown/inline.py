"""What stands in a line of Markdown: code stays as it is; links, images and HTML become text."""

from __future__ import annotations

import re
from bisect import bisect_left

# An escape, backticks, what may begin HTML or a link, and where a link's target begins.
_SPECIAL = re.compile(r"\\[!-/:-@\[-`{-~]|`+|<|!?\[|\]\(")
_LINK = re.compile(
    r"!?\[(?P<text>[^\[\]`\\<]*+)\]\([ \t]*+(?P<angle><)?(?P<target>[^\s()<>`\\\[\]]*+)(?(angle)>)"
    r"(?:[ \t]++(?:\"[^\"()`\\<\[\]]*+\"|'[^'()`\\<\[\]]*+'))?[ \t]*+\)"
)
_MAY_BE_LINK = re.compile(r"!?\[[^\[\]`\\<]*(?:\](?:\([^)\n]*)?)?")
_ADDRESS = re.compile(r"<(https?://[^\s<>`\\\[\]]*)>")
_MAY_BE_ADDRESS = re.compile(r"<(?:h(?:t(?:t(?:p(?:s?(?::(?:/(?:/[^\s<>`\\\[\]]*)?)?)?)?)?)?)?)?")
_WEB = ("https://", "http://")
_LONGEST_TARGET = 120
"""Characters of a target that is not on the web. `data:` may go on for megabytes."""


def harmless_inline(text: str, *, cells: bool = False) -> str:
    """A line's text with nothing in it that a renderer fetches or runs. `cells`: it may be a row of a table, in which code ends
    where a cell does.

    Backticks that enclose nothing on their line are escaped, so that every renderer finds the same code in it.
    """
    return "|".join(map(_harmless, _split_cells(text) if cells else [text]))


def _split_cells(text: str) -> list[str]:
    return re.split(r"(?<!\\)\|", text)


def _harmless(text: str) -> str:
    shown: list[str] = []
    ticks = _Ticks(text)
    at = 0
    while found := _SPECIAL.search(text, at):
        shown.append(text[at : found.start()])
        at = found.end()
        mark = found[0]
        if mark.startswith("`"):
            end = ticks.closing(len(mark), at)
            shown.append(text[found.start() : end] if end else "\\`" * len(mark))
            at = end or at
        elif mark == "<":
            address = _ADDRESS.match(text, found.start())
            shown.append(address[1] if address else "<" if text[at : at + 1].isspace() else "\\<")
            at = address.end() if address else at
        elif mark.endswith("["):
            link = _LINK.match(text, found.start())
            shown.append(_as_text(link) if link and "~~~" not in link["text"] else mark)
            at = link.end() if link and "~~~" not in link["text"] else at
        else:
            shown.append("] (" if mark == "](" else mark)
    return "".join([*shown, text[at:]])


class _Ticks:
    """The runs of backticks of a text, by their length."""

    def __init__(self, text: str) -> None:
        self._ends: dict[int, list[int]] = {}
        for run in _RUN.finditer(text):
            self._ends.setdefault(len(run[0]), []).append(run.end())

    def closing(self, size: int, start: int) -> int:
        """Where the code ends that `size` backticks open before `start`; 0 where nothing closes it."""
        ends = self._ends.get(size, [])
        at = bisect_left(ends, start + size)
        return ends[at] if at < len(ends) else 0


_RUN = re.compile(r"`+")


def _as_text(link: re.Match[str]) -> str:
    """`[manual](https://…)` is `manual (https://…)`. What is not on the web is shown as code, which no editor makes a link."""
    text, target = link["text"].strip(), link["target"]
    if not target:
        return text
    if not target.lower().startswith(_WEB):
        target = f"`{target[:_LONGEST_TARGET]}{'…' if len(target) > _LONGEST_TARGET else ''}`"
    return target if text in ("", link["target"]) else f"{text} ({target})"


def settled(text: str) -> int:
    """How much of a line that is still being written can be shown: up to what may yet become something else."""
    ticks = _Ticks(text)
    at = 0
    while found := _SPECIAL.search(text, at):
        at, begins = found.end(), found.start()
        mark = found[0]
        if mark.startswith("`"):
            end = ticks.closing(len(mark), at)
            if not end or end == len(text) or "|" in text:
                return begins
            at = end
        elif mark == "<":
            if _MAY_BE_ADDRESS.fullmatch(text, begins):
                return begins
            address = _ADDRESS.match(text, begins)
            at = address.end() if address else at
        elif mark.endswith("["):
            if _MAY_BE_LINK.fullmatch(text, begins):
                return begins
            link = _LINK.match(text, begins)
            at = link.end() if link else at
    return max(at, len(text.rstrip("!]\\")))
