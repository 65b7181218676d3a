"""Files that are generated and committed are what their sources say. `PICODE_UPDATE=1` rewrites them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tools import client_types

from picode.cli.documentation import documentation as cli_documentation
from picode.core.slash_lua import slash_lua
from picode.core.slash_page import page as commands_page
from picode.core.slash_palette import palette_commands, palette_keybindings, palette_menus, replaced, slash_rows
from picode.gateway.app import openapi
from picode.io.conversations import migrations
from picode.lsp.arguments import schema as command_schema
from picode.settings.documentation import documentation
from picode.settings.render import VSCODE_TITLE, json_schema, restricted_configurations, vscode_configuration

ROOT = Path(__file__).parent.parent
COMMAND = "PICODE_UPDATE=1 uv run pytest tests/test_generated.py"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _schema(_: str) -> str:
    return _json(json_schema())


def _page(_: str) -> str:
    return documentation()


def _commands(_: str) -> str:
    return cli_documentation()


def _tables(_: str) -> str:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrations.migrate(connection)
        return (
            f"-- The file of conversations, version {migrations.LATEST}: server/picode/io/conversations/migrations\n\n"
            + (migrations.schema(connection))
        )


def _slash_commands(_: str) -> str:
    return _json(slash_rows())


def _manifest(text: str) -> str:
    """The extension's manifest. Its settings and slash commands are generated, the rest is written by hand."""
    manifest = json.loads(text)
    sections = manifest["contributes"]["configuration"]
    place = next(n for n, section in enumerate(sections) if section["title"] == VSCODE_TITLE)
    sections[place] = vscode_configuration()
    by_hand = {name for section in sections for name in section["properties"]} & {"picode.server.command"}
    restricted = sorted({*restricted_configurations(), *by_hand})
    manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = restricted
    contributed = manifest["contributes"]
    contributed["commands"] = replaced(contributed["commands"], palette_commands())
    contributed["keybindings"] = replaced(contributed["keybindings"], palette_keybindings())
    for menu, rows in palette_menus().items():
        contributed["menus"][menu] = replaced(contributed["menus"].get(menu, []), rows)
    return text if manifest == json.loads(text) else _json(manifest)


def _gateway(_: str) -> str:
    return _json(openapi())


def _commands(_: str) -> str:
    return _json(command_schema())


GENERATED: dict[str, Callable[[str], str]] = {
    "schemas/settings.schema.json": _schema,
    "schemas/gateway.openapi.json": _gateway,
    "schemas/commands.json": _commands,
    "docs/settings.md": _page,
    "docs/commands.md": lambda _: commands_page(),
    "schemas/conversations.sql": _tables,
    "docs/cli.md": _commands,
    "client-vscode/package.json": _manifest,
    "client-nvim/lua/picode/slash.lua": lambda _: slash_lua(),
    "client-vscode/src/slashCommands.json": _slash_commands,
    "client-vscode/src/messages.generated.ts": lambda _: client_types.typescript(),
    "client-nvim/lua/picode/messages.lua": lambda _: client_types.lua(),
    "schemas/messages.json": lambda _: _json(client_types.json_schema()),
}


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file_is_up_to_date(name: str) -> None:
    file = ROOT / name
    found = file.read_text(encoding="utf-8") if file.exists() else ""
    expected = GENERATED[name](found)
    if found != expected and os.environ.get("PICODE_UPDATE"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(expected, encoding="utf-8", newline="\n")
        return
    assert found == expected, f"{name} is not what its source says. Rewrite it: {COMMAND}"
