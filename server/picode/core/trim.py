"""From what a model wrote to the ghost text that fits the cursor.

Each rule is a pure function `(text, place) -> text`, run in order. Model answers are wrong in a few regular ways (they
repeat what stands before or after the cursor, they go on too long, they loop): one rule for each.

There are two halves. `arrive` turns what the model wrote into text that begins at the cursor it was asked for; that text
still holds when somebody types on, less what they typed. `fit` makes what is left of it fit the cursor as it is now. An
empty text means: nothing to show.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from picode.core.document import Snapshot, body


@dataclass(frozen=True, slots=True)
class Place:
    """What the rules need to know about the cursor. `before` and `after` are lines without line ends, nearest first."""

    line_prefix: str
    line_suffix: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    multiline: bool
    chat: bool = False
    stops: tuple[str, ...] = ()

    @property
    def indent(self) -> str:
        """The white space that the cursor's line begins with."""
        return self.line_prefix[: len(self.line_prefix) - len(self.line_prefix.lstrip())]

    @property
    def next_line(self) -> str:
        """The nearest line below that is not blank; empty where there is none within sight."""
        return next((line for line in self.after if line.strip()), "")


Rule = Callable[[str, Place], str]

_SIGHT = 8


def describe(snapshot: Snapshot, *, multiline: bool, chat: bool = False, stops: tuple[str, ...] = ()) -> Place:
    """The place of the cursor in `snapshot`."""
    lines, row = snapshot.lines, snapshot.cursor.line
    return Place(
        line_prefix=snapshot.line_prefix,
        line_suffix=snapshot.line_suffix,
        before=tuple(body(line) for line in reversed(lines[max(0, row - _SIGHT) : row])),
        after=tuple(body(line) for line in lines[row + 1 : row + 1 + _SIGHT]),
        multiline=multiline,
        chat=chat,
        stops=stops,
    )


def wants_block(snapshot: Snapshot) -> bool:
    """Whether several lines may be suggested here: on a blank line, or behind what opens a block."""
    if snapshot.line_suffix.strip():
        return False
    prefix = snapshot.line_prefix.strip()
    return not prefix or prefix.endswith(("{", ":", "(", "[", "=>", "do", "then"))


def trim(text: str, place: Place) -> str:
    """What the model wrote for `place`, as it should stand there; empty if nothing of it fits."""
    return fit(arrive(text, place), place)


def arrive(text: str, place: Place) -> str:
    """What the model wrote for `place`, or has written so far, beginning at the cursor."""
    return _run(ARRIVAL, text.replace("\r\n", "\n").replace("\r", "\n"), place)


def fit(text: str, place: Place) -> str:
    """`text`, which begins at the cursor of `place`, as it should stand there."""
    return _run(FIT, text, place)


def _run(rules: Sequence[Rule], text: str, place: Place) -> str:
    for rule in rules:
        text = rule(text, place)
        if not text:
            return ""
    return text


def is_complete(text: str, place: Place) -> bool:
    """Whether more of the stream could not change what is shown of `text` (which has arrived): the model may stop.

    A block is complete at a blank line, and as soon as a whole line has left it.
    """
    if not place.multiline:
        return "\n" in text
    if re.search(r"\S[^\n]*\n[ \t]*\n", text):
        return True
    whole = text[: text.rfind("\n") + 1]  # what is still being written may become anything
    return bool(whole.strip()) and len(stop_at_dedent(whole, place)) < len(whole.rstrip())


def cut_at_stop(text: str, place: Place) -> str:
    """`foo()<|endoftext|>x` is `foo()`: a stop string ends the answer wherever it stands."""
    ends = [at for stop in place.stops if (at := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else text


_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>\s*|\Z)", re.DOTALL)


def drop_reasoning(text: str, place: Place) -> str:
    """`<think>…</think>x = 1` is `x = 1`; thinking without an end has no answer behind it."""
    return _THINKING.sub("", text)


_FENCE = re.compile(r"(?:\A|\n)[ \t]*```[^\n]*\n(.*?)(?:\n?[ \t]*```|\Z)", re.DOTALL)


def unwrap_fence(text: str, place: Place) -> str:
    """Of an answer with a Markdown fence, only what is in the fence is code."""
    if not place.chat or "```" not in text:
        return text
    fenced = _FENCE.search(text)
    return fenced[1] if fenced else ""


def drop_marker(text: str, place: Place) -> str:
    """Invisible characters and the cursor's marker are never code."""
    return _INVISIBLE.sub("", text).replace("<|cursor|>", "")


# Bidirectional controls, zero-width characters and tags: they make code read other than it runs (CVE-2021-42574).
# A joiner behind an emoji makes one picture of two, and hides nothing.
_INVISIBLE = re.compile(
    "(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d|[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f\x00]"
)


def drop_echo(text: str, place: Place) -> str:
    """A chat model that writes the whole line again (`return x` for `ret│`) means only the rest (`urn x`)."""
    typed = place.line_prefix.lstrip()
    if not place.chat or len(typed) < 2:
        return text
    stripped = text.lstrip()
    return stripped[len(typed) :] if stripped.startswith(typed) else text


def fit_leading_space(text: str, place: Place) -> str:
    """Space that is typed already is not written again, neither behind a word nor as indentation."""
    if not place.line_prefix.strip():
        text = text.lstrip("\n") if not place.line_suffix.strip() else text
        line, newline, rest = text.partition("\n")
        if place.chat:
            return line.lstrip(" \t") + newline + rest
        # The prompt ended before the indentation (prompt.build_fill): it comes again. Less of it is a dedent, and
        # that is no continuation of this line.
        return line[len(place.indent) :] + newline + rest if line.startswith(place.indent) else ""
    if place.line_prefix.endswith((" ", "\t")):
        rest = text.lstrip(" \t")
        # Without space, `x =` and `= 1` are `x == 1`, which is not what was typed.
        return rest if place.chat or rest != text or _BEGINS_WORD.match(text) else ""
    return text


_BEGINS_WORD = re.compile(r"[\w\"'`(\[{]")


def keep_one_line(text: str, place: Place) -> str:
    """Where only a line fits, the first one is it."""
    return text if place.multiline else text.partition("\n")[0]


def stop_at_blank_line(text: str, place: Place) -> str:
    """A blank line behind content ends a block: `a()⏎⏎b()` is `a()`."""
    found = re.search(r"(\S[^\n]*)\n[ \t]*(?:\n|\Z)", text)
    return text[: found.end(1)] if found else text


def stop_at_dedent(text: str, place: Place) -> str:
    """A line that leaves the cursor's block ends the answer; the block's own closer may stand at its end."""
    lines = text.split("\n")
    opens = place.line_prefix.rstrip().endswith(("{", ":", "(", "["))
    for number, line in enumerate(lines[1:], 1):
        depth = len(line) - len(line.lstrip())
        if depth > len(place.indent) or not line.strip():
            continue
        inside = depth == len(place.indent) and not opens
        closes = depth == len(place.indent) and opens and line.lstrip()[:1] in tuple("})]")
        if closes:
            return "\n".join(lines[: number + 1])
        if not inside:
            return "\n".join(lines[:number])
    return text


def stop_at_next_line(text: str, place: Place) -> str:
    """What stands below the cursor is not suggested again: `a = 1⏎return total` above `return total` is `a = 1`."""
    below = place.next_line.strip()
    lines = text.split("\n")
    for number, line in enumerate(lines):
        content = line.strip() if number else (place.line_prefix + line).strip()
        if _same_line(content, below) or (number and content and content == below):
            return "\n".join(lines[:number]).rstrip()
    return text


def _same_line(one: str, other: str) -> bool:
    if len(one) <= 4 or len(other) <= 4:
        return False
    return one == other or difflib.SequenceMatcher(None, one, other).ratio() > 0.9


def drop_repeated_above(text: str, place: Place) -> str:
    """A first line that only says again what the line above says is no suggestion."""
    above = next((line for line in place.before if line.strip()), "").strip()
    first = (place.line_prefix + text.partition("\n")[0]).strip()
    return "" if len(first) > 4 and first == above else text


_LOOPS = (re.compile(r"(.{3,}?)\1{5,}$"), re.compile(r"(.{10,}?)\1{3,}$"))


def cut_repetition(text: str, place: Place) -> str:
    """A model that loops says it once: `x⏎x⏎x` is `x`, and a line that ends in a loop is dropped."""
    kept: list[str] = []
    for line in text.split("\n"):
        if any(loop.search(line) for loop in _LOOPS):
            break
        if len(line.strip()) > 1 and kept[-2:] == [line, line]:
            return "\n".join(kept[:-1])
        kept.append(line)
    return "\n".join(kept)


def drop_suffix_overlap(text: str, place: Place) -> str:
    """What stands right of the cursor is not suggested again: for `print(│)`, `"a")` is `"a"`."""
    right = place.line_suffix.strip()
    if not right:
        return text
    first, newline, rest = text.partition("\n")
    for size in range(min(len(right), len(first)), 0, -1):
        if first.endswith(right[:size]) and (size == len(right) or not right[:size].isalnum()):
            return first[:-size] + newline + rest
    return text


def drop_unmatched_closers(text: str, place: Place) -> str:
    """`a)}` with only `(` open is `a)`: a closer that nothing opened ends the answer."""
    pairs = {")": "(", "]": "[", "}": "{"}
    open_before = [character for character in place.line_prefix if character in "([{"]
    for character in place.line_prefix:
        if character in pairs and pairs[character] in open_before:
            open_before.remove(pairs[character])
    if place.multiline:
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


def drop_blank(text: str, place: Place) -> str:
    """White space, or a single bracket, is not worth a flicker. Trailing space never is."""
    text = text.rstrip()
    return text if len(text.strip()) > 1 or text.strip().isalnum() else ""


ARRIVAL: Sequence[Rule] = (
    cut_at_stop,
    drop_reasoning,
    unwrap_fence,
    drop_marker,
    drop_echo,
    fit_leading_space,
)
FIT: Sequence[Rule] = (
    keep_one_line,
    stop_at_blank_line,
    stop_at_dedent,
    drop_suffix_overlap,
    stop_at_next_line,
    drop_repeated_above,
    cut_repetition,
    drop_unmatched_closers,
    drop_blank,
)
