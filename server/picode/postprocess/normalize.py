"""The rules that turn what a model wrote into text that begins at the cursor it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from picode.core.indentation import indent_of
from picode.postprocess.cursor_context import MIXED, CursorContext
from picode.postprocess.extent import Line, is_directive, lines_of
from picode.postprocess.unwrap import (
    drop_echo,
    drop_lines_above,
    drop_marker,
    drop_prompt_echo,
    drop_reasoning,
    drop_refusal,
    hold_back_echo,
    unwrap_fence,
    unwrap_tag,
)
from picode.syntax.lexer import lex, open_indents

Rule = Callable[[str, CursorContext], str]


def cut_at_stop(text: str, place: CursorContext) -> str:
    """`foo()<|endoftext|>x` is `foo()`: a stop string ends the answer wherever it stands."""
    ends = [at for stop in place.stops if (at := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else text


def hold_back(text: str, place: CursorContext) -> str:
    """`foo()<|endo` may become `foo()<|endoftext|>`: while the model writes, the end of it that may be a stop waits."""
    longest = max(map(len, place.stops), default=0)
    for size in range(min(longest - 1, len(text)), 0, -1):
        if any(stop.startswith(text[-size:]) for stop in place.stops if len(stop) > size):
            return text[:-size]
    return text


def fit_indentation(text: str, place: CursorContext) -> str:
    """`{⏎→a()` in a file of four spaces is `{⏎    a()`: a model that writes tabs does not make this a file with tabs."""
    if place.unit in ("", MIXED) or "\n" not in text:
        return text
    first, *rest = text.split("\n")
    if place.unit == "\t":
        if not any(line.startswith("  ") for line in rest):
            return text
        narrowest = min(len(indent_of(line)) for line in rest if line.startswith("  "))
        step = " " * (2 if narrowest % 4 == 2 else 4)
        return "\n".join([first, *(_with_unit(line, step, "\t") for line in rest)])
    if not any(line.startswith("\t") for line in rest):
        return text
    return "\n".join([first, *(_with_unit(line, "\t", place.unit) for line in rest)])


def _with_unit(line: str, old: str, new: str) -> str:
    indent = indent_of(line)
    return indent.replace(old, new) + line[len(indent) :]


_OPENERS = ("{", ":", "(", "[", "do", "then", "=", "=>", "->")


def fit_depth(text: str, place: CursorContext) -> str:
    """The lines of a chat model that writes as if the cursor's line were not indented, as deep as they have to be."""
    if not place.chat or "\n" not in text or not place.indent:
        return text
    first, *others = lines_of(text, place)
    content = [line for line in others if line.content]
    if not content:
        return text
    least = _least_indents(others, place)
    opens = (place.line_prefix + first.text).rstrip().endswith(_OPENERS) and not place.inside
    body = content[0]
    flat = opens and not _closers_at_start(body.text, place) and _width(body.text) <= _width(least[body.start])
    deep = all(line.quoted or _width(line.text) >= _width(least[line.start]) for line in content)
    if deep and not flat and not _is_aligned(body, first, place):
        return text
    return "\n".join([first.text, *(_as_deep(line, least[line.start], place.indent) for line in others)])


def _least_indents(lines: Sequence[Line], place: CursorContext) -> dict[int, str]:
    """The least indentation that each line may have, by where it starts: that of the cursor's line; where what has begun above
    it is closed, that of the line which began it."""
    above = open_indents("".join(f"{line}\n" for line in reversed(place.before)), place.language)
    own = _closers_at_start(place.line_prefix, place)
    found: dict[int, str] = {}
    for line in lines:
        first = line.depth == line.least and _closers_at_start(line.text, place) > 0
        left = first - line.least
        outer = above[-left] if own < left <= len(above) else ""
        found[line.start] = place.indent if left <= own else min(outer, place.indent, key=_width)
        if is_directive(line, place.language):
            found[line.start] = ""
    return found


def _closers_at_start(line: str, place: CursorContext) -> int:
    """How many closers `line` begins with."""
    content = line.strip()
    count = at = 0
    for token in lex(content, place.language):
        if token.kind != "close" or content[at : token.start].strip():
            break
        count, at = count + 1, token.end
    return count


def _is_aligned(line: Line, first: Line, place: CursorContext) -> bool:
    """Whether `line` stands below what follows the last open bracket of the first one, if that were not indented."""
    opening = place.line_prefix + first.text
    columns: list[int] = []
    for token in lex(opening, place.language, place.inside):
        if token.kind == "open":
            columns.append(token.end)
        elif token.kind == "close" and columns:
            columns.pop()
    if not columns or line.depth <= 0 or not opening[columns[-1] :].strip():
        return False
    return len(indent_of(line.text)) == columns[-1] - len(place.indent)


def _as_deep(line: Line, least: str, base: str) -> str:
    if not line.content:
        return line.text
    if least == base:
        return base + line.text
    return line.text if _width(line.text) >= _width(least) else least + line.content


def _width(line: str) -> int:
    return len(indent_of(line).expandtabs(4))


def fit_leading_space(text: str, place: CursorContext) -> str:
    """What is typed already is not written again: neither space behind a word, nor indentation, nor the word at the cursor that
    the prompt left out."""
    if not place.line_prefix.strip():
        return _without_indent(text, place)
    word = place.healed.lstrip(" \t")
    if word:
        return text.removeprefix(place.healed) if text.startswith(place.healed) else ""
    return _without_space(text, place) if place.line_prefix.endswith((" ", "\t")) else text


def _without_space(text: str, place: CursorContext) -> str:
    """The space before the cursor is there already. A model that has not seen it may mean to go on without: with it, `x =` and
    `= 1` are not what was meant."""
    if place.chat:
        return text.lstrip(" \t")
    if not place.healed:
        return text[1:] if text[:1] in (" ", "\t") and text[1:2].strip() else text
    if text.startswith(place.healed):
        return text[len(place.healed) :]
    if text[:1] in (" ", "\t"):
        return text.lstrip(" \t")
    return "" if place.line_prefix.rstrip()[-1:] in _OPERATOR and text[:1] in _OPERATOR else text


_OPERATOR = tuple("=<>+-*/|&!:.%^~")


def _without_indent(text: str, place: CursorContext) -> str:
    """The first line without the indentation that stands there. Less of it is a dedent, and that is no continuation of this
    line."""
    if text.startswith("\n"):
        text = text.lstrip("\n") if not place.line_suffix.strip() else text
    elif place.lead and not text.startswith(place.lead + place.healed):  # it goes on behind what the prompt ended with
        text = place.lead + ("" if text[:1] in (" ", "\t") else place.healed) + text
    line, newline, rest = text.partition("\n")
    if place.chat:
        return (line if _begins_deeper(place) else line.lstrip(" \t")) + newline + rest
    return line[len(place.indent) :] + newline + rest if line.startswith(place.indent) else ""


def _begins_deeper(place: CursorContext) -> bool:
    """Whether the cursor is at the start of a line that belongs into a block, so that its indentation is still to be
    written."""
    above = next((line for line in place.before if line.strip()), "")
    return not place.line_prefix and (above[:1] in (" ", "\t") or above.rstrip().endswith(_OPENERS))


ARRIVAL: Sequence[Rule] = (
    cut_at_stop,
    drop_reasoning,
    unwrap_fence,
    unwrap_tag,
    drop_marker,
    drop_prompt_echo,
    drop_refusal,
    drop_lines_above,
    drop_echo,
    fit_indentation,
    fit_depth,
    fit_leading_space,
)

_ECHO = ARRIVAL.index(drop_lines_above)
ARRIVING: Sequence[Rule] = (hold_back, *ARRIVAL[:_ECHO], hold_back_echo, *ARRIVAL[_ECHO:])
"""The same for an answer that is still being written."""
