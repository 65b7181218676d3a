"""Whether a suggestion would break what is sound, and what little would mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from picode.core.document import Snapshot
from picode.syntax.grammar import parse, parse_bytes
from picode.syntax.lexer import balance
from picode.syntax.window import window_at

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_MOST_ENDS = 4
"""Ways in which a candidate may go on that are tried. Each costs a parse, about a millisecond."""

_CHECKED = frozenset(
    "python javascript javascriptreact typescript typescriptreact go rust java c cpp csharp php lua kotlin json".split()
)


class Flaws(NamedTuple):
    """What is wrong with a document: syntax errors, and what does not match by the lexer, where the grammar forgives that."""

    errors: int
    unmatched: int


class Judge:
    """What a document is like with one text or another at its cursor.

    It is parsed once, a candidate costs what it changes. Only the lines around the cursor count.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.language = snapshot.language
        self.window = window_at(snapshot)
        self._known: dict[tuple[str, int], Flaws] = {}
        self._tree: Tree | None = None
        self._source = b""
        self._at = (0, 0, 0)
        if self.window is not None:
            before = self.window.before.encode("utf-8", "replace")
            self._source = before + self.window.after.encode("utf-8", "replace")
            self._tree = parse_bytes(self._source, self.language)
            self._at = (len(before), before.count(b"\n"), len(before) - (before.rfind(b"\n") + 1))

    @property
    def works(self) -> bool:
        return self.window is not None

    def flaws(self, text: str = "", replaced: int = 0) -> Flaws:
        """With `text` at the cursor in place of `replaced` characters right of it."""
        key = (text, replaced)
        if key not in self._known:
            self._known[key] = self._judge(text, replaced)
        return self._known[key]

    def _judge(self, text: str, replaced: int) -> Flaws:
        window = self.window
        if window is None:
            return Flaws(0, 0)
        errors = self._errors(text, replaced)
        if errors is not None and self.language not in _FORGIVING:
            return Flaws(errors, 0)
        whole = window.before + text + window.after[replaced:]
        return Flaws(errors or 0, balance(whole, self.language).flaws)

    def _errors(self, text: str, replaced: int) -> int | None:
        """Syntax errors; None where there is no grammar."""
        if self._tree is None:
            return None
        assert self.window is not None
        if not text and not replaced:
            return count_errors(self._tree.root_node)
        start, row, column = self._at
        new = text.encode("utf-8", "replace")
        old = self.window.after[:replaced].encode("utf-8", "replace")
        rows = new.count(b"\n")
        end_column = len(new) - (new.rfind(b"\n") + 1) + (0 if rows else column)
        tree = self._tree.copy()
        tree.edit(
            start, start + len(old), start + len(new), (row, column), (row, column + len(old)), (row + rows, end_column)
        )
        source = self._source[:start] + new + self._source[start + len(old) :]
        parsed = parse_bytes(source, self.language, tree)
        return None if parsed is None else count_errors(parsed.root_node)


def count_errors(root: Node) -> int:
    """The nodes of a tree that are errors, or missing."""
    found, stack = 0, [root]
    while stack:
        node = stack.pop()
        if not node.has_error:
            continue
        found += node.is_error or node.is_missing
        stack += node.children
    return found


_FORGIVING = frozenset("html".split())
"""Languages whose grammar takes most closers that are one too many for text or for words."""


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
