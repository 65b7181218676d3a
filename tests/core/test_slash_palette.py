"""The slash commands in VS Code's manifest."""

from __future__ import annotations

from picode.core.slash import COMMANDS, Command
from tools.vscode_manifest import command_id, palette_commands, palette_keybindings, palette_menus, replaced


def test_every_command_has_a_row_in_the_palette() -> None:
    assert {row["command"] for row in palette_commands()} == {command_id(each) for each in COMMANDS.values()}
    assert {row["title"] for row in palette_commands()} == {each.title for each in COMMANDS.values()}


def test_no_command_of_the_palette_has_a_name_that_the_language_client_registers_for_the_server() -> None:
    from picode.lsp.server import COMMANDS as OF_THE_SERVER

    assert {command_id(each) for each in COMMANDS.values()} & {name for name, _ in OF_THE_SERVER} == set()


def test_what_edits_is_not_offered_where_nothing_can_be_edited() -> None:
    menu = {row["command"]: row for row in palette_menus()["picode.context"]}
    assert menu["picode.fix"]["when"] == "!editorReadonly"
    assert "when" not in menu["picode.explain"]
    assert "picode.commit" not in menu


def test_the_button_for_a_commit_message_is_beside_the_changes_of_git() -> None:
    (button,) = palette_menus()["scm/title"]
    assert (button["command"], button["when"]) == ("picode.commit", "scmProvider == git")


def test_no_two_commands_have_the_same_key() -> None:
    keys = [row[system] for row in palette_keybindings() for system in ("key", "mac")]
    assert len(keys) == len(set(keys))


def test_what_is_no_slash_command_stays_in_the_manifest_and_old_rows_of_them_go() -> None:
    theirs, old, gone = (
        {"command": "a"},
        {"command": "picode.ask", "key": "old"},
        {"command": "picode.fix", "key": "old"},
    )
    new = {"command": "picode.ask", "key": "new"}
    assert replaced([theirs, old, gone], [new]) == [new, theirs]


def test_a_command_is_told_to_clients_with_all_that_menus_need() -> None:
    row = Command("mine", "Mine", "Does it.", output="edit", args_required=True, words="what", source="/a.md").row()
    assert (row["mustSay"], row["output"], row["about"], row["source"]) == (True, "edit", "code", "/a.md")
