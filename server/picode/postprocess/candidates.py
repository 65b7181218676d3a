"""The parts of an answer that may be what was meant, and how a part may go on."""

from __future__ import annotations

from collections.abc import Iterator

from picode.core.indentation import indent_of
from picode.postprocess.cursor_context import CursorContext
from picode.postprocess.overlap import said_again
from picode.syntax.lexer import PAIRS, balance
from picode.syntax.window import Window

_MOST_ENDS = 8
"""Lines at whose end an answer may be cut, from its own end back."""

_UNFINISHED = ("(", "[", "{", ",", ":")


def parts(text: str, place: CursorContext, window: Window | None) -> Iterator[str]:
    """The parts of `text`, the likeliest first, no two the same: without what stands behind the cursor already; whole; and the
    longer before the shorter."""
    text = text[: said_again(text, place)]
    end = text[len(text.rstrip()) :]
    if not place.line_suffix.strip() or "\n" in end:
        text = text.rstrip()
    seen = {""}
    for part in _parts(text, place, window):
        if part.strip() and part not in seen:
            seen.add(part)
            yield part


def _parts(text: str, place: CursorContext, window: Window | None) -> Iterator[str]:
    yield from _without_lines_below(text, place)
    yield text
    yield from _without_rest_of_line(text, place)
    if window is not None:
        found = balance(window.before + text, place.language)
        if found.at >= len(window.before):
            yield text[: found.at - len(window.before)].rstrip()
    yield from _closed(text, place)
    lines = text.split("\n")
    for count in range(len(lines) - 1, max(0, len(lines) - 1 - _MOST_ENDS), -1):
        yield "\n".join(lines[:count]).rstrip()
    yield lines[0]


def _without_lines_below(text: str, place: CursorContext) -> Iterator[str]:
    """`text` without last lines that are the next lines below, at the same depth: closers, where nothing else is meant."""
    below = [line.rstrip() for line in place.after if line.strip()]
    lines = text.rstrip().split("\n")
    for size in range(min(len(lines) - 1, len(below)), 0, -1):
        if [line.rstrip() for line in lines[-size:]] == below[:size]:
            yield "\n".join(lines[:-size]).rstrip()


def _without_rest_of_line(text: str, place: CursorContext) -> Iterator[str]:
    """`text` without an end that begins what stands right of the cursor, the longest first. No word is cut in two."""
    right = place.line_suffix
    if not right.strip() or "\n" in text:
        return
    for size in range(1, min(len(right), len(text)) + 1):
        within_word = size < len(right) and right[size - 1].isalnum() and right[size].isalnum()
        if not within_word and text.endswith(right[:size]):
            yield text[:-size]


def _closed(text: str, place: CursorContext) -> Iterator[str]:
    """`text` with the brackets and quotes closed that it leaves open, where it does not break off in the middle."""
    last = text.rstrip()
    if last.endswith(_UNFINISHED) or not (missing := missing_closers(text + place.line_suffix)):
        return
    if "\n" not in text:
        yield last + missing
    elif missing == "}":
        opener = next((line for line in reversed(last.split("\n")) if line.endswith("{")), place.line_prefix)
        yield f"{last}\n{indent_of(opener)}{missing}"


def missing_closers(text: str) -> str:
    """The closers of the brackets and quotes that `text` leaves open, innermost first."""
    stack: list[str] = []
    quote, escaped = "", False
    for character in text:
        if quote:
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
        elif character in "\"'`":
            quote = character
        elif character in PAIRS:
            stack.append(PAIRS[character])
        elif stack and stack[-1] == character:
            stack.pop()
    return quote + "".join(reversed(stack))


_ENDS = {
    "lua": ("\nend", " then\nend", " do\nend", "\nuntil x"),
    "ruby": ("\nend", " do\nend"),
    "elixir": ("\nend", " do\nend"),
    "shellscript": (
        "; fi",
        "\n:; fi",
        "; then :; fi",
        " ]; then :; fi",
        "; do :; done",
        "\n:; done",
        ") ;;\nesac",
        "\nesac",
    ),
}
"""How heads and blocks may go on where words close them, by language."""


def completions(text: str, place: CursorContext) -> list[str]:
    """Likely continuations of `text`, the likeliest first: what completes the head of a block, or closes a bracket."""
    text = text.rstrip()
    line = text.rpartition("\n")[2] if "\n" in text else place.line_prefix + text
    missing = missing_closers((place.line_prefix if "\n" not in text else "") + text + place.line_suffix)
    if place.language == "python":
        return _completions_in_python(text, line, missing)
    ends = [text + end for end in _ENDS.get(place.language, ())]
    if missing:
        return [text + missing, f"{text}{missing};", f"{text} x{missing};", f"{text}{missing} {{}}", *ends]
    return [f"{text};", f"{text} {{}}", f"{text} x;", *ends]


def _completions_in_python(text: str, line: str, missing: str) -> list[str]:
    indent = indent_of(line)
    if line.lstrip().startswith("@"):
        return [f"{text}\n{indent}def f(): pass"]
    if line.strip() == "try:":
        return [f"{text}\n{indent}    pass\n{indent}finally: pass"]
    if text.endswith(":"):
        return [f"{text}\n{indent}    pass"]
    if missing:
        return [text + missing, f"{text} x{missing}", f"{text}{missing}: pass"]
    return [f"{text}: pass", f"{text} x", f"{text} x: pass"]
