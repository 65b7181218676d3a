"""What models put around code beside fences: tags, JSON, quotation marks of Markdown, numbers of lines, the file's name.

Each is taken off only where the selection itself has nothing of its kind.
"""

from __future__ import annotations

import html
import json
import re

from picode.core.edits.fences import contents_of
from picode.core.languages import language as row_of
from picode.core.languages import language_of

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


def unwrap(text: str, original: str, language: str) -> str:
    """`text`, an answer or a fenced block of it, without what stands around the whole of it."""
    return _unquoted(_without_json(_without_tags(text, original, language), language), original, language)


def unwrap_lines(code: str, original: str, language: str) -> str:
    """`code` without what stands beside its lines, or above them."""
    return _unescaped(_without_file_name(_without_numbers(code, original), original, language), original, language)


def _without_tags(text: str, original: str, language: str) -> str:
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


_JSON_KEYS = frozenset(_WRAPPERS.split("|")) | {"new_string", "new_str", "new_text", "content", "text"}


def _without_json(text: str, language: str) -> str:
    """The code in an object such as `{"code": "x = 1"}`, which some models are trained to answer."""
    stripped = text.strip()
    if not (stripped.startswith("{") and stripped.endswith("}")) or language.startswith("json"):
        return text
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return text
    codes = [each for key, each in value.items() if key.lower() in _JSON_KEYS and isinstance(each, str)]
    return codes[0] if len(codes) == 1 else text


def _unquoted(text: str, original: str, language: str) -> str:
    """The text of an answer that is a quotation of Markdown as a whole: each of its lines begins with `>`."""
    if row_of(language).is_prose or not _all_lines(text, _QUOTED) or _all_lines(original, _QUOTED):
        return text
    return "\n".join(line.lstrip().removeprefix(">").removeprefix(" ") for line in text.split("\n"))


_QUOTED = re.compile(r"[ \t]{0,3}>.*")
_NUMBERED = re.compile(r"[ \t]*+(?P<number>[0-9]{1,6}+)(?:(?: ?[|│:→] ?|\t)(?P<code>.*)|[ \t]*+)")


def _without_numbers(code: str, original: str) -> str:
    """`code` without the numbers of its lines, where all of them have one and each is the next."""
    if not _all_lines(code, _NUMBERED) or _all_lines(original, _NUMBERED):
        return code
    found = [_NUMBERED.fullmatch(line) for line in code.strip("\n").split("\n")]
    numbers = [int(each["number"]) for each in found if each is not None]
    if len(numbers) < 2 or len(numbers) != len(found) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return code
    return "\n".join((each["code"] or "") if each is not None else "" for each in found)


def _all_lines(text: str, pattern: re.Pattern[str]) -> bool:
    lines = [line for line in text.split("\n") if line.strip()]
    return bool(lines) and all(pattern.fullmatch(line) for line in lines)


_FILE_NAME = re.compile(
    r"(?://|#|--|;|%|/\*|<!--)[ \t]*+(?:(?:file|path|filename)[ \t]*+:[ \t]*+)?(?P<name>[\w.@~/\\+-]{1,200}\.\w{1,12})[ \t]*+"
    r"(?:\*/|-->)?",
    re.IGNORECASE,
)


def _without_file_name(code: str, original: str, language: str) -> str:
    """`code` without a comment above it that names its file, and says nothing else."""
    first, _, rest = code.lstrip("\n").partition("\n")
    found = _FILE_NAME.fullmatch(first.strip())
    if found is None or not rest.strip() or first.strip() in contents_of(original):
        return code
    named = language_of(found["name"])
    return rest if named == language or (not named and "/" in found["name"]) else code


_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#39|#x27);")


def _unescaped(code: str, original: str, language: str) -> str:
    """`code` without the entities of HTML, where more of `original` is in it so."""
    if language in _TAG_LANGUAGES or not _ENTITY.search(code) or _ENTITY.search(original):
        return code
    known, plain = contents_of(original), html.unescape(code)
    return plain if (contents_of(plain) & known).total() > (contents_of(code) & known).total() else code
