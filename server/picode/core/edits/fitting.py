"""Making code fit the selection that it replaces: its indentation, its context, its blank lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from picode.core.edits.context import without_context
from picode.core.edits.elision import fill_in, without_placeholders
from picode.core.edits.refusal import NO_CODE, Refused
from picode.core.edits.region import Region, common_indent, indentation_of
from picode.core.indentation import indent_of
from picode.core.invisible import drop_invisible

_OPENS = re.compile(r".*(?:[:{(\[,]|=>|\bdo|\bthen|=)\s*")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def fit(code: str, region: Region, language: str = "") -> str | Refused:
    """`code` as it should stand in place of the selection, with `\\n` for line ends.

    Base indentation and unit are the document's, blank lines at either end are the selection's, repeated context is taken off.
    """
    lines = _without_blank_ends(_clean(code, region.text).split("\n"))
    if not lines:
        return NO_CODE
    own = without_context(lines, region)
    if isinstance(own, Refused):
        return own
    own = _without_blank_ends(own)
    old = _without_blank_ends(region.old)
    written = without_placeholders(own, old, language) or own
    filled = fill_in(reindent(own, region, written), old, language) if own else own
    if isinstance(filled, Refused):
        return filled
    return _with_ends(filled, region) if any(line.strip() for line in filled) else NO_CODE


def _clean(code: str, known: str) -> str:
    """`code` without invisible and control characters that the selection does not have."""
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub(lambda found: found[0] if found[0] in known else "", drop_invisible(code, known))


def _without_blank_ends(lines: list[str]) -> list[str]:
    full = [at for at, line in enumerate(lines) if line.strip()]
    return lines[full[0] : full[-1] + 1] if full else []


def reindent(lines: Sequence[str], region: Region, written: Sequence[str] = ()) -> list[str]:
    """`lines` hung on the selection's indentation, with the document's tabs or number of spaces. `written` are those that tell
    how they are indented, where not all do: what stands for code is often not indented as it is."""
    base = region.indent
    if region.inline:
        deep = len(common_indent(lines[1:])) >= len(base)
        return _with_unit([lines[0].lstrip(" \t"), *(lines[1:] if deep else _moved(lines[1:], "", base))], region)
    written = written or lines
    common, rest = common_indent(written), common_indent(written[1:])
    first = next((line for line in region.old if line.strip()), base)
    if len(common) < len(base) and indent_of(written[0]) == indent_of(first):
        return _with_unit(lines, region)  # it goes on to what is further out
    if base and not indent_of(written[0]) and rest.startswith(base):
        # The selection may have begun behind its indentation, and then so does what the model made of it.
        usual = indentation_of(_moved(lines[1:], rest, "")) in ("", region.unit)
        if usual and (not _OPENS.fullmatch(lines[0]) or len(rest) >= len(base + (region.unit or " "))):
            return _with_unit([base + lines[0], *lines[1:]], region)
    return _with_unit(_moved(lines, common, base), region)


def _moved(lines: Sequence[str], cut: str, add: str) -> list[str]:
    return [add + line.removeprefix(cut) if line.strip() else "" for line in lines]


def _with_unit(lines: Sequence[str], region: Region) -> list[str]:
    """`lines` with what they are indented beyond the selection in the document's unit, if the model has another one."""
    base, unit = region.indent, region.unit
    beyond = [line.removeprefix(base) for line in lines]
    written = indentation_of(["", *beyond])
    kept = {line for line in region.old if indent_of(line.removeprefix(base))}
    if not unit or not written or unit == written or any(line in kept for line in lines):
        return list(lines)
    if "\t" not in (unit, written) and any(len(indent_of(line)) % len(written) for line in beyond if line.strip()):
        return list(lines)  # aligned with something, and not by levels
    return [
        line[: len(line) - len(deeper)] + indent_of(deeper).replace(written, unit) + deeper[len(indent_of(deeper)) :]
        for line, deeper in zip(lines, beyond, strict=True)
    ]


def _with_ends(lines: list[str], region: Region) -> str:
    """`lines` with what the selection begins and ends with: its blank lines, its last line end, the space around a part of a
    line."""
    if not region.text:
        return _inserted(lines, region)
    old = region.old
    full = [at for at, line in enumerate(old) if line.strip()]
    if not full:
        return _behind("\n".join([*lines, old[-1]] if len(old) > 1 else lines), region.prefix)
    whole = "\n".join([*old[: full[0]], *lines, *old[full[-1] + 1 :]])
    if not region.inline:
        return _behind(whole, region.prefix)
    return indent_of(old[0]) + whole if full[0] == 0 else whole


def _inserted(lines: list[str], region: Region) -> str:
    """Code for an empty selection: on lines of its own, unless the cursor's line waits for it."""
    whole = "\n".join(lines)
    if not region.inline:
        return _behind(whole, region.prefix) + ("\n" + region.prefix if region.suffix.strip() else "")
    ends = region.prefix.rstrip()
    if region.suffix.strip() or region.prefix != ends or not _OPENS.fullmatch(ends):
        return whole
    deeper = region.indent + (region.unit or "    ")
    return "\n" + "\n".join(_moved(lines, common_indent(lines[1:]), deeper) if ends.endswith((":", "{")) else lines)


def _behind(text: str, prefix: str) -> str:
    """`text` without the indentation that stands left of the selection. Less of it cannot be had: it is not selected."""
    return text[len(prefix) :] if text.startswith(prefix) else text.lstrip(" \t")
