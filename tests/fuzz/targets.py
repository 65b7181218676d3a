"""What is fuzzed. Each target makes one random case and tries it; it raises where an invariant does not hold.

Every step of the event loop is measured but for those that make the cases (`Clock.watching`). There a target notes what the
server would do on its loop with `Clock.call`; `off` marks what the server does in other threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from lsprotocol import types

from gateway.test_fuzz import _NAMES as FIELDS
from gateway.test_fuzz import _SOUND as BODIES
from picode import postprocess
from picode.core.document import Position, Snapshot, split_lines
from picode.core.edits import Refused, apply, propose, region_of
from picode.core.errors import ProviderError
from picode.core.ignore_rules import excluded_by, parse
from picode.io.config_files import ConfigFiles
from picode.lsp.documents import Document
from picode.lsp.framing import FrameDecoder, Malformed
from picode.lsp.server import PiCodeServer, build_assistant
from picode.settings.layers import merge
from picode.wire import DIALECTS
from picode.wire.reading import AnswerReader
from picode.wire.sse import EventTooLarge, SseDecoder
from support.editor import FakeEditor
from support.gateway import Gateway, running
from support.upstream import ScriptedUpstream
from wire.test_oracle import ATOMS

from .cases import Clock, cut, mutated, text, value

Case = Callable[[random.Random, Clock], Awaitable[None]]

MESSAGES: list[dict[str, Any]] = [
    {"id": 1, "method": "textDocument/inlineCompletion", "params": {
        "textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 1}, "context": {"triggerKind": 1}}},
    {"id": 1, "method": "textDocument/codeAction", "params": {
        "textDocument": {"uri": "file:///a.py"}, "context": {"diagnostics": []},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}}},
    {"id": 1, "method": "workspace/executeCommand", "params": {"command": "picode.status", "arguments": []}},
    {"id": 1, "method": "workspace/executeCommand", "params": {"command": "picode.slash", "arguments": [
        {"text": "/help", "uri": "file:///a.py", "version": 1}]}},
    {"id": 1, "method": "textDocument/completion", "params": {
        "textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 1}}},
    {"id": 1, "method": "codeAction/resolve", "params": {"title": "x", "data": {}}},
    {"id": 1, "method": "workspace/textDocumentContent", "params": {"uri": "picode:/answers/x/y"}},
    {"method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": "file:///a.py", "languageId": "python", "version": 1, "text": "x = 1\n"}}},
    {"method": "textDocument/didChange", "params": {"textDocument": {"uri": "file:///a.py", "version": 2}, "contentChanges": [
        {"text": "y", "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}}]}},
    {"method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///a.py"}}},
    {"method": "workspace/didChangeConfiguration", "params": {"settings": {"picode": {"inline": {"enabled": True}}}}},
    {"method": "$/cancelRequest", "params": {"id": 1}},
    {"method": "picode/didFocus", "params": {"uri": "file:///a.py"}},
    {"id": 1, "result": None},
    {"id": 1, "error": {"code": 1, "message": "x"}},
]  # fmt: skip


async def frames(source: random.Random, clock: Clock) -> None:
    """Fifty messages, sound and broken, in frames of every form: each request is answered once, and the next one served."""
    gc.collect()  # the server of the case before: a process has one
    upstream = ScriptedUpstream()
    upstream.says_from_now_on("1")
    server = PiCodeServer(lambda session: build_assistant(session, environ={}, transport=upstream))
    editor = FakeEditor(server)
    await editor.start({"log": {"level": "error"}})
    decoder, numbers, stream = FrameDecoder(), [], b""
    for number in range(1000, 1050):
        message = source.choice(MESSAGES)
        if "params" in message and source.random() < 0.7:
            message = {**message, "params": mutated(source, message["params"])}
        if "id" in message and "method" in message:
            message = {**message, "id": number}
            numbers.append(number)
        stream += frame(source, json.dumps({"jsonrpc": "2.0", **message}).encode("utf-8", "surrogatepass"))
        if source.random() < 0.2:
            stream += frame(source, bytes(source.choices(b'{}[]":,0a\xff ', k=source.randint(0, 20))))
    for piece in cut(source, stream):
        for item in clock.call(lambda piece=piece: decoder.feed(piece)):  # type: ignore[misc]
            assert not (isinstance(item, Malformed) and item.fatal), item
            if isinstance(item, bytes):
                clock.call(lambda item=item: server.protocol.receive(item))  # type: ignore[misc]
    await editor.until(lambda: set(numbers) <= set(editor.answered), "every request's answer")
    assert len([each for each in editor.answered if each in set(numbers)]) == len(numbers), "answered twice"
    await editor.run("picode.status")
    await editor.stop()


def frame(source: random.Random, body: bytes) -> bytes:
    name = source.choice([b"Content-Length", b"content-length", b"CONTENT-LENGTH"])
    more = source.choice([b"", b"", b"X-Odd: 1\r\n", b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"])
    return b"%b%b:%b%d\r\n\r\n%b" % (more, name, source.choice([b" ", b"", b"  "]), len(body), body)


async def edits(source: random.Random, clock: Clock) -> None:
    """Random changes of a document, whole and partial, in every encoding of positions: as in the text as one string."""
    encoding = source.choice(["utf-8", "utf-16", "utf-32"])
    whole = text(source, 60).replace("\ud800", "")
    document = Document("file:///a", "python", 1, split_lines(whole))
    for _ in range(source.randint(1, 12)):
        lines = split_lines(whole)
        start, end = sorted((place(source, lines), place(source, lines)))
        new = text(source, 8).replace("\ud800", "")
        if source.random() < 0.05:
            change: Any = types.TextDocumentContentChangeWholeDocument(text=new)
            expected = new
        else:
            spans = types.Range(units(lines, start, encoding), units(lines, end, encoding))
            change = types.TextDocumentContentChangePartial(range=spans, text=new)
            expected = whole[: offset(lines, start)] + new + whole[offset(lines, end) :]
        clock.call(lambda change=change: document.apply([change], encoding))  # type: ignore[misc]
        whole = expected
        assert document.text == whole
        assert document.lines == split_lines(whole)


def place(source: random.Random, lines: list[str]) -> tuple[int, int]:
    line = source.randrange(len(lines))
    return line, source.randint(0, len(lines[line].rstrip("\r\n")))


def offset(lines: list[str], at: tuple[int, int]) -> int:
    return sum(map(len, lines[: at[0]])) + at[1]


def units(lines: list[str], at: tuple[int, int], encoding: str) -> types.Position:
    before = lines[at[0]][: at[1]]
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    return types.Position(at[0], len(before.encode(encoding + ("" if width == 1 else "-le"))) // width)


async def sse(source: random.Random, clock: Clock) -> None:
    """A stream whole, in single bytes and cut at random: the same events, by the standard and leniently."""
    body = b"".join(source.choices([*ATOMS, b'data: {"a": 1}\n', b'data: {"a": {"b": "c"}}'], k=source.randint(0, 25)))
    for lenient in (False, True):
        found = []
        for pieces in ([body], [body[at : at + 1] for at in range(len(body))], cut(source, body)):
            decoder, events = SseDecoder(4096, lenient=lenient), []
            try:
                for piece in pieces:
                    events += clock.call(lambda piece=piece, decoder=decoder: decoder.feed(piece))  # type: ignore[misc]
                events += decoder.close()
            except EventTooLarge:
                events.append(None)
            found.append(events)
        assert found[0] == found[1] == found[2], body


ANSWERS: list[Any] = [
    {"choices": [{"index": 0, "delta": {"content": "x"}, "message": {"content": "y"}, "text": "z", "finish_reason": None}],
     "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 1}},
    {"response": "x", "done": False, "message": {"content": "y"}, "done_reason": "stop", "eval_count": 3},
    {"type": "response.output_text.delta", "delta": "x", "response": {"output": [{"content": [{"text": "y"}]}]}},
    {"error": {"message": "x", "type": "y", "code": 3, "details": [{"retryDelay": "3s"}]}},
    {"type": "content-delta", "delta": {"message": {"content": {"text": "x"}}}},
    {"content": "x", "stop": True, "tokens_predicted": 3, "message": {"content": [{"type": "text", "text": "y"}]}},
]  # fmt: skip


async def providers(source: random.Random, clock: Clock) -> None:
    """JSON that is nearly an answer, in every dialect and framing: text, or a `ProviderError`; never anything else."""
    events = [mutated(source, source.choice(ANSWERS)) for _ in range(source.randint(1, 4))]
    dumped = [json.dumps(each).encode("utf-8", "surrogatepass") for each in events]
    framing = source.choice(["sse", "ndjson", "json"])
    ends = b"\n\n" if source.random() < 0.8 else b"\n"
    body = b"".join(b"data: " + each + ends for each in dumped) if framing == "sse" else b"\n".join(dumped)
    if source.random() < 0.1:
        body = body[: source.randint(0, len(body))] + source.choice([b"", b"\xff", b"<html>", b"data: [DONE]\n\n"])
    for dialect in DIALECTS.values():
        reader = AnswerReader(dialect, framing, "Acme")  # type: ignore[arg-type]
        try:
            for piece in cut(source, body):
                clock.call(lambda piece=piece, reader=reader: list(reader.feed(piece)))  # type: ignore[misc]
            clock.call(lambda reader=reader: list(reader.close()))  # type: ignore[misc]
        except ProviderError:
            continue


SETTINGS = b"""\
[inline]
provider = "openai"
debounceMs = 75
fallback = ["mistral", "ollama/qwen"]
[providers.team]
baseUrl = "https://models.example/v1"
headers = { x-team = "a" }
[privacy]
allow = ["secrets.py"]
[gateway]
port = 7426
"""


async def settings(source: random.Random, clock: Clock) -> None:
    """A settings file with bytes changed: it is read, and what is wrong with it is told."""
    data = bytearray(
        SETTINGS if source.random() < 0.7 else json.dumps(value(source, 5)).encode("utf-8", "surrogatepass")
    )
    for _ in range(source.randint(1, 12)):
        at = source.randint(0, len(data))
        new = bytes(source.choices(b"[]{}=\"'.,\n\r\\#0aez\xff\xef\xbb\xbf\0", k=source.randint(0, 6)))
        data[at : at + source.randint(0, 6)] = new
    with tempfile.TemporaryDirectory() as folder:
        name = source.choice([".picode.toml", ".picode.json"])
        Path(folder, name).write_bytes(bytes(data) * source.choice([1, 1, 1, 200]))
        files = ConfigFiles(Path(folder, "own"))
        for trusted in (False, True):
            resolved = clock.call(lambda trusted=trusted: merge(files.workspace_layers([folder], trusted)), off=True)  # type: ignore[misc]
            assert resolved.settings is not None
            assert all(str(each) for each in resolved.problems)


async def ignored(source: random.Random, clock: Clock) -> None:
    """An ignore file of odd patterns: it is read rule by rule, and deciding about a path takes no time worth telling."""
    atoms = [
        "*",
        "**",
        "/",
        "!",
        "[",
        "]",
        "[a-z]",
        "[z-a]",
        "[!a]",
        "?",
        "\\",
        " ",
        "#",
        "\n",
        "a",
        ".env",
        "**/",
        "/**",
        "*a",
    ]
    rules = clock.call(lambda: parse("".join(source.choices(atoms, k=source.randint(0, 200)))), off=True)
    parts = [
        "".join(source.choices(["a", ".", "env", "b c", "é", "["], k=source.randint(1, 30)))
        for _ in range(source.randint(1, 8))
    ]
    clock.call(lambda: excluded_by(rules.rules, parts), off=True)


CODE = ["def f(a):\n", "    return a\n", "class A:\n", "x = {\n", "}\n", "if x:\n", '"""', "(", ")", "\t", "...\n", "é"]
TALK = [
    *[
        "```",
        "```python\n",
        "~~~\n",
        "Sure!\n",
        "<think>",
        "</think>",
        "@@ -1 +1 @@\n",
        "--- a/x\n",
        "+++ b/x\n",
        "-x\n",
    ],
    *[
        "<<<<<<< SEARCH\n",
        "=======\n",
        ">>>>>>> REPLACE\n",
        "// ... existing code ...\n",
        "\r\n",
        "\0",
        "\u202e",
        "`" * 50,
    ],
    *["+y\n", "# rest\n"],
]


async def answers(source: random.Random, clock: Clock) -> None:
    """What no model should write, as a suggestion and as an edit: something that fits, or nothing; and edits can be undone."""
    lines = tuple(split_lines("".join(source.choices(CODE, k=source.randint(0, 20)))))
    line = source.randrange(len(lines))
    cursor = Position(line, source.randint(0, len(lines[line].rstrip("\r\n"))))
    answer = "".join(source.choices(CODE + TALK, k=source.randint(0, 40))) * source.choice([1, 1, 1, 20])
    snapshot = Snapshot("file:///a.py", lines, cursor, 1, "python")
    shape = postprocess.describe(snapshot, multiline=source.random() < 0.7, chat=source.random() < 0.5, stops=())
    arrived = clock.call(lambda: postprocess.normalize(answer, shape))
    clock.call(lambda: postprocess.fit_to_cursor(arrived, shape, snapshot))
    end = Position(len(lines) - 1, len(lines[-1]))
    region = region_of(lines, Position(line, 0), end)
    found = clock.call(lambda: propose(region, answer, "python"), off=True)
    if not isinstance(found, Refused):
        after = apply(lines, found.hunks)
        assert "".join(apply(after, found.undo)) == "".join(lines)


class Gateways:
    """One gateway for all cases of a loop."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._gateway: Gateway | None = None

    async def __call__(self, source: random.Random, clock: Clock) -> None:
        """Requests that are nearly sound: answered by their own fault or not at all, never with a 500."""
        if self._gateway is None:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            limits = {"gateway": {"requestsPerMinute": 0, "reuse": "never"}, "log": {"level": "error"}}
            self._gateway = await self._stack.enter_async_context(running(folder, limits))
            self._gateway.upstream.says_from_now_on("one END two")
        path = source.choice(sorted(BODIES))
        body = mutated(source, {**BODIES[path], source.choice(FIELDS): value(source)})
        data = json.dumps(body).encode("utf-8", "surrogatepass")
        if source.random() < 0.2:
            data = data[: source.randint(0, len(data))] + bytes(source.choices(b'{}"\0\xff', k=3))
        response = await asyncio.create_task(self._gateway.post(path, data))  # a task of its own is measured
        assert response.status_code in (200, 400, 403, 404), (response.status_code, path, data)
        assert response.content

    async def close(self) -> None:
        self._gateway = None
        await self._stack.aclose()


gateway = Gateways()

TARGETS: dict[str, Case] = {
    "frames": frames,
    "edits": edits,
    "sse": sse,
    "providers": providers,
    "settings": settings,
    "ignore": ignored,
    "answers": answers,
    "gateway": gateway,
}


WARMING = 5


async def run(name: str, seed: int, *, cases: int = 0, seconds: float = 0.0) -> tuple[int, Clock]:
    """Runs `cases` cases of a target, or as many as come in `seconds`; how many those were, and their clock.

    A case that fails is raised as an `AssertionError` with its seed, which alone repeats it.
    """
    for warming in range(WARMING):  # what is loaded and compiled once is no part of a case
        with contextlib.suppress(Exception):
            await TARGETS[name](random.Random(-warming - 1), Clock())
    gc.collect()
    gc.freeze()  # the collector goes through what tests import, ten times what a server does
    clock, done, until = Clock(), 0, time.monotonic() + seconds
    with clock.watching():
        while done < cases or (seconds and time.monotonic() < until):
            try:
                await TARGETS[name](random.Random(seed + done), clock)
            except Exception as error:
                again = f"python -m tests.fuzz {name} --seed {seed + done} --cases 1"
                raise AssertionError(f"{type(error).__name__}: {error}; again: {again}") from error
            done += 1
            await asyncio.sleep(0)
    return done, clock
