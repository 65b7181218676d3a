"""What a model is shown of a document."""

from __future__ import annotations

import itertools

import pytest

from picode.core.comments import as_comment
from picode.core.document import Position, Snapshot, split_lines
from picode.core.messages import Chat, Fill, Message, Snippet
from picode.core.prompt import MARKER, SMALL, Window, ask_to_fill, build_fill, fold
from picode.core.token_healing import grammar_of, healed_end

WINDOW = Window(minimum=100, step=200, suffix=60)


def at(text: str, offset: int) -> Snapshot:
    lines = split_lines(text[:offset])
    return Snapshot("file:///a.py", split_lines(text), Position(len(lines) - 1, len(lines[-1])))


LONG = "".join(f"line_{number} = {number}\n" for number in range(200))


def test_the_prompt_begins_with_the_same_text_while_somebody_types_on() -> None:
    prefixes = [build_fill(at(LONG, offset), WINDOW).prefix for offset in range(1000, 2000)]
    moves = sum(1 for one, next_ in itertools.pairwise(prefixes) if not next_.startswith(one))
    assert moves == 5
    assert all(WINDOW.minimum - 20 <= len(prefix) <= WINDOW.minimum + WINDOW.step for prefix in prefixes)


def test_where_the_prompt_will_begin_is_known_before() -> None:
    for offset in range(1000, 1900, 7):
        later = build_fill(at(LONG, offset + 50), WINDOW).prefix
        coming = build_fill(at(LONG, offset), WINDOW, typed_ahead=50).prefix
        assert later.startswith(coming)


def test_prefix_and_suffix_meet_at_the_cursor_and_the_prefix_begins_with_a_line() -> None:
    fill = build_fill(at(LONG, 1500), WINDOW)
    assert fill.prefix + fill.suffix in LONG
    assert LONG[:1500].endswith("\n" + fill.prefix)
    assert fill.suffix.endswith("\n")


def test_one_long_line_is_cut() -> None:
    fill = build_fill(at("x" * 5000, 4000), WINDOW)
    assert WINDOW.minimum <= len(fill.prefix) <= WINDOW.minimum + WINDOW.step
    assert len(fill.suffix) <= WINDOW.suffix


@pytest.mark.parametrize(
    ("text", "with_word", "prefix"),
    [
        ("def f():\n    ", False, "def f():\n   "),
        ("def f():\n\t\t", False, "def f():\n\t"),
        ("x = ", False, "x ="),
        ("x =   ", True, "x ="),
        ("x", False, "x"),
        ("x", True, ""),
        ("    ret", True, "   "),
        ("x = foo.ba", True, "x = foo."),
        ("x = größ", True, "x ="),
        ("f(", True, "f("),
        ("x = " + "y" * 50, True, "x = " + "y" * 50),
    ],
)
def test_what_no_token_ends_with_is_left_to_the_model(text: str, with_word: bool, prefix: str) -> None:
    snapshot = at(text, len(text))
    held = healed_end(snapshot.line_prefix, word=with_word)
    assert build_fill(snapshot, WINDOW, healed=held).prefix == prefix
    assert prefix + held == text


def test_what_an_answer_begins_with_is_said_as_a_grammar() -> None:
    assert grammar_of(' "ret\\') == 'root ::= " \\"ret\\\\" [^\\x00]*'


def test_a_small_model_gets_a_small_window() -> None:
    assert Window.within(2048) is SMALL
    assert Window.within(8192).suffix > 0
    assert Window.within(1_000_000) == Window.within(200_000)


def test_a_chat_model_is_asked_with_a_marker_at_the_cursor() -> None:
    chat = ask_to_fill(build_fill(at("a = \nb", 4), WINDOW, path="a.py"))
    assert isinstance(chat, Chat)
    assert chat.messages[0].role == "system"
    assert chat.messages[-2].text == f"File: a.py\n\na = {MARKER}\nb"


@pytest.mark.parametrize(
    ("line", "begun"), [("    ret", "ret"), ("a = ", "a ="), ("    ", None), ("x", None), ("y" * 300, None)]
)
def test_a_chat_model_goes_on_from_the_line_as_its_own_words(line: str, begun: str | None) -> None:
    last = ask_to_fill(Fill(f"above()\n{line}")).messages[-1]
    assert last == (Message("assistant", begun) if begun else Message("user", f"\nabove()\n{line}{MARKER}"))


SNIPPETS = (Snippet("shop/prices.py", "def price_of(article): ...\n"), Snippet("tax.py", "RATE = 0.19\nFREE = 0"))


def test_a_chat_model_is_shown_other_files_first() -> None:
    question = ask_to_fill(Fill("x = ", path="a.py", snippets=SNIPPETS)).messages[-2].text
    files = "From shop/prices.py:\ndef price_of(article): ...\n\nFrom tax.py:\nRATE = 0.19\nFREE = 0\n\n"
    assert question == f"{files}File: a.py\n\nx = {MARKER}"


@pytest.mark.parametrize(
    ("language", "other", "own"),
    [
        ("python", "# Path: tax.py\n# RATE = 0.19\n# FREE = 0", "# Path: a.py"),
        ("go", "// Path: tax.py\n// RATE = 0.19\n// FREE = 0", "// Path: a.py"),
        ("lua", "-- Path: tax.py\n-- RATE = 0.19\n-- FREE = 0", "-- Path: a.py"),
        ("html", "<!-- Path: tax.py -->\n<!-- RATE = 0.19 -->\n<!-- FREE = 0 -->", "<!-- Path: a.py -->"),
    ],
)
def test_a_model_that_knows_no_files_sees_them_as_comments(language: str, other: str, own: str) -> None:
    fill = Fill("x = ", "\ny", path="a.py", language=language, snippets=SNIPPETS[1:])
    folded = f"{other}\n{own}\nx = "
    assert fold(fill) == Fill(folded, "\ny", path="a.py", language=language, elsewhere=(other, own))


def test_without_other_files_nothing_is_folded() -> None:
    fill = Fill("x = ", "\ny", path="a.py", language="python")
    assert fold(fill) is fill


def test_a_comment_can_not_be_left_from_within() -> None:
    assert as_comment("a --> <script>", "html") == "<!-- a  <script> -->"
