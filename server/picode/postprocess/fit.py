"""The rules that make text, which begins at the cursor, fit the cursor's place as it is now."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from picode.core.indentation import indent_of
from picode.postprocess.cursor_context import CursorContext
from picode.postprocess.normalize import Rule


def keep_one_line(text: str, place: CursorContext) -> str:
    """Where only a line fits, the first one is it."""
    return text if place.multiline else text.partition("\n")[0]


def stop_at_blank_line(text: str, place: CursorContext) -> str:
    """A blank line behind content ends a block: `a()⏎⏎b()` is `a()`."""
    if "\n" not in text:
        return text
    lines = text.split("\n")
    begun = False
    for number, line in enumerate(lines):
        if begun and not line.strip():
            return "\n".join(lines[:number])
        begun = begun or bool(line.strip())
    return text


_CLOSERS = (")", "]", "}")


def stop_at_scope(text: str, place: CursorContext) -> str:
    """A line that leaves the cursor's block ends the answer. The block's own closer may stand at its end, if it is not there
    already: in a body that nothing closes, `a()⏎}⏎function g() {` is `a()⏎}`. `} else {` goes on."""
    lines = text.split("\n")
    opens = place.line_prefix.rstrip().endswith(("{", ":", "(", "["))
    base = len(place.indent)
    for number, line in enumerate(lines[1:], 1):
        depth = len(line) - len(line.lstrip())
        if depth > base or not line.strip() or (depth == base and not opens):
            continue
        wanted = line.lstrip().startswith(_CLOSERS) and (depth == base or _lacks_closer(place, depth))
        if wanted and line.rstrip().endswith("{"):
            base, opens = depth, True
            continue
        return "\n".join(lines[: number + wanted])
    return text


def _lacks_closer(place: CursorContext, depth: int) -> bool:
    """Whether the line below is not the one that closes a block of that depth, nor one of the block itself."""
    below = place.next_line
    indent = len(indent_of(below))
    return not below or indent < depth or (indent == depth and not below.lstrip().startswith(_CLOSERS))


def stop_at_suffix(text: str, place: CursorContext) -> str:
    """A last line that was cut off while it said what the line below says (20 characters and more) is left out."""
    above, newline, last = text.rpartition("\n")
    said = last.strip() if newline else (place.line_prefix + last).strip()
    return above if len(said) >= 20 and place.next_line.strip().startswith(said) else text


def stop_at_next_line(text: str, place: CursorContext) -> str:
    """What stands below the cursor is not suggested again: `a = 1⏎return total` above `return total` is `a = 1`."""
    below = place.next_line.strip()
    lines = text.split("\n")
    for number, line in enumerate(lines):
        content = line.strip() if number else (place.line_prefix + line).strip()
        if _same_line(content, below) or (number and content == below and not _CLOSING.fullmatch(content)):
            return "\n".join(lines[:number]).rstrip()
    return text


def _same_line(one: str, other: str) -> bool:
    if len(one) <= 4 or len(other) <= 4:
        return False
    if one == other:
        return True
    alike = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return alike.real_quick_ratio() > 0.9 and alike.quick_ratio() > 0.9 and alike.ratio() > 0.9


_CLOSING = re.compile(r"[ \t]*[)\]}]+[;,]?[ \t]*")


def drop_closer_below(text: str, place: CursorContext) -> str:
    """A closer that stands below already is not written again: `b()⏎}` above `}` is `b()`."""
    lines = text.split("\n")
    below = [line.rstrip() for line in place.after if line.strip()]
    for size in range(min(len(lines) - 1, len(below)), 0, -1):
        last = [line.rstrip() for line in lines[-size:]]
        if last == below[:size] and all(_CLOSING.fullmatch(line) for line in last):
            return "\n".join(lines[:-size])
    return text


def drop_repeated_above(text: str, place: CursorContext) -> str:
    """A first line that only says again what the line above says is no suggestion."""
    above = next((line for line in place.before if line.strip()), "").strip()
    first = (place.line_prefix + text.partition("\n")[0]).strip()
    return "" if len(first) > 4 and first == above else text


def _loops(line: str) -> bool:
    """Whether it ends with the same three characters or more six times over, or with ten or more four times."""
    length = len(line)
    for times, shortest in ((6, 3), (4, 10)):
        for size in range(shortest, length // times + 1):
            if line[-1] == line[-1 - size] and line[-size * times :] == line[-size:] * times:
                return True
    return False


def cut_repetition(text: str, place: CursorContext) -> str:
    """A model that loops says it once: `x⏎x⏎x` is `x`, as is a paragraph that comes again, and a line that ends in a loop is
    dropped."""
    kept: list[str] = []
    for line in text.split("\n"):
        if _loops(line):
            break
        if len(line.strip()) > 1 and kept[-2:] == [line, line]:
            return "\n".join(kept[:-1])
        kept.append(line)
    for size in range(2, len(kept[:_MOST]) // 2 + 1):
        times = 3 if size == 2 else 2
        for start in range(len(kept[:_MOST]) - times * size + 1):
            block = kept[start : start + size]
            again = (kept[start + size * each : start + size * (each + 1)] for each in range(1, times))
            if sum(len(line.strip()) > 3 for line in block) > 1 and all(block == other for other in again):
                return "\n".join(kept[: start + size])
    return "\n".join(kept)


_MOST = 60
"""Lines that are looked through for loops."""


_COMMENT = re.compile(r"[ \t]*(?://+|\#+|--|;+|%+)[ \t]*")


def drop_empty_comments(text: str, place: CursorContext) -> str:
    """A comment that says nothing is no end: `x()⏎//` is `x()`."""
    lines = text.split("\n")
    while lines and (_COMMENT.fullmatch(lines[-1]) if len(lines) > 1 or not place.line_prefix.strip() else False):
        lines.pop()
    return "\n".join(lines)


def drop_suffix_overlap(text: str, place: CursorContext) -> str:
    """What stands right of the cursor is not suggested again: for `print(│)`, `"a")` is `"a"`; `a()` is whole as it is."""
    right = place.line_suffix.strip()
    if not right:
        return text
    first, newline, rest = text.partition("\n")
    first = first.rstrip()
    for size in range(min(len(right), len(first)), 0, -1):
        if not first.endswith(right[:size]) or (size < len(right) and right[:size].isalnum()):
            continue
        if not _closes(right[:size], first[:-size]):
            return first[:-size] + newline + rest
    return text


def _closes(end: str, text: str) -> bool:
    """Whether `end` closes a bracket that `text` opens."""
    return any(closer in end and text.count(opener) > text.count(closer) for opener, closer in ("()", "[]", "{}"))


def drop_unmatched_closers(text: str, place: CursorContext) -> str:
    """`a)}` with only `(` open is `a)`: a closer that nothing opened ends the answer."""
    pairs = {")": "(", "]": "[", "}": "{"}
    open_before = [character for character in place.line_prefix if character in "([{"]
    for character in place.line_prefix:
        if character in pairs and pairs[character] in open_before:
            open_before.remove(pairs[character])
    if "\n" in text:
        return text
    depth: list[str] = open_before
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote and text[at - 1] != "\\" else quote
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            depth.append(character)
        elif character in pairs:
            if pairs[character] not in depth:
                return text[:at]
            depth.remove(pairs[character])
    return text


def drop_blank(text: str, place: CursorContext) -> str:
    """White space, or a single bracket, is not worth a flicker. Trailing space never is."""
    text = text.rstrip()
    return text if len(text.strip()) > 1 or text.strip().isalnum() else ""


FIT: Sequence[Rule] = (
    keep_one_line,
    stop_at_blank_line,
    stop_at_scope,
    stop_at_suffix,
    drop_suffix_overlap,
    stop_at_next_line,
    drop_closer_below,
    drop_repeated_above,
    cut_repetition,
    drop_empty_comments,
    drop_unmatched_closers,
    drop_blank,
)
