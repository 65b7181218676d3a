"""What the plugin makes of answers that the real server gives in rare moments, or that another server could give.

The server is one inside Neovim (`fake_server.lua`); all else is as a user has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from e2e.nvim.neovim import Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]


@pytest.fixture
def nvim(fake: Neovim) -> Neovim:
    return fake


def answer(nvim: Neovim, *items: tuple[int, int, int, str]) -> None:
    """Every question is answered with these items: (line, first column, last column, text)."""
    nvim.lua(
        "local items = vim.tbl_map(function(i) return Fake.item(unpack(i)) end, ...) "
        "Fake.answer = function(_, reply) reply({ items = items }) end",
        items,
    )


def hold(nvim: Neovim) -> None:
    nvim.lua("Fake.answer = function() end")


def reply(nvim: Neovim, number: int, *items: tuple[int, int, int, str]) -> None:
    """Answers the question of that number (from 1)."""
    nvim.lua(
        "local number, items = ... "
        "Fake.questions[number].reply({ items = vim.tbl_map(function(i) return Fake.item(unpack(i)) end, items) })",
        number,
        items,
    )


def questions(nvim: Neovim) -> list[dict[str, Any]]:
    return nvim.lua("return vim.tbl_map(function(q) return q.params end, Fake.questions)")


def test_a_question_says_where_and_why(nvim: Neovim) -> None:
    nvim.lua("vim.bo.shiftwidth, vim.bo.expandtab = 3, true")
    nvim.keys("i")
    nvim.type("x😀")
    eventually(lambda: questions(nvim))
    last = questions(nvim)[-1]
    assert last["position"] == {"line": 0, "character": 3}
    assert last["context"] == {"triggerKind": 2}
    assert last["formattingOptions"] == {"tabSize": 3, "insertSpaces": True}
    assert last["textDocument"]["uri"].endswith("/example.txt")
    assert last["textDocument"]["version"] >= 1


def test_one_key_asks_once(nvim: Neovim) -> None:
    nvim.keys("i")
    eventually(lambda: len(questions(nvim)) == 1)
    nvim.type("a")
    eventually(lambda: len(questions(nvim)) == 2)
    nvim.type("b")
    nvim.settle()
    assert len(questions(nvim)) == 3


def test_a_new_question_comes_before_the_old_one_is_cancelled(nvim: Neovim) -> None:
    nvim.lua("Fake.answer = function() Fake.cancelled_before = vim.deepcopy(Fake.cancelled) end")
    nvim.keys("i")
    eventually(lambda: len(questions(nvim)) == 1)
    nvim.type("a")
    eventually(lambda: len(questions(nvim)) == 2)
    first = nvim.lua("return Fake.questions[1].id")
    assert nvim.lua("return Fake.cancelled_before") == []
    eventually(lambda: nvim.lua("return Fake.cancelled") == [first])

    nvim.keys("<Esc>")
    eventually(lambda: nvim.lua("return #Fake.cancelled") == 2)


def test_a_server_that_starts_after_edits_without_one_has_the_text(nvim: Neovim) -> None:
    nvim.lua(
        "Fake.crash() "
        "vim.wait(1000, function() return #vim.lsp.get_clients({ name = 'picode' }) == 0 end) "
        "vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one two' })"
    )
    nvim.wait_for_server()
    nvim.keys("A")
    nvim.type(" three")
    eventually(lambda: questions(nvim) and questions(nvim)[-1]["position"]["character"] == len("one two three"))
    assert nvim.lua("return Fake.text") == "one two three\n"

    nvim.type("\n4")
    eventually(lambda: questions(nvim)[-1]["position"] == {"line": 1, "character": 1})
    assert nvim.lua("return Fake.text") == "one two three\n4\n"


def test_null_keeps_the_ghost_text_and_an_empty_list_clears_it(nvim: Neovim) -> None:
    answer(nvim, (0, 0, 1, "abcdef"))
    nvim.keys("i")
    nvim.type("a")
    nvim.wait_for_ghost("bcdef")

    nvim.lua("Fake.answer = function(_, reply) reply(vim.NIL) end")
    asked = len(questions(nvim))
    nvim.type("b")
    eventually(lambda: len(questions(nvim)) == asked + 1)
    nvim.settle()
    nvim.wait_for_ghost("cdef")

    answer(nvim)
    nvim.type("c")
    nvim.wait_for_no_ghost()


def test_an_answer_to_an_old_question_is_not_shown(nvim: Neovim) -> None:
    hold(nvim)
    nvim.keys("i")
    nvim.type("a")
    eventually(lambda: len(questions(nvim)) >= 1)
    number = len(questions(nvim))
    nvim.type("x")
    eventually(lambda: len(questions(nvim)) > number)
    reply(nvim, number, (0, 0, 1, "abc"))
    nvim.settle()
    assert nvim.ghost is None

    reply(nvim, number + 1, (0, 0, 2, "axis"))
    nvim.wait_for_ghost("is")


def test_an_answer_after_insert_mode_is_not_shown(nvim: Neovim) -> None:
    hold(nvim)
    nvim.keys("i")
    nvim.type("a")
    eventually(lambda: len(questions(nvim)) >= 1)
    nvim.keys("<Esc>")
    reply(nvim, len(questions(nvim)), (0, 0, 1, "abc"))
    nvim.settle()
    assert nvim.ghost is None


def test_accepting_whole_runs_the_command_once(nvim: Neovim) -> None:
    answer(nvim, (0, 0, 1, "one two"))
    nvim.keys("i")
    nvim.type("o")
    nvim.wait_for_ghost("ne two")
    hold(nvim)
    nvim.keys("<M-Right>")
    eventually(lambda: nvim.text == "one")
    assert nvim.lua("return Fake.calls") == []

    nvim.lua("require('picode').accept()")
    eventually(lambda: nvim.text == "one two")
    eventually(lambda: nvim.lua("return #Fake.calls") == 1)
    assert nvim.lua("return Fake.calls[1]") == {"command": "picode.accepted", "arguments": ["one two"]}


@pytest.mark.parametrize(
    ("line", "column", "item", "shown", "accepted", "cursor"),
    [
        ("f()", 2, (0, 3, "f(x)"), "f(x)", "f(x)", 4),
        ("f()  # c", 2, (0, 3, "f(x, y)"), "f(x, y)  # c", "f(x, y)  # c", 7),
        ("abcd!", 1, (0, 4, "a1"), "a1!", "a1!", 2),
        ("abcd!", 1, (0, 4, "a123456"), "a123456!", "a123456!", 7),
        ("if () {", 4, (0, 7, "if (x) {\n  y\n}"), "if (x) {\n  y\n}", "if (x) {\n  y\n}", 1),
        ("f(); g()", 2, (0, 3, "f(\n  x\n)"), "f(\n  x\n); g()", "f(\n  x\n); g()", 1),
    ],
    ids=["bracket", "bracket and comment", "shorter", "longer", "block", "lines before a rest"],
)
def test_a_range_that_reaches_behind_the_cursor_looks_as_it_will_be(
    nvim: Neovim, line: str, column: int, item: tuple[int, int, str], shown: str, accepted: str, cursor: int
) -> None:
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { ... })", line)
    answer(nvim, (0, *item))
    nvim.keys(f"gg0{column}li")
    wanted = shown.split("\n")
    nvim.screen.wait_for(lambda frame: frame.lines[: len(wanted)] == wanted)

    nvim.keys("<Tab>")
    eventually(lambda: nvim.text == accepted, explain=lambda: nvim.text)
    assert nvim.cursor[1] == cursor


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_ranges_are_read_in_the_encoding_of_the_server(nvim: Neovim, project: Path, encoding: str) -> None:
    nvim.lua("Fake.encoding = ...", encoding)
    nvim.command("PiCode restart")
    eventually(lambda: nvim.clients and nvim.lua("return Fake.initialized_with ~= nil"))
    nvim.edit(project / "other.txt", "é😀 = ü()")
    nvim.wait_for_server()
    units = {"utf-8": lambda text: len(text.encode()), "utf-16": lambda text: len(text.encode("utf-16-le")) // 2}
    column = units.get(encoding, len)
    answer(nvim, (0, column("é😀 = "), column("é😀 = ü()"), "ü(ñ)"))
    nvim.keys("A<Left>")
    nvim.screen.wait_for(lambda frame: frame.lines[0] == "é😀 = ü(ñ)")
    nvim.keys("<Tab>")
    eventually(lambda: nvim.text == "é😀 = ü(ñ)")
    nvim.lua("Fake.encoding = nil")
    nvim.command("PiCode restart")  # else the tests that follow speak this one's encoding
    nvim.wait_for_server()


@pytest.mark.parametrize(
    "item",
    [(5, 0, 1, "far"), (0, 0, 0, "x"), (0, 0, 1, "other"), (0, 0, 1, "a")],
    ids=["another line", "before the cursor", "another text", "nothing new"],
)
def test_what_does_not_fit_the_cursor_is_not_shown(nvim: Neovim, item: tuple[int, int, int, str]) -> None:
    answer(nvim, item)
    nvim.keys("i")
    nvim.type("a")
    eventually(lambda: len(questions(nvim)) >= 1)
    nvim.settle()
    assert nvim.ghost is None


def test_a_candidate_that_was_chosen_stays_while_typing_goes_on(nvim: Neovim) -> None:
    answer(nvim, (0, 0, 1, "abc"), (0, 0, 1, "axbc"), (0, 0, 1, "axy"))
    nvim.keys("i")
    nvim.type("a")
    nvim.wait_for_ghost("bc")
    nvim.keys("<M-]>")
    nvim.wait_for_ghost("xbc 2/3")
    asked = len(questions(nvim))
    nvim.type("x")
    nvim.wait_for_ghost("bc 2/3")

    # The first does not fit any more.
    nvim.keys("<M-]>")
    nvim.wait_for_ghost("y 2/2")
    nvim.keys("<M-]>")
    nvim.wait_for_ghost("bc 1/2")
    nvim.settle()
    assert len(questions(nvim)) == asked


def test_going_on_to_the_next_while_it_is_asked_for_asks_once(nvim: Neovim) -> None:
    hold(nvim)
    nvim.keys("i")
    nvim.type("a")
    nvim.settle()
    asked = len(questions(nvim))
    nvim.keys("<M-]><M-]><M-]>")
    nvim.settle()
    assert len(questions(nvim)) == asked + 1


def test_a_buffer_can_be_left_out(nvim: Neovim) -> None:
    nvim.command("let b:picode = v:false")
    nvim.keys("i")
    nvim.type("abc")
    nvim.settle()
    assert questions(nvim) == []

    nvim.keys(r"<M-\>")
    eventually(lambda: [each["context"] for each in questions(nvim)] == [{"triggerKind": 1}])


def test_a_macro_asks_for_nothing_while_it_runs(nvim: Neovim) -> None:
    nvim.lua("vim.fn.setreg('q', 'ione two\\27')")
    nvim.keys("5@q")
    eventually(lambda: nvim.text.count("one") == 5)
    nvim.settle()
    assert questions(nvim) == []


def test_asking_from_normal_mode_starts_insert_mode_at_the_cursor(nvim: Neovim) -> None:
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'abc' })")
    answer(nvim, (0, 0, 3, "abcdef"))
    nvim.keys("gg$:PiCode suggest<CR>")
    nvim.wait_for_ghost("def")
    assert questions(nvim)[-1]["context"] == {"triggerKind": 1}
    assert nvim.mode == "i"


def test_nothing_to_suggest_is_said_when_asked_for(nvim: Neovim) -> None:
    answer(nvim)
    nvim.keys("i")
    nvim.type("x")
    nvim.settle()
    nvim.keys(r"<M-\>")
    nvim.screen.wait_for(lambda frame: frame.lines[0] == "x no suggestion")
    nvim.type("y")
    nvim.screen.wait_for(lambda frame: frame.lines[0] == "xy")
