"""Commit messages: the diff for the prompt, and the message in the model's answer."""

from __future__ import annotations

import re
import textwrap
from fnmatch import fnmatch

from picode.core.reasoning import split_reasoning

SUBJECT = 72
"""Characters of the subject and of a line of the body, by the convention of Git's documentation and tools."""

_FILE = re.compile(r"^(?=diff --git )", re.MULTILINE)
_PATH = re.compile(
    r"^(?:\+\+\+ b/|rename to |Binary files .* and b/|diff --git a/.+ b/)(.+?)(?: differ)?\t?$", re.MULTILINE
)
_GENERATED = "*.lock *-lock.json *-lock.yaml *.min.js *.min.css *.map *.snap go.sum *.svg *.ipynb".split()
_LONGEST_LINE = 300


def clip_changes(diff: str, limit: int) -> str:
    """`diff` in about `limit` characters: a summary of the files, then as much of each file's diff as fits.

    Small diffs are kept whole, large ones share the rest. Generated and binary files are only in the summary.
    """
    if len(diff) <= limit and not any(_is_generated(_path_of(part)) for part in _parts(diff)):
        return diff
    parts = _parts(diff)
    names = [_summary(part) for part in parts]
    head = _clipped("\n".join(names), limit // 4)
    bodies = [_shortened(part) for part in parts if not _is_generated(_path_of(part)) and "\n@@ " in part]
    left, shown = limit - len(head), dict[int, str]()
    for rank, number in enumerate(sorted(range(len(bodies)), key=lambda each: len(bodies[each]))):
        shown[number] = _clipped(bodies[number], max(0, left // (len(bodies) - rank)))
        left -= len(shown[number])
    return "\n".join([head, "", *(shown[number].rstrip("\n") for number in range(len(bodies)) if shown[number])])


def _parts(diff: str) -> list[str]:
    return [part for part in _FILE.split(diff) if part.strip()]


def _path_of(part: str) -> str:
    head = part.partition("\n@@")[0]
    found = _PATH.findall(head)
    return found[-1] if found else head.partition("\n")[0]


def _is_generated(path: str) -> bool:
    return any(fnmatch(path.rpartition("/")[2], pattern) for pattern in _GENERATED)


def _summary(part: str) -> str:
    """`src/a.py: 3 lines added, 1 removed`."""
    head, _, changes = part.partition("\n@@")
    lines = changes.split("\n")
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    kind = "new, " if "\nnew file" in head else "deleted, " if "\ndeleted file" in head else ""
    what = (
        "binary"
        if "\nBinary files" in head or "GIT binary patch" in head
        else f"{added} lines added, {removed} removed"
    )
    return f"{_path_of(part)}: {kind}{what}"


def _shortened(part: str) -> str:
    return "\n".join(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…" for line in part.split("\n"))


def _clipped(text: str, limit: int) -> str:
    """Whole lines of `text` within `limit` characters, and a line that says how many are missing."""
    if len(text) <= limit:
        return text
    kept = text[: max(0, limit)].rpartition("\n")[0]
    return f"{kept}\n[{text.count(chr(10)) - kept.count(chr(10))} more lines]".lstrip("\n")


_FENCED = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]*\n(.*?)(?:\n[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_PREAMBLE = re.compile(
    r"\A\s*(?:here(?:'s|’s| is)|sure|certainly|of course|okay|the (?:following )?commit message)\b[^\n]*[:!.][ \t]*\n\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\A\s*(?:\*\*)?(?:commit message|subject|title)(?:\*\*)?:(?:\*\*)?\s*", re.IGNORECASE)
_BODY_LABEL = re.compile(r"^\s*(?:\*\*)?(?:body|description)(?:\*\*)?:(?:\*\*)?[ \t]*\n?", re.IGNORECASE)
_POSTSCRIPT = re.compile(
    r"(?<!\n)\n+(?:let me know|feel free|this (?:commit )?message|i hope|note that)\b[^\n]*(?:\n\s*)?\Z", re.IGNORECASE
)
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”"}
_ITEM = re.compile(r"(\s*(?:[-*+]|\d+[.)])\s+)")
_BREAK = re.compile(r"\. |; | - | — ")
_TRAILER = re.compile(r"[A-Z][A-Za-z-]+(?: #|: )\S.*")


def commit_message(answer: str) -> str:
    """The commit message in `answer`: a subject, a blank line, and a body in lines of 72 characters; empty if there is none.

    Fences, quotes and remarks about the message are left out. No line begins with `#`, which starts a comment in Git.
    """
    text = split_reasoning(answer.replace("\r\n", "\n").replace("\r", "\n")).text
    fenced = _FENCED.search(text)
    text = fenced[1] if fenced and fenced[1].strip() else text
    text = re.sub(r"^[ \t]*(?:```|~~~).*$", "", text, flags=re.MULTILINE)
    text = _POSTSCRIPT.sub("", _LABEL.sub("", _PREAMBLE.sub("", text))).strip()
    text = _unquoted(text)
    subject, _, body = text.partition("\n")
    subject, more = _subject(subject)
    paragraphs = [more, *re.split(r"\n[ \t]*\n", _BODY_LABEL.sub("", body.strip("\n")))]
    whole = "\n\n".join(filter(None, map(_wrapped, paragraphs)))
    return f"{subject}\n\n{whole}" if whole and subject else subject


def _unquoted(text: str) -> str:
    closing = _QUOTES.get(text[:1])
    inner = text[1:-1]
    return inner.strip() if closing and len(text) > 1 and text.endswith(closing) and closing not in inner else text


def _subject(line: str) -> tuple[str, str]:
    """The subject, and the part of `line` that belongs in the body: its second part, or all of it if it can't be divided."""
    before = ""
    while before != line:
        before, line = line, _unquoted(line.strip().lstrip("# \t").strip()).strip()
    line = re.sub(r"\*\*(.+?)\*\*", r"\1", line).lstrip("# ")
    plain = line.rstrip(".") if not line.endswith("...") else line
    if len(plain) <= SUBJECT:
        return plain, ""
    first, *rest = _BREAK.split(plain, maxsplit=1)
    if rest and len(first) <= SUBJECT:
        return first, rest[0]
    short = textwrap.shorten(plain, SUBJECT, placeholder="…")
    return (short, plain) if len(short) > SUBJECT // 2 else (plain[: SUBJECT - 1] + "…", plain)


def _wrapped(paragraph: str) -> str:
    """A paragraph in lines of 72 characters. List items stay items; indented lines and trailers are not wrapped."""
    logical: list[str] = []
    for line in (line.rstrip() for line in paragraph.strip("\n").split("\n")):
        line = re.sub(r"^\s*#+\s*", "", line)
        fixed = _ITEM.match(line) or line.startswith(("    ", "\t")) or _TRAILER.fullmatch(line)
        if fixed or not logical or _TRAILER.fullmatch(logical[-1]) or not line:
            logical.append(line)
        else:
            logical[-1] += f" {line.strip()}"
    shown: list[str] = []
    for line in logical:
        if line.startswith(("    ", "\t")) or _TRAILER.fullmatch(line):
            shown.append(line)
            continue
        item = _ITEM.match(line)
        shown += textwrap.wrap(
            line,
            SUBJECT,
            subsequent_indent=" " * len(item[1]) if item else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
    # A `#123` that is wrapped to the beginning of a line would be a comment.
    return "\n".join(f" {line}" if line.startswith("#") else line for line in shown)
