"""A place in a text is found again by the text around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.anchor import HEAD, REACH, TAIL, Anchor, CursorText, anchors_before
from picode.core.document import Position, Snapshot, split_lines

TEXT = st.text(alphabet="ab (){}\n\t\"'=é😀", max_size=120)


def around(marked: str) -> CursorText:
    before, after = marked.split("│")
    lines = split_lines(before + after)
    head = split_lines(before)
    return CursorText.at(Snapshot("u", lines, Position(len(head) - 1, len(head[-1]))))


@pytest.mark.parametrize(
    ("asked", "now", "typed"),
    [
        ("x = │\n", "x = │\n", ""),
        ("x = │\n", "x = to│\n", "to"),
        ("x = │\n", "x = total\ny = │\n", "total\ny = "),
        ("x = │\n", "x =│\n", None),
        ("x = │\n", "y = │\n", None),
        ("x = │\n", "x = │\nmore\n", None),
        ("x = │", "x = a│b", None),
        ("│\nrest\n", "im│\nrest\n", "im"),
        # A blank line is one place, whatever its indentation.
        ("def f():\n    │\n", "def f():\n│\n", ""),
        ("def f():\n    │\n", "def f():\n        re│\n", "        re"),
        ("def f():\n│\n", "def f():\n\tre│\n", "\tre"),
        # Closers that the editor has added for what was typed.
        ("x = │\n", "x = f(│)\n", "f("),
        ("x = │\n", 'x = f("a│")\n', 'f("a'),
        ("x = │\n", "x = [f(│)]\n", "[f("),
        ("x = │\n", "x = f(a)│)\n", None),
        ("x = │\n", "x = f│)\n", None),
        ("x = │)\n", "x = f(│))\n", "f("),
        # Line ends count as one character.
        ("a\r\nx = │\r\nb\r\n", "a\r\nx = to│\r\nb\r\n", "to"),
    ],
)
def test_what_was_typed_since(asked: str, now: str, typed: str | None) -> None:
    assert Anchor.of(around(asked)).typed_until(around(now)) == typed


@given(before=TEXT, typed=st.text(alphabet="ab =\n", max_size=40), after=TEXT)
def test_typing_on_finds_the_place_again(before: str, typed: str, after: str) -> None:
    anchor = Anchor.of(around(f"{before}│{after}"))
    now = around(f"{before}{typed}│{after}")
    found = anchor.typed_until(now)
    assert found is not None
    assert found.endswith(typed)
    assert anchor.head + found == now.before[-len(anchor.head + found) :] or anchor.head + found == ""
    assert (anchor, found) in list(anchors_before(now))
    assert (anchor, found) in list(anchors_before(now, {anchor.mark}))


@given(before=TEXT, after=TEXT)
def test_every_place_that_is_looked_back_at_leads_here(before: str, after: str) -> None:
    now = around(f"{before}│{after}")
    for anchor, typed in anchors_before(now):
        assert now.before.endswith(anchor.head + typed)
        assert len(anchor.head) <= HEAD
        assert len(anchor.tail) <= TAIL
        with_mark = [each for each in anchors_before(now) if each[0].mark == anchor.mark]
        assert list(anchors_before(now, {anchor.mark})) == with_mark


def test_far_into_a_long_document_nothing_is_lost() -> None:
    lines = "".join(f"value_{number} = {number}\n" for number in range(3000))
    anchor = Anchor.of(around(f"{lines}x = │\n{lines}"))
    assert anchor.typed_until(around(f"{lines}x = {'a' * REACH}│\n{lines}")) == "a" * REACH
    assert anchor.typed_until(around(f"{lines}x = {'a' * (REACH + 1)}│\n{lines}")) is None
    assert len(anchor.head) == HEAD


def test_a_line_without_end_is_a_place_like_any_other() -> None:
    line = "a" * 100_000
    anchor = Anchor.of(around(f"{line}│{line}"))
    assert anchor.typed_until(around(f"{line}bc│{line}")) == "bc"
