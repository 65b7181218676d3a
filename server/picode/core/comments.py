"""Comments: text as a comment, and the comment at a line."""

from __future__ import annotations

from collections.abc import Sequence

from picode.core.languages import language as row_of


def as_comment(text: str, language: str) -> str:
    """Each line of `text` as a comment of its own: a line comment if `language` has them, else a block comment."""
    row = row_of(language)
    first, last = (row.line_comment, "") if row.line_comment else row.block_comment or ("//", "")
    lines = (f"{first} {line} {last}".rstrip() for line in text.replace(last or "\0", "").split("\n"))
    return "\n".join(lines)


def comment_at(lines: Sequence[str], row: int, language: str) -> tuple[int, int] | None:
    """The first and the last line of the comment that line number `row` is part of; None if it is part of none.

    A run of line comments is one comment, if the lines hold nothing else. A block comment ends with its mark.

    >>> comment_at(["x = 1\\n", "# add a\\n", "# and b\\n", "y = 2\\n"], 2, "python")
    (1, 2)
    """
    known = row_of(language)
    mark = known.line_comment
    if mark and lines[row].lstrip().startswith(mark):
        start = end = row
        while start > 0 and lines[start - 1].lstrip().startswith(mark):
            start -= 1
        while end + 1 < len(lines) and lines[end + 1].lstrip().startswith(mark):
            end += 1
        return start, end
    return _block_at(lines, row, *known.block_comment) if known.block_comment else None


_LONGEST = 60
"""Lines of the longest block comment that is found."""


def _block_at(lines: Sequence[str], row: int, first: str, last: str) -> tuple[int, int] | None:
    start = row
    while not lines[start].lstrip().startswith(first):
        if start == 0 or row - start > _LONGEST or (start != row and last in lines[start]):
            return None
        start -= 1
    end = start
    while last not in lines[end]:
        if end + 1 >= len(lines) or end - start > _LONGEST:
            return None
        end += 1
    return (start, end) if start <= row <= end and lines[end].rstrip().endswith(last) else None
