"""Another engine through the same holes: tabby-agent as npm has it, over standard streams.

The server that it expects is the Tabby server, whose `/v1/health` and `/v1/completions` the oracle has too. It answers
`textDocument/completion` with items that have a `textEdit`, and drops a request when a newer one arrives: one at a time.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import TracebackType

from support.process import ServerProcess

from .corpus import TABBY, fetched
from .holes import Hole
from .verdicts import Item, item_of, units

TIMEOUT_S = 120.0
"""Seconds for one answer. Only an engine that hangs takes them, however busy the machine is."""
_CONFIG = """\
[server]
endpoint = "{origin}"
token = "local"
[completion.debounce]
mode = "fixed"
interval = 1
[anonymousUsageTracking]
disable = true
"""


class TabbyAgent:
    """`async with TabbyAgent(folder, origin) as agent: await agent.suggest(hole, 1)`."""

    name = "tabby-agent"
    at_once = 1

    def __init__(self, folder: Path, origin: str) -> None:
        package = fetched(TABBY)
        if package is None:
            raise SystemExit("tabby-agent could not be fetched: --tabby needs node and npm.")
        config = folder / ".tabby-client" / "agent" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(_CONFIG.format(origin=origin))
        self._folder = folder
        command = ("node", str(package / "dist" / "cli.js"), "--lsp", "--stdio")
        self._server = ServerProcess(command, HOME=str(folder), USERPROFILE=str(folder))

    async def __aenter__(self) -> TabbyAgent:
        await self._server.__aenter__()
        capabilities = {"textDocument": {"completion": {}}}
        params = {"processId": os.getpid(), "rootUri": None, "capabilities": capabilities}
        await self._server.request("initialize", params)
        self._server.notify("initialized", {})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    async def suggest(self, hole: Hole, number: int) -> Item | None:
        """The first item for a document of its own."""
        path = self._folder / "files" / str(number) / Path(hole.path).name
        uri = self._server.open(path, hole.before + hole.after, hole.language)
        where = {"line": hole.before.count("\n"), "character": units(hole.line_prefix)}
        params = {"textDocument": {"uri": uri}, "position": where, "context": {"triggerKind": 1}}
        answer = await asyncio.wait_for(self._server.ask("textDocument/completion", params), TIMEOUT_S)
        self._server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        result = answer.get("result") or []
        items = result["items"] if isinstance(result, dict) else result
        if not items:
            return None
        edit = items[0].get("textEdit") or {"newText": items[0]["insertText"], "range": {"start": where, "end": where}}
        return item_of(edit["newText"], edit["range"], hole)
