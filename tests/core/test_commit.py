"""What a model is shown of the changes, and the commit message in its answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.commit import clip_changes, commit_message

LONG = (
    "The parser took a carriage return for the end of a line, so that every file from Windows had twice as many lines."
)

MESSAGES = {
    "a subject": ("Fix the parser", "Fix the parser"),
    "a period": ("Fix the parser.", "Fix the parser"),
    "a fence": ("```\nFix the parser\n```", "Fix the parser"),
    "a fence among prose": ("Here is the message:\n\n```text\nFix the parser\n```\n\nIt says why.", "Fix the parser"),
    "a preamble": ("Here's a commit message for your changes:\n\nFix the parser", "Fix the parser"),
    "a label": ("Commit message: Fix the parser", "Fix the parser"),
    "bold": ("**Fix the parser**", "Fix the parser"),
    "quotes": ('"Fix the parser"', "Fix the parser"),
    "quotes in it": ('Fix "a" and "b"', 'Fix "a" and "b"'),
    "a heading": ("# Fix the parser", "Fix the parser"),
    "thinking": ("<think>\nhmm\n</think>\nFix the parser", "Fix the parser"),
    "a body": ("Fix it\n\nIt was broken.", "Fix it\n\nIt was broken."),
    "a body without a blank line": ("Fix it\nIt was broken.", "Fix it\n\nIt was broken."),
    "a body that is labelled": ("Subject: Fix it\n\nBody:\nIt was broken.", "Fix it\n\nIt was broken."),
    "a postscript": ("Fix it\n\nIt was broken.\n\nLet me know if you want changes!", "Fix it\n\nIt was broken."),
    "a list": ("Fix it\n\n- one\n- two", "Fix it\n\n- one\n- two"),
    "trailers": ("Fix it\n\nSigned-off-by: A <a@b.c>\nRefs: #1", "Fix it\n\nSigned-off-by: A <a@b.c>\nRefs: #1"),
    "a comment for Git": ("Fix it\n\n# Changes\nIt works", "Fix it\n\nChanges It works"),
    "two sentences": (
        f"Fix the parser. {LONG}",
        "Fix the parser\n\nThe parser took a carriage return for the end of a line, so that every\n"
        "file from Windows had twice as many lines",
    ),
    "nothing": ("", ""),
    "an empty fence": ("```\n```", ""),
}


@pytest.mark.parametrize(("answer", "message"), MESSAGES.values(), ids=MESSAGES)
def test_the_message_is_taken_out_of_the_answer(answer: str, message: str) -> None:
    assert commit_message(answer) == message


def test_a_subject_that_is_too_long_goes_on_in_the_body() -> None:
    subject, blank, *body = commit_message(LONG).split("\n")
    assert len(subject) <= 72
    assert subject.endswith("…")
    assert not blank
    assert " ".join(body) == LONG.rstrip(".")


@given(st.text(alphabet='ab #-*`"\n.:1é', max_size=200))
def test_any_answer_makes_a_message_that_git_takes(answer: str) -> None:
    subject, *body = commit_message(answer).split("\n")
    assert len(subject) <= 72
    assert not body or not body[0]
    assert not any(line.startswith("#") for line in (subject, *body))


def diff(path: str, lines: int, kind: str = "") -> str:
    added = "".join(f"+line {number}\n" for number in range(lines))
    return f"diff --git a/{path} b/{path}\n{kind}--- a/{path}\n+++ b/{path}\n@@ -0,0 +1,{lines} @@\n{added}"


def test_changes_that_fit_are_shown_as_they_are() -> None:
    changes = diff("a.py", 3) + diff("b.py", 3)
    assert clip_changes(changes, 1000) == changes


def test_large_changes_share_the_room_and_small_ones_are_whole() -> None:
    shown = clip_changes(diff("big.py", 5000) + diff("small.py", 3) + diff("other.py", 5000), 4000)
    assert len(shown) < 4200
    assert shown.startswith("big.py: 5000 lines added, 0 removed\nsmall.py: 3 lines added, 0 removed\n")
    assert "@@ -0,0 +1,3 @@\n+line 0\n+line 1\n+line 2\n" in shown
    assert shown.count("more lines]") == 2


def test_of_lock_files_and_binary_ones_the_name_is_told() -> None:
    binary = "diff --git a/x.png b/x.png\nnew file mode 100644\nBinary files /dev/null and b/x.png differ\n"
    shown = clip_changes(diff("uv.lock", 4000) + binary + diff("a.py", 2), 4000)
    assert "uv.lock: 4000 lines added, 0 removed\nx.png: new, binary\n" in shown
    assert "+line 3999" not in shown
    assert "+line 1\n" in f"{shown}\n"


@given(st.lists(st.tuples(st.sampled_from(["a", "b/c.py", "d.lock"]), st.integers(0, 80))), st.integers(200, 2000))
def test_what_is_shown_keeps_within_its_limit(files: list[tuple[str, int]], limit: int) -> None:
    shown = clip_changes("".join(diff(path, lines) for path, lines in files), limit)
    assert len(shown) <= limit + 30 * (len(files) + 2)
