"""Prompts that programs have put into a model family's template themselves, read back to the code around the cursor.

Editors write prompts of `/v1/completions` for one family: Zed's `prompt_format`, minuet's `template`, llama.vscode's prompt.
Read back, they can be put to any model. The templates are those of `profiles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from picode.core.fim import FimTemplate
from picode.core.languages import language_of
from picode.core.messages import Fill, Snippet
from picode.providers.profiles import templates
from picode.wire.repository import RepositoryTemplate

_BEGINNING = re.compile(
    r"\A(?:<s>|<bos>|<｜begin▁of▁sentence｜>)?"
    r"(?:<\|repo_name\|>[^\n<]*\n?|<repo_name>[^\n<]*\n?|<reponame>[^\n<]*\n?|<\|user\|>\n)?"
)
"""What may stand before everything else: the token of a text's beginning, and a repository's name."""

_CONTEXT = "context"
"""The name of text that stands before the template without a file's name."""


def read_prompt(prompt: str) -> Fill | None:
    """The code that `prompt` shows in some family's fill-in-the-middle template, in the order prefix, suffix or the other way
    round; None for a prompt that has none. Of several that fit, the one by which most files have a name."""
    found = [fill for template in _spellings() if (fill := _read(template, prompt)) is not None]
    return max(found, key=_named, default=None)


def next_edit_family(prompt: str) -> str:
    """The family for which `prompt` asks for a next edit, as its models' names have it; empty where it asks for none.

    Sources: https://huggingface.co/zed-industries/zeta, https://huggingface.co/sweepai.
    """
    text = prompt.rstrip()
    regions = "<<<<<<< CURRENT\n" in text or "<|marker_1|>" in text
    if (text.endswith("<[fim-middle]>") and regions) or (
        text.endswith("### Response:") and "<|editable_region_start|>" in text
    ):
        return "zeta"
    views = "<|file_sep|>original/" in text and text.rpartition("<|file_sep|>")[2].startswith("updated/")
    return "sweep" if views else ""


def _named(fill: Fill) -> int:
    return sum(each.path != _CONTEXT for each in fill.snippets) + bool(fill.path)


@lru_cache(maxsize=1)
def _spellings() -> tuple[FimTemplate, ...]:
    """The templates, and behind them those whose tokens have blanks around them without these: programs differ."""
    exact = templates()
    bare = (
        replace(each, prefix=each.prefix.strip(), suffix=each.suffix.strip(), middle=each.middle.strip())
        for each in exact
    )
    return tuple(dict.fromkeys((*exact, *bare)))


def _read(template: FimTemplate, prompt: str) -> Fill | None:
    if (parts := _parts(template, prompt)) is None:
        return None
    head, before, after = parts
    files = _BEGINNING.sub("", head)
    marker = template.file_separator.partition("{path}")[0]
    path = ""
    if isinstance(template, RepositoryTemplate) and template.files_inside:
        if not files and marker and before.startswith(marker):
            files, _, own = f"\n{before}".rpartition(f"\n{marker}")
            path, _, before = own.partition("\n")
    elif isinstance(template, RepositoryTemplate):
        files, path, own_file = _own_file(template.outer_head, files)
        if own_file and template.inner_head:
            path, _, before = before.partition("\n")
    else:
        files, path, _ = _own_file(template.file_separator, files)
    return Fill(before, after, path, language_of(path), tuple(_snippets(marker, files)))


def _parts(template: FimTemplate, prompt: str) -> tuple[str, str, str] | None:
    """What stands before the tokens, the prefix and the suffix. Without a token for the middle, the suffix comes first."""
    body = prompt.removesuffix(template.middle)
    if template.middle and body == prompt:
        return None
    orders = [(template.suffix, template.prefix)]
    if template.middle:
        orders.insert(0, (template.prefix, template.suffix))
    for first, second in orders:
        head, one, rest = body.partition(first)
        former, other, latter = rest.partition(second)
        if one and other and (template.middle or not _BEGINNING.sub("", head)):
            return (head, former, latter) if first == template.prefix else (head, latter, former)
    return None


def _own_file(outer: str, head: str) -> tuple[str, str, bool]:
    """What stands before the name of the file that is filled in, that name, and whether `head` ends with it in the form `outer`
    (a format string)."""
    start, named, rest = outer.partition("{path}")
    files, found, own = head.rpartition(start) if start else (head, "", "")
    if not found or not (named or own == ""):
        return head, "", False
    path, _, body = own.partition("\n")
    if named and (body.count("\n") != rest.count("\n") - 1 or not own.endswith(rest.rpartition("}")[2])):
        return head, "", False
    return files, path, True


def _snippets(marker: str, files: str) -> Iterator[Snippet]:
    """The other files, each behind `marker` and its name; text before the first of them has no name."""
    before, *named = files.split(marker) if marker else (files,)
    if before.strip():
        yield Snippet(_CONTEXT, before.strip())
    for each in named:
        path, _, text = each.partition("\n")
        yield Snippet(path, text.rstrip())
