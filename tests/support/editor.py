"""A fake editor: an LSP client in the same process that types, asks for ghost text and accepts it.

It speaks real JSON-RPC bytes with a real `PiCodeServer`; only the pipe between them is missing. A text's cursor is marked
`<cursor>`, a selection `<sel>…</sel>`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from picode.lsp.framing import FrameDecoder
from picode.lsp.server import PiCodeServer

CURSOR = "<cursor>"
SELECTION = re.compile("<sel>(.*?)</sel>", re.DOTALL)
TIMEOUT = 10.0

FULL: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"inlineCompletion": {"dynamicRegistration": False}, "synchronization": {}},
    "workspace": {
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "workspaceFolders": True,
    },
    "window": {"workDoneProgress": True},
    "experimental": {"picode": {"status": True}},
}
BARE: dict[str, Any] = {}

_LITERALS = {"codeActionKind": {"valueSet": ["quickfix", "refactor", "refactor.rewrite"]}}
_EDITS = {"documentChanges": True, "changeAnnotationSupport": {"groupsOnLabel": True}}

RICH: dict[str, Any] = {
    **{name: value for name, value in FULL.items() if name != "experimental"},
    "textDocument": {
        **FULL["textDocument"],
        "codeAction": {
            "codeActionLiteralSupport": _LITERALS,
            "disabledSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
            "honorsChangeAnnotations": True,
            "tagSupport": {"valueSet": [1]},
        },
        "codeLens": {},
    },
    "workspace": {
        **FULL["workspace"],
        "applyEdit": True,
        "workspaceEdit": _EDITS,
        "textDocumentContent": {"dynamicRegistration": True},
        "codeLens": {"refreshSupport": True},
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
}
"""An editor that can do all that the protocol has."""

LIVE: dict[str, Any] = {
    **RICH,
    "experimental": {"picode": {"status": True, "input": True, "answers": True, "liveEdits": True}},
}
"""An editor with a client of PiCode's own."""

PLAIN: dict[str, Any] = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": _LITERALS,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        }
    },
    "workspace": {"applyEdit": True},
}
"""An editor that takes code actions with edits, and nothing else."""


class RpcError(Exception):
    """An error response."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")


class Buffer:
    """A document as the editor has it: its text, and where the cursor stands (an offset)."""

    def __init__(self, uri: str, marked: str, language: str) -> None:
        self.uri, self.language, self.version = uri, language, 1
        selected = SELECTION.search(marked)
        if selected is not None:
            marked = marked[: selected.start()] + selected[1] + CURSOR + marked[selected.end() :]
        self.cursor = marked.index(CURSOR) if CURSOR in marked else len(marked)
        self.anchor = self.cursor - len(selected[1]) if selected is not None else self.cursor
        self.text = marked.replace(CURSOR, "", 1)

    @property
    def selection(self) -> tuple[int, int]:
        """From where to where something is selected; the cursor, where nothing is."""
        return min(self.anchor, self.cursor), max(self.anchor, self.cursor)

    @property
    def marked(self) -> str:
        return self.text[: self.cursor] + CURSOR + self.text[self.cursor :]

    def position(self, offset: int) -> dict[str, int]:
        """In UTF-16, lines ending at LF, CRLF or CR."""
        starts = self._starts()
        line = bisect_right(starts, offset) - 1
        return {"line": line, "character": len(self.text[starts[line] : offset].encode("utf-16-le")) // 2}

    def offset(self, position: dict[str, int]) -> int:
        start = self._starts()[position["line"]]
        units = self.text[start:].encode("utf-16-le")[: 2 * position["character"]]
        return start + len(units.decode("utf-16-le"))

    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in re.finditer("\r\n|\n|\r", self.text))]


class FakeEditor:
    """One client of one server."""

    def __init__(self, server: PiCodeServer) -> None:
        self.server = server
        self.name = "fake editor"
        """As it introduces itself; empty if it does not."""
        self.settings: dict[str, Any] | None = None
        self.notifications: list[tuple[str, Any]] = []
        self.registrations: list[dict[str, Any]] = []
        self.capabilities: dict[str, Any] = {}
        self.buffer: Buffer | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._frames = FrameDecoder()
        self._arrived = asyncio.Condition()
        self.answered: list[Any] = []
        self.asked_of_us: list[tuple[str, Any]] = []
        """The server's requests."""
        self.timeline: list[str] = []
        """The methods of the server's messages in the order in which they came; a progress with its kind."""
        self.takes_edits = True
        self.answers_edits = True
        """Whether the requests to apply an edit are answered."""
        self.chooses: str | None = None
        """How the user answers a question: the beginning of an action's title; None closes the question."""
        self.undo: list[str] = []
        server.protocol.set_writer(self)

    # The wire

    def write(self, data: bytes) -> None:
        for body in self._frames.feed(data):
            assert isinstance(body, bytes)
            self._receive(json.loads(body))

    def close(self) -> None:
        pass

    def send_raw(self, body: bytes) -> None:
        self.server.protocol.receive(body)

    def notify(self, method: str, params: Any = None) -> None:
        self.send_raw(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def request(self, method: str, params: Any = None) -> asyncio.Future[Any]:
        """The future result; the request's id is in `last_id`."""
        self.last_id = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self.last_id] = future
        self.send_raw(json.dumps({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}).encode())
        return future

    def _receive(self, message: dict[str, Any]) -> None:
        if method := message.get("method"):
            kind = message["params"]["value"]["kind"] if method == "$/progress" else ""
            self.timeline.append(f"{method} {kind}".strip())
        if message.get("method") == "workspace/applyEdit" and not self.answers_edits:
            self._apply(message["params"]["edit"])
        elif "method" in message and "id" in message:
            reply = {
                "jsonrpc": "2.0",
                "id": message["id"],
                "result": self._serve(message["method"], message.get("params")),
            }
            asyncio.get_running_loop().call_soon(self.send_raw, json.dumps(reply).encode())
        elif "method" in message:
            self.notifications.append((message["method"], message.get("params")))
        else:
            self.answered.append(message.get("id"))
            self.timeline.append("response")
            future = self._waiting.pop(message["id"], None) if message["id"] is not None else None
            if future is None:
                self.notifications.append(("error", message.get("error")))
            elif "error" in message:
                future.set_exception(RpcError(message["error"]["code"], message["error"]["message"]))
            else:
                future.set_result(message["result"])

    def _serve(self, method: str, params: Any) -> Any:
        if method == "workspace/configuration":
            return [self.settings for _ in params["items"]]
        if method == "client/registerCapability":
            self.registrations += params["registrations"]
        if method == "workspace/applyEdit":
            return self._apply(params["edit"])
        self.asked_of_us.append((method, params))
        if method == "window/showMessageRequest" and self.chooses is not None:
            return next(each for each in params["actions"] if each["title"].startswith(self.chooses))
        return {"success": True} if method == "window/showDocument" else None

    def _apply(self, edit: dict[str, Any]) -> dict[str, Any]:
        """Applies a workspace edit to the buffer as one step, if it is for the version that is there."""
        self.asked_of_us.append(("workspace/applyEdit", edit))
        if not self.takes_edits:
            return {"applied": False, "failureReason": "The user said no."}
        buffer = self._current
        changes = edit.get("changes") or {}
        edits = list(changes.get(buffer.uri, ()))
        assert set(changes) <= {buffer.uri}, "an edit outside of the document that was asked about"
        for change in edit.get("documentChanges") or ():
            document = change["textDocument"]
            assert document["uri"] == buffer.uri, "an edit outside of the document that was asked about"
            if document["version"] != buffer.version:
                return {"applied": False, "failureReason": "The document has changed."}
            edits += change["edits"]
        asyncio.get_running_loop().call_soon(self.take, edits)
        return {"applied": True}

    def take(self, edits: list[dict[str, Any]]) -> None:
        """Makes text edits of the buffer; `undone` takes all of them back."""
        buffer = self._current
        self.undo.append(buffer.text)
        places = [
            (buffer.offset(each["range"]["start"]), buffer.offset(each["range"]["end"]), each["newText"])
            for each in edits
        ]
        for start, end, text in sorted(places, reverse=True):
            self.edit(start, end, text)

    def undone(self) -> None:
        """Undo, once."""
        self.edit(0, len(self._current.text), self.undo.pop())

    # The session

    async def start(
        self, options: dict[str, Any] | None = None, client: dict[str, Any] | None = None, folder: str | None = None
    ) -> None:
        folders = [{"uri": f"file://{folder}", "name": "workspace"}] if folder else None
        answer = await self.request(
            "initialize",
            {
                "processId": None,
                **({"clientInfo": {"name": self.name}} if self.name else {}),
                "rootUri": None,
                "capabilities": FULL if client is None else client,
                "initializationOptions": options,
                "workspaceFolders": folders,
            },
        )
        self.capabilities = answer["capabilities"]
        self.notify("initialized", {})

    async def stop(self) -> None:
        await asyncio.wait_for(self.server.close(), TIMEOUT)

    def open(self, name: str, marked: str, language: str = "python") -> Buffer:
        uri = name if ":" in name else f"file:///project/{name}"
        self.buffer = Buffer(uri, marked, language)
        item = {"uri": uri, "languageId": language, "version": 1, "text": self.buffer.text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return self.buffer

    def edit(self, start: int, end: int, text: str) -> None:
        """Replaces a stretch of the buffer, as an editor tells it: one incremental change."""
        buffer = self._current
        change = {"range": {"start": buffer.position(start), "end": buffer.position(end)}, "text": text}
        buffer.text = buffer.text[:start] + text + buffer.text[end:]
        buffer.cursor = buffer.anchor = start + len(text)
        buffer.version += 1
        document = {"uri": buffer.uri, "version": buffer.version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def type(self, text: str) -> None:
        for character in text:
            self.edit(self._current.cursor, self._current.cursor, character)

    def ask(self, explicit: bool = True, selected: dict[str, Any] | None = None) -> asyncio.Future[Any]:
        """Sends the request for ghost text."""
        buffer = self._current
        context: dict[str, Any] = {"triggerKind": 1 if explicit else 2}
        if selected is not None:
            context["selectedCompletionInfo"] = selected
        return self.request(
            "textDocument/inlineCompletion",
            {"textDocument": {"uri": buffer.uri}, "position": buffer.position(buffer.cursor), "context": context},
        )

    async def ghosts(self, explicit: bool = True) -> list[str]:
        """What would be shown behind the cursor, for each item."""
        answer = await asyncio.wait_for(self.ask(explicit), TIMEOUT)
        return [self.shown(item) for item in answer["items"]]

    async def ghost(self, explicit: bool = False) -> str:
        """What would be shown behind the cursor; empty for nothing."""
        return next(iter(await self.ghosts(explicit)), "")

    def shown(self, item: dict[str, Any]) -> str:
        """The part of an item that is not typed yet; checks what every editor demands of an item."""
        buffer = self._current
        start, end = buffer.offset(item["range"]["start"]), buffer.offset(item["range"]["end"])
        assert item["range"]["start"]["line"] == item["range"]["end"]["line"]
        typed = buffer.text[start : buffer.cursor]
        assert start <= buffer.cursor <= end
        assert item["filterText"].startswith(typed), "VS Code shows no item that does not begin with what is typed"
        return item["insertText"][len(typed) :]

    async def accept(self, item: dict[str, Any]) -> None:
        """Tab: inserts the item, then runs its command."""
        buffer = self._current
        self.edit(buffer.offset(item["range"]["start"]), buffer.offset(item["range"]["end"]), item["insertText"])
        command = item["command"]
        await self.run(command["command"], *command["arguments"])

    async def run(self, command: str, *arguments: Any) -> Any:
        request = self.request("workspace/executeCommand", {"command": command, "arguments": list(arguments)})
        return await asyncio.wait_for(request, TIMEOUT)

    # Asking

    def arguments(self, text: str, stretch: tuple[int, int] | None = None, **more: Any) -> dict[str, Any]:
        """Those of `picode.slash`, about the selection of the buffer (else its cursor)."""
        buffer = self._current
        start, end = stretch or buffer.selection
        place = {"start": buffer.position(start), "end": buffer.position(end)}
        return {"text": text, "uri": buffer.uri, "range": place, "version": buffer.version, **more}

    async def slash(self, text: str, **more: Any) -> dict[str, Any]:
        """Runs a slash command about the selection."""
        return await self.run("picode.slash", self.arguments(text, **more))

    async def actions(self, only: list[str] | None = None, diagnostics: Any = (), automatic: bool = False) -> list[Any]:
        """The code actions that are offered for the selection."""
        buffer = self._current
        start, end = buffer.selection
        context: dict[str, Any] = {"diagnostics": list(diagnostics), "triggerKind": 2 if automatic else 1}
        if only is not None:
            context["only"] = only
        place = {"start": buffer.position(start), "end": buffer.position(end)}
        params = {"textDocument": {"uri": buffer.uri}, "range": place, "context": context}
        return await asyncio.wait_for(self.request("textDocument/codeAction", params), TIMEOUT)

    async def choose(self, action: dict[str, Any]) -> Any:
        """Does what an editor does with the action that the user chose: resolve, apply its edit, run its command."""
        if "edit" not in action and "command" not in action:
            action = await asyncio.wait_for(self.request("codeAction/resolve", action), TIMEOUT)
        if action.get("edit"):
            assert self._apply(action["edit"])["applied"]
            await asyncio.sleep(0)
        if action.get("command"):
            return await self.run(action["command"]["command"], *action["command"].get("arguments", ()))
        return None

    def told(self, method: str) -> list[Any]:
        """The parameters of all notifications of that kind."""
        return [params for name, params in self.notifications if name == method]

    def requested(self, method: str) -> list[Any]:
        """The parameters of all requests of the server of that kind."""
        return [params for name, params in self.asked_of_us if name == method]

    def cancel(self, identifier: int) -> None:
        self.notify("$/cancelRequest", {"id": identifier})

    def statuses(self) -> list[dict[str, Any]]:
        return [params for method, params in self.notifications if method == "picode/status"]

    def messages(self) -> list[str]:
        return [params["message"] for method, params in self.notifications if method == "window/showMessage"]

    async def until(self, condition: Callable[[], Any], what: str = "the condition") -> Any:
        """Waits, for seconds at most, until something is true."""
        async with asyncio.timeout(TIMEOUT):
            while not (result := condition()):
                await asyncio.sleep(0.005)
        return result

    @property
    def _current(self) -> Buffer:
        assert self.buffer is not None, "open a file first"
        return self.buffer
