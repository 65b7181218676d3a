"""The life cycle and the error paths of the protocol: every request is answered, once, whatever is wrong with it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from picode.lsp.server import COMMANDS, FEATURES, PiCodeServer
from support.editor import BARE, FULL, FakeEditor, RpcError
from support.upstream import ScriptedUpstream

from .conftest import Start

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
NOT_INITIALIZED, CANCELLED = -32002, -32800


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", PARSE_ERROR),
        (b"\xff\xfe", PARSE_ERROR),
        (b"[" * 200_000, PARSE_ERROR),
        (b"[]", INVALID_REQUEST),
        (b"3", INVALID_REQUEST),
        (b'{"id": 1, "method": "initialize"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "initialize"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 5}', INVALID_REQUEST),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]', INVALID_REQUEST),
    ],
)
async def test_what_is_no_message_is_refused_and_the_next_one_served(
    editor: FakeEditor, body: bytes, code: int
) -> None:
    editor.send_raw(body)
    assert [error["code"] for method, error in editor.notifications if method == "error"] == [code]
    assert await editor.run("picode.status")


async def test_parameters_of_the_wrong_shape_are_refused(editor: FakeEditor) -> None:
    with pytest.raises(RpcError) as refused:
        await editor.request("textDocument/inlineCompletion", {"position": "here"})
    assert refused.value.code == INVALID_PARAMS


async def test_what_was_never_announced_is_no_news_for_the_log(
    editor: FakeEditor, caplog: pytest.LogCaptureFixture
) -> None:
    """Kate sends this at each key, and shows the log in the panel of the answers."""
    with pytest.raises(RpcError):
        await editor.request("textDocument/documentSymbol", {"textDocument": {"uri": "file:///a.py"}})
    editor.notify("textDocument/unheardOf", {})
    await editor.run("picode.status")
    assert [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


@pytest.mark.parametrize(
    ("message", "flaw"),
    [
        ({"id": 7, "method": "textDocument/inlineCompletion", "params": {"position": "PRIVATE"}}, "params.context is missing"),
        ({"id": 7, "method": "textDocument/codeAction", "params": 5}, "params is not what the specification has there"),
        ({"method": "textDocument/didChange", "params": {"contentChanges": []}}, "params.textDocument is missing"),
        ({"method": "textDocument/didOpen", "params": {"textDocument": "PRIVATE"}}, "params.textDocument.uri is not what"),
        ({"method": "workspace/didChangeConfiguration", "params": "PRIVATE"}, "params.settings is not what"),
        ({"method": "$/cancelRequest", "params": {"id": {"PRIVATE": 1}}}, ""),
        ({"id": 7, "method": "workspace/executeCommand", "params": {"command": "unheardOf"}}, "unheardOf"),
        ({"id": 7, "method": "workspace/executeCommand", "params": {"command": "picode.accepted", "arguments": [5]}},
         "picode.accepted"),
    ],
)  # fmt: skip
async def test_what_a_client_does_wrong_takes_one_line_of_the_log(
    editor: FakeEditor, caplog: pytest.LogCaptureFixture, message: dict[str, Any], flaw: str
) -> None:
    caplog.clear()
    editor.send_raw(json.dumps({"jsonrpc": "2.0", **message}).encode())
    assert await editor.run("picode.status")
    told = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert len(told) == bool(flaw)
    assert all(flaw in record.getMessage() and record.exc_info is None for record in told)
    assert "PRIVATE" not in caplog.text
    assert "Traceback" not in caplog.text


async def test_an_unknown_method_is_refused(editor: FakeEditor) -> None:
    with pytest.raises(RpcError) as refused:
        await editor.request("textDocument/unheardOf", {})
    assert refused.value.code == METHOD_NOT_FOUND


async def test_an_unknown_command_is_refused(editor: FakeEditor) -> None:
    with pytest.raises(RpcError) as refused:
        await editor.run("picode.unheardOf")
    assert refused.value.code == INVALID_PARAMS


@pytest.mark.parametrize("arguments", [(), (5,), ("a", "b"), ({"id": "a"},)])
async def test_a_command_with_wrong_arguments_is_refused(editor: FakeEditor, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(RpcError) as refused:
        await editor.run("picode.accepted", *arguments)
    assert refused.value.code == INVALID_PARAMS


async def test_nothing_is_served_before_initialize() -> None:
    editor = FakeEditor(PiCodeServer())
    with pytest.raises(RpcError) as refused:
        await editor.request("workspace/executeCommand", {"command": "picode.status"})
    assert refused.value.code == NOT_INITIALIZED


async def test_initialize_comes_once_and_nothing_after_shutdown(editor: FakeEditor) -> None:
    with pytest.raises(RpcError) as twice:
        await editor.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    assert twice.value.code == INVALID_REQUEST
    assert await editor.request("shutdown") is None
    with pytest.raises(RpcError) as late:
        await editor.run("picode.status")
    assert late.value.code == INVALID_REQUEST


@pytest.mark.parametrize(("orderly", "code"), [(True, 0), (False, 1)])
async def test_the_exit_code_says_whether_shutdown_came_first(start: Start, orderly: bool, code: int) -> None:
    editor = await start()
    codes: list[int] = []
    editor.server.protocol.on_exit = codes.append
    if orderly:
        await editor.request("shutdown")
    editor.notify("exit")
    assert codes == [code]


async def test_shutdown_answers_what_is_under_way(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_never_answer()
    editor.open("a.py", "x = <cursor>")
    ghost = editor.ask()
    exchange = await upstream.asked()
    await editor.request("shutdown")
    with pytest.raises(RpcError) as cancelled:
        await ghost
    assert cancelled.value.code == CANCELLED
    await asyncio.wait_for(exchange.closed.wait(), 0.2)


async def test_each_request_gets_one_answer_however_it_is_cancelled(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    await editor.ask()
    finished = editor.last_id
    editor.cancel(finished)
    editor.cancel(4711)
    editor.notify("$/cancelRequest", {"id": "unknown"})
    assert await editor.run("picode.status")
    assert editor.answered.count(finished) == 1


async def test_a_late_answer_to_a_request_of_ours_is_ignored(editor: FakeEditor) -> None:
    reply = {"jsonrpc": "2.0", "id": "never-asked", "result": None}
    editor.send_raw(json.dumps(reply).encode())
    assert await editor.run("picode.status")


async def test_a_nested_jsonrpc_key_is_data(editor: FakeEditor) -> None:
    options = {"settings": {"picode": {"jsonrpc": "2.0", "method": "x", "id": 1}}}
    editor.notify("workspace/didChangeConfiguration", options)
    assert await editor.run("picode.status")


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32"], "utf-32"),
        (["utf-16"], "utf-16"),
        (["utf-7"], "utf-16"),
        (None, "utf-16"),
    ],
)
async def test_the_position_encoding_is_the_client_s_first_choice(
    start: Start, offered: list[str] | None, chosen: str
) -> None:
    client = {"general": {"positionEncodings": offered}} if offered else BARE
    assert (await start(client=client)).capabilities["positionEncoding"] == chosen


async def test_inline_completion_is_announced_to_clients_that_do_not_register(editor: FakeEditor) -> None:
    await editor.run("picode.status")
    assert editor.capabilities["inlineCompletionProvider"] == {}
    assert "textDocument/inlineCompletion" not in [each["method"] for each in editor.registrations]


async def test_inline_completion_is_registered_once_where_the_client_registers(start: Start) -> None:
    editor = await start(client={**FULL, "textDocument": {"inlineCompletion": {"dynamicRegistration": True}}})
    await editor.run("picode.status")
    assert "inlineCompletionProvider" not in editor.capabilities
    registered = [each for each in editor.registrations if each["method"] == "textDocument/inlineCompletion"]
    assert len(registered) == 1
    assert registered[0]["registerOptions"]["documentSelector"]


async def test_commands_are_announced(editor: FakeEditor) -> None:
    assert editor.capabilities["executeCommandProvider"]["commands"] == [name for name, _ in COMMANDS]


def test_the_feature_table_is_one_screen() -> None:
    assert 5 < len(FEATURES) < 40
    assert len({method for method, _, _ in FEATURES}) == len(FEATURES)
