"""Text as SQLite can hold it."""

from __future__ import annotations

LONGEST_TITLE = 120
"""Characters."""


def sound(text: str) -> str:
    """`text` as it can be written: halves of surrogate pairs, and NUL, at which SQLite's functions stop, become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")


def title_of(text: str) -> str:
    """`text` as a title: one line, and not too long."""
    line = " ".join(sound(text).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"
