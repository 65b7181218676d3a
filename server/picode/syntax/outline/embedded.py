"""Components in one file: Vue, Svelte, Astro."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from picode.syntax.outline import trees
from picode.syntax.outline.imports import imports_of
from picode.syntax.outline.model import Definition, Outline, shortened

COMPONENTS = ("vue", "svelte", "astro")
_OPENS = re.compile(r"<script\b|---$")
_CLOSES = re.compile(r"</script>|---$")
_PROPERTIES = re.compile(
    r"(?:\bdefineProps\b|\bprops[ \t]*:|\$props\(|^[ \t]*export let\b|\binterface Props\b)"
    r"[^\n]*(?:\n(?![ \t]*\n|</)[^\n]*){0,12}",
    re.M,
)


def component_outline(text: str, language: str) -> Outline:
    """What its script defines, after the properties of the component itself, which is named `default`."""
    found: list[Definition] = []
    for first, code in _scripts(text.splitlines(keepends=True)):
        if (properties := _PROPERTIES.search(code)) is not None:
            row = first + code.count("\n", 0, properties.start())
            found.append(Definition("default", "class", shortened(properties[0]), row, row))
        for each in trees.definitions_by_tree(code, "typescript") or ():
            line, end = each.line + first, each.end + first
            found.append(Definition(each.name, each.kind, each.signature, line, end, each.parents))
    return Outline(tuple(found), tuple(imports_of(text, language)))


def _scripts(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The code of each script, after the line that it begins in. A tag of one begins its line."""
    start: int | None = None
    for number, line in enumerate(lines):
        if start is None and _OPENS.match(line) and "</script>" not in line:
            start = number + 1
        elif start is not None and _CLOSES.match(line):
            yield start, "".join(lines[start:number])
            start = None
