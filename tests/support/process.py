"""A language server as a process, spoken to in raw frames: no client library's time or tolerance is in between."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from support.children import end_with_parent

PICODE = (sys.executable, "-m", "picode", "lsp")
TIMEOUT = 60.0


class ServerProcess:
    """`async with ServerProcess() as server: await server.request(...)`."""

    def __init__(
        self, command: Sequence[str] = PICODE, log: Path | None = None, cwd: Path | None = None, **environment: str
    ) -> None:
        self._command = command
        self._log = log
        self._cwd = cwd
        self._environment = {**os.environ, **environment}
        self._ids = itertools.count(1)
        self.notifications: list[dict[str, Any]] = []
        self.process: asyncio.subprocess.Process | None = None
        self._waiting: dict[Any, asyncio.Future[Any]] = {}

    async def __aenter__(self) -> ServerProcess:
        pipe = asyncio.subprocess.PIPE
        with open(self._log or os.devnull, "wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=pipe,
                stdout=pipe,
                stderr=log,
                env=self._environment,
                cwd=self._cwd,
                preexec_fn=end_with_parent,
            )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._running
        if process.returncode is None:
            process.kill()
        await process.wait()
        self._reading.cancel()

    @property
    def _running(self) -> asyncio.subprocess.Process:
        assert self.process is not None
        return self.process

    @property
    def pid(self) -> int:
        return self._running.pid

    def memory(self) -> float:
        """Resident memory, in MB."""
        return psutil.Process(self.pid).memory_info().rss / 1e6

    def write(self, data: bytes) -> None:
        stdin = self._running.stdin
        assert stdin is not None
        stdin.write(data)

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> asyncio.Future[Any]:
        self.last_id = identifier = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[identifier] = future
        self.send({"id": identifier, "method": method, "params": params})
        return future

    async def request(self, method: str, params: Any = None) -> Any:
        """The whole response, result or error."""
        return await asyncio.wait_for(self.ask(method, params), TIMEOUT)

    async def initialize(self, options: Any = None, process_id: int | None = None, folders: Any = None) -> Any:
        params = {"processId": process_id, "rootUri": None, "capabilities": {}, "initializationOptions": options}
        params |= {"workspaceFolders": folders} if folders else {}
        answer = await self.request("initialize", params)
        self.notify("initialized", {})
        return answer

    def open(self, path: Path, text: str, language: str = "python") -> str:
        item = {"uri": path.as_uri(), "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return path.as_uri()

    def change(self, uri: str, version: int, line: int, character: int, text: str) -> None:
        where = {"line": line, "character": character}
        change = {"range": {"start": where, "end": where}, "text": text}
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    async def suggest(self, uri: str, line: int, character: int, explicit: bool = False) -> Any:
        where = {"line": line, "character": character}
        context = {"triggerKind": 1 if explicit else 2}
        params = {"textDocument": {"uri": uri}, "position": where, "context": context}
        return await self.request("textDocument/inlineCompletion", params)

    async def exited(self, within: float) -> int:
        return await asyncio.wait_for(self._running.wait(), within)

    async def _read(self) -> None:
        reader = self._running.stdout
        assert reader is not None
        while True:
            try:
                header = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            length = next(
                int(line.partition(b":")[2])
                for line in header.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            message = json.loads(await reader.readexactly(length))
            if "method" not in message:
                future = self._waiting.pop(message.get("id"), None)
                if future is not None and not future.done():
                    future.set_result(message)
                continue
            self.notifications.append(message)
            if "id" in message:
                self.send({"id": message["id"], "result": None})
