"""No terminal obeys what a model writes."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from picode.core.terminal import Stripper, strip_commands

PLAIN = {
    "text": ("a b\tc\r\nd é😀\n", "a b\tc\r\nd é😀\n"),
    "colours": ("\x1b[1;31mred\x1b[0m", "red"),
    "the cursor": ("a\x1b[2J\x1b[H\x1b[?25lb", "ab"),
    "an unusual final": ("a\x1b[200~b\x1b[ qc", "abc"),
    "the title, ended by BEL": ("\x1b]0;owned\x07x", "x"),
    "the title, ended by ST": ("\x1b]0;owned\x1b\\x", "x"),
    "the clipboard": ("\x1b]52;c;cm0gLXJm\x07x", "x"),
    "a link": ("\x1b]8;;https://evil\x1b\\text\x1b]8;;\x1b\\", "text"),
    "a device string": ("\x1bPq#0;2;0\x1b\\x", "x"),
    "a private message": ("\x1b^secret\x1b\\x\x1b_app\x1b\\y\x1bXsos\x1b\\z", "xyz"),
    "eight bits": ("\x9b31mred\x9d0;title\x9cx\x90q\x9cy", "redxy"),
    "a reset": ("\x1bcx\x1b7y\x1b(Bz\x1b#8", "xyz"),
    "a title that never ends": ("\x1b]0;title\nnext line", "\nnext line"),
    "a sequence in a sequence": ("\x1b[\x1b[31mx\x1b]0;\x1b[2Jy", "xy"),
    "bells and backspaces": ("a\x07b\x08c\x00d\x7fe\x85f\x0bg\x0ch", "abcdefgh"),
    "an escape at the end": ("x\x1b", "x"),
    "a sequence that ends with the text": ("x\x1b[31", "x"),
}


@pytest.mark.parametrize(("text", "plain"), PLAIN.values(), ids=PLAIN)
def test_only_text_is_left(text: str, plain: str) -> None:
    assert strip_commands(text) == plain


ODD = st.text(alphabet="\x1b\x9b\x9d\x9c\x90[]P\\;0m\x07\n\ra c(?", max_size=30)


@given(ODD)
@example("\x1b\x1b[31m")
def test_no_control_character_is_left_of_any_text(text: str) -> None:
    plain = strip_commands(text)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", plain)
    assert strip_commands(plain) == plain


@given(ODD, st.integers(1, 4))
def test_pieces_give_what_the_whole_gives(text: str, size: int) -> None:
    stripper = Stripper()
    parts = [stripper.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join([*parts, stripper.close()]) == strip_commands(text)


def test_text_does_not_wait_for_a_sequence_that_never_ends() -> None:
    stripper = Stripper()
    stripper.feed("\x1b]0;")
    shown = "".join(stripper.feed("a" * 1000) for _ in range(10)) + stripper.feed("\nnext")
    assert shown.endswith("\nnext")
    assert "\x1b" not in shown
