"""Extremes of LSP: messages without measure, clients that do not answer, and URIs that are no names of files."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from picode.lsp import workspace_edits
from picode.lsp.framing import BODY_LIMIT, FrameDecoder, Oversized
from scenarios.conftest import Start
from support.editor import FULL, LIVE, PLAIN, FakeEditor, RpcError
from support.process import ServerProcess
from support.upstream import ScriptedUpstream

MB = 1_000_000


async def pour(server: ServerProcess, beginning: bytes, filler: int, end: bytes) -> None:
    """Sends a message of `filler` bytes between its beginning and its end, without holding it."""
    stdin = server.process.stdin
    server.write(b"Content-Length: %d\r\n\r\n%b" % (len(beginning) + filler + len(end), beginning))
    line = b"value = 12345678\\n" * 10_000
    while filler:
        piece = line[:filler] if filler < len(line) else line
        server.write(piece)
        await stdin.drain()
        filler -= len(piece)
    server.write(end)
    await stdin.drain()


def opening(uri: str) -> tuple[bytes, bytes]:
    head = '{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%s,"languageId":"sql","version":1,'
    return (head % json.dumps(uri)).encode() + b'"text":"', b'"}}}'


def opening_backwards(uri: str) -> tuple[bytes, bytes]:
    end = '","version":1,"languageId":"sql","uri":%s}},"method":"textDocument/didOpen","jsonrpc":"2.0"}'
    return b'{"params":{"textDocument":{"text":"\\"uri\\":\\"file:///no\\" ', (end % json.dumps(uri)).encode()


@pytest.mark.parametrize("form", [opening, opening_backwards])
async def test_a_document_of_200_megabytes_is_told_and_costs_nothing(tmp_path: Path, form: Any) -> None:
    async with ServerProcess() as server:
        await server.initialize()
        await server.request("workspace/executeCommand", {"command": "picode.status"})
        before = server.memory()
        uri = (tmp_path / "big dump.sql").as_uri()
        begin, end = form(uri)
        most = before
        pouring = asyncio.create_task(pour(server, begin, 200 * MB, end))
        while not pouring.done():
            most = max(most, server.memory())
            await asyncio.sleep(0.05)
        assert (await server.request("workspace/executeCommand", {"command": "picode.status"}))["result"]
        told = [each["params"]["message"] for each in server.notifications if each["method"] == "window/showMessage"]
        assert told == ["PiCode: big%20dump.sql takes 200 MB. Documents of more than 64 MB get no suggestions."]
        assert most - before < 30, "it is not held"
        assert (await server.suggest(uri, 0, 0))["result"] in (None, {"items": []})
        small = server.open(tmp_path / "a.py", "x = 1")
        assert "result" in await server.suggest(small, 0, 5)


async def test_a_change_without_measure_closes_the_document_whose_text_is_not_known_any_more(tmp_path: Path) -> None:
    async with ServerProcess() as server:
        await server.initialize()
        uri = server.open(tmp_path / "a.py", "x = 1")
        head = '{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%s,"version":2},'
        await pour(server, (head % json.dumps(uri)).encode() + b'"contentChanges":[{"text":"', 80 * MB, b'"}]}}')
        assert (await server.suggest(uri, 0, 5, explicit=True))["result"] in (None, {"items": []})
        server.open(tmp_path / "a.py", "y = 2")  # the editor opens it anew, and it is followed again
        assert "result" in await server.suggest(uri, 0, 5)


async def test_a_request_without_measure_is_answered_with_an_error() -> None:
    async with ServerProcess() as server:
        await server.initialize()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        server._waiting["big"] = future
        await pour(
            server,
            b'{"jsonrpc":"2.0","id":"big","method":"workspace/executeCommand","params":{"command":"',
            70 * MB,
            b'"}}',
        )
        answer = await asyncio.wait_for(future, 20)
        assert answer["error"]["code"] == -32600
        assert "70 MB" in answer["error"]["message"]


@pytest.mark.parametrize("size", [1, 7, 65_536, 10**9])
def test_what_is_skipped_ends_where_it_ends(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("picode.lsp.framing.BODY_LIMIT", 100_000)
    bodies = [b"a" * 10, b"b" * 100_001, b"c" * 5, b"d" * 150_000, b"e" * 100_000]
    stream = b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)
    decoder = FrameDecoder()
    found = [item for at in range(0, len(stream), size) for item in decoder.feed(stream[at : at + size])]
    assert [len(each) if isinstance(each, bytes) else getattr(each, "length", 0) for each in found] == [
        10, 100_001, 5, 150_000, 100_000,
    ]  # fmt: skip
    assert all(isinstance(found[at], Oversized) for at in (1, 3))
    assert found[3].end.startswith(b"d")
    assert len(found[3].beginning) + len(found[3].end) < 100_000
    assert BODY_LIMIT > 50 * MB


ANSWERS: dict[str, Any] = {
    "null": None,
    "an empty object": {},
    "a list": [],
    "a word": "yes",
    "no": {"applied": False},
    "no, with a reason that is none": {"applied": False, "failureReason": 5},
}
SOURCE = "def add(a, b):\n    <sel>return a - b</sel>\n"


@pytest.mark.parametrize("answer", [*ANSWERS, "none at all"])
async def test_an_edit_that_the_editor_does_not_take_is_not_taken_for_applied(
    start: Start, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(workspace_edits, "_APPLY_SECONDS", 0.2)
    editor = await start(client=PLAIN)
    serve = editor._serve

    def odd(method: str, params: Any) -> Any:
        return ANSWERS.get(answer) if method == "workspace/applyEdit" else serve(method, params)

    if answer == "none at all":
        receive = editor._receive
        monkeypatch.setattr(
            editor, "_receive", lambda each: None if each.get("method") == "workspace/applyEdit" else receive(each)
        )
    monkeypatch.setattr(editor, "_serve", odd)
    upstream.will_say("```python\nreturn a + b\n```")
    editor.open("a.py", SOURCE)
    result = await asyncio.wait_for(editor.slash("/fix"), 10)
    assert result["edit"]["state"] != "applied"
    assert await editor.run("picode.status"), "the next request is answered"


ODD_ANSWERS: dict[str, dict[str, Any]] = {
    "a list": {"result": [[], None, 7]},
    "an object": {"result": {"odd": {"odd": "\ud800\0"}}},
    "an error": {"error": {"code": -32601, "message": "\x1b[31mno"}},
    "an error that is none": {"error": "no", "result": 7},
    "nothing": {},
}


@pytest.mark.parametrize("client", [FULL, LIVE], ids=["full", "live"])
@pytest.mark.parametrize("answer", [*ODD_ANSWERS, "none at all"])
async def test_a_client_that_answers_every_request_oddly_is_served(
    start: Start, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, client: dict[str, Any], answer: str
) -> None:
    """Settings, registrations, questions, progress, documents to show and edits: whatever the server requests of it."""
    monkeypatch.setattr(workspace_edits, "_APPLY_SECONDS", 0.2)
    receive, asked = FakeEditor._receive, set()

    def odd(self: FakeEditor, message: dict[str, Any]) -> None:
        if not {"method", "id"} <= message.keys():
            receive(self, message)
            return
        asked.add(message["method"])
        if answer != "none at all":
            reply = json.dumps({"jsonrpc": "2.0", "id": message["id"], **ODD_ANSWERS[answer]}).encode()
            asyncio.get_running_loop().call_soon(self.send_raw, reply)

    monkeypatch.setattr(FakeEditor, "_receive", odd)
    upstream.says_from_now_on("```python\nreturn a + b\n```")
    editor = await asyncio.wait_for(start(client=client), 20)
    editor.open("a.py", SOURCE)
    await asyncio.wait_for(editor.ghosts(), 20)
    await asyncio.wait_for(editor.actions(), 20)
    for words in ("/fix", "/explain", "what is in #b.py?"):
        with suppress(RpcError):
            await asyncio.wait_for(editor.slash(words), 30)
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    assert await asyncio.wait_for(editor.run("picode.status"), 20)
    assert "client/registerCapability" in asked


ODD_URIS = [
    "file:///home/a%00b.py",
    "file:///home/a\0b.py",
    "file:///home/\ud800.py",
    "file:///home/%ED%A0%80.py",
    "file:///home/%FF%FE.py",
    "file:///home/%zz%.py",
    "file://[::1/a.py",
    "file://host\0/a.py",
    "\0",
    "",
    "://",
    "untitled:\0",
    "a" * 100_000,
    "file:///" + "a/" * 50_000,
    "file:///home/\x1b]0;x\x07.py",
    "vscode-notebook-cell:/a%00.ipynb#\ud800",
]


async def answer_code(editor: FakeEditor, method: str, params: Any) -> int:
    """The code of the error that the request is answered with; 0 for a result."""
    try:
        await asyncio.wait_for(editor.request(method, params), 10)
    except RpcError as refused:
        return refused.code
    return 0


@pytest.mark.parametrize("uri", ODD_URIS, ids=range(len(ODD_URIS)))
async def test_a_uri_that_is_no_name_of_a_file_disturbs_nothing(
    start: Start, upstream: ScriptedUpstream, uri: str
) -> None:
    editor = await start(client=FULL)
    upstream.will_say("1")
    item = {"uri": uri, "languageId": "python", "version": 1, "text": "x = \n"}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    where = {"line": 0, "character": 4}
    document = {"textDocument": {"uri": uri}}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("textDocument/inlineCompletion", {**document, "position": where, "context": {"triggerKind": 1}}),
        ("textDocument/completion", {**document, "position": where}),
        (
            "textDocument/codeAction",
            {**document, "range": {"start": where, "end": where}, "context": {"diagnostics": []}},
        ),
        ("textDocument/codeLens", document),
        ("workspace/textDocumentContent", {"uri": uri}),
        ("workspace/executeCommand", {"command": "picode.slash", "arguments": [{"text": "/fix", "uri": uri}]}),
        ("workspace/executeCommand", {"command": "picode.slash", "arguments": [{"text": f"/ask #{uri[:50]}"}]}),
    ]
    for method, params in asked:
        code = await answer_code(editor, method, params)
        assert code != -32603, method
    editor.notify(
        "textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "y"}]}
    )
    editor.notify("textDocument/didClose", document)
    assert await editor.run("picode.status")


@pytest.mark.parametrize("folder", ["file:///a%00b", "file:///\ud800", "\0", ""])
async def test_nor_does_one_of_a_folder(folder: str) -> None:
    async with ServerProcess() as server:
        answer = await server.initialize(folders=[{"uri": folder, "name": "odd"}])
        assert "result" in answer
        assert (await server.request("workspace/executeCommand", {"command": "picode.status"}))["result"]
