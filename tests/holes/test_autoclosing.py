"""What VS Code leaves right of the cursor: typed key by key, by the rules of its language configurations."""

from __future__ import annotations

import pytest

from benchmarks.autoclosing import PAIRS, Typing, as_typed
from benchmarks.contexts import contexts_of
from benchmarks.corpus import LANGUAGES
from benchmarks.source import File, Source
from holes.typed_lines import TYPED


@pytest.mark.parametrize(("language", "typed", "right", "stands"), TYPED)
def test_closers_stand_right_of_the_cursor(language: str, typed: str, right: str, stands: str) -> None:
    spans = Source(File(language, "typed", typed))
    assert as_typed(typed, right, language, spans.context) == stands


def test_what_closes_is_typed_over() -> None:
    line = 'print("a (b)", [c])'
    typing = Typing(line, "\n", "python", Source(File("python", "typed", line)).context, [])
    typing.type(0, 7)
    quote, bracket = typing.standing
    typing.type(7, len(line))
    assert (quote.typed_over, bracket.typed_over) == (line.rindex('"'), len(line) - 1)
    assert typing.inserted == ""


def test_each_language_of_the_corpus_has_its_pairs() -> None:
    assert set(LANGUAGES) <= set(PAIRS)


CONTEXTS = [
    ("python", "x = 'a' + b  # c", "x = '", "string"),
    ("python", "x = 'a' + b  # c", "x = ", "code"),
    ("python", "x = 'a' + b  # c", "x = 'a' +", "code"),
    ("python", "x = 'a' + b  # c", "x = 'a' + b  # ", "comment"),
    ("python", "x = f'a{b}c'", "x = f'a{b", "code"),
    ("python", "x = f'a{b}c'", "x = f'a{b}", "string"),
    ("python", "x = f'a{b}c'", "x = f", "code"),
    ("python", 'x = """a"""', 'x = ""', "code"),
    ("python", 'x = """a"""', 'x = """', "string"),
    ("csharp", 'var x = $"a";', "var x = $", "code"),
    ("javascript", "s = `a${b}c`", "s = `a${b", "code"),
    ("javascript", "s = `ä${b}c`", "s = `ä${b}c", "string"),
    ("html", '<a href="x">y</a>', '<a href="x', "string"),
    ("html", '<a href="x">y</a>', '<a href="x">', "code"),
    ("yaml", "a: 'b' # c", "a: 'b", "string"),
    ("yaml", "a: 'b' # c", "a: 'b' # ", "comment"),
    ("shellscript", 'x="$(f y)"', 'x="$(f ', "code"),
]


@pytest.mark.parametrize(("language", "text", "before", "context"), CONTEXTS)
def test_strings_and_comments_are_told_from_code(language: str, text: str, before: str, context: str) -> None:
    assert Source(File(language, "a", text)).context(len(before)) == context
    assert contexts_of(text, language) == sorted(contexts_of(text, language))
