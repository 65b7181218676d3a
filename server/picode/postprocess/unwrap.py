"""What of an answer is the code: without reasoning, fences, tags, openings and what the prompt said."""

from __future__ import annotations

import re
from typing import NamedTuple

from picode.core.invisible import drop_invisible
from picode.core.reasoning import split_reasoning
from picode.postprocess.cursor_context import CursorContext


def drop_reasoning(text: str, place: CursorContext) -> str:
    """`<think>…</think>x = 1` is `x = 1`, in any spelling, also where the prompt has opened it; reasoning without an end has no
    answer behind it. In code that has such tags itself they are code."""
    if not any(mark in text for mark in "<[◁"):
        return text
    around = "\n".join((*reversed(place.before), place.line_prefix, place.line_suffix, *place.after))
    split = split_reasoning(text, around)
    return split.text if split.reasoning else text


def _stands_around(tag: str, place: CursorContext) -> bool:
    tag = tag.strip().replace("/", "")
    return any(tag in line.replace("/", "") for line in (place.line_prefix, *place.before, *place.after))


_FENCE = re.compile(r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.MULTILINE)
_MARKDOWN = ("markdown", "md", "mdx", "")


class _Fence(NamedTuple):
    start: int
    end: int
    mark: str
    info: str


def unwrap_fence(text: str, place: CursorContext) -> str:
    """Of an answer with a Markdown fence, only what is in the fence is code. Fences in it are a part of it. In Markdown a fence
    is a wrapper only around all that is said."""
    if not place.chat:
        return text
    fences = [
        _Fence(found.start(), found.end(), found["mark"], found["info"].strip()) for found in _FENCE.finditer(text)
    ]
    if not fences:
        return drop_opening(text, place)
    first = fences[0]
    if place.language == "markdown" and (text[: first.start].strip() or first.info.lower() not in _MARKDOWN):
        return text
    close = _closing(fences, place)
    content = text[first.end + 1 : close.start if close else len(text)]
    return content.removesuffix("\n") if close else content


def _closing(fences: list[_Fence], place: CursorContext) -> _Fence | None:
    """The fence that ends the one that comes first; None while it has none."""
    first, *others = fences
    ends = [
        each for each in others if not each.info and each.mark[0] == first.mark[0] and len(each.mark) >= len(first.mark)
    ]
    if first.info.lower() in ("markdown", "md", "mdx"):
        return ends[-1] if ends else None
    depth = 1
    for each in others:
        if each.info:
            depth += 1
        elif each in ends or depth > 1:
            depth -= 1
        if not depth:
            return each
    return ends[-1] if ends else None


_SAYS_HERE = re.compile(
    r"\A\s*(?:here(?: is|'s| are)|sure|certainly|of course|the (?:completed?|missing) )[^\n]{0,80}[:!.]\n+", re.I
)
_SENTENCE = re.compile(r"\A\s*[^\W\d_a-z][^\n=(){}\[\];<>\"|#/\\]{2,100}[:：!.。]\s*\n+")
_NO_CODE = frozenset("markdown plaintext yaml restructuredtext asciidoc latex tex".split())


def drop_opening(text: str, place: CursorContext) -> str:
    """`Here is the code:` in front of code is no code, in any language that people speak."""
    text = _SAYS_HERE.sub("", text)
    found = _SENTENCE.match(text)
    if place.language in _NO_CODE or found is None or len(found[0].split()) < 2:
        return text
    return text[found.end() :]


_TAG = re.compile(r"<(completion|answer|code|insert|fill|missing)>\n?(.*?)(?:\n?</\1>|\Z)", re.DOTALL | re.IGNORECASE)


def unwrap_tag(text: str, place: CursorContext) -> str:
    """`<COMPLETION>a + b</COMPLETION>ok` is `a + b`, unless the code around the cursor has such tags itself."""
    if not place.chat or "<" not in text:
        return text
    found = _TAG.match(text.lstrip())
    return found[2] if found and not _stands_around(f"<{found[1]}", place) else text


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
    echo = _echoed_above(text, place)
    return text if echo is None else "\n".join(text.split("\n")[echo:])


def hold_back_echo(text: str, place: CursorContext) -> str:
    """While the model writes, what may yet come to be the code above the cursor once more waits."""
    so_far = _echoed_above(text, place, ended=False)
    return text if so_far is None or _echoed_above(text, place) is not None else ""


def _echoed_above(text: str, place: CursorContext, *, ended: bool = True) -> int | None:
    """How many lines of `text` are the last ones above the cursor, in order; None where it does not begin with those. Unless it
    has `ended`, it may not have come to the last one."""
    above = [line.strip() for line in reversed(place.before) if line.strip()]
    lines = text.split("\n")
    said = [(number, content) for number, line in enumerate(lines[:-1], 1) if (content := line.strip())]
    if not place.chat or not above or not said or _says_line(text, place):
        return None
    whole = ended and not place.line_prefix.strip()  # on a blank line, what a line above says may be meant again
    for start in range(len(above)):
        size = len(above) - start if whole else min(len(said), len(above) - start)
        echo = said[:size]
        if [content for _, content in echo] == above[start : start + size] and any(
            len(content) >= _CHANCE
            for _, content in echo  # a closing bracket is no echo
        ):
            return echo[-1][0]
    return None


def _says_line(text: str, place: CursorContext) -> bool:
    typed = place.line_prefix.strip()
    return len(typed) >= _CHANCE and text.lstrip().startswith(typed)


def drop_echo(text: str, place: CursorContext) -> str:
    """A chat model that writes the whole line again (`return x` for `ret│`), or its last words, means only the rest."""
    typed = place.line_prefix.lstrip()
    if not place.chat or not typed:
        return text
    stripped = text.lstrip()
    if stripped.startswith(typed):  # the prompt asks for the line from its first character
        return stripped[len(typed) :]
    if typed.endswith(".") and text.startswith(".") and not text.startswith(".."):
        return text[1:]
    for size in range(min(len(typed), len(text), _LONGEST_ECHO) - 1, _CHANCE - 1, -1):
        begins_word = not (typed[-size - 1].isalnum() and typed[-size].isalnum())
        if begins_word and typed[-size].isalnum() and typed.endswith(text[:size]):
            return text[size:]
    return text


_LONGEST_ECHO = 200
_CHANCE = 4
"""Characters that are hardly ever equal by chance."""
