"""The rules that turn what a model wrote into text that begins at the cursor it was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from picode.core.indentation import indent_of
from picode.core.invisible import drop_invisible
from picode.postprocess.cursor_context import MIXED, CursorContext

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


_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>\s*|\Z)", re.DOTALL)


def drop_reasoning(text: str, place: CursorContext) -> str:
    """`<think>…</think>x = 1` is `x = 1`; thinking without an end has no answer behind it."""
    return _THINKING.sub("", text)


_FENCE = re.compile(r"(?:\A|\n)[ \t]*```[^\n]*\n(.*?)(?:\n?[ \t]*```|\Z)", re.DOTALL)
_PREAMBLE = re.compile(
    r"\A\s*(?:here(?: is|'s| are)|sure|certainly|of course|the (?:completed?|missing) )[^\n]{0,80}[:!.]\n+", re.I
)


def unwrap_fence(text: str, place: CursorContext) -> str:
    """Of an answer with a Markdown fence, only what is in the fence is code; without one, `Here is the code:` is not."""
    if not place.chat:
        return text
    if "```" not in text:
        return _PREAMBLE.sub("", text)
    fenced = _FENCE.search(text)
    return fenced[1] if fenced else ""


_TAG = re.compile(r"<(completion|answer|code|insert|fill|missing)>\n?(.*?)(?:\n?</\1>|\Z)", re.DOTALL | re.IGNORECASE)


def unwrap_tag(text: str, place: CursorContext) -> str:
    """`<COMPLETION>a + b</COMPLETION>ok` is `a + b`, unless the code around the cursor has such tags itself."""
    if not place.chat or "<" not in text:
        return text
    found = _TAG.match(text.lstrip())
    written = (
        any(f"<{found[1]}" in line for line in (place.line_prefix, *place.before, *place.after)) if found else True
    )
    return found[2] if found and not written else text


def drop_marker(text: str, place: CursorContext) -> str:
    """Invisible characters and the cursor's marker are never code."""
    return drop_invisible(text).replace("<|cursor|>", "")


_PATH = re.compile(r"^[ \t]*(?://|\#|--|;|%|/\*|<!--)[ \t]*(?:Path|File(?:name)?):[^\n]*(?:\n|\Z)", re.MULTILINE)


def drop_prompt_echo(text: str, place: CursorContext) -> str:
    """`// Path: a.ts⏎x()` is `x()`: files are named in prompts, and a model that names the next one has left this one."""
    if ":" not in text:
        return text
    found = _PATH.match(text.lstrip("\n"))
    if found:
        text = text.lstrip("\n")[found.end() :]
    later = _PATH.search(text)
    return text[: later.start()].rstrip("\n") if later else text


_REFUSAL = re.compile(
    r"\A\W*(?:i(?:'m| am) (?:sorry|unable)|sorry,|i can(?:no|')t |as an ai |no (?:completion|suggestion)s?\b|nothing to )",
    re.I,
)


def drop_refusal(text: str, place: CursorContext) -> str:
    """A chat model that has nothing to say may say so; in a language without a grammar, that would pass for text."""
    return "" if place.chat and _REFUSAL.match(text) else text


def drop_lines_above(text: str, place: CursorContext) -> str:
    """A chat model that writes the code above again as well (`def f():⏎    return x` for `    ret│`) means what comes after."""
    above = [line.strip() for line in place.before if line.strip()]
    if not place.chat or not above or "\n" not in text:
        return text
    lines = text.split("\n")
    certain = False  # a closing bracket is no echo
    for number, line in enumerate(lines[:-1]):
        content = line.strip()
        if content and content not in above:
            return text
        certain = certain or len(content) >= _CHANCE
        if content == above[0] and certain:
            return "\n".join(lines[number + 1 :])
    return "" if certain else text  # nothing but echo so far


def drop_echo(text: str, place: CursorContext) -> str:
    """A chat model that writes the whole line again (`return x` for `ret│`), or its last words, means only the rest."""
    typed = place.line_prefix.lstrip()
    if not place.chat or len(typed) < 2:
        return text
    stripped = text.lstrip()
    if stripped.startswith(typed):
        return stripped[len(typed) :]
    if typed.endswith(".") and text.startswith(".") and not text.startswith(".."):
        return text[1:]
    for size in range(min(len(typed), len(text)) - 1, _CHANCE - 1, -1):
        begins_word = not (typed[-size - 1].isalnum() and typed[-size].isalnum())
        if begins_word and typed[-size].isalnum() and typed.endswith(text[:size]):
            return text[size:]
    return text


_CHANCE = 4
"""Characters that are hardly ever equal by chance."""


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


def fit_leading_space(text: str, place: CursorContext) -> str:
    """What is typed already is not written again: neither space behind a word, nor indentation, nor the word at the cursor that
    the prompt left out."""
    if not place.line_prefix.strip():
        return _without_indent(text, place)
    word = place.held.lstrip(" \t")
    if word:
        return text.removeprefix(place.held) if text.startswith(place.held) else ""
    return _without_space(text, place) if place.line_prefix.endswith((" ", "\t")) else text


def _without_space(text: str, place: CursorContext) -> str:
    """The space before the cursor is there already. A model that has not seen it may mean to go on without: with it, `x =` and
    `= 1` are not what was meant."""
    if place.chat:
        return text.lstrip(" \t")
    if place.held:
        typed = place.line_prefix.rstrip()
        if text.startswith(place.held):
            return text[len(place.held) :]
        if text[:1] in (" ", "\t"):
            return text.lstrip(" \t")
        return "" if typed[-1:] in _OPERATOR and text[:1] in _OPERATOR else text
    return text[1:] if re.match(r"[ \t]\S", text) else text


_OPERATOR = tuple("=<>+-*/|&!:.%^~")


def _without_indent(text: str, place: CursorContext) -> str:
    """The first line without the indentation that stands there. Less of it is a dedent, and that is no continuation of this
    line."""
    if text.startswith("\n"):
        text = text.lstrip("\n") if not place.line_suffix.strip() else text
    elif place.lead and not text.startswith(place.lead + place.held):  # it goes on behind what the prompt ended with
        text = place.lead + ("" if text[:1] in (" ", "\t") else place.held) + text
    line, newline, rest = text.partition("\n")
    if place.chat:
        return line.lstrip(" \t") + newline + rest
    return line[len(place.indent) :] + newline + rest if line.startswith(place.indent) else ""


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
    fit_leading_space,
)
