"""The code in a model's answer, or why there is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from picode.core.document import split_lines
from picode.core.edits.prose import DECLINES, is_prose, without_prose
from picode.core.edits.refusal import CUT_OFF, DECLINED, EMPTY, NO_CODE, OTHER_LANGUAGE, PROSE, SEVERAL, Refused


@dataclass(frozen=True, slots=True)
class Code:
    """`text` has `\\n` for line ends, and none at its end. `closed` false: its fence has not been closed (yet)."""

    text: str
    closed: bool = True
    info: str = ""


_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)|\A(?:(?!```).)*?</think(?:ing)?>", re.DOTALL)
_FENCE = re.compile(r"(?P<indent>[ \t]*+)(?:(?:[-*+]|\d+[.)])[ \t]+)?(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`]*)")

_PROSE_LANGUAGES = frozenset("markdown plaintext latex tex restructuredtext asciidoc text".split())
_ALIASES = """
python py python3 | javascript js javascriptreact jsx mjs cjs typescript ts typescriptreact tsx node | go golang | rust rs
c cpp c++ cc h hpp objective-c objc cuda | csharp cs c# | shellscript sh bash shell zsh | ruby rb | kotlin kt | yaml yml
json jsonc json5 | markdown md mdx | html xml vue svelte svg xhtml | css scss less sass | sql mysql postgresql plsql
makefile make | dockerfile docker | powershell ps1 pwsh | perl pl | elixir ex | haskell hs | viml vim vimscript
"""
_FAMILY = {
    name: number
    for number, names in enumerate(each for line in _ALIASES.strip().split("\n") for each in line.split("|"))
    for name in names.split()
}
_NEVER_CODE = frozenset("text output console terminal log diff patch plaintext".split())
_COMMANDS = frozenset("sh bash shell zsh powershell".split())


def extract_code(answer: str, language: str, original: str = "", *, ended: bool = True) -> Code | Refused:
    """The code that `answer` gives for `original`, the selection. `ended` false: the model is still writing.

    Where there are several blocks of code, the one that has most of the selection's lines is meant.
    """
    text = _THINKING.sub("", answer.replace("\r\n", "\n").replace("\r", "\n"), count=1)
    text = _unwrap(text, original)
    if not text.strip():
        return EMPTY
    blocks = _blocks(text, nested=language == "markdown")
    if not blocks:
        return _bare(text, language, ended=ended)
    if len(blocks) == 1 and language in _PROSE_LANGUAGES and not text.lstrip().startswith(("```", "~~~")):
        return Code(text.strip("\n"))  # a document that has a block of code in it
    found = _chosen(blocks, language, original)
    if isinstance(found, Refused):
        return found
    inner = _unwrap(found.text, original)
    if not inner.strip():
        return NO_CODE if ended else EMPTY
    return CUT_OFF if ended and not found.closed and not _may_end(inner) else Code(inner, found.closed, found.info)


def _may_end(code: str) -> bool:
    """Whether `code` is at an end, as far as brackets tell: some models leave out the last fence."""
    return all(code.count(opener) <= code.count(closer) for opener, closer in ("()", "[]", "{}"))


def _bare(text: str, language: str, *, ended: bool) -> Code | Refused:
    """An answer without any fence."""
    if DECLINES.match(text):
        return DECLINED
    if language in _PROSE_LANGUAGES:
        return Code(text.strip("\n"))
    code = without_prose(text) if ended else text
    return PROSE if is_prose(code) else Code(code.strip("\n"), closed=ended)


def _blocks(text: str, *, nested: bool) -> list[Code]:
    """The fenced blocks of `text`. `nested`: a block may have blocks in it, as Markdown that is quoted in Markdown does."""
    found: list[Code] = []
    lines: list[str] = []
    fence = indent = info = ""
    depth = 0
    for line in text.split("\n"):
        mark = _FENCE.fullmatch(line)
        if not fence:
            if mark:
                fence, indent, info, lines, depth = mark["fence"], mark["indent"], _name(mark["info"]), [], 0
            continue
        same = mark is not None and mark["fence"].startswith(fence) and len(mark["indent"]) <= len(indent) + 3
        if same and mark is not None and nested and mark["info"].strip():
            depth += 1
        elif same and mark is not None and not mark["info"].strip():
            if not depth:
                found.append(Code("\n".join(lines), True, info))
                fence = ""
                continue
            depth -= 1
        lines.append(line.removeprefix(indent))
    if fence:
        found.append(Code("\n".join(lines), False, info))
    return found


def _name(info: str) -> str:
    """`Python title="a.py"` and `python:a.py` are `python`."""
    words = re.split(r"[\s:,{]+", info.strip().lower())
    return words[0].removeprefix(".")


def _chosen(blocks: Sequence[Code], language: str, original: str) -> Code | Refused:
    family = _FAMILY.get(language, language)
    fitting = [block for block in blocks if block.info and _FAMILY.get(block.info, block.info) == family]
    fitting = fitting or [block for block in blocks if not block.info]
    if not fitting:
        never = _NEVER_CODE | (_COMMANDS if language not in _COMMANDS | {"shellscript"} else frozenset())
        fitting = [block for block in blocks if block.info not in never or block.info == language]
    if not fitting:
        return OTHER_LANGUAGE
    # A model that shows what was there before what it makes of it means the latter.
    changed = [block for block in fitting if _contents(block.text) != _contents(original)]
    fitting = changed or fitting[:1]
    if len(fitting) == 1:
        return fitting[0]
    known = _contents(original)
    shares = [(_contents(block.text) & known).total() for block in fitting]
    best = max(shares)
    if shares.count(best) == 1 and best > 0:
        return fitting[shares.index(best)]
    return SEVERAL


def _contents(text: str) -> Counter[str]:
    return Counter(line.strip() for line in split_lines(text) if line.strip())


_WRAPPERS = (
    "selection|selected_code|replacement|answer|completion|code|edit|edited_code|new_code|updated_code|file|document"
    "|output|result"
)
_OPENING = re.compile(rf"\A\s*<({_WRAPPERS})(?:\s[^>\n]*)?>[ \t]*\n?", re.IGNORECASE)


def _unwrap(text: str, original: str) -> str:
    """`<selection>⏎x = 1⏎</selection>` is `x = 1`, unless the selection has such tags itself."""
    for _ in range(_NESTED):
        found = _OPENING.match(text)
        if found is None or f"<{found[1].lower()}" in original.lower():
            break
        inner = text[found.end() :]
        before, end, _ = _partition(inner, f"</{found[1]}>")
        if not end and "</" in inner and not inner.strip().startswith("```"):
            break
        text = before.rstrip(" \t").removesuffix("\n") if end else inner
    return text


_NESTED = 4
"""Tags within each other that are taken off."""


def _partition(text: str, mark: str) -> tuple[str, str, str]:
    """`str.partition` at the first `mark` in ASCII, in capitals or not."""
    found = re.search(re.escape(mark), text, re.IGNORECASE)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")
