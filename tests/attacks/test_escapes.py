"""No terminal and no editor obeys what comes from elsewhere: every command of `picode`, with hostile text in every field."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import picode.cli
from picode.cli.app import app
from support.commands import CommandRunner
from tools.cli_page import runnable

from .hostile_home import HOSTILE, NAME, HostileProvider, furnish

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\U000e0000-\U000e007f]"
)

COMMANDS: dict[str, list[tuple[str, ...]]] = {
    "chat": [
        ("hello",),
        ("--provider", HOSTILE, "hello"),
        ("--resume", HOSTILE, "hello"),
        ("--resume", "last", "go on"),
    ],
    "command": [("/explain", f"{NAME}:1"), ("/fix", f"{NAME}:1-2"), (f"/{HOSTILE}", NAME), ("/ask", "--json", HOSTILE)],
    "trust": [(HOSTILE,), (".",)],
    "untrust": [(HOSTILE,), (".",)],
    "stats": [(), ("--json",), ("--html", f"{HOSTILE}/x")],
    "audit": [(), ("--json",), ("--provider", HOSTILE)],
    "doctor": [(), ("--json",)],
    "init": [
        (HOSTILE, "--yes"),
        (f"odd{HOSTILE}", "--yes", "--base-url", f"https://{HOSTILE}", "--model", HOSTILE),
        (),
    ],
    "complete": [(f"{NAME}:2:5", "--json"), (f"{NAME}:9",), (f"{HOSTILE}:1",)],
    "try": [(f"{NAME}:2:5",), (f"{HOSTILE}:1",)],
    "provider list": [(), ("--json",)],
    "provider show": [(HOSTILE,), (HOSTILE, "--json"), ("team",), (f"x{HOSTILE}",)],
    "provider add": [(f"odd{HOSTILE}", "--base-url", f"https://{HOSTILE}"), ("fine", "--base-url", HOSTILE)],
    "provider remove": [(f"odd{HOSTILE}",), (HOSTILE,)],
    "provider test": [("team",), (HOSTILE,), (f"x{HOSTILE}",), ("team", "--model", HOSTILE)],
    "provider key set": [(HOSTILE,), ("team", "--origin", HOSTILE)],
    "provider key delete": [(HOSTILE,), ("team", "--origin", HOSTILE)],
    "provider key status": [(), ("--json",), (HOSTILE,)],
    "models": [()],
    "models list": [(), ("--json",), ("--provider", HOSTILE)],
    "models pull": [(HOSTILE,), (NAME,)],
    "models remove": [(HOSTILE,), (NAME,)],
    "config show": [(), ("--json",)],
    "config get": [("chat.systemPrompt",), (HOSTILE,), ("providers",), ("providers", "--json")],
    "config set": [("chat.model", HOSTILE), (HOSTILE, "1"), ("inline.debounceMs", HOSTILE)],
    "config unset": [("chat.model",), (HOSTILE,)],
    "config path": [(), ("--json",)],
    "config schema": [()],
    "config validate": [(), ("--json",), (HOSTILE,), (".picode.toml",)],
    "cache info": [(), ("--json",)],
    "cache clear": [("--model", HOSTILE), ()],
    "conversations list": [(), ("--json",), ("--folder", HOSTILE)],
    "conversations search": [("needle",), ("needle", "--json"), (HOSTILE,)],
    "conversations show": [("last",), ("last", "--json"), (HOSTILE,)],
    "conversations rename": [("last", HOSTILE), (HOSTILE, "x")],
    "conversations export": [
        ("last",),
        ("last", "--format", "json"),
        ("last", "--output", f"{HOSTILE}/x"),
        ("last", "--output", NAME),
    ],
    "conversations delete": [(HOSTILE,), ("last",)],
    "server": [("--host", HOSTILE), ("--host", "0.0.0.0")],
    "server token": [(HOSTILE,), (HOSTILE, "--remove")],
    "server health": [("--host", HOSTILE), ("--port", "9")],
}
SPEAKS_A_PROTOCOL = {"lsp"}
"""What it writes is LSP, and its log is tested below."""


def test_every_command_is_in_the_table() -> None:
    there_are = {" ".join(path).removeprefix("picode ") for path, _ in runnable(get_command(app), ("picode",))}
    assert there_are - SPEAKS_A_PROTOCOL == set(COMMANDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / NAME
    folder.mkdir()
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows can't fork; what is printed does not depend on the system")
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("failing", [False, True], ids=["answers", "errors"])
def test_no_command_prints_what_a_terminal_obeys(folder: Path, failing: bool) -> None:
    asks = {"chat", "command", "complete", "try", "provider test", "models list", "doctor"}
    names = [name for name in COMMANDS if not failing or name in asks]

    async def run_all() -> list[tuple[str, str]]:
        found = []
        async with HostileProvider(failing=failing) as provider:
            environ = await asyncio.to_thread(furnish, folder, provider.base_url)
            async with CommandRunner(folder, environ) as picode:
                for name, arguments in ((each, line) for each in names for line in COMMANDS[each]):
                    code, said = await picode(*name.split(), *arguments)
                    found += [(f"{name} {arguments!r:.60}", said)] if OBEYED.search(said) or "Traceback" in said else []
                    assert code in (0, 1, 2), (name, arguments, said)
        return found

    assert asyncio.run(run_all()) == []


PRINTERS = {"terminal.py", "console.py"}
RAW_FOR_PROGRAMS = {
    ("complete.py", "sys.stdout.write"),  # the suggestion itself, raw only where a program reads it
    ("command.py", "sys.stdout.buffer.write"),  # a patch, only where a program reads it
    (
        "health.py",
        "print",
    ),  # its own words and the system's, for an engine of containers: the printer takes long to import
}


def _calls(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_nothing_prints_past_the_printer() -> None:
    direct = re.compile(
        r"print|typer\.(echo|secho|confirm|prompt|launch)|click\..*|sys\.(stdout|stderr)(\.buffer)?\.write(lines)?|rich\.print"
    )
    found = set()
    for file in Path(picode.cli.__path__[0]).rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        found |= (
            {(file.name, call) for call in _calls(tree) if direct.fullmatch(call)}
            if file.name not in PRINTERS
            else set()
        )
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert file.name in PRINTERS or not any(node.module == "rich.console" for node in imports), file
    assert found == RAW_FOR_PROGRAMS


def test_a_console_obeys_no_text_in_any_renderable(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.markdown import Markdown
    from rich.status import Status
    from rich.syntax import Syntax
    from rich.table import Table
    from rich.text import Text

    from picode.cli.console import Console

    console = Console(force_terminal=True, width=200)
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE)
    link = Markdown(f"[a](https://evil.example)\n\n# {HOSTILE}\n\n`{HOSTILE}`")
    for each in (
        HOSTILE,
        Text(HOSTILE),
        table,
        link,
        Syntax(HOSTILE, "diff"),
        Status(HOSTILE, console=console).renderable,
    ):
        console.print(each)
    out = capsys.readouterr().out
    assert "\x1b[" in out, "rich's own colours stay"
    assert not OBEYED.search(re.sub(r"\x1b\[[0-9;]*m", "", out))
    assert "evil.example\x1b\\" not in out


async def test_no_error_of_a_provider_reaches_an_editor_or_the_log_with_commands(tmp_path: Path) -> None:
    from support.process import ServerProcess

    log = tmp_path / "log"
    async with HostileProvider(failing=True) as provider:
        row = {"baseUrl": provider.base_url, "model": HOSTILE, "fill": "openai_completions"}
        options = {"inline": {"provider": "team"}, "chat": {"provider": "team"}, "providers": {"team": row}}
        async with ServerProcess(log=log, PICODE_LOG="debug") as server:
            await server.initialize({**options, "log": {"level": "debug"}, HOSTILE: HOSTILE})
            uri = server.open(tmp_path / "a.py", "def f():\n    ")
            await server.suggest(uri, 1, 4, explicit=True)
            arguments = [{"text": "/explain", "uri": uri, "range": None}]
            await server.request("workspace/executeCommand", {"command": "picode.slash", "arguments": arguments})
            await server.request("workspace/executeCommand", {"command": "picode.models"})
            status = await server.request("workspace/executeCommand", {"command": "picode.status"})
            odd = [
                await server.request("workspace/executeCommand", {"command": HOSTILE}),
                await server.request(
                    "workspace/executeCommand", {"command": "picode.slash", "arguments": [{"text": f"/{HOSTILE}"}]}
                ),
                await server.request(
                    "workspace/executeCommand", {"command": "picode.accepted", "arguments": [HOSTILE]}
                ),
                await server.request(
                    "workspace/executeCommand",
                    {"command": "picode.slash", "arguments": [{"text": "/fix", "uri": f"file:///{HOSTILE}"}]},
                ),
                await server.request(HOSTILE, {HOSTILE: HOSTILE}),
            ]
            told = [*server.notifications, status["result"]]
    assert any("418" in json.dumps(each) or "refuses" in json.dumps(each) for each in told), told
    assert [each for each in told if any(map(OBEYED.search, _texts(each)))] == []
    shown = [text for each in told for text in _texts(each)] + [
        each["error"]["message"] for each in odd if "error" in each
    ]
    assert any("command:evil" in text for text in shown), "it is there to be seen"
    assert [text for text in shown if "](command:" in text or OBEYED.search(text)] == []
    assert not OBEYED.search(log.read_text("utf-8"))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]
