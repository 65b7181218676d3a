"""Whether a suggestion would break what is sound, and what little would mend it."""

from __future__ import annotations

from picode.core.document import Snapshot
from picode.syntax.grammar import parse
from picode.syntax.window import window_at

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_MOST_ENDS = 4
"""Ways in which a candidate may go on that are tried. Each costs a parse, about a millisecond."""

_CHECKED = frozenset(
    "python javascript javascriptreact typescript typescriptreact go rust java c cpp csharp php lua kotlin json".split()
)


def mend(text: str, snapshot: Snapshot) -> str:
    """`text`, suggested for the cursor, so that it adds no error: with brackets closed, or cut before one too many.

    Empty where it would add an error to code that has none and no bracket mends that. What merely goes on (a header
    without its body, a call that is still open at its end) is no error. Unchanged for languages whose grammar is not
    reliable enough, and where there are errors already: somebody is in the middle of something.
    """
    if snapshot.language not in _CHECKED or not text.strip() or (window := window_at(snapshot)) is None:
        return text
    language = snapshot.language
    if not _errors(window.before + text + window.after, language):
        return text
    if all(_errors(window.before + whole + window.after, language) for whole in _completed("", snapshot)):
        return text  # nothing would be sound here
    for candidate in _mended(text, snapshot):
        for whole in _completed(candidate, snapshot)[:_MOST_ENDS]:
            if not _errors(window.before + whole + window.after, language):
                return candidate
    return ""


def mend_edit(old: str, before: str, text: str, after: str, language: str) -> str:
    """`text`, which is to stand between `before` and `after` in place of `old`, so that it adds no error to the document.

    Brackets that it lacks are closed, one too many is cut off; its line ends are `\\n` then. Empty where that does not mend it;
    unchanged where the document has errors already, is too large, or its language is not checked.
    """
    if language not in _CHECKED:
        return text
    before, old, new, after = (each.replace("\r\n", "\n").replace("\r", "\n") for each in (before, old, text, after))
    if not _errors(before + new + after, language) or _errors(before + old + after, language):
        return text
    missing, surplus = _balance("", new)
    content = new.rstrip()
    own_line = f"{content}\n{new[: len(new) - len(new.lstrip())]}{missing}"
    candidates = (
        [own_line, content + missing] if missing[:1] == "}" else [content + missing, own_line] if missing else []
    )
    if surplus is not None:
        candidates.append(new[:surplus].rstrip() + new[surplus + 1 :].rstrip())
    mended = (each + new[len(content) :] for each in candidates)
    return next((each for each in mended if not _errors(before + each + after, language)), "")


def _mended(text: str, snapshot: Snapshot) -> list[str]:
    """`text`, and what it may have been meant to be, the nearest first."""
    found = [text]
    missing, surplus = _balance(snapshot.line_prefix, text + snapshot.line_suffix)
    last = text.rstrip()[-1:]
    if missing and "\n" not in text and last not in ("(", "[", "{", ",", ":"):
        found.insert(0, text + missing)
    if surplus is not None and surplus < len(text):
        found.append(text[:surplus].rstrip())
    lines = text.split("\n")
    found += ["\n".join(lines[:count]) for count in range(len(lines) - 1, 0, -1)][:3]
    return [each for each in dict.fromkeys(found) if each.strip()][:4]


def _completed(text: str, snapshot: Snapshot) -> list[str]:
    """`text` as it is, and as it may go on to be, the likeliest first."""
    missing, _ = _balance(snapshot.line_prefix, text + snapshot.line_suffix)
    last = text.rstrip()
    line = last.rpartition("\n")[2] if "\n" in last else snapshot.line_prefix + last
    indent = line[: len(line) - len(line.lstrip())]
    if snapshot.language == "python":
        if line.lstrip().startswith("@"):
            return [text, f"{text}\n{indent}def f(): pass"]
        if line.strip() == "try:":
            return [text, f"{text}\n{indent}    pass\n{indent}finally: pass"]
        if last.endswith(":"):
            return [text, f"{text}\n{indent}    pass"]
        if missing:
            return [text, text + missing, f"{text} x{missing}", f"{text}{missing}: pass"]
        return [text, f"{text}: pass", f"{text} x", f"{text} x: pass"]
    if missing:
        return [text, text + missing, f"{text}{missing};", f"{text} x{missing};", f"{text}{missing} {{}}"]
    return [text, f"{text};", f"{text} {{}}", f"{text} x;"]


def _balance(before: str, text: str) -> tuple[str, int | None]:
    """The closers that `text` lacks, innermost first; and where a closer stands in it that nothing opened."""
    depth: list[str] = []
    opened_before: list[str] = []
    for part, stack in ((before, opened_before), (text, depth)):
        quote = ""
        for at, character in enumerate(part):
            if quote:
                quote = "" if character == quote and part[at - 1] != "\\" else quote
            elif character in "\"'`":
                quote = character
            elif character in _PAIRS:
                stack.append(_PAIRS[character])
            elif character in ")]}":
                if stack and stack[-1] == character:
                    stack.pop()
                elif part is text and opened_before and opened_before[-1] == character:
                    opened_before.pop()
                elif part is text:
                    return "".join(reversed(depth)), at
    return quote + "".join(reversed(depth)), None


def _errors(text: str, language: str) -> bool:
    root = parse(text, language)
    return root is not None and root.has_error
