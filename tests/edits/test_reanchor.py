"""A document moves while a model writes: the selection is found again, or it is known to be gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.document import split_lines
from picode.core.edits import reanchor

from .selections import select

FOUND = {
    "nothing moved": ("a\n‹b\n›c\n", "a\n‹b\n›c\n"),
    "lines above": ("a\n‹b\n›c\n", "x\ny\na\n‹b\n›c\n"),
    "lines above are gone": ("a\n‹b\n›c\n", "‹b\n›c\n"),
    "a part of a line": ("a\nx = ‹b›;\nc\n", "x\na\nx = ‹b›;\nc\n"),
    "several places, told apart by what is around them": (
        "f {\n‹  x\n›}\ng {\n  x\n}\n",
        "g {\n  x\n}\nf {\n‹  x\n›}\n",
    ),
    "the second of two": ("f {\n  x\n}\ng {\n‹  x\n›}\n", "# new\nf {\n  x\n}\ng {\n‹  x\n›}\n"),
    "nothing selected": ("a\n  │\nb\n", "x\na\n  │\nb\n"),
    "other line ends around it": ("a\n‹b›\nc\n", "x\r\na\r\n‹b›\r\nc\r\n"),
}
GONE = {
    "changed": ("a\n‹b\n›c\n", "a\nb2\nc\n"),
    "changed on its line": ("a\nx = ‹b›;\n", "a\ny = b;\n"),
    "deleted": ("a\n‹b\n›c\n", "a\nc\n"),
    "twice, and nothing tells which": ("‹b\n›", "x\nb\ny\nb\nz\n"),
    "its last line end is gone": ("a\n‹b\n›", "a\nb"),
    "empty": ("a\n‹b\n›", ""),
}


@pytest.mark.parametrize(("before", "after"), FOUND.values(), ids=FOUND)
def test_the_selection_is_found_again(before: str, after: str) -> None:
    new, start, end = select(after)
    assert reanchor(*select(before), new) == (start, end)


@pytest.mark.parametrize(("before", "after"), GONE.values(), ids=GONE)
def test_what_is_gone_or_uncertain_is_not_found(before: str, after: str) -> None:
    assert reanchor(*select(before), split_lines(after)) is None


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")), st.data())
def test_what_is_found_is_what_was_selected(above: list[str], below: list[str], data: st.DataObject) -> None:
    old = [*(f"{line}\n" for line in above), "one\n", "two\n", *(f"{line}\n" for line in below), ""]
    _, start, end = select("\n" * len(above) + "‹one\ntwo\n›")
    extra = data.draw(st.lists(st.sampled_from(["a\n", "x\n"])))
    assert reanchor(old, start, end, [*extra, *old]) == (
        type(start)(start.line + len(extra), 0),
        type(end)(end.line + len(extra), 0),
    )
