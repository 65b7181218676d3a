"""The slash commands as VS Code's manifest wants them: rows of the palette, menus, keys.

Where a row goes follows from what the command is about and what its answer is, so that a new command is in all of the
menus with its row in `core/slash.py`.
(https://code.visualstudio.com/api/references/contribution-points)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from picode.core.slash import COMMANDS, Command

CATEGORY: Final = "PiCode"
SUBMENU: Final = "picode.context"
_PREFIX: Final = "picode."
_IDS: Final = {"model": "picode.selectModel"}
"""Commands that the client has under another name."""

_ICONS: Final = {"commit": "$(sparkle)", "chat": "$(comment-discussion)"}
_KEYS: Final = {
    "ask": ("alt+q", "ctrl+alt+q"),
    "chat": ("shift+alt+q", "ctrl+shift+alt+q"),
    "edit": ("alt+i", "ctrl+alt+i"),
}
"""By command: the key that VS Code leaves free, and the one on a Mac, where Alt and a letter write another letter."""

_GROUPS: Final = {"prose": "1_read@{}", "edit": "2_write@{}"}


def command_id(command: Command) -> str:
    """What VS Code calls it."""
    return _IDS.get(command.name, _PREFIX + command.name)


def palette_commands() -> list[dict[str, Any]]:
    """Elements of `contributes.commands`."""
    return [_command(command) for command in COMMANDS.values()]


def palette_menus() -> dict[str, list[dict[str, Any]]]:
    """Parts of `contributes.menus`, by the name of the menu."""
    menus: dict[str, list[dict[str, Any]]] = {"commandPalette": [], SUBMENU: [], "scm/title": []}
    for number, command in enumerate(COMMANDS.values(), 1):
        entry = {"command": command_id(command)}
        if command.about == "code":
            writable = " && !editorReadonly" if command.output == "edit" else ""
            menus["commandPalette"].append(entry | {"when": f"editorIsOpen{writable}"})
        if command.output in _GROUPS:
            when = {"when": "!editorReadonly"} if command.output == "edit" else {}
            menus[SUBMENU].append(entry | when | {"group": _GROUPS[command.output].format(number)})
        if command.about == "changes":
            menus["scm/title"].append(entry | {"when": "scmProvider == git", "group": "navigation"})
    return menus


def palette_keybindings() -> list[dict[str, Any]]:
    """Elements of `contributes.keybindings`."""
    return [_binding(COMMANDS[name], key, mac) for name, (key, mac) in _KEYS.items()]


def slash_rows(commands: Iterable[Command] = COMMANDS.values()) -> list[dict[str, Any]]:
    """The commands as clients know them: the result of `picode.commands`, and what the VS Code client is built with."""
    return [
        {
            "name": each.name,
            "title": each.title,
            "help": each.help,
            "words": each.words,
            "mustSay": each.args_required,
            "output": each.output,
            "about": each.about,
            "example": each.example,
            "source": each.source,
        }
        for each in commands
    ]


def replaced(there: Iterable[Mapping[str, Any]], ours: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A list of a manifest: first `ours`, then the rows that it had of what is no slash command."""
    names = {command_id(command) for command in COMMANDS.values()}
    return [*ours, *(row for row in there if row.get("command") not in names)]


def _command(command: Command) -> dict[str, Any]:
    icon = {"icon": _ICONS[command.name]} if command.name in _ICONS else {}
    return {"command": command_id(command), "title": command.title, "category": CATEGORY, **icon}


def _binding(command: Command, key: str, mac: str) -> dict[str, Any]:
    when = {"when": "editorTextFocus"} if command.about == "code" else {}
    return {"command": command_id(command), "key": key, "mac": mac, **when}
