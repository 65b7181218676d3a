"""The code in a model's answer, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from picode.core.edits.fences import Code, contents_of, fenced_blocks
from picode.core.edits.patch import parse_patch
from picode.core.edits.prose import DECLINES, is_prose, without_prose
from picode.core.edits.refusal import CUT_OFF, DECLINED, EMPTY, NO_CODE, OTHER_LANGUAGE, PROSE, SEVERAL, Refused
from picode.core.edits.wrappers import unwrap, unwrap_lines
from picode.core.languages import language as row_of
from picode.core.reasoning import split_reasoning

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
    text = split_reasoning(answer.replace("\r\n", "\n").replace("\r", "\n"), original).text.removeprefix("\ufeff")
    if original.strip() and text.strip() == original.replace("\r\n", "\n").replace("\r", "\n").strip():
        return Code(text.strip("\n"))
    text = unwrap(text, original, language)
    if not text.strip() or (not ended and parse_patch(text, language, original) is not None):
        return EMPTY
    blocks, outside = fenced_blocks(text, original, ended=ended)
    if not blocks or _is_bare(text, blocks, outside, language, original):
        return _bare(unwrap_lines(text, original, language), language, ended=ended)
    found = _chosen(blocks, language, original)
    if isinstance(found, Refused):
        return found
    inner = unwrap_lines(unwrap(found.text, original, language), original, language)
    if not inner.strip():
        return NO_CODE if ended else EMPTY
    if ended and not found.closed and not _may_end(inner, original):
        return CUT_OFF
    return Code(inner, found.closed, found.info)


def _is_bare(text: str, blocks: Sequence[Code], outside: str, language: str, original: str) -> bool:
    """Whether `text` is code as it stands and its `blocks` are a part of it: a document with examples, or documentation in code
    that keeps more of the selection outside of its examples than in them."""
    if row_of(language).is_prose:
        wrapped = text.lstrip().startswith(("```", "~~~")) or any(block.info in _FAMILY_OF_PROSE for block in blocks)
        return not wrapped
    known = contents_of(original)
    kept = max((contents_of(block.text) & known).total() for block in blocks)
    return (contents_of(outside) & known).total() > kept


def _may_end(code: str, original: str) -> bool:
    """Whether `code`, whose fence is not closed, is at an end: some models leave out the last fence. It is not where brackets
    are open, nor where it stops in the middle of `original`."""
    if any(code.count(opener) > code.count(closer) for opener, closer in ("()", "[]", "{}")):
        return False
    said, own = ([line.strip() for line in text.split("\n") if line.strip()] for text in (code, original))
    if not own or own[-1] in said:
        return True
    begun = said[0] == own[0] and len(said) < len(own)
    return not (begun or any(line.startswith(said[-1]) for line in own))


def _bare(text: str, language: str, *, ended: bool) -> Code | Refused:
    """An answer without any fence."""
    if DECLINES.match(text):
        return DECLINED
    if row_of(language).is_prose:
        return Code(text.strip("\n"))
    code = without_prose(text) if ended else text
    return PROSE if is_prose(code) else Code(code.strip("\n"), closed=ended)


def _is_version_of(code: str, original: str) -> bool:
    """Whether `code` has a line of `original`, or begins with the same word."""
    if contents_of(code) & contents_of(original):
        return True
    first, other = ((text.split() or [""])[0] for text in (code, original))
    return first == other


def _chosen(blocks: Sequence[Code], language: str, original: str) -> Code | Refused:
    family = _FAMILY.get(language, language)
    fitting = [block for block in blocks if block.info and _FAMILY.get(block.info, block.info) == family]
    fitting = fitting or [block for block in blocks if not block.info]
    if not fitting:
        never = _NEVER_CODE | (_COMMANDS if language not in _COMMANDS | {"shellscript"} else frozenset())
        fitting = [block for block in blocks if block.info not in never or block.info == language]
    if not fitting:
        return OTHER_LANGUAGE
    known = contents_of(original)
    # A model that shows what was there before what it makes of it means the latter.
    changed = [block for block in fitting if contents_of(block.text) != known]
    same = [block for block in fitting if contents_of(block.text) == known]
    if known and same and not any(_is_version_of(block.text, original) for block in changed):
        changed = []  # they are examples of its use, its tests: it is to stay as it is
    fitting = changed or same[:1]
    if len(fitting) == 1:
        return fitting[0]
    shares = [(contents_of(block.text) & known).total() for block in fitting]
    best = max(shares)
    if shares.count(best) == 1 and best > 0:
        return fitting[shares.index(best)]
    return SEVERAL
