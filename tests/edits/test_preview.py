"""While an answer arrives, the live diff shows what it has decided."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picode.core.edits import Line, Proposal, preview, propose, region_of

from .selections import select

MARKED = "import os\n\n\n‹def f(a):\n    b = a\n    c = b\n    return c\n›\nend()\n"
ANSWER = "Here it is:\n\n```python\ndef f(a):\n    b = a + 1\n    log(b)\n    return b\n```\nDone."


def shown(answer: str, marked: str = MARKED) -> list[Line]:
    return preview(*select(marked), answer, "python")


def test_before_the_first_line_everything_is_pending() -> None:
    everything = [("…", line) for line in ("def f(a):", "    b = a", "    c = b", "    return c")]
    for answer in ("", "Here it is:\n", "Here it is:\n\n```python\n", "Here it is:\n\n```python\ndef f(a"):
        assert shown(answer) == everything


def test_what_has_arrived_is_decided_and_the_rest_is_pending() -> None:
    assert shown(ANSWER[: ANSWER.index("    log")]) == [
        (" ", "def f(a):"),
        ("-", "    b = a"),
        ("+", "    b = a + 1"),
        ("…", "    c = b"),
        ("…", "    return c"),
    ]


def test_at_the_end_it_is_the_diff_of_the_edit() -> None:
    found = propose(region_of(*select(MARKED)), ANSWER, "python")
    assert isinstance(found, Proposal)
    assert shown(ANSWER) == list(found.diff)


def test_code_above_the_selection_that_is_written_again_is_not_shown() -> None:
    answer = "```python\nimport os\n\n\ndef f(a):\n    return a\n"
    sizes = {len([kind for kind, _ in shown(answer[:size]) if kind == "+"]) for size in range(len(answer))}
    assert sizes == {0}
    assert shown(answer)[:2] == [(" ", "def f(a):"), ("+", "    return a")]


def test_what_a_placeholder_stands_for_stays() -> None:
    answer = "```python\ndef f(a):\n    # ... existing code ...\n    return c\n"
    assert {kind for kind, _ in shown(answer)} == {" "}


@pytest.mark.parametrize("indent", ["", "    "])
def test_indentation_is_the_documents(indent: str) -> None:
    answer = f"```python\n{indent}x()\n{indent}y()\n"
    lines = shown(answer, "if a:\n    ‹b()\n    c()›\n")
    assert [text for kind, text in lines if kind == "+"] == ["    x()", "    y()"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a = 1", "b = 2", "    c = 3", "}", "", "d(e)", "d(f)"]), min_size=1, max_size=12))
def test_what_is_decided_stays_decided(code: list[str]) -> None:
    answer = "```python\n" + "\n".join(["a = 1", *code]) + "\n"
    marked = "‹a = 1\nb = 2\n    c = 3\n}\n\nd(e)\n}\n›"
    decided: list[Line] = []
    for size in range(len(answer) + 1):
        now = [line for line in shown(answer[:size], marked) if line[0] != "…"]
        assert now[: len(decided)] == decided
        decided = now


@settings(deadline=None)
@given(st.text(alphabet="ab \n`{}#.é😀\r", max_size=80))
def test_any_answer_shows_each_line_of_the_selection_once(answer: str) -> None:
    lines = shown("```\n" + answer, "x\n‹a\n  b {\n}\n\n›y\n")
    assert [text for kind, text in lines if kind != "+"] == ["a", "  b {", "}", ""]
