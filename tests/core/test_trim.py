"""Each rule of the trimmer, as a table: where the cursor stands, what the model wrote, what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core import trim
from picode.core.document import Position, Snapshot, split_lines

CURSOR = "<cursor>"
STOPS = ("<|endoftext|>", "<|fim_middle|>")


def place(marked: str, *, chat: bool = False, multiline: bool | None = None) -> trim.Place:
    before, after = marked.split(CURSOR)
    lines = split_lines(before + after)
    row = len(split_lines(before)) - 1
    snapshot = Snapshot("file:///a.py", lines, Position(row, len(split_lines(before)[-1])))
    block = trim.wants_block(snapshot) if multiline is None else multiline
    return trim.describe(snapshot, multiline=block, chat=chat, stops=STOPS)


@pytest.mark.parametrize(
    ("rule", "marked", "raw", "shown"),
    [
        ("stop string", "x = <cursor>", "foo()<|endoftext|>junk", "foo()"),
        ("a URL is no stop", 'url = "<cursor>', 'https://example.org"', 'https://example.org"'),
        ("reasoning", "x = <cursor>", "<think>hmm\nwell</think>1", "1"),
        ("reasoning without an end", "x = <cursor>", "<think>hmm", ""),
        ("space behind a word is typed already", "x = <cursor>", " 5", "5"),
        ("typed space can't be taken back", "x = <cursor>", "= 5", ""),
        ("space behind a word may begin a suggestion", "x =<cursor>", " 5", " 5"),
        ("one line in the middle of one", "x = foo<cursor>", "(1)\nprint(x)\n", "(1)"),
        ("a blank line ends a block", "<cursor>\n", "a()\nb()\n\nc()", "a()\nb()"),
        ("typed indentation is not repeated", "def f():\n    <cursor>\n", "    return 1", "return 1"),
        ("less indentation is no continuation", "def f():\n    x = 1\n    <cursor>\n", "print(f())", ""),
        ("a dedent ends the block", "def f():\n    <cursor>\n", "    a()\n    b()\nf()", "a()\n    b()"),
        ("the block's closer stays", "function f() {<cursor>\n", "\n  a()\n}\nfunction g() {", "\n  a()\n}"),
        ("suffix overlap", "print(<cursor>)", '"a")', '"a"'),
        ("suffix overlap of several characters", 'f(g(<cursor>), "b")', '1), "b")', "1"),
        ("no overlap within a word", "x = <cursor>name", "my", "my"),
        ("the line below is not suggested", "a = 1\n<cursor>\nreturn total\n", "return total", ""),
        ("the line below ends a block", "<cursor>\nreturn total\n", "a = 1\nreturn total\nb = 2", "a = 1"),
        ("the line above is not repeated", "import os\n<cursor>\n", "import os", ""),
        ("a loop is said once", "<cursor>\n", "print(1)\nprint(1)\nprint(1)\nprint(1)", "print(1)"),
        ("two equal lines are no loop", "<cursor>\n", "next(it)\nnext(it)\nlast(it)", "next(it)\nnext(it)\nlast(it)"),
        ("a line that loops is dropped", "x = <cursor>", "abcabcabcabcabcabcabcabc", ""),
        ("an unmatched closer ends it", "f(a<cursor>", ", b)}", ", b)"),
        ("a closer inside a string is text", "f(<cursor>", '")")', '")")'),
        ("white space is nothing", "x = <cursor>", "   ", ""),
        ("a single bracket is nothing", "f(a<cursor>", ")", ""),
        ("a single letter may be all that is missing", "retur<cursor>", "n", "n"),
        ("bidirectional controls are dropped", "x = <cursor>", "a\u202eb\u2066c", "abc"),
        ("zero-width characters are dropped", "x = <cursor>", "ad\u200bmin", "admin"),
        ("emoji stay joined", "x = '<cursor>", "👩\u200d👧'", "👩\u200d👧'"),
        ("letters are not joined invisibly", "x = <cursor>", "ad\u200dmin", "admin"),
        ("line ends are the document's", "<cursor>\n", "a()\r\nb()", "a()\nb()"),
    ],
)
def test_rules(rule: str, marked: str, raw: str, shown: str) -> None:
    assert trim.trim(raw, place(marked)) == shown, rule


@pytest.mark.parametrize(
    ("rule", "marked", "raw", "shown"),
    [
        ("fence", "x = <cursor>", "Here is the code:\n```python\n1 + 1\n```\nEnjoy!", "1 + 1"),
        ("fence still open", "x = <cursor>", "```python\n1 + 1", "1 + 1"),
        ("echo of the line", "    ret<cursor>", "return x", "urn x"),
        ("no echo", "    ret<cursor>", "urn x", "urn x"),
        ("the marker", "x = <cursor>", "1<|cursor|>", "1"),
        ("own indentation", "def f():\n    <cursor>\n", "return 1", "return 1"),
    ],
)
def test_rules_for_chat_models(rule: str, marked: str, raw: str, shown: str) -> None:
    assert trim.trim(raw, place(marked, chat=True)) == shown, rule


@pytest.mark.parametrize(
    ("marked", "block"),
    [
        ("<cursor>", True),
        ("    <cursor>\n", True),
        ("if x:<cursor>", True),
        ("f(<cursor>", True),
        ("x = <cursor>", False),
        ("x = <cursor>)", False),
    ],
)
def test_where_a_block_is_wanted(marked: str, block: bool) -> None:
    assert place(marked).multiline is block


@pytest.mark.parametrize(
    ("marked", "so_far", "complete"),
    [
        ("x = <cursor>", "1", False),
        ("x = <cursor>", "1\n", True),
        ("<cursor>", "a()\nb()", False),
        ("<cursor>", "a()\n\n", True),
        ("<cursor>", "\n\na()", False),
        ("    <cursor>", "a()\nb", False),
        ("    <cursor>", "a()\nb()\n", True),
        ("    <cursor>", "a()\n    b()\n", False),
        ("if x:<cursor>", "\n    a()\n", False),
        ("if x:<cursor>", "\n    a()\nb()\n", True),
        ("f() {<cursor>", "\n  a()\n}\n", False),
        ("f() {<cursor>", "\n  a()\n}\nb()\n", True),
    ],
)
def test_the_stream_is_left_when_more_could_change_nothing(marked: str, so_far: str, complete: bool) -> None:
    assert trim.is_complete(so_far, place(marked)) is complete


CODE = st.text(alphabet="ab(){}[]:;,.'\"= \n\t\r#<>/`é😀\u202e", max_size=60)


@given(CODE, CODE, CODE, st.booleans())
def test_any_text_gives_a_suggestion_or_nothing(before: str, after: str, raw: str, chat: bool) -> None:
    where = place(before + CURSOR + after, chat=chat)
    shown = trim.trim(raw, where)
    assert shown == shown.rstrip()
    assert where.multiline or "\n" not in shown
    assert "\u202e" not in shown
    assert "\r" not in shown
