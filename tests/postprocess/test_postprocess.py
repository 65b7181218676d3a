"""Each rule of post-processing, as a table: where the cursor stands, what the model wrote, what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode import postprocess
from picode.core.document import Position, Snapshot, split_lines
from picode.postprocess.normalize import hold_back

CURSOR = "<cursor>"
STOPS = ("<|endoftext|>", "<|fim_middle|>")


def at(marked: str, language: str = "") -> Snapshot:
    before, after = marked.split(CURSOR)
    lines = split_lines(before + after)
    row = len(split_lines(before)) - 1
    return Snapshot("file:///a.py", lines, Position(row, len(split_lines(before)[-1])), None, language)


def place(marked: str, *, chat: bool = False, unit: str = "") -> postprocess.CursorContext:
    return postprocess.describe(at(marked), chat=chat, stops=STOPS, unit=unit)


def trim(raw: str, marked: str, *, chat: bool = False, unit: str = "") -> str:
    where = place(marked, chat=chat, unit=unit)
    return postprocess.fit_to_cursor(postprocess.normalize(raw, where), where, at(marked)).text


Case = tuple[str, str, str]
"""Where the cursor stands, what the model wrote, what is shown."""

RULES: dict[str, list[Case]] = {
    "a stop string ends it": [
        ("x = <cursor>", "foo()<|endoftext|>junk", "foo()"),
        ("x = <cursor>", "foo()<|fim_middle|>a<|endoftext|>", "foo()"),
        ("x = <cursor>", "<|endoftext|>foo()", ""),
        ('url = "<cursor>', 'https://example.org"', 'https://example.org"'),
        ("x = <cursor>", "a < b", "a < b"),
    ],
    "reasoning is no code": [
        ("x = <cursor>", "<think>hmm\nwell</think>1", "1"),
        ("x = <cursor>", "<thinking>hmm</thinking>\n1", "1"),
        ("x = <cursor>", "<think>hmm", ""),
        ("x = <cursor>", "think(1)", "think(1)"),
    ],
    "space that is typed is not written again": [
        ("x = <cursor>", " 5", "5"),
        ("x = <cursor>", "= 5", ""),
        ("x =<cursor>", " 5", " 5"),
        ("x = <cursor>", "'a'", "'a'"),
        ("<cursor>", "\n\nfoo()", "foo()"),
    ],
    "indentation that is typed is not written again": [
        ("def f():\n    <cursor>\n", "    return 1", "return 1"),
        ("def f():\n    <cursor>\n", "    a()\n    b()", "a()\n    b()"),
        ("def f():\n    x = 1\n    <cursor>\n", "print(f())", ""),
        ("def f():\n    if x:\n        <cursor>\n", "        a()\n    b()", "a()"),
    ],
    "the code below is not begun again": [
        ("a()\n<cursor>\nreturn total_of_everything\n", "b()\nreturn total_of_everyth", "b()"),
        ("a()\n<cursor>\nreturn total\n", "b()\nreturn to", "b()\nreturn to"),
        ("return to<cursor>\nreturn total_of_everything_there_is\n", "tal_of_everything", ""),
    ],
    "what stands right of the cursor is not suggested again": [
        ("print(<cursor>)", '"a")', '"a"'),
        ('f(g(<cursor>), "b")', '1), "b")', "1"),
        ("x = <cursor>name", "my", "my"),
        ('d["<cursor>"]', 'key"]', "key"),
        ("f(<cursor>, b)", "a, b)", "a"),
        ("connect(<cursor>)", "address()", "address()"),
        ("connect(<cursor>)", "address())", "address()"),
        ("f(<cursor>)", "[x for x in g(y)]", "[x for x in g(y)]"),
        ("xs[<cursor>]", "index[0]", "index[0]"),
        ("{<cursor>}", '"a": {}}', '"a": {}'),
    ],
    "in the middle of a line there is one line": [
        ("x = foo<cursor>", "(1)\nprint(x)\n", "(1)"),
        ("f(<cursor>)", "x)\ng()", "x"),
        ("f(<cursor>)", "\ng()", ""),
    ],
    "the line below is not suggested": [
        ("a = 1\n<cursor>\nreturn total\n", "return total", ""),
        ("<cursor>\nreturn total\n", "a = 1\nreturn total\nb = 2", "a = 1"),
        ("<cursor>\nreturn total\n", "a = 1\nreturn total;", "a = 1"),
        ("<cursor>\nx\n", "a = 1\nx\nb = 2", "a = 1"),
        ("f() {\n  <cursor>\n}\n", "  a()\n", "a()"),
    ],
    "a closer that stands below is not written again": [
        ("f() {<cursor>\n}\n", "\n  a()\n}", "\n  a()"),
        ("f(g(<cursor>\n))\n", "\n  a,\n))", "\n  a,"),
        ("f() {\n  if (x) {<cursor>\n}\n", "\n    a()\n  }", "\n    a()\n  }"),
        ("f() {<cursor>\n\n}\n", "\n  a()\n}", "\n  a()"),
    ],
    "a line that differs in a character from the one below is that line": [
        ("<cursor>\nreturn x_total\n", "return x_total;", ""),
        ("<cursor>\nassert result == expected_value\n", "assert result == expected_value,", ""),
    ],
    "the line above is not repeated": [
        ("import os\n<cursor>\n", "import os", ""),
        ("import os\n\n<cursor>\n", "import os\nimport sys", ""),
        ("import os\n<cursor>\n", "import sys", "import sys"),
    ],
    "a loop is said once": [
        ("<cursor>\n", "print(1)\nprint(1)\nprint(1)\nprint(1)", "print(1)"),
        ("<cursor>\n", "next(it)\nnext(it)\nlast(it)", "next(it)\nnext(it)\nlast(it)"),
        ("x = <cursor>", "abcabcabcabcabcabcabcabc", ""),
        (
            "<cursor>\n",
            "first(1)\nsecond(2)\nthird(3)\nfirst(1)\nsecond(2)\nthird(3)\n",
            "first(1)\nsecond(2)\nthird(3)",
        ),
        ("<cursor>\n", "push(a)\npop(b)\npush(a)\npop(b)\nend()", "push(a)\npop(b)\npush(a)\npop(b)\nend()"),
        ("<cursor>\n", "push(a)\npop(b)\n" * 3 + "end()", "push(a)\npop(b)"),
    ],
    "a closer that nothing has opened ends it": [
        ("f(a<cursor>", ", b)}", ", b)"),
        ("f(<cursor>", '")")', '")")'),
        ("x = [f(<cursor>", "a)]]", "a)]"),
        ("x = <cursor>", "a[0]", "a[0]"),
    ],
    "what leaves the block ends it": [
        ("def f():\n    <cursor>\n", "    a()\n    b()\nf()", "a()\n    b()"),
        ("function f() {<cursor>\n", "\n  a()\n}\nfunction g() {", "\n  a()\n}"),
        ("function f() {\n  <cursor>\n", "  a()\n}\nfunction g() {", "a()\n}"),
        ("function f() {\n  <cursor>\n}\n", "  a()\n}\nfunction g() {", "a()"),
        ("function f() {\n  <cursor>\n  b()\n}\n", "  a()\n}\nfunction g() {", "a()"),
        ("if (x) {<cursor>\n", "\n  a()\n} else {\n  b()\n}\nc()", "\n  a()\n} else {\n  b()\n}"),
        ("if (x) {\n  <cursor>\n", "  a()\n} else {\n  b()\n}\nc()", "a()\n} else {\n  b()\n}"),
        ("if x:<cursor>\n", "\n    a()\nelse:\n    b()", "\n    a()"),
    ],
    "a blank line ends it": [
        ("<cursor>\n", "a()\nb()\n\nc()", "a()\nb()"),
        ("<cursor>\n", "a()\n   \nc()", "a()"),
    ],
    "what the prompt says of files is no code": [
        ("<cursor>\n", "// Path: a.ts\nx()", "x()"),
        ("<cursor>\n", "# Path: shop/prices.py\nx()", "x()"),
        ("<cursor>\n", "x()\n# Path: other.py\ny()", "x()"),
        ("<cursor>\n", "# Pathological case\nx()", "# Pathological case\nx()"),
    ],
    "a comment that says nothing is no end": [
        ("<cursor>\n", "x()\n//", "x()"),
        ("<cursor>\n", "x()\n#\n#", "x()"),
        ("<cursor>\n", "#", ""),
        ("<cursor>\n", "x()\n// why", "x()\n// why"),
    ],
    "indentation is the file's": [
        ("def f():\n    if x:<cursor>\n", "\n\t\ta()\n\t\tb()", "\n        a()\n        b()"),
        ("func f() {\n\tif x {<cursor>\n", "\n        a()\n    }", "\n\t\ta()\n\t}"),
        ("func f() {\n\tif x {<cursor>\n", "\n\t\ta()\n\t}", "\n\t\ta()\n\t}"),
        ("f() {\n  if (x) {<cursor>\n", "\n\t\ta()\n\t}", "\n    a()\n  }"),
    ],
    "too little is nothing": [
        ("x = <cursor>", "   ", ""),
        ("f(a<cursor>", ")", ""),
        ("retur<cursor>", "n", "n"),
        ("x = <cursor>", "\n\n", ""),
    ],
    "what can't be seen is not there": [
        ("x = <cursor>", "a\u202eb\u2066c", "abc"),
        ("x = <cursor>", "ad\u200bmin", "admin"),
        ("x = '<cursor>", "👩\u200d👧'", "👩\u200d👧'"),
        ("x = <cursor>", "ad\u200dmin", "admin"),
        ("x = <cursor>", "a\x00b", "ab"),
    ],
    "line ends are one kind": [
        ("<cursor>\n", "a()\r\nb()", "a()\nb()"),
        ("<cursor>\n", "a()\rb()", "a()\nb()"),
    ],
}


@pytest.mark.parametrize(
    ("rule", "marked", "raw", "shown"), [(rule, *case) for rule, cases in RULES.items() for case in cases]
)
def test_rules(rule: str, marked: str, raw: str, shown: str) -> None:
    assert trim(raw, marked) == shown, rule


CHAT_RULES: dict[str, list[Case]] = {
    "of an answer with a fence, the fence is the code": [
        ("x = <cursor>", "Here is the code:\n```python\n1 + 1\n```\nEnjoy!", "1 + 1"),
        ("x = <cursor>", "```python\n1 + 1", "1 + 1"),
        ("x = <cursor>", "```\n```", ""),
    ],
    "talk before the code is no code": [
        ("x = <cursor>", "Here is the completed code:\n1 + 1", "1 + 1"),
        ("x = <cursor>", "Sure!\n\n1 + 1", "1 + 1"),
        ("x = <cursor>", "here.is_it()", "here.is_it()"),
    ],
    "of an answer in a tag, the tag's content is the code": [
        ("x = <cursor>", "<COMPLETION>a + b</COMPLETION>ok", "a + b"),
        ("x = <cursor>", "<completion>\na + b", "a + b"),
        ("<code>\n<cursor>\n</code>", "<code>x</code>", "<code>x</code>"),
        ("x = <cursor>", "a <b> c", "a <b> c"),
    ],
    "an echo of the line is not written again": [
        ("    ret<cursor>", "return x", "urn x"),
        ("    ret<cursor>", "urn x", "urn x"),
        ("    total = price_of(<cursor>", "price_of(article)", "article)"),
        ("    total = a<cursor>", "a + b", "a + b"),
    ],
    "an echo of the lines above is not written again": [
        ("def add(a, b):\n    ret<cursor>\n", "def add(a, b):\n    return a + b", "urn a + b"),
        ("def add(a, b):\n    <cursor>\n", "```python\ndef add(a, b):\n    return a + b\n```", "return a + b"),
        ("import os\n\ndef f():\n    x = <cursor>\n    g(x)\n", "import os\n\ndef f():\n    x = 1\n    g(x)", "1"),
        ("if a {\n\t<cursor>\n}\n", "if a {\n\tb()\n}", "b()"),
        ("import os\n\ndef f():\n    x = <cursor>\n", "import os\n\n", ""),
        ("next(it)\n<cursor>\n", "first(it)\nnext(it)\nlast(it)", "first(it)\nnext(it)\nlast(it)"),
        ("f() {\n  if (x) {\n  }\n<cursor>\n", "}\nf()", "}\nf()"),
    ],
    "the dot before the cursor is not written again": [
        ("x = foo.<cursor>", ".bar()", "bar()"),
        ("f(<cursor>", "...rest", "...rest"),
    ],
    "a refusal is no code": [
        ("x = 1\n<cursor>\n", "I'm sorry, but I can't help with that.", ""),
        ("x = 1\n<cursor>\n", "(no completion)", ""),
        ("x = 1\n<cursor>\n", "sorry_message = 1", "sorry_message = 1"),
    ],
    "the marker is no code": [("x = <cursor>", "1<|cursor|>", "1")],
    "the place's indentation is the editor's": [("def f():\n    <cursor>\n", "return 1", "return 1")],
    "that of a line which has none yet is the model's, within a block": [
        ("def f():\n<cursor>\n", "    return 1", "    return 1"),
        ("def f():\n    a()\n\n<cursor>\n", "    return 1", "    return 1"),
        ("if (a) {\n<cursor>\n}\n", "\tb()", "\tb()"),
        ("a = 1\n<cursor>\n", "    b = 2", "b = 2"),
    ],
}


@pytest.mark.parametrize(
    ("rule", "marked", "raw", "shown"), [(rule, *case) for rule, cases in CHAT_RULES.items() for case in cases]
)
def test_rules_for_chat_models(rule: str, marked: str, raw: str, shown: str) -> None:
    assert trim(raw, marked, chat=True) == shown, rule


@pytest.mark.parametrize(
    ("unit", "shown"), [("\t", "\n\ta()"), ("    ", "\n    a()"), ("  ", "\n    a()"), ("", "\n    a()")]
)
def test_where_a_file_shows_no_indentation_the_editor_says_what_it_is(unit: str, shown: str) -> None:
    assert trim("\n    a()", "if x:<cursor>\n", unit=unit) == shown


@pytest.mark.parametrize(
    ("line", "healed", "raw", "shown"),
    [
        ("    ", " ", " return x", "return x"),
        ("    ", " ", "return x", "return x"),
        ("    ", " ", "    return x", "return x"),
        ("    ", " ", "\n    return x", "return x"),
        ("    ", " ", "\nreturn x", ""),
        ("\t\t", "\t", "\treturn x", "return x"),
        ("    ret", " ret", " return x", "urn x"),
        ("    ret", " ret", " raise", ""),
        ("x = foo.ba", "ba", "bar(1)", "r(1)"),
        ("x = ", " ", " 5", "5"),
    ],
)
def test_what_the_prompt_left_out_is_not_shown(line: str, healed: str, raw: str, shown: str) -> None:
    snapshot = Snapshot("file:///a.py", ["if x:\n", line], Position(1, len(line)))
    where = postprocess.describe(snapshot, healed=healed)
    assert postprocess.fit_to_cursor(postprocess.normalize(raw, where), where, snapshot).text == shown


@pytest.mark.parametrize("whole", ["foo()<|endoftext|>junk", "a < b", "x <|", "<|fim_middle|>"])
def test_what_may_become_a_stop_string_waits(whole: str) -> None:
    """However the answer is cut into pieces, no part of a stop string is ever shown."""
    where = place("x = <cursor>")
    shown = [hold_back(whole[:size], where) for size in range(len(whole) + 1)]
    final = whole.partition("<|")[0] if any(stop in whole for stop in STOPS) else whole
    for size, text in enumerate(shown):
        healed = whole[len(text) : size]
        assert not healed or any(stop.startswith(healed) for stop in STOPS)
        assert text.startswith(final[: len(text)]) or any(stop in text for stop in STOPS)
    assert postprocess.normalize(whole, where).rstrip() == final.rstrip()


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
        ("f() {<cursor>", "\n  a()\n} else {\n", False),
    ],
)
def test_the_stream_is_left_when_more_could_change_nothing(marked: str, so_far: str, complete: bool) -> None:
    assert postprocess.is_complete(so_far, place(marked)) is complete


CODE = st.text(alphabet="ab(){}[]:;,.'\"= \n\t\r#<>/|`é😀\u202e", max_size=60)


@given(CODE, CODE, CODE, st.booleans(), st.booleans())
def test_any_text_gives_a_suggestion_or_nothing(before: str, after: str, raw: str, chat: bool, multiline: bool) -> None:
    snapshot = at(before + CURSOR + after)
    where = postprocess.describe(snapshot, chat=chat, multiline=multiline)
    shown = postprocess.fit_to_cursor(postprocess.normalize(raw, where), where, snapshot)
    assert multiline or "\n" not in shown.text
    assert "\u202e" not in shown.text
    assert "\r" not in shown.text
    assert shown.replaced_after <= len(snapshot.line_suffix)
    rest = iter(shown.text)
    assert all(character in rest for character in snapshot.line_suffix[: shown.replaced_after])
    if not snapshot.line_suffix.strip():
        assert shown.text == shown.text.rstrip()


@given(st.text("ab(.", max_size=8), st.sampled_from([")", "::", '"]', " = x", ");"]), st.sampled_from(["", " ", "  "]))
def test_what_stands_right_of_the_cursor_is_said_again_only_to_close_what_was_opened(
    text: str, right: str, space: str
) -> None:
    shown = trim(f"{text}{right}{space}", f"y{CURSOR}{right}")
    rest = shown.removesuffix(right)
    assert rest == shown or (rest.count("(") > rest.count(")") and right.startswith(")"))


@given(CODE, CODE.map(lambda text: "\n" + text), CODE)
def test_what_fits_is_not_trimmed_again(before: str, after: str, text: str) -> None:
    snapshot = at(before + CURSOR + after)
    where = postprocess.describe(snapshot)
    once = postprocess.fit_to_cursor(text.replace("\r", "\n"), where, snapshot)
    assert postprocess.fit_to_cursor(once.text, where, snapshot).text == once.text
