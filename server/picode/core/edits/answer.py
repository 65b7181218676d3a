"""The code in a model's answer, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from picode.core.edits.fences import Code, contents_of, fenced_blocks
from picode.core.edits.patch import parse_patch
from picode.core.edits.prose import DECLINES, is_prose, without_prose
from picode.core.edits.refusal import CUT_OFF, DECLINED, EMPTY, NO_CODE, OTHER_LANGUAGE, PROSE, SEVERAL, Refused
from picode.core.languages import language as row_of

_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)|\A(?:(?!```).)*?</think(?:ing)?>", re.DOTALL)

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
_FAMILY_OF_PROSE = frozenset("markdown md mdx text plaintext latex tex rst restructuredtext asciidoc adoc".split())
_NEVER_CODE = frozenset("text output console terminal log diff patch plaintext".split())
_COMMANDS = frozenset("sh bash shell zsh powershell".split())


def extract_code(answer: str, language: str, original: str = "", *, ended: bool = True) -> Code | Refused:
    """The code that `answer` gives for `original`, the selection. `ended` false: the model is still writing.

    Where there are several blocks of code, the one that has most of the selection's lines is meant.
    """
    text = _THINKING.sub("", answer.replace("\r\n", "\n").replace("\r", "\n"), count=1).removeprefix("\ufeff")
    if original.strip() and text.strip() == original.replace("\r\n", "\n").replace("\r", "\n").strip():
        return Code(text.strip("\n"))
    text = _unwrap(text, original, language)
    if not text.strip() or (not ended and parse_patch(text, language) is not None):
        return EMPTY
    blocks, outside = fenced_blocks(text, original, ended=ended)
    if not blocks or _is_bare(text, blocks, outside, language, original):
        return _bare(text, language, ended=ended)
    found = _chosen(blocks, language, original)
    if isinstance(found, Refused):
        return found
    inner = _unwrap(found.text, original, language)
    if not inner.strip():
        return NO_CODE if ended else EMPTY
    return CUT_OFF if ended and not found.closed and not _may_end(inner) else Code(inner, found.closed, found.info)


def _is_bare(text: str, blocks: Sequence[Code], outside: str, language: str, original: str) -> bool:
    """Whether `text` is code as it stands and its `blocks` are a part of it: a document with examples, or documentation in code
    that keeps more of the selection outside of its examples than in them."""
    if row_of(language).is_prose:
        wrapped = text.lstrip().startswith(("```", "~~~")) or any(block.info in _FAMILY_OF_PROSE for block in blocks)
        return not wrapped
    known = contents_of(original)
    kept = max((contents_of(block.text) & known).total() for block in blocks)
    return (contents_of(outside) & known).total() > kept


def _may_end(code: str) -> bool:
    """Whether `code` is at an end, as far as brackets tell: some models leave out the last fence."""
    return all(code.count(opener) <= code.count(closer) for opener, closer in ("()", "[]", "{}"))


def _bare(text: str, language: str, *, ended: bool) -> Code | Refused:
    """An answer without any fence."""
    if DECLINES.match(text):
        return DECLINED
    if row_of(language).is_prose:
        return Code(text.strip("\n"))
    code = without_prose(text) if ended else text
    return PROSE if is_prose(code) else Code(code.strip("\n"), closed=ended)


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
    changed = [block for block in fitting if contents_of(block.text) != contents_of(original)]
    fitting = changed or fitting[:1]
    if len(fitting) == 1:
        return fitting[0]
    known = contents_of(original)
    shares = [(contents_of(block.text) & known).total() for block in fitting]
    best = max(shares)
    if shares.count(best) == 1 and best > 0:
        return fitting[shares.index(best)]
    return SEVERAL


_WRAPPERS = (
    "selection|selected_code|replacement|answer|completion|code|edit|edited_code|new_code|updated_code|file|document"
    "|output|result"
)
_OPENING = re.compile(rf"\A\s*<({_WRAPPERS})(?:\s[^>\n]*)?>[ \t]*\n?", re.IGNORECASE)
_TAG_LANGUAGES = frozenset(
    "html xml xsl svg vue svelte astro php javascript javascriptreact typescriptreact mdx markdown handlebars razor"
    " aspnetcorerazor erb ejs jinja jinja-html twig blade django-html liquid haml pug xaml mjml".split()
)
_NEVER_A_ROOT = ("selected_code", "edited_code", "new_code", "updated_code")


def _unwrap(text: str, original: str, language: str) -> str:
    """`<selection>⏎x = 1⏎</selection>` is `x = 1`, unless the tag may be code (the language or the selection has tags)."""
    for _ in range(_NESTED):
        found = _OPENING.match(text)
        if found is None or f"<{found[1].lower()}" in original.lower():
            break
        if language in _TAG_LANGUAGES and found[1] not in _NEVER_A_ROOT:
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
