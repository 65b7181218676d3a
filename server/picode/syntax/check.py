"""Whether a suggestion would break what is sound, and what little would mend it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from picode.core.document import Snapshot
from picode.syntax.grammar import parse, parse_bytes
from picode.syntax.lexer import balance
from picode.syntax.window import Window, window_at

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_CHECKED = frozenset(
    "python javascript javascriptreact typescript typescriptreact go rust java c cpp csharp php lua kotlin json".split()
)


class SoundnessCheck:
    """How sound a document is with one text or another at its cursor: the number of its flaws, less is better.

    A flaw is a syntax error, by the grammar; without one, what does not match by the lexer. The lines around the cursor count,
    and what encloses them. They are parsed once, and then what a text changes.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.language = snapshot.language
        self.forgiving = snapshot.language in _FORGIVING
        """Whether closers that do not match may be text."""
        self.window = window_at(snapshot)
        self._known: dict[tuple[str, int], int] = {}
        self._parsed: tuple[Tree, bytes, int] | None = None
        window = self.window or Window("", "")
        self._before = window.before.encode("utf-8", "replace")
        self._after = window.after.encode("utf-8", "replace")
        self._row = self._before.count(b"\n")
        self._column = len(self._before) - (self._before.rfind(b"\n") + 1)

    def flaws(self, text: str = "", replaced: int = 0) -> int:
        """With `text` at the cursor in place of `replaced` characters right of it. 0 where lines are too long for a look."""
        key = (text, replaced)
        if key not in self._known:
            self._known[key] = 0 if self.window is None else self._count(self.window, text, replaced)
        return self._known[key]

    def _count(self, window: Window, text: str, replaced: int) -> int:
        errors = self._errors(text.encode("utf-8", "replace"), len(window.after[:replaced].encode("utf-8", "replace")))
        if errors is not None and not self.forgiving:
            return errors
        unmatched = balance(window.before + text + window.after[replaced:], self.language).flaws
        return (errors or 0) * ERROR + unmatched

    def _errors(self, new: bytes, left_out: int) -> int | None:
        """Syntax errors with `new` in place of the first bytes behind the cursor; None where there is no grammar."""
        tree = parse_bytes(self._before + new + self._after[left_out:], self.language, self._edited(new, left_out))
        if tree is None:
            return None
        if self._parsed is None:
            self._parsed = tree, new, left_out
        return count_errors(tree.root_node)

    def _edited(self, new: bytes, left_out: int) -> Tree | None:
        """The tree of the text that was parsed first, told what is different now."""
        if self._parsed is None:
            return None
        tree, old, skipped = self._parsed
        most = max(skipped, left_out)  # up to there, the two differ
        old += self._after[skipped:most]
        new += self._after[left_out:most]
        start = len(self._before)
        tree = tree.copy()
        tree.edit(
            start,
            start + len(old),
            start + len(new),
            (self._row, self._column),
            self._point_behind(old),
            self._point_behind(new),
        )
        return tree

    def _point_behind(self, text: bytes) -> tuple[int, int]:
        """Row and column of the end of `text`, which begins at the cursor."""
        rows = text.count(b"\n")
        column = len(text) - (text.rfind(b"\n") + 1)
        return self._row + rows, column if rows else self._column + column


_LATEST = 8
"""Snapshots whose checks are kept: one is asked about while an answer grows, and by each candidate."""
_checks: OrderedDict[int, tuple[Snapshot, SoundnessCheck]] = OrderedDict()


def check_of(snapshot: Snapshot) -> SoundnessCheck:
    """The check of this very `snapshot`, whose lines are parsed once. To be called on one thread."""
    known = _checks.pop(id(snapshot), None) or (snapshot, SoundnessCheck(snapshot))
    _checks[id(snapshot)] = known  # which holds the snapshot, so that no other one gets its id
    if len(_checks) > _LATEST:
        _checks.popitem(last=False)
    return known[1]


def is_sound(text: str, language: str) -> bool:
    """Whether `text` has no syntax errors; false where there is no grammar."""
    root = parse(text, language)
    return root is not None and not root.has_error


def count_errors(root: Node) -> int:
    """The nodes of a tree that are errors, or missing, or tokens that have an error in them."""
    found, stack = 0, [root] if root.has_error else []
    while stack:
        node = stack.pop()
        deeper = [child for child in node.children if child.has_error]
        found += node.is_error or node.is_missing or not deeper
        stack += deeper
    return found


ERROR = 1000
"""What a syntax error counts, beside a bracket that does not match in a language whose grammar forgives that."""

_FORGIVING = frozenset(("html",))
"""Languages whose grammar takes closers that are one too many for text."""


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
