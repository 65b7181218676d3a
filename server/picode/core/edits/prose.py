"""Telling prose from code in an answer that has no fence."""

from __future__ import annotations

import re

DECLINES = re.compile(
    r"\s*(?:I(?:'|’)?m (?:sorry|afraid|unable)|I am (?:sorry|unable)|Sorry\b|I (?:can(?:'|’)t|cannot|can not|won(?:'|’)t)\b"
    r"|As an AI\b|Unfortunately,? I\b|I apologi[sz]e\b)",
    re.IGNORECASE,
)

_PREAMBLE = re.compile(
    r"\s*+(?:here(?: is|'s|’s| are)|sure|certainly|of course|okay|ok,|this is the|below is"
    r"|the (?:following|fixed|updated|improved|corrected|refactored))\b[^\n{}();=]{0,160}[:!.]\s*\Z",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"(?:[-*+]|\d++[.)]|>|\*\*)?\s*+[\"'“(*`]*+[A-ZÀ-Þ0-9I]")
_THREE_WORDS = re.compile(r"[\w’'] \S++ \S")
_STOP = re.compile(r"[{};]")
_CODE = re.compile(
    r"[{};]\s*(?:$|//|\#)|[=!<>+\-*/]=|=>|->|::|^\s{2,}\S"
    r"|^\s*(?:[@#<]\w|[)\]}]|//|/\*|\*\s|--|\"\"\"|'{3})"
)
_CALL = re.compile(r"\w\(")
_WORDS = re.compile(r"[^\W\d_]{2,}")


def is_sentence(line: str) -> bool:
    """Whether `line` reads as prose: several words, begun as a sentence is, and nothing that only code has."""
    line = line.rstrip()
    if not line or _CODE.search(line) or _is_call(line):
        return False
    if _PREAMBLE.fullmatch(line) or _is_foreign_sentence(line):
        return True
    ends = line.endswith((".", ":", "!", "?", ",", "…", "**", ")", '"', "`")) or len(_WORDS.findall(line)) >= 6
    return ends and _has_words(line)


_LETTER = re.compile(r"[^\W\d_]")
_NOT_LATIN = re.compile(r"[^\W\d_A-Za-z\u00aa-\u024f]")


def _is_foreign_sentence(line: str) -> bool:
    """Whether `line` is a sentence in a script that has no capitals, or not ours: it begins with one of its letters, most of
    its letters are such, and it ends as sentences do."""
    if not line.endswith((".", ":", "!", "?", "。", "：", "！", "？", "؟", "۔", "।", "…")):
        return False
    return _NOT_LATIN.match(line.lstrip()) is not None and len(_NOT_LATIN.findall(line)) * 2 > len(
        _LETTER.findall(line)
    )


def _is_call(line: str) -> bool:
    """Whether `line` ends in a call, as statements do."""
    end = line[:-1] if line[-1] in ";:," else line
    return end.endswith(")") and _CALL.search(end) is not None


def _has_words(line: str) -> bool:
    """Whether `line` begins as a sentence does, and has three words in a row before any brace."""
    begins = _BEGINNING.match(line)
    words = _THREE_WORDS.search(line, begins.end()) if begins else None
    stop = _STOP.search(line, begins.end()) if begins else None
    return words is not None and (stop is None or words.start() < stop.start())


def is_prose(text: str) -> bool:
    """Whether more than half of `text` is prose."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(map(is_sentence, lines)) * 2 > len(lines)


def without_prose(text: str) -> str:
    """`text` without the sentences that lead to its code, and without those that follow it behind a blank line."""
    lines = text.strip("\n").split("\n")
    first, last = 0, len(lines)
    while first < last - 1 and (is_sentence(lines[first]) or not lines[first].strip()):
        if lines[first].strip() and lines[first + 1].strip() and not lines[first].rstrip().endswith((":", "!", ".")):
            break
        first += 1
    while last > first + 1 and (is_sentence(lines[last - 1]) or not lines[last - 1].strip()):
        last -= 1
    apart = last < len(lines) and not lines[last].strip()
    return "\n".join(lines[first : last if apart else len(lines)])
