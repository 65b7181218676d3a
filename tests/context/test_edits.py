"""Where was typed last, also after lines above have come or gone."""

from __future__ import annotations

from picode.assistant.context.edits import KEPT, RecentEdits, text_of


def regions(edits: RecentEdits, uri: str = "elsewhere", row: int = 0) -> list[tuple[str, int, int]]:
    return [(edit.uri, edit.first, edit.last) for edit in edits.elsewhere(uri, row)]


def test_keys_in_a_row_are_one_edit() -> None:
    edits = RecentEdits()
    for row in (10, 10, 11, 12, 12):
        edits.edited("a", row, 0, 0)
    assert regions(edits) == [("a", 10, 12)]


def test_a_new_line_makes_the_edit_longer() -> None:
    edits = RecentEdits()
    edits.edited("a", 10, 0, 0)
    edits.edited("a", 10, 0, 2)
    assert regions(edits) == [("a", 10, 12)]


def test_lines_that_come_and_go_above_move_it() -> None:
    edits = RecentEdits()
    edits.edited("a", 50, 0, 0)
    edits.edited("a", 3, 0, 5)
    edits.edited("a", 3, 2, 0)
    assert ("a", 53, 53) in regions(edits)


def test_the_newest_comes_first_and_the_oldest_goes() -> None:
    edits = RecentEdits()
    for number in range(KEPT + 3):
        edits.edited(f"file{number}", 1, 0, 0)
    found = [uri for uri, _, _ in regions(edits)]
    assert found[0] == f"file{KEPT + 2}"
    assert len(found) == KEPT


def test_where_the_cursor_is_nothing_is_told_that_it_sees() -> None:
    edits = RecentEdits()
    edits.edited("a", 100, 0, 0)
    edits.edited("a", 10, 0, 0)
    assert regions(edits, "a", 12) == [("a", 100, 100)]


def test_a_closed_document_is_forgotten() -> None:
    edits = RecentEdits()
    edits.edited("a", 100, 0, 0)
    edits.forget("a")
    assert regions(edits) == []


def test_the_text_is_what_stands_there_now() -> None:
    edits = RecentEdits()
    edits.edited("a", 2, 0, 0)
    [edit] = edits.elsewhere("b", 0)
    assert text_of(edit, ["one\n", "two\n", "three\n", "four\n", "five"]) == "two\nthree\nfour\n"
    assert text_of(edit, ["one"]) == ""
    assert text_of(edit, ["\n", " \n", "\n", "\n"]) == ""
