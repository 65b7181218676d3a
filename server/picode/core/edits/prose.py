"""Telling prose from code in an answer that has no fence."""

from __future__ import annotations

import re

DECLINES = re.compile(
    r"\s*(?:I(?:'|’)?m (?:sorry|afraid|unable)|I am (?:sorry|unable)|Sorry\b|I (?:can(?:'|’)t|cannot|can not|won(?:'|’)t)\b"
    r"|As an AI\b|Unfortunately,? I\b|I apologi[sz]e\b)",
    re.IGNORECASE,
)

_PREAMBLE = re.compile(
    r"\s*(?:here(?: is|'s|’s| are)|sure|certainly|of course|okay|ok,|this is the|below is"
    r"|the (?:following|fixed|updated|improved|corrected|refactored))\b[^\n{}();=]{0,160}[:!.]\s*\Z",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[-*+]|\d+[.)]|>|\*\*)?\s*[\"'“(*`]*[A-ZÀ-Þ0-9I][^{};]*?\w[’'\w]*(?: [^\s]+){2,}")
_CODE = re.compile(
    r"[{};]\s*(?:$|//|\#)|[=!<>+\-*/]=|=>|->|::|\w\(.*\)[;:,]?\s*$|^\s{2,}\S"
    r"|^\s*(?:[@#<]\w|[)\]}]|//|/\*|\*\s|--|\"\"\"|'{3})"
)
_WORDS = re.compile(r"[^\W\d_]{2,}")


def is_sentence(line: str) -> bool:
    """Whether `line` reads as prose: several words, begun as a sentence is, and nothing that only code has."""
    line = line.rstrip()
    if not line or _CODE.search(line):
        return False
    if _PREAMBLE.fullmatch(line):
        return True
    ends = line.endswith((".", ":", "!", "?", ",", "…", "**", ")", '"', "`")) or len(_WORDS.findall(line)) >= 6
    return bool(_SENTENCE.match(line)) and ends


def is_prose(text: str) -> bool:
    """Whether more than half of `text` is prose."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(map(is_sentence, lines)) * 2 > len(lines)


def without_prose(text: str) -> str:
    """`text` without the sentences that lead to its code, and without those that follow it behind a blank line."""
    lines = text.strip("\n").split("\n")
    while len(lines) > 1 and (is_sentence(lines[0]) or not lines[0].strip()):
        if lines[0].strip() and lines[1].strip() and not lines[0].rstrip().endswith((":", "!", ".")):
            break
        lines.pop(0)
    last = len(lines)
    while last > 1 and (is_sentence(lines[last - 1]) or not lines[last - 1].strip()):
        last -= 1
    apart = last < len(lines) and not lines[last].strip()
    return "\n".join(lines[:last] if apart else lines)
