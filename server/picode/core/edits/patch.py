"""Answers in the form of a patch: unified diffs, SEARCH/REPLACE blocks, and the `*** Begin Patch` form of coding agents.

Line numbers in such answers are often wrong, so each change is found by the text that it replaces, in one place or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from picode.core.document import body
from picode.core.edits.difference import changed_blocks
from picode.core.edits.elision import fill_in
from picode.core.edits.refusal import AMBIGUOUS, NO_PLACE, NOT_FOUND, OUTSIDE, Refused
from picode.core.edits.region import Region
from picode.core.indentation import indent_of


@dataclass(frozen=True, slots=True)
class Change:
    """`old` lines, without line ends, that become `new` lines. Without `old`, the answer does not say where `new` belongs."""

    old: tuple[str, ...]
    new: tuple[str, ...]


_INCOMPLETE = Change((), ())
_PATCH_LANGUAGES = ("diff", "patch")
_SEARCH = re.compile(r"<{5,9}+(?: ?[A-Za-z].*)?|-{5,9}+ ?(?:SEARCH|ORIGINAL|OLD|CURRENT)>?", re.IGNORECASE)
_PLACE = re.compile(r":(?:start|end)_line:.*")
_RULE = re.compile(r"-{5,9}+")
_DIVIDER = re.compile(r"={5,9}+")
_REPLACE = re.compile(r">{5,9}+(?: ?[A-Za-z].*)?|\+{5,9}+ ?(?:REPLACE|UPDATED|NEW)", re.IGNORECASE)
_OLD_TAG = re.compile(r"<((?:search|find|old|original)(?:_\w{1,10})?)>")
_NEW_TAG = re.compile(r"\s*+<((?:replace|replacement|new|updated)(?:_\w{1,10})?)>")
_NUMBERED = re.compile(r"[ \t]*+@@ -\d++(?:,\d++)? \+\d++(?:,\d++)? @@.*")
_FENCE = re.compile(r"[ \t]*+(?:`{3,}+|~{3,}+)[ \t]*+([\w.+-]*+).*")
_FILE_HEADER = re.compile(r"diff --git |index [0-9a-f]+\.\.|--- |\+\+\+ |(?:new|old|deleted) (?:file )?mode |\*\*\* ")
_MOST_CHANGES = 200
_MOST_PLACES = 50


def parse_patch(answer: str, language: str, original: str = "") -> tuple[Change, ...] | None:
    """The changes of an answer that is a patch; None where it is none, and where the document is a patch, or the selection
    `original` has the marks of one itself."""
    if language in _PATCH_LANGUAGES:
        return None
    answer, original = (text.replace("\r\n", "\n").replace("\r", "\n") for text in (answer, original))
    lines = answer.split("\n")
    if any(_is_mark(line) for line in lines) and not any(_is_mark(line) for line in original.split("\n")):
        return tuple(_search_replace(lines))
    if (tag := _OLD_TAG.search(answer)) and f"</{tag[1]}>" in answer and not _OLD_TAG.search(original):
        return tuple(_tagged(answer))
    block = _patch_block(lines)
    return None if block is None else tuple(_hunks(block))


def _is_mark(line: str) -> bool:
    return _SEARCH.fullmatch(line.rstrip()) is not None or _REPLACE.fullmatch(line.rstrip()) is not None


def _search_replace(lines: Iterable[str]) -> Iterator[Change]:
    """The blocks of `lines`. One that is not whole is a change without a place, so that nothing of the answer is applied."""
    block: list[str] | None = None
    for line in lines:
        if _SEARCH.fullmatch(line.rstrip()) and not block:
            block = []
        elif block is None:
            if _REPLACE.fullmatch(line.rstrip()):
                yield _INCOMPLETE
        elif _REPLACE.fullmatch(line.rstrip()):
            yield _parted(block)
            block = None
        else:
            block.append(line)
    if block is not None:
        yield _INCOMPLETE


def _parted(block: Sequence[str]) -> Change:
    """The two texts of a block. Where they have lines like the one between them (a heading of Markdown is underlined so), as
    many in one as in the other, the middle one parts them."""
    dividers = [at for at, line in enumerate(block) if _DIVIDER.fullmatch(line.rstrip())]
    if len(dividers) % 2 == 0:
        return _INCOMPLETE
    middle = dividers[len(dividers) // 2]
    return Change(tuple(block[_lines_of_place(block) : middle]), tuple(block[middle + 1 :]))


def _lines_of_place(block: Sequence[str]) -> int:
    """How many of the first lines say where in the file the text stands: `:start_line:12`, and a rule."""
    count = 0
    while count < len(block) and _PLACE.fullmatch(block[count]):
        count += 1
    return count + 1 if count and count < len(block) and _RULE.fullmatch(block[count].rstrip()) else count


def _tagged(text: str) -> Iterator[Change]:
    """The changes that stand in two tags each, as the tools of coding agents have them."""
    at = 0
    while (tag := _OLD_TAG.search(text, at)) is not None:
        end = text.find(f"</{tag[1]}>", tag.end())
        new = _NEW_TAG.match(text, end + len(tag[0]) + 1) if end >= 0 else None
        last = text.find(f"</{new[1]}>", new.end()) if new else -1
        if new is None or last < 0:
            yield _INCOMPLETE
            return
        yield Change(_lines_within(text[tag.end() : end]), _lines_within(text[new.end() : last]))
        at = last


def _lines_within(text: str) -> tuple[str, ...]:
    return tuple(text.removeprefix("\n").removesuffix("\n").split("\n"))


def _patch_block(lines: Sequence[str]) -> list[str] | None:
    """The lines of the answer that are a diff: of the fenced blocks that say so or look so, else from its first header on."""
    fenced: list[str] = []
    block: list[str] | None = None
    found = False
    name = ""
    for line in lines:
        mark = _FENCE.fullmatch(line)
        if mark and block is None:
            block, name = [], mark[1].lower()
        elif mark and block is not None and not mark[1]:
            if name in _PATCH_LANGUAGES or _is_diff(block):
                fenced += [*block, "@@"]
                found = True
            block = None
        elif block is not None:
            block.append(line)
    if block is not None and (name in _PATCH_LANGUAGES or _is_diff(block)):
        return fenced + block
    if found:
        return fenced
    if not _is_diff(lines):
        return None
    first = next(at for at, line in enumerate(lines) if _NUMBERED.fullmatch(line) or _FILE_HEADER.match(line))
    return list(lines[first:])


def _is_diff(lines: Sequence[str]) -> bool:
    """Whether `lines` have a hunk's header with line numbers, the two names of a file, or the head of an agent's patch."""
    if any(line.startswith("*** Begin Patch") for line in lines):
        return True
    if any(_NUMBERED.fullmatch(line) for line in lines):
        return any(line[:1] in ("+", "-") for line in lines)
    return any(one.startswith("--- ") and two.startswith("+++ ") for one, two in pairwise(lines))


def _hunks(lines: Sequence[str]) -> Iterator[Change]:
    """The changes of a diff's lines. A line without a mark is context: models leave the space out."""
    old: list[str] = []
    new: list[str] = []
    for line in [*lines, "@@"]:
        if line.lstrip().startswith("@@") or _FILE_HEADER.match(line):
            if old != new:
                yield Change(tuple(old), tuple(new))
            old, new = [], []
        elif line.startswith("-"):
            old.append(line[1:])
        elif line.startswith("+"):
            new.append(line[1:])
        elif not line.startswith("\\ No newline"):
            context = line.removeprefix(" ")
            old.append(context)
            new.append(context)


def apply_patch(changes: Sequence[Change], region: Region) -> str | Refused:
    """The text of the selection after `changes`, with `\\n` for line ends.

    Refused where the text that a change replaces stands in no place, or in several of which not just one is selected; and
    where a change reaches beyond the selection.
    """
    if not changes or len(changes) > _MOST_CHANGES:
        return NOT_FOUND
    document = [body(line) for line in region.lines]
    last = region.end.line
    for change in changes:
        if not any(line.strip() for line in change.old):
            return NO_PLACE
        old, new = _without_blank_ends(change)
        places = _places(document, old)
        if len(places) > 1:
            places = [at for at in places if region.start.line <= at and at + len(old) <= last + 1] or places
        if len(places) != 1:
            return AMBIGUOUS if places else NOT_FOUND
        at = places[0]
        document[at : at + len(old)] = _as_in_document(old, new, document[at : at + len(old)])
        last += len(new) - len(old) if at <= last else 0
    return _selected(document, region)


def _without_blank_ends(change: Change) -> tuple[list[str], list[str]]:
    """The change without the blank lines that both its texts begin and end with: answers have more or fewer of them."""
    old, new = list(change.old), list(change.new)
    while old and new and not old[0].strip() and not new[0].strip():
        old, new = old[1:], new[1:]
    while old and new and not old[-1].strip() and not new[-1].strip():
        old, new = old[:-1], new[:-1]
    return old, new


def _places(document: Sequence[str], old: Sequence[str]) -> list[int]:
    """The lines at which `old` stands, to the letter, or where there is no such place, but for white space at both ends."""
    for same in (str.rstrip, str.strip):
        wanted = [same(line) for line in old]
        key = max(range(len(wanted)), key=lambda at: len(wanted[at]))  # the longest line is the rarest
        starts = (at - key for at, line in enumerate(document) if same(line) == wanted[key])
        found = [at for at in starts if at >= 0 and [same(line) for line in document[at : at + len(wanted)]] == wanted]
        if found:
            return found[:_MOST_PLACES]
    return []


def _as_in_document(old: Sequence[str], new: Sequence[str], there: Sequence[str]) -> list[str]:
    """`new` with the lines that stay as the document has them, and the others indented as deep as it is."""
    written = next(indent_of(line) for line in old if line.strip())
    actual = next(indent_of(line) for line in there if line.strip())
    placed: list[str] = []
    at = 0
    for first, last, left, right in changed_blocks([line.strip() for line in old], [line.strip() for line in new]):
        placed += there[at:first]
        placed += [actual + line.removeprefix(written) if line.strip() else "" for line in new[left:right]]
        at = last
    return [*placed, *there[at:]]


def _selected(document: Sequence[str], region: Region) -> str | Refused:
    """What stands in the selection's place in the changed `document`; refused where anything around it has changed."""
    above = [body(line) for line in region.lines[: region.start.line]]
    below = [body(line) for line in region.lines[region.end.line + 1 :]]
    end = len(document) - len(below)
    if end <= len(above) or list(document[: len(above)]) != above or list(document[end:]) != below:
        return OUTSIDE
    inner = "\n".join(document[len(above) : end])
    around = len(region.prefix) + len(region.suffix)
    if len(inner) < around or not inner.startswith(region.prefix) or not inner.endswith(region.suffix):
        return OUTSIDE
    return inner[len(region.prefix) : len(inner) - len(region.suffix)]


def fill_document(lines: Sequence[str], region: Region, language: str) -> str | Refused:
    """The text of the selection where `lines` are the whole document with parts left out (`... unchanged`)."""
    filled = fill_in(lines, [body(line) for line in region.lines], language)
    return filled if isinstance(filled, Refused) else _selected(filled, region)
