"""What VS Code puts right of the cursor while somebody types: its default `editor.autoClosingBrackets` and `autoClosingQuotes`.

Sources: microsoft/vscode, extensions/*/language-configuration.json (`autoClosingPairs`, `autoCloseBefore`),
src/vs/editor/common/cursor/cursorTypeEditOperations.ts (`AutoClosingOpenCharTypeOperation`, `AutoClosingOvertypeOperation`)
and src/vs/editor/common/languages/supports/characterPair.ts (the default `autoCloseBefore`). Newer versions also look for a
closing bracket below that nothing opens, and then close none: behind the answer of a hole there is no such bracket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Context = Literal["code", "string", "comment"]
ContextAt = Callable[[int], Context]

QUOTES = "\"'`"
_NEVER: frozenset[Context] = frozenset()
_IN_STRINGS: frozenset[Context] = frozenset({"string"})
_IN_BOTH: frozenset[Context] = frozenset({"string", "comment"})


@dataclass(frozen=True, slots=True)
class Pair:
    """`close` is inserted when `opener` has been typed, unless the cursor is in one of `not_in`."""

    opener: str
    close: str
    not_in: frozenset[Context] = _NEVER


def _brackets(not_in: frozenset[Context] = _NEVER) -> tuple[Pair, ...]:
    return tuple(Pair(opener, close, not_in) for opener, close in ("{}", "[]", "()"))


def _quotes(**not_in: frozenset[Context]) -> tuple[Pair, ...]:
    marks = {"double": '"', "single": "'", "back": "`"}
    return tuple(Pair(marks[name], marks[name], contexts) for name, contexts in not_in.items())


_DOC_COMMENT = Pair("/**", " */", _IN_STRINGS)
_PYTHON = (
    *_brackets(),
    *_quotes(double=_IN_STRINGS, single=_IN_BOTH, back=_IN_STRINGS),
    *(Pair(prefix + quote, quote, _IN_BOTH) for prefix in "rRuUfFbB" for quote in "\"'"),
)
_SCRIPT = (*_brackets(), *_quotes(single=_IN_BOTH, double=_IN_STRINGS, back=_IN_BOTH), _DOC_COMMENT)
_C = (*_brackets(), *_quotes(single=_IN_BOTH, double=_IN_STRINGS), Pair("/*", "*/", _IN_BOTH), _DOC_COMMENT)

PAIRS: dict[str, tuple[Pair, ...]] = {
    "python": _PYTHON,
    "javascript": _SCRIPT,
    "javascriptreact": _SCRIPT,
    "typescript": _SCRIPT,
    "typescriptreact": _SCRIPT,
    "rust": (*_brackets(), *_quotes(double=_IN_STRINGS)),
    "go": (*_brackets(), *_quotes(back=_IN_STRINGS, double=_IN_STRINGS, single=_IN_BOTH)),
    "lua": (*_brackets(), *_quotes(double=_IN_STRINGS, single=_IN_STRINGS)),
    "java": (*_brackets(), *_quotes(double=_IN_STRINGS, single=_IN_STRINGS), _DOC_COMMENT),
    "c": _C,
    "cpp": _C,
    "ruby": (*_brackets(), *_quotes(double=_IN_STRINGS, single=_IN_STRINGS, back=_IN_STRINGS)),
    "php": (*_brackets(_IN_STRINGS), *_quotes(single=_IN_BOTH, double=_IN_BOTH), _DOC_COMMENT),
    "csharp": (*_brackets(), *_quotes(single=_IN_BOTH, double=_IN_BOTH)),
    "shellscript": (*_brackets(), *_quotes(double=_IN_STRINGS, single=_IN_STRINGS, back=_IN_STRINGS)),
    "css": (*_brackets(_IN_BOTH), *_quotes(double=_IN_BOTH, single=_IN_BOTH)),
    "html": (*_brackets(), *_quotes(single=_NEVER, double=_NEVER), Pair("<!--", "-->", _IN_BOTH)),
    "yaml": (*_brackets(), *_quotes(double=_NEVER, single=_NEVER)),
    "json": (*_brackets(_IN_STRINGS), *_quotes(single=_IN_STRINGS, double=_IN_BOTH, back=_IN_BOTH)),
}
"""By language identifier. VS Code has no Kotlin of its own; its extension's pairs are Java's."""
PAIRS["kotlin"] = PAIRS["java"]

_BEFORE_QUOTES = ";:.,=}])> \r\n\t"
_BEFORE_BRACKETS = "'\"`" + _BEFORE_QUOTES
_BEFORE_SCRIPT = "`" + _BEFORE_QUOTES


@dataclass(slots=True)
class Inserted:
    """A closer that the editor inserted, and the offset of the key that caused it."""

    close: str
    opened: int
    typed_over: int = -1
    """The offset of the key that was typed over it; -1 while it stands right of the cursor."""


@dataclass(slots=True)
class Typing:
    """The editor's state while `text` is typed from one offset on. `standing` are the closers right of the cursor, the nearest
    first; `right` is what stands behind them."""

    text: str
    right: str
    language: str
    context: ContextAt
    standing: list[Inserted]

    def type(self, start: int, end: int, *, closes: bool = True) -> None:
        """Types `text[start:end]`. Without `closes` the editor inserts nothing more."""
        for at in range(start, end):
            if not self._types_over(at) and closes:
                self._close(at)

    @property
    def inserted(self) -> str:
        return "".join(each.close for each in self.standing)

    def _types_over(self, at: int) -> bool:
        key = self.text[at]
        if not self.standing or self.standing[0].close != key:
            return False
        if key in QUOTES and self.text[at - 1 : at] == "\\":
            return False
        self.standing.pop(0).typed_over = at
        return True

    def _close(self, at: int) -> None:
        typed = self.text[: at + 1]
        found = [pair for pair in PAIRS.get(self.language, ()) if typed.endswith(pair.opener)]
        if not found:
            return
        pair = max(found, key=lambda each: len(each.opener))
        if self.context(at) in pair.not_in or (len(pair.opener) == 1 and pair.opener in "\"'" and _after_word(typed)):
            return
        if self._may_stand_before_next(pair):
            self.standing.insert(0, Inserted(pair.close, at))

    def _may_stand_before_next(self, pair: Pair) -> bool:
        following = self.standing[0].close[:1] if self.standing else self.right[:1]
        if following in tuple(")]}") and self.standing:
            return True
        if self.language in ("javascript", "javascriptreact", "typescript", "typescriptreact"):
            return not following or following in _BEFORE_SCRIPT
        quote = pair.close in QUOTES
        return not following or following in (_BEFORE_QUOTES if quote else _BEFORE_BRACKETS)


def _after_word(typed: str) -> bool:
    before = typed[-2:-1]
    return before.isalnum() or before == "_"


def as_typed(line: str, right: str, language: str, context: ContextAt = lambda _: "code") -> str:
    """What stands right of the cursor when `line` has been typed before `right`."""
    typing = Typing(line, right, language, context, [])
    typing.type(0, len(line))
    return typing.inserted + right
