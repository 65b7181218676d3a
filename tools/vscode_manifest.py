"""The generated parts of the VS Code extension's manifest: its settings, and the slash commands' palette, menus and keys.

The menus of a command follow from its subject and its output, so that a row in `core/slash.py` is all that a new one needs.
(https://code.visualstudio.com/api/references/contribution-points)
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

from picode.core.slash import COMMANDS, Command
from picode.settings.section import Trust
from picode.settings.shape import ADVANCED, Setting, all_settings, schema_at

SETTINGS_TITLE: Final = "PiCode: Assistant"
"""The section of the settings page that is generated; the other sections are written by hand."""

CATEGORY: Final = "PiCode"
SUBMENU: Final = "picode.context"
_PREFIX: Final = "picode."
_ELSEWHERE: Final = (ADVANCED, "gateway")
"""Tables that the settings page does not list: what hardly anyone changes, and what no editor's server reads."""
_IDS: Final = {"model": "picode.selectModel"}
"""Commands that the client has under another name."""

_ICONS: Final = {"commit": "$(sparkle)", "chat": "$(comment-discussion)"}
_KEYS: Final = {
    "ask": ("alt+q", "ctrl+alt+q"),
    "chat": ("shift+alt+q", "ctrl+shift+alt+q"),
    "edit": ("alt+i", "ctrl+alt+i"),
}
"""By command: the key that VS Code leaves free, and the one on a Mac, where Alt and a letter write another letter."""

_GROUPS: Final = {"prose": "1_read@{}", "edit": "2_write@{}", "names": "2_write@{}"}
_WRITE: Final = ("edit", "names")
"""Outputs that change the file."""


def manifest(found: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest `found` with its generated parts as they should be. What is written by hand stays."""
    whole = copy.deepcopy(dict(found))
    contributed = whole["contributes"]
    sections = contributed["configuration"]
    place = next(n for n, section in enumerate(sections) if section["title"] == SETTINGS_TITLE)
    sections[place] = vscode_configuration()
    by_hand = {name for section in sections for name in section["properties"]} & {"picode.server.command"}
    restricted = sorted({*restricted_configurations(), *by_hand})
    whole["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = restricted
    contributed["commands"] = replaced(contributed["commands"], palette_commands())
    contributed["keybindings"] = replaced(contributed["keybindings"], palette_keybindings())
    for menu, rows in palette_menus().items():
        contributed["menus"][menu] = replaced(contributed["menus"].get(menu, []), rows)
    return whole


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
            writable = " && !editorReadonly" if command.output in _WRITE else ""
            menus["commandPalette"].append(entry | {"when": f"editorIsOpen{writable}"})
        if command.output in _GROUPS:
            when = {"when": "!editorReadonly"} if command.output in _WRITE else {}
            menus[SUBMENU].append(entry | when | {"group": _GROUPS[command.output].format(number)})
        if command.about == "changes":
            menus["scm/title"].append(entry | {"when": "scmProvider == git", "group": "navigation"})
    return menus


def palette_keybindings() -> list[dict[str, Any]]:
    """Elements of `contributes.keybindings`."""
    return [_binding(COMMANDS[name], key, mac) for name, (key, mac) in _KEYS.items()]


def replaced(there: Iterable[Mapping[str, Any]], ours: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A list of a manifest: first `ours`, then the rows that it had of what is no slash command."""
    names = {command_id(command) for command in COMMANDS.values()}
    return [*ours, *(row for row in there if row.get("command") not in names)]


def vscode_configuration() -> dict[str, Any]:
    """One element of `contributes.configuration`.

    The scopes are those of https://code.visualstudio.com/api/references/contribution-points#Configuration-schema:
    `machine` can't be set by a folder at all, is not synchronised, and comes from the remote machine in a remote
    window; `window` may be set anywhere. What a folder may set only once it is trusted is named in
    `restricted_configurations` as well.
    """
    return {
        "title": SETTINGS_TITLE,
        "properties": {_PREFIX + setting.name: _property(setting, n) for n, setting in enumerate(_shown(), 1)},
    }


def restricted_configurations() -> list[str]:
    """The settings whose value in a folder VS Code ignores until the folder is trusted
    (https://code.visualstudio.com/api/extension-guides/workspace-trust)."""
    return [
        _PREFIX + setting.name
        for setting in all_settings()
        if setting.trust is Trust.USER and setting.path[0] not in _ELSEWHERE
    ]


def _command(command: Command) -> dict[str, Any]:
    icon = {"icon": _ICONS[command.name]} if command.name in _ICONS else {}
    return {"command": command_id(command), "title": command.title, "category": CATEGORY, **icon}


def _binding(command: Command, key: str, mac: str) -> dict[str, Any]:
    when = {"when": "editorTextFocus"} if command.about == "code" else {}
    return {"command": command_id(command), "key": key, "mac": mac, **when}


def _shown() -> list[Setting]:
    return [setting for setting in all_settings() if setting.path[0] not in _ELSEWHERE]


def _property(setting: Setting, order: int) -> dict[str, Any]:
    schema = dict(schema_at(setting.path))
    described = {"markdownDescription": schema.pop("description")}
    return {**schema, **described, "scope": setting.reach.value, "order": order}
