"""`:PiCode`, the status line, and what the server has to say to the user."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.nvim.neovim import Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]

NORMAL = {"kind": "normal", "message": "", "provider": "scripted", "model": "m"}
FAILED = {
    "kind": "error",
    "message": "No key.",
    "provider": "openai",
    "model": "gpt",
    "command": {"title": "Try again", "command": "picode.retry", "arguments": []},
}


@pytest.fixture(autouse=True)
def menus(fake: Neovim) -> Iterator[None]:
    """What a test puts in the place of menus and prompts is gone after it."""
    fake.lua("Menus = { vim.ui.select, vim.ui.input }")
    yield
    fake.lua("vim.ui.select, vim.ui.input = unpack(Menus) vim.fn.inputsecret = nil")


def say(nvim: Neovim, method: str, params: dict[str, Any]) -> None:
    """The server says something unasked."""
    nvim.lua("Fake.say(...)", method, params)


def told(nvim: Neovim) -> list[dict[str, Any]]:
    """The notifications that the server got, but for those of documents."""
    return [each["params"] for each in nvim.lua("return Fake.notified") if "textDocument" not in each["method"]]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("PiCode di", "disable discard"),
        ("PiCode s", "status stop suggest"),
        ("PiCode toggle ", "buffer"),
        ("PiCode status ", ""),
        ("PiCode nonsense ", ""),
    ],
)
def test_commands_are_completed(fake: Neovim, typed: str, offered: str) -> None:
    assert fake.lua("return vim.fn.getcompletion(..., 'cmdline')", typed) == offered.split()


@pytest.mark.parametrize(
    ("command", "complaint"),
    [("PiCode nonsense", 'no command "nonsense"'), ("PiCode log now", ':PiCode log does not take "now"')],
)
def test_a_wrong_command_is_explained(fake: Neovim, command: str, complaint: str) -> None:
    said = "local notify, said = vim.notify, nil vim.notify = function(text) said = text end "
    assert complaint in fake.lua(said + "vim.cmd(...) vim.notify = notify return said", command)


def test_status_tells_where_things_stand(fake: Neovim, project: Path) -> None:
    say(fake, "picode/status", NORMAL)
    eventually(lambda: "PiCode: normal" in fake.command("PiCode"))
    status = fake.command("PiCode status")
    assert "scripted m" in status
    assert "server    fake 1" in status
    assert "trusted   no" in status
    assert "drawn by  extmarks" in status


def test_the_status_line_follows_the_server(fake: Neovim) -> None:
    fake.lua("vim.o.statusline = '[%{v:lua.require(\"picode\").status()}]'")
    fake.lua(
        "Seen = {} vim.api.nvim_create_autocmd('User', { pattern = 'PiCodeStatus', "
        "callback = function(event) table.insert(Seen, event.data.kind) end })"
    )
    for kind, shown in [
        ("normal", "[PiCode]"),
        ("busy", "[PiCode …]"),
        ("warning", "[PiCode !]"),
        ("error", "[PiCode ✗]"),
        ("inactive", "[PiCode off]"),
    ]:
        say(fake, "picode/status", {**NORMAL, "kind": kind})
        fake.screen.wait_for(lambda frame, shown=shown: shown in str(frame))
    assert fake.lua("return Seen") == ["normal", "busy", "warning", "error", "inactive"]

    say(fake, "picode/status", NORMAL)
    progress = {"kind": "begin", "title": "Downloading", "message": "the model", "percentage": 40}
    say(fake, "$/progress", {"token": "x", "value": progress})
    fake.screen.wait_for(lambda frame: "[PiCode Downloading the model 40%]" in str(frame))
    say(fake, "$/progress", {"token": "x", "value": {"kind": "end"}})
    fake.screen.wait_for(lambda frame: "[PiCode]" in str(frame))

    fake.command("new")
    fake.command("wincmd p")
    assert fake.lua("return vim.api.nvim_win_call(vim.fn.win_getid(1), require('picode').status)") == ""
    fake.command("set statusline&")


def test_a_message_says_how_to_take_the_way_out(fake: Neovim) -> None:
    say(fake, "picode/status", FAILED)
    say(fake, "window/showMessage", {"type": 2, "message": "PiCode: No key was found."})
    fake.screen.wait_for(lambda frame: "PiCode: No key was found. (:PiCode fix: Try again)" in str(frame))

    fake.command("PiCode fix")
    eventually(lambda: fake.lua("return Fake.calls") == [{"command": "picode.retry", "arguments": []}])
    say(fake, "picode/status", NORMAL)


def test_the_way_out_is_said_even_if_the_message_is_too_long(fake: Neovim) -> None:
    say(fake, "picode/status", FAILED)
    long = f"PiCode: Something {'very ' * 60}long went wrong."
    say(fake, "window/showMessage", {"type": 1, "message": long})
    frame = fake.screen.wait_for(lambda frame: "… (:PiCode fix: Try again)" in frame.lines[-1])
    assert len(frame.lines[-1]) < 160
    assert f"{long} (:PiCode fix: Try again)" in " ".join(fake.messages)
    say(fake, "picode/status", NORMAL)


def test_what_is_well_again_needs_no_fix(fake: Neovim) -> None:
    say(fake, "picode/status", FAILED)
    eventually(lambda: fake.lua("return require('picode.fixes').title()") == "Try again")
    say(fake, "picode/status", NORMAL)
    eventually(lambda: fake.lua("return require('picode.fixes').title()") is None)


def test_a_question_waits_until_the_user_has_time(fake: Neovim) -> None:
    question = {"type": 1, "message": "Model gone.", "actions": [{"title": "Select model"}]}
    fake.keys("i")
    fake.lua("Fake.ask('window/showMessageRequest', ...)", question)
    fake.type("still typing")
    assert fake.text == "still typing"
    fake.settle()
    assert "Model gone." not in str(fake.screen.now)

    fake.keys("<Esc>")
    fake.screen.wait_for(lambda frame: "PiCode: Model gone. (:PiCode fix: Select model)" in str(frame))
    assert fake.lua("return Fake.answered") is None
    fake.command("PiCode fix")
    eventually(lambda: fake.lua("return Fake.answered") == [{"title": "Select model"}])


def test_the_same_message_is_not_told_again_at_once(fake: Neovim) -> None:
    for _ in range(5):
        say(fake, "window/showMessage", {"type": 1, "message": "The same every time."})
    fake.settle()
    assert sum("The same every time." in line for line in fake.messages) == 1


def test_suggestions_are_switched_off_and_on_by_a_setting_of_the_session(fake: Neovim) -> None:
    fake.command("PiCode disable")
    assert told(fake)[-1] == {"settings": {"picode": {"enabled": False}}}
    fake.command("PiCode toggle")
    assert told(fake)[-1] == {"settings": {"picode": {"enabled": True}}}
    # A server that asks gets the same.
    fake.lua("Fake.ask('workspace/configuration', { items = { { section = 'picode' } } })")
    eventually(lambda: fake.lua("return Fake.answered") == [[{"enabled": True}]])


def test_suggestions_are_switched_off_in_one_buffer(fake: Neovim, project: Path) -> None:
    fake.command("PiCode disable buffer")
    assert told(fake) == []
    fake.keys("i")
    fake.type("abc")
    fake.settle()
    assert fake.lua("return #Fake.questions") == 0
    assert fake.lua("return require('picode').status()") == "PiCode off"

    fake.keys("<Esc>")
    fake.command("PiCode enable buffer")
    fake.keys("A")
    fake.type("d")
    eventually(lambda: fake.lua("return #Fake.questions") > 0)


EMBEDDED = {"provider": "embedded", "title": "Embedded", "model": "small", "available": True, "current": True}
KEYLESS = {"provider": "openai", "title": "OpenAI", "model": "gpt", "available": False, "current": False}
MODELS = [
    {**EMBEDDED, "detail": "", "needsKey": False},
    {**KEYLESS, "detail": "no server answers", "needsKey": False},
    {**KEYLESS, "provider": "mistral", "title": "Mistral", "detail": "no key", "needsKey": True},
]
ROWS = [
    "* Embedded: small",
    "  OpenAI: gpt (no server answers)",
    "  Mistral: gpt (needs a key, which is asked for)",
    "  Another model …",
]


def offer(nvim: Neovim, choice: int, typed: str = "") -> None:
    """The server has these models; the user chooses one, and types this where something is asked."""
    nvim.lua("Fake.models = ...", MODELS)
    nvim.lua("Fake.commands['picode.chat.model'] = function(_, reply) reply(Fake.models[3]) end")
    nvim.lua(
        "local choice, typed = ... "
        "vim.ui.select = function(items, options, choose) "
        "Offered = vim.tbl_map(options.format_item, items) choose(items[choice]) end "
        "vim.ui.input = function(_, answer) answer(typed) end "
        "vim.fn.inputsecret = function(prompt) Prompts = Prompts or {} table.insert(Prompts, prompt) return typed end "
        "Offered, Prompts = nil, nil",
        choice,
        typed,
    )


@pytest.mark.parametrize(
    ("command", "choice", "typed", "group", "chosen"),
    [
        ("PiCode model", 2, "", "inline", {"provider": "openai", "model": "gpt"}),
        ("PiCode model", 4, "tiny", "inline", {"provider": "embedded", "model": "tiny"}),
        ("PiCode model chat", 2, "", "chat", {"provider": "openai", "model": "gpt"}),
        ("PiCode model chat", 4, "large", "chat", {"provider": "mistral", "model": "large"}),
        ("PiCode fix", 2, "", "chat", {"provider": "openai", "model": "gpt"}),
    ],
)
def test_a_model_is_chosen_from_those_the_server_has(
    fake: Neovim, command: str, choice: int, typed: str, group: str, chosen: dict[str, str]
) -> None:
    remedy = {"title": "Choose a model", "command": "picode.selectModel", "arguments": ["chat"]}
    say(fake, "picode/status", {**FAILED, "command": remedy})
    offer(fake, choice, typed)
    fake.command(command)
    eventually(lambda: told(fake))
    assert told(fake)[-1]["settings"]["picode"][group] == chosen
    marked = ROWS if group == "inline" else [f"  {ROWS[0][2:]}", ROWS[1], f"* {ROWS[2][2:]}", ROWS[3]]
    assert fake.lua("return Offered") == marked
    say(fake, "picode/status", NORMAL)


DESCRIBED = {"provider": "mistral", "title": "Mistral", "page": "https://example.org/keys", "known": False}
ENTERED = {"entry": "mistral@there", "place": "keyring", "problem": "", "note": ""}
REFUSED = {**ENTERED, "place": "", "problem": "Mistral refused the key."}


def takes_keys(nvim: Neovim, *outcomes: dict[str, str]) -> None:
    """What the server says of the keys that it gets, one after the other."""
    nvim.lua("Fake.outcomes, Fake.described = ...", list(outcomes), DESCRIBED)
    nvim.lua(
        "Fake.commands['picode.key'] = function(_, reply) reply(Fake.described) end "
        "Fake.commands['picode.key.enter'] = function(_, reply) reply(table.remove(Fake.outcomes, 1)) end"
    )


def entered(nvim: Neovim) -> list[dict[str, str]]:
    """The keys that the server got."""
    return [each["arguments"][0] for each in nvim.lua("return Fake.calls") if each["command"] == "picode.key.enter"]


@pytest.mark.parametrize("command", ["PiCode key mistral", "PiCode key", "PiCode model", "PiCode fix"])
def test_a_key_is_entered_unseen_until_one_does(fake: Neovim, command: str) -> None:
    remedy = {"title": "Enter key", "command": "picode.enterKey", "arguments": ["mistral"]}
    say(fake, "picode/status", {**FAILED, "command": remedy})
    offer(fake, 1 if command == "PiCode key" else 3, "secret-canary")
    takes_keys(fake, REFUSED, ENTERED)
    fake.command(command)
    eventually(lambda: len(entered(fake)) == 2, explain=lambda: str(fake.screen.now))
    model = "gpt" if command == "PiCode model" else ""
    assert entered(fake)[-1] == {"provider": "mistral", "key": "secret-canary", "model": model}
    first, second = fake.lua("return Prompts")
    assert first == "PiCode: key for Mistral (get one at https://example.org/keys): "
    assert second == f"Mistral refused the key.\n{first}"
    eventually(lambda: "the key for Mistral works, and is in the system's keyring" in "\n".join(fake.messages))
    if command == "PiCode model":
        eventually(lambda: told(fake))
        assert told(fake)[-1]["settings"]["picode"]["inline"] == {"provider": "mistral", "model": "gpt"}
    assert "canary" not in "\n".join([*fake.messages, *fake.lua("return require('picode.log').text()")])
    say(fake, "picode/status", NORMAL)


def test_without_a_keyring_a_key_is_given_to_the_servers_of_this_session(fake: Neovim) -> None:
    log = fake.lua("return vim.lsp.log.get_filename()")
    fake.lua("vim.lsp.log.set_level(vim.log.levels.DEBUG)")
    offer(fake, 1, "secret-canary")
    takes_keys(fake, {**ENTERED, "place": "session"})
    fake.command("PiCode key mistral")
    eventually(lambda: "is kept until Neovim ends" in "\n".join(fake.messages), explain=lambda: str(fake.screen.now))
    fake.lua("Fake.calls = {}")
    fake.command("PiCode restart")
    given = {"command": "picode.key.give", "arguments": [{"keys": {"mistral@there": "secret-canary"}}]}
    eventually(lambda: given in fake.lua("return Fake.calls"))
    fake.lua("vim.lsp.log.set_level(vim.log.levels.WARN) package.loaded['picode.keys'] = nil")
    assert "canary" not in Path(log).read_text("utf-8", errors="replace")


@pytest.mark.parametrize("leaves", ["return ''", "error('Keyboard interrupt')"], ids=["an empty line", "Ctrl-C"])
def test_no_key_is_sent_by_a_user_who_leaves_the_prompt(fake: Neovim, leaves: str) -> None:
    takes_keys(fake)
    fake.lua(f"Prompts = 0 vim.fn.inputsecret = function() Prompts = Prompts + 1 {leaves} end")
    fake.command("PiCode key mistral")
    eventually(lambda: fake.lua("return Prompts") == 1)
    fake.settle()
    assert entered(fake) == []


def test_trust_is_off_until_the_user_says_so(fake: Neovim, project: Path) -> None:
    (project / ".git").mkdir()
    fake.edit(project / "inside.txt")
    fake.wait_for_server()
    assert fake.lua("return Fake.initialized_with.workspaceTrusted") is False

    fake.lua("Fake.notified = {}")
    fake.command("PiCode trust")
    assert {"workspaceTrusted": True} in told(fake)
    assert "trusted   yes" in fake.command("PiCode status")


def test_a_folder_is_trusted_by_the_fix_that_an_answer_names(fake: Neovim, project: Path) -> None:
    (project / ".git").mkdir()
    fake.edit(project / "inside.txt")
    fake.wait_for_server()
    remedy = {"title": "Trust this folder", "command": "picode.trust", "arguments": []}
    answer = {"id": "a", "state": "failed", "command": "commit", "title": "", "conversation": "", "remedy": remedy}
    say(fake, "picode/answer", answer)
    say(fake, "window/showMessage", {"type": 1, "message": "PiCode: PiCode runs git only in folders that you trust."})
    fake.screen.wait_for(lambda frame: "(:PiCode fix: Trust this folder)" in frame.lines[-1])
    fake.command("PiCode fix")
    eventually(lambda: {"workspaceTrusted": True} in told(fake))


@pytest.mark.parametrize(
    ("trusted", "folder", "expected"),
    [
        ("{folder}", "{folder}", True),
        ("{folder}", "{folder}/deep/inside", True),
        ("{folder}/", "{folder}/deep", True),
        ("{folder}", "{folder}-not", False),
        ("{folder}/deep", "{folder}", False),
        ("{link}", "{folder}", True),
        ("{folder}", "{link}", True),
    ],
)
def test_trusted_folders_are_compared_by_their_real_paths(
    fake: Neovim, tmp_path: Path, trusted: str, folder: str, expected: bool
) -> None:
    (tmp_path / "work" / "deep" / "inside").mkdir(parents=True)
    (tmp_path / "work-not").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "work")
    names = {"folder": str(tmp_path / "work"), "link": str(tmp_path / "link")}
    code = """
    local options = require('picode.options').current
    local before = options.trusted_folders
    options.trusted_folders = { (...) }
    local trusts = require('picode.trust').trusts(select(2, ...))
    options.trusted_folders = before
    return trusts
    """
    assert fake.lua(code, trusted.format(**names), folder.format(**names)) is expected


def test_the_log_tells_what_happened(fake: Neovim) -> None:
    say(fake, "window/logMessage", {"type": 3, "message": "one thing\nand another"})
    fake.settle()
    fake.command("PiCode log")
    lines = fake.text.splitlines()
    assert any(line.endswith(" one thing") for line in lines)
    assert any(line.endswith(" and another") for line in lines)
    assert any(f"{time.localtime().tm_hour:02}:" in line and "server" in line for line in lines)
    assert fake.api.current.buffer.options["modifiable"] is False
