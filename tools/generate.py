"""Writes every generated file that is committed: `uv run python -m tools.generate`.

`tests/test_generated.py` fails where one is not what its source says.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from picode.core.slash import COMMANDS
from picode.gateway.app import openapi
from picode.io.conversations import migrations
from picode.lsp.arguments import schema as command_schema
from picode.settings.schema import json_schema
from tools import client_types
from tools.cli_page import cli_page
from tools.settings_page import settings_page
from tools.slash_lua import slash_lua
from tools.slash_page import slash_page
from tools.vscode_manifest import manifest

ROOT: Final = Path(__file__).parent.parent


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _conversation_tables() -> str:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrations.migrate(connection)
        head = (
            f"-- The file of conversations, version {migrations.LATEST}: server/picode/io/conversations/migrations\n\n"
        )
        return head + migrations.schema(connection)


def _manifest(text: str) -> str:
    found = json.loads(text)
    expected = manifest(found)
    return text if expected == found else _json(expected)


GENERATED: Final[dict[str, Callable[[str], str]]] = {
    "schemas/settings.schema.json": lambda _: _json(json_schema()),
    "schemas/gateway.openapi.json": lambda _: _json(openapi()),
    "schemas/commands.json": lambda _: _json(command_schema()),
    "schemas/conversations.sql": lambda _: _conversation_tables(),
    "docs/settings.md": lambda _: settings_page(),
    "docs/commands.md": lambda _: slash_page(),
    "docs/cli.md": lambda _: cli_page(),
    "client-vscode/package.json": _manifest,
    "client-vscode/src/slashCommands.json": lambda _: _json([command.row() for command in COMMANDS.values()]),
    "client-nvim/lua/picode/slash.lua": lambda _: slash_lua(),
    "client-vscode/src/messages.generated.ts": lambda _: client_types.typescript(),
    "client-nvim/lua/picode/messages.lua": lambda _: client_types.lua(),
    "schemas/messages.json": lambda _: _json(client_types.json_schema()),
}
"""By path: what makes the file's text, out of the text that it has now (empty where there is no such file)."""


def read(name: str) -> str:
    """The text of a generated file as it is now; empty where there is none."""
    file = ROOT / name
    return file.read_text(encoding="utf-8") if file.exists() else ""


def write(name: str) -> bool:
    """Writes one generated file; whether that changed it."""
    found = read(name)
    expected = GENERATED[name](found)
    if expected == found:
        return False
    (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
    (ROOT / name).write_text(expected, encoding="utf-8", newline="\n")
    return True


def main() -> None:
    """Writes all of them, and prints which have changed."""
    for name in GENERATED:
        if write(name):
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
