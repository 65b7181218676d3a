"""Slash commands: how they are given, and what the server is then asked."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.nvim.asking import answers, asked, reply, say
from e2e.nvim.neovim import Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]

CODE = "one = 1\ntwo = '😀' + x\nthree = 3\nfour = 4"
OWN = {
    "name": "haiku",
    "title": "Haiku",
    "help": "Write a haiku about the code.",
    "words": "mood",
    "mustSay": False,
    "output": "prose",
    "about": "code",
    "example": "/haiku sad",
    "source": "~/.config/picode/commands/haiku.md",
}


@pytest.fixture
def nvim(fake: Neovim) -> Iterator[Neovim]:
    fake.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(..., '\\n'))", CODE)
    fake.lua("Input, Select = vim.ui.input, vim.ui.select")
    yield fake
    fake.lua("vim.ui.input, vim.ui.select = Input, Select")


def chooses(nvim: Neovim, *choices: int) -> None:
    """The user takes these, one menu after the other; `Offered` is what stood in the last."""
    nvim.lua(
        """
        local choices = ...
        vim.ui.select = function(items, options, choose)
          Offered = vim.tbl_map(options.format_item or tostring, items)
          choose(items[table.remove(choices, 1)])
        end
        """,
        choices,
    )


def types(nvim: Neovim, text: str | None) -> None:
    """The user types this when asked; `Prompt` is what they are asked."""
    nvim.lua(
        "local text = ... if text == vim.NIL then text = nil end "
        "vim.ui.input = function(options, done) Prompt = options.prompt done(text) end",
        text,
    )


def place(first: int, column: int, last: int, end: int) -> dict[str, dict[str, int]]:
    return {"start": {"line": first, "character": column}, "end": {"line": last, "character": end}}


def has_own(nvim: Neovim) -> None:
    nvim.lua(
        "local own = ... Fake.commands['picode.commands'] = function(_, reply) "
        "local all = vim.deepcopy(require('picode.slash')) table.insert(all, own) reply(all) end",
        OWN,
    )


@pytest.mark.parametrize(
    ("keys", "text", "stretch"),
    [
        ("2G3l:PiCode /fix make it quick<CR>", "/fix make it quick", place(1, 3, 1, 3)),
        ("ggVj:PiCode /doc<CR>", "/doc", place(0, 0, 1, 14)),
        (":2,3PiCode /refactor<CR>", "/refactor", place(1, 0, 2, 9)),
        (":%PiCode /optimize  the  loop<CR>", "/optimize the  loop", place(0, 0, 3, 8)),
        (":2PiCode /explain 'a' \"b\" | c<CR>", "/explain 'a' \"b\" | c", place(1, 0, 1, 14)),
        ("gg:PiCode ask why is this slow?<CR>", "/ask why is this slow?", place(0, 0, 0, 0)),
        (":2PiCode ask why?<CR>", "/ask why?", place(1, 0, 1, 14)),
    ],
)
def test_a_command_is_about_a_range_or_the_cursor(
    nvim: Neovim, keys: str, text: str, stretch: dict[str, dict[str, int]]
) -> None:
    nvim.keys(keys)
    eventually(lambda: asked(nvim), explain=lambda: nvim.evidence)
    sent = asked(nvim)[0]
    assert sent["text"] == text
    assert sent["range"] == stretch
    assert sent["uri"].endswith("/example.txt")
    assert sent["version"] == nvim.lua("return vim.b[vim.fn.bufnr('example.txt')].changedtick")
    assert sent["unit"] == "\t"


@pytest.mark.parametrize(
    ("keys", "stretch"),
    [
        ("2G0wwvllll", place(1, 6, 1, 12)),
        ("2G0wwvllllo", place(1, 6, 1, 12)),
        ("gg0vj", place(0, 0, 1, 1)),
        ("ggVj", place(0, 0, 1, 14)),
        ("gg<C-v>jl", place(0, 0, 1, 14)),
        ("gg0v$", place(0, 0, 0, 7)),
    ],
    ids=["forwards", "backwards", "lines", "line-wise", "block", "to the end"],
)
def test_a_mapping_is_about_what_is_selected(nvim: Neovim, keys: str, stretch: dict[str, dict[str, int]]) -> None:
    nvim.command("xmap <Space>e <Plug>(picode-explain)")
    nvim.keys(f"{keys}<Space>e")
    eventually(lambda: asked(nvim), explain=lambda: nvim.evidence)
    assert asked(nvim)[0]["range"] == stretch
    assert nvim.mode == "n"


def test_a_command_of_a_mapping_is_about_what_is_selected(nvim: Neovim) -> None:
    nvim.command("xnoremap <Space>r <Cmd>PiCode /refactor<CR>")
    nvim.keys("gg0wve<Space>r")
    eventually(lambda: asked(nvim), explain=lambda: nvim.evidence)
    assert asked(nvim)[0]["range"] == place(0, 4, 0, 7)


def test_every_slash_command_has_a_mapping_in_normal_and_visual_mode(nvim: Neovim) -> None:
    names = nvim.lua("return vim.tbl_map(function(c) return c.name end, require('picode.slash'))")
    assert "explain" in names
    for name in names:
        for mode in "nx":
            assert nvim.lua("return vim.fn.mapcheck(...) ~= ''", f"<Plug>(picode-{name})", mode), name


def test_a_mapping_that_needs_words_asks_for_them(nvim: Neovim) -> None:
    types(nvim, " what is it? ")
    nvim.command("nmap <Space>a <Plug>(picode-ask)")
    nvim.keys("<Space>a")
    eventually(lambda: asked(nvim))
    assert asked(nvim)[0]["text"] == "/ask what is it?"
    assert nvim.lua("return Prompt") == "PiCode question: "

    types(nvim, None)
    nvim.command("PiCode /edit")
    nvim.settle()
    assert len(asked(nvim)) == 1


def test_problems_and_indentation_go_along(nvim: Neovim) -> None:
    nvim.lua(
        """
        vim.bo.shiftwidth, vim.bo.expandtab = 2, true
        vim.diagnostic.set(vim.api.nvim_create_namespace('test'), 0, {
          { lnum = 1, col = 13, end_lnum = 1, end_col = 16, message = 'no x', severity = 1, source = 'lint', code = 'E1' },
          { lnum = 3, col = 0, message = 'four', severity = 2 },
        })
        """
    )
    nvim.command("2,3PiCode /fix")
    eventually(lambda: asked(nvim))
    sent = asked(nvim)[0]
    assert sent["unit"] == "  "
    assert sent["diagnostics"] == [
        {"range": place(1, 11, 1, 14), "message": "no x", "severity": 1, "source": "lint", "code": "E1"}
    ]
    nvim.lua("vim.diagnostic.reset()")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("PiCode /e", "/edit /explain"),
        ("'<,'>PiCode /ex", "/explain"),
        ("PiCode /ha", "/haiku"),
        ("PiCode ch", "chat"),
        ("PiCode con", "conversations"),
        ("PiCode /fix ", ""),
        ("PiCode /fix mo", ""),
        ("PiCode /explain #exa", "#example.txt"),
        ("PiCode ask what of #sub/", '#"sub/b c.txt" #sub/a.txt'),
        ("PiCode status #ex", ""),
    ],
)
def test_slash_commands_and_files_are_completed(nvim: Neovim, project: Path, typed: str, offered: str) -> None:
    has_own(nvim)
    (project / "sub").mkdir()
    (project / "sub" / "a.txt").touch()
    (project / "sub" / "b c.txt").touch()
    nvim.command(f"cd {project}")
    found = nvim.lua("return vim.fn.getcompletion(..., 'cmdline')", typed)
    assert " ".join(sorted(found)) == offered


def test_a_slash_alone_shows_all_commands(nvim: Neovim) -> None:
    has_own(nvim)
    chooses(nvim, 2)
    nvim.command("3PiCode /")
    eventually(lambda: asked(nvim))
    offered = nvim.lua("return Offered")
    assert offered[1].split() == "/explain [what to look at] Explain what the code does and why.".split()
    assert "/haiku [mood]" in offered[-1]
    assert asked(nvim)[0]["text"] == "/explain"
    assert asked(nvim)[0]["range"] == place(2, 0, 2, 9)


def test_an_own_command_runs_like_the_others(nvim: Neovim) -> None:
    has_own(nvim)
    nvim.command("PiCode /haiku sad")
    eventually(lambda: asked(nvim))
    assert asked(nvim)[0]["text"] == "/haiku sad"


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("PiCode /nonsense", "there is no command /nonsense. :PiCode / lists them all."),
        ("1,2PiCode status", ":PiCode status takes no range."),
        ("PiCode stop it", ':PiCode stop does not take "it".'),
    ],
)
def test_a_wrong_command_is_explained(nvim: Neovim, command: str, complaint: str) -> None:
    nvim.keys(f":{command}<CR>")
    nvim.screen.wait_for(lambda frame: complaint in str(frame))
    assert asked(nvim) == []


def test_a_buffer_without_a_file_can_be_asked_about(nvim: Neovim) -> None:
    nvim.keys(":enew!<CR>")
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'x = 1' })")
    nvim.keys(":PiCode /fix<CR>")
    eventually(lambda: asked(nvim), explain=lambda: nvim.evidence)
    assert asked(nvim)[0]["uri"] == "file://"


def test_a_second_buffer_without_a_file_can_be_asked_beside_but_not_about(nvim: Neovim) -> None:
    """All of them have one URI."""
    nvim.keys(":enew!<CR>")
    nvim.keys("ifirst<Esc>")
    nvim.wait_for_server()
    nvim.keys(":hide enew<CR>")
    nvim.keys(":PiCode /fix<CR>")
    nvim.screen.wait_for(lambda frame: "Write it to a file first." in str(frame))
    assert asked(nvim) == []
    nvim.keys(":PiCode ask what is a monad?<CR>")
    eventually(lambda: asked(nvim))
    assert "uri" not in asked(nvim)[0]


def test_the_model_is_chosen_by_the_same_menu_as_ever(nvim: Neovim) -> None:
    row = {"provider": "embedded", "title": "Embedded", "model": "small", "available": True, "current": True}
    nvim.lua("Fake.models = { ... }", {**row, "detail": ""})
    nvim.lua("Fake.commands['picode.chat.model'] = function(_, reply) reply(Fake.models[1]) end")
    chooses(nvim, 5)
    nvim.command("PiCode /model")
    eventually(lambda: nvim.lua("return Offered") == ["* Embedded: small", "  Another model …"])
    nvim.command("PiCode /model ollama/qwen")
    eventually(lambda: [each["text"] for each in asked(nvim)] == ["/model ollama/qwen"])


def test_help_is_shown_like_an_answer(nvim: Neovim) -> None:
    nvim.command("PiCode /help")
    eventually(lambda: asked(nvim))
    reply(nvim, state="whole", output="local", text="| Command | What it does |", conversation="")
    nvim.screen.wait_for(lambda frame: "| Command | What it does |" in str(frame))


def test_a_chat_is_gone_on_with(nvim: Neovim) -> None:
    types(nvim, "hello")
    nvim.command("PiCode chat")
    identifier = answers(nvim, "hello")
    assert asked(nvim)[0]["text"] == "/chat hello"
    say(nvim, identifier, "whole", text="Hi.", conversation="c1")
    reply(nvim, state="whole", text="Hi.", conversation="c1")
    nvim.screen.wait_for(lambda frame: "Hi." in str(frame))
    nvim.keys("q")
    nvim.screen.wait_for(lambda frame: "Hi." not in str(frame))

    nvim.command("PiCode chat and now?")
    eventually(lambda: len(asked(nvim)) == 2)
    assert asked(nvim)[1]["text"] == "/chat and now?"
    assert asked(nvim)[1]["conversation"] == "c1"
    nvim.screen.wait_for(lambda frame: "Hi." in str(frame))


def test_a_code_action_takes_the_same_way(nvim: Neovim, project: Path) -> None:
    command = {
        "title": "Fix",
        "command": "picode.slash",
        "arguments": [{"text": "/fix", "uri": "file:///x", "range": place(1, 0, 2, 0), "version": 3}],
    }
    nvim.lua("Fake.actions = { { title = 'PiCode: Fix', kind = 'quickfix', command = ... } }", command)
    nvim.command("2")
    nvim.lua("vim.lsp.buf.code_action({ apply = true })")
    eventually(lambda: asked(nvim), explain=lambda: nvim.evidence)
    sent = asked(nvim)[0]
    assert {name: sent[name] for name in ("text", "uri", "range", "version")} == command["arguments"][0]
    assert sent["workDoneToken"]
    assert nvim.lua("return require('picode').status()") == "PiCode /fix …"


def test_a_code_action_with_an_edit_is_applied(nvim: Neovim) -> None:
    change = {"newText": "zwei", "range": place(1, 0, 1, 3)}
    nvim.lua(
        "Fake.actions = { { title = 'Rename', edit = { changes = { [vim.uri_from_bufnr(0)] = { ... } } } } }", change
    )
    nvim.lua("vim.lsp.buf.code_action({ apply = true })")
    eventually(lambda: "zwei = '😀' + x" in nvim.text)
    nvim.keys("u")
    eventually(lambda: nvim.text == CODE)


def test_a_lens_that_tries_again_is_an_ask_that_can_be_stopped(nvim: Neovim) -> None:
    lens = {"title": "Try again", "command": "picode.edit.again", "arguments": [{"id": "e1"}]}
    nvim.lua("vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1]:exec_cmd(..., { bufnr = 0 })", lens)
    eventually(lambda: asked(nvim))
    assert asked(nvim)[0]["id"] == "e1"
    nvim.command("PiCode stop")
    eventually(lambda: nvim.lua("return #Fake.cancelled") == 1)
    assert nvim.lua("return require('picode').status()") == "PiCode"


def test_the_client_says_what_it_can_show(nvim: Neovim) -> None:
    shown = {"answers": True, "liveEdits": True, "status": True, "keys": True, "trust": True, "input": True}
    assert nvim.lua("return Fake.capabilities.experimental.picode") == shown


CONVERSATIONS = [
    {"id": "c1", "title": "Explain a.py: why?", "folder": "/x", "changed": 1700000000, "turns": 4, "cost": 0.25},
    {"id": "c2", "title": "Chat", "folder": "", "changed": 1600000000, "turns": 2, "cost": None},
]


@pytest.fixture
def kept(nvim: Neovim) -> Neovim:
    """The server keeps two conversations."""
    nvim.lua(
        """
        local found = ...
        Fake.commands['picode.conversations'] = function(_, reply) reply(found) end
        Fake.commands['picode.conversation'] = function(argument, reply)
          local markdown = '# Chat\\n\\n> hello\\n\\nHi.\\n'
          local all = argument.format == 'json' and { conversation = vim.empty_dict() } or { text = markdown }
          reply(vim.tbl_extend('force', { id = argument.id, title = 'x' }, all))
        end
        """,
        CONVERSATIONS,
    )
    return nvim


def told(nvim: Neovim, command: str) -> list[dict[str, object]]:
    return [each["arguments"][0] for each in nvim.lua("return Fake.calls") if each["command"] == command]


def test_a_conversation_is_resumed(kept: Neovim) -> None:
    chooses(kept, 1, 1)
    kept.command("PiCode conversations some words")
    kept.screen.wait_for(lambda frame: "> hello" in str(frame) and "Explain a.py: why?" in str(frame))
    assert told(kept, "picode.conversations") == [{"search": "some words", "limit": 200}]
    types(kept, "go on")
    kept.keys("<CR>")
    eventually(lambda: asked(kept))
    assert asked(kept)[0]["conversation"] == "c1"
    assert asked(kept)[0]["text"] == "/chat go on"


def test_conversations_are_listed_with_what_they_cost(kept: Neovim) -> None:
    chooses(kept, 3)
    kept.command("PiCode conversations")
    eventually(lambda: len(kept.lua("return Offered or {}")) == 2)
    first, second = kept.lua("return Offered")
    assert first.endswith("  Explain a.py: why?  (4 turns · $0.2500)")
    assert first.startswith("2023-11-1")
    assert second.endswith("  Chat  (2 turns)")


def test_a_conversation_is_renamed_and_deleted(kept: Neovim) -> None:
    chooses(kept, 1, 2)
    types(kept, "Areas")
    kept.command("PiCode conversations")
    eventually(lambda: told(kept, "picode.conversation.rename") == [{"id": "c1", "title": "Areas"}])
    chooses(kept, 2, 3, 2)
    kept.command("PiCode conversations")
    kept.settle()
    assert told(kept, "picode.conversation.delete") == []
    chooses(kept, 2, 3, 1)
    kept.command("PiCode conversations")
    eventually(lambda: told(kept, "picode.conversation.delete") == [{"id": "c2"}])


def test_a_conversation_is_written_to_a_file_and_nothing_is_overwritten_unasked(kept: Neovim, project: Path) -> None:
    path = project / "chat.md"
    types(kept, str(path))
    chooses(kept, 1, 4)
    kept.command("PiCode conversations")
    eventually(lambda: path.exists() and path.read_text() == "# Chat\n\n> hello\n\nHi.\n")
    chooses(kept, 1, 5, 2)
    kept.command("PiCode conversations")
    eventually(lambda: kept.lua("return Offered")[0] == "Overwrite")
    assert path.read_text().startswith("# Chat")
    chooses(kept, 1, 5, 1)
    kept.command("PiCode conversations")
    eventually(lambda: path.read_text() == "{}\n")


TEMPLATE = "\n# Please enter the commit message for your changes.\n# On branch main\n"


@pytest.fixture
def repository(project: Path) -> Path:
    folder = project / "repository"
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


def test_a_commit_message_goes_into_an_empty_commit_buffer(
    nvim: Neovim, repository: Path, photograph: Callable[[Neovim], None]
) -> None:
    nvim.edit(repository / ".git" / "COMMIT_EDITMSG", TEMPLATE)
    nvim.wait_for_server()
    assert nvim.lua("return vim.bo.filetype") == "gitcommit"
    nvim.keys(":PiCode /commit<CR>")
    eventually(lambda: asked(nvim))
    sent = asked(nvim)[0]
    assert sent["folder"] == str(repository)
    assert "uri" not in sent
    nvim.screen.wait_for(lambda frame: "PiCode writes the message …" in str(frame))
    reply(nvim, state="whole", output="message", text="Add the area\n\nIt was a sum before.\n")
    eventually(
        lambda: nvim.text == f"Add the area\n\nIt was a sum before.\n{TEMPLATE.rstrip()}", explain=lambda: nvim.text
    )
    nvim.screen.wait_for(lambda frame: "Add the area" in str(frame))
    photograph(nvim)
    assert "PiCode writes" not in str(nvim.screen.now)
    nvim.keys("u")
    eventually(lambda: nvim.text == TEMPLATE.rstrip("\n"))


def test_a_commit_message_that_somebody_has_begun_is_left_alone(nvim: Neovim, repository: Path) -> None:
    nvim.edit(repository / ".git" / "COMMIT_EDITMSG", TEMPLATE)
    nvim.wait_for_server()
    nvim.keys(":PiCode /commit<CR>")
    eventually(lambda: asked(nvim))
    nvim.keys("ggIMine<Esc>")
    reply(nvim, state="whole", output="message", text="Add the area")
    nvim.screen.wait_for(lambda frame: "Add the area" in str(frame))
    nvim.keys("q")
    eventually(lambda: nvim.text == f"Mine{TEMPLATE.rstrip()}")


def test_a_commit_message_is_shown_elsewhere(nvim: Neovim, project: Path) -> None:
    nvim.keys(":PiCode /commit<CR>")
    eventually(lambda: asked(nvim))
    assert asked(nvim)[0]["folder"] == str(project)
    reply(nvim, state="whole", output="message", text="Add the area")
    nvim.screen.wait_for(lambda frame: "Add the area" in str(frame))


def test_the_folder_of_a_work_tree_is_found(nvim: Neovim, repository: Path) -> None:
    run = ["git", "-C", str(repository), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*run, "commit", "--quiet", "--allow-empty", "-m", "x"], check=True)
    subprocess.run([*run, "worktree", "add", "--quiet", "../other"], check=True)
    nvim.edit(repository / ".git" / "worktrees" / "other" / "COMMIT_EDITMSG", TEMPLATE)
    nvim.command("PiCode /commit")
    eventually(lambda: asked(nvim), explain=lambda: nvim.evidence)
    assert asked(nvim)[0]["folder"] == str(repository.parent / "other")


RENAMING_SERVER = """
vim.lsp.start({ name = 'language', cmd = function()
  local id = 0
  local server = { notify = function() return true end, is_closing = function() return false end, terminate = function() end }
  function server.request(method, params, callback)
    id = id + 1
    Renamed = method == 'textDocument/rename' and params.newName or Renamed
    vim.schedule(function() callback(nil, method == 'initialize' and { capabilities = { renameProvider = true } } or nil) end)
    return true, id
  end
  return server
end })
"""


def test_a_proposed_name_is_renamed_by_the_language_s_own_server(nvim: Neovim) -> None:
    names = [{"name": "count", "reason": "what it is"}, {"name": "sum", "reason": ""}]
    nvim.keys("gg:PiCode /rename it counts<CR>")
    eventually(lambda: asked(nvim))
    assert asked(nvim)[0]["text"] == "/rename it counts"
    chooses(nvim, 1, 2)
    reply(nvim, state="whole", output="names", text="", names=names)
    nvim.screen.wait_for(lambda frame: "No language server renames in this buffer" in str(frame))
    assert nvim.lua("return Offered") == ["count  what it is", "sum"]
    nvim.lua(RENAMING_SERVER)
    eventually(lambda: nvim.lua("return #vim.lsp.get_clients({ method = 'textDocument/rename' })") == 1)
    nvim.keys(":PiCode /rename<CR>")
    eventually(lambda: len(asked(nvim)) == 2)
    reply(nvim, 2, state="whole", output="names", text="", names=names)
    eventually(lambda: nvim.lua("return Renamed") == "sum", explain=lambda: nvim.evidence)
    nvim.lua("vim.lsp.stop_client(vim.lsp.get_clients({ name = 'language' }), true)")


def test_a_name_is_not_put_where_the_cursor_is_by_then(nvim: Neovim) -> None:
    chooses(nvim, 1)
    nvim.keys("gg:PiCode /rename<CR>")
    eventually(lambda: asked(nvim))
    nvim.keys("G")
    reply(nvim, state="whole", output="names", text="", names=[{"name": "count", "reason": ""}])
    nvim.screen.wait_for(lambda frame: "The cursor is not on one any more" in str(frame))
