"""Every message between the server and clients of its own is what the schema says, both ways.

The same types are what the VS Code client is compiled against and what the Neovim client is annotated with.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from picode.lsp.arguments import COMMANDS as ARGUMENTS
from picode.lsp.server import COMMANDS
from support.editor import LIVE, FakeEditor, RpcError
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start
from .test_key_entry import CLIENT as ENTERS_KEYS

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/messages.json").read_text("utf-8"))
SOURCE = "def add(a, b):\n    <sel>return a - b</sel>\n"
CLIENT = {**ENTERS_KEYS, "experimental": {"picode": {**ENTERS_KEYS["experimental"]["picode"], "languageModels": True}}}
"""A client that takes every message."""
NOT_OURS = {"picode.accepted"}
"""The argument and result of these is no object: an id, and nothing."""


PLACE = {"line": 0, "character": 0}
REQUIRED: dict[str, Any] = {
    "accepted": True,
    "keys": {},
    "messages": [],
    "minutes": 1,
    "range": {"start": PLACE, "end": PLACE},
}
"""Values for required fields that are no strings."""


def check(table: str, name: str, value: Any) -> None:
    """Fails where `value` is not of the type that the schema has for `name`."""
    Draft202012Validator({"$defs": SCHEMA["$defs"], **SCHEMA[table][name]}).validate(value)


TOOLS = [{"name": "read_file", "description": "Reads a file.", "parameters": {"type": "object"}}]
CONVERSATION = [
    {"role": "system", "parts": [{"type": "text", "text": "Be brief."}]},
    {"role": "user", "parts": [{"type": "data", "mediaType": "image/png", "data": "iVBORw=="}]},
    {
        "role": "assistant",
        "parts": [
            {"type": "reasoning", "text": "Hm.", "whole": "Hm.", "signature": "s", "encrypted": "", "id": "1"},
            {"type": "call", "id": "c1", "name": "read_file", "arguments": "{}"},
        ],
    },
    {
        "role": "user",
        "parts": [{"type": "result", "call": "c1", "parts": [{"type": "text", "text": "x"}], "error": True}],
    },
]


async def session(editor: FakeEditor, upstream: ScriptedUpstream) -> dict[str, tuple[Any, Any]]:
    """Every command once, in an order that works: its argument and its result."""
    upstream.says_from_now_on("<think>Hm.</think>```python\n    return a + b\n```")
    buffer = editor.open("a.py", SOURCE)
    done: dict[str, tuple[Any, Any]] = {}

    async def run(name: str, argument: dict[str, Any] | None = None) -> Any:
        result = await editor.run(name, *([] if argument is None else [argument]))
        done[name] = (argument, result)
        return result

    await editor.ask()
    await run("picode.explainSuggestion")
    for name in (
        "picode.chat.model",
        "picode.commands",
        "picode.metrics",
        "picode.models",
        "picode.retry",
        "picode.status",
    ):
        await run(name)
    await run("picode.snooze", {"minutes": 1})
    await run("picode.resume")
    await run("picode.key", {"provider": "scripted"})
    await run("picode.key.enter", {"provider": "scripted", "key": "a-key-of-the-test", "model": "m"})
    await run("picode.key.give", {"keys": {"scripted@http://127.0.0.1:9": "another-key"}})
    edit = await run("picode.slash", editor.arguments("/fix", unit="    ", diagnostics=[], workDoneToken="mine"))
    await run("picode.edit.compare", {"id": edit["id"]})
    edit = await run("picode.edit.again", {"id": edit["id"], "workDoneToken": 1})
    await run("picode.edit.discard", {"id": edit["id"]})
    place = editor.arguments("")
    edit = await run("picode.edit.propose", {"code": "return a * b", "uri": buffer.uri, "range": place["range"]})
    await run("picode.edit.accept", {"id": edit["id"]})
    await run("picode.edit.keep", {"id": edit["id"]})
    await run("picode.edit.undo", {"id": edit["id"]})
    await run("picode.edit.settled", {"id": edit["id"], "accepted": True})
    asked = await run("picode.slash", {"text": "why?", "files": [], "folder": "", "provider": "", "model": ""})
    await run("picode.languageModels", {"refresh": False})
    asked_of_model = {"provider": "scripted", "model": "scripted-model", "messages": CONVERSATION, "tools": TOOLS}
    await run("picode.languageModels.countTokens", asked_of_model)
    options = {"temperature": 0.5, "stop": ["END"]}
    await run(
        "picode.languageModels.respond", {**asked_of_model, "response": "1", "mustCall": False, "options": options}
    )
    await run("picode.conversations", {"search": "", "folder": "", "limit": 5})
    await run("picode.conversation", {"id": asked["conversation"], "format": "markdown"})
    check("results", "picode.conversation", done["picode.conversation"][1])
    await run("picode.conversation", {"id": asked["conversation"], "format": "json"})
    await run("picode.conversation.rename", {"id": asked["conversation"], "title": "Why"})
    await run("picode.conversation.delete", {"id": asked["conversation"]})
    return done


async def test_a_session_with_every_message(start: Start, upstream: ScriptedUpstream) -> None:
    inline = {**SCRIPTED["inline"], "debounceMs": "a while"}  # an alert
    editor = await start({**SCRIPTED, "inline": inline}, client=CLIENT)
    done = await session(editor, upstream)
    assert set(done) == {name for name, _ in COMMANDS} - NOT_OURS == set(SCHEMA["results"])
    for name, (argument, result) in done.items():
        if argument is not None:
            check("arguments", name, argument)
        check("results", name, result)
    told = {method for method, _ in editor.notifications if method.startswith("picode/")}
    assert told == set(SCHEMA["notifications"])
    for method, params in editor.notifications:
        if method in told:
            check("notifications", method, params)
    states = {params["state"] for params in editor.told("picode/answer")}
    assert states - {"growing"} == {"asked", "began", "whole"}


async def test_an_answer_that_grows(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=LIVE)
    editor.open("a.py", SOURCE)
    rest = asyncio.Event()
    upstream.will_begin("Hm.</think>\n\nIt ", "subtracts.", rest)
    running = asyncio.create_task(editor.slash("/explain"))
    await editor.until(lambda: [each for each in editor.told("picode/answer") if "reasoningDelta" in each], "reasoning")
    rest.set()
    await running
    for params in editor.told("picode/answer"):
        check("notifications", "picode/answer", params)


async def test_every_ending_of_an_answer_is_of_its_type(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=LIVE)
    editor.open("a.py", SOURCE)
    upstream.will_fail(401, "bad key")
    check("results", "picode.slash", await editor.slash("/explain"))
    upstream.forget()
    upstream.will_send(b'data: {"choices": [{"delta": {}, "finish_reason": "length"}]}\n\n', b"data: [DONE]\n\n")
    for command in ("/explain", "/fix", "/help"):
        check("results", "picode.slash", await editor.slash(command))
    for method in ("picode/answer", "picode/edit", "picode/status"):
        for params in editor.told(method):
            check("notifications", method, params)


@pytest.mark.parametrize("name", ARGUMENTS)
async def test_the_server_takes_what_the_schema_allows_and_refuses_the_rest(start: Start, name: str) -> None:
    editor = await start(client=LIVE)
    model = SCHEMA["$defs"][ARGUMENTS[name].__name__]
    assert set(model["properties"]) == {field.alias for field in ARGUMENTS[name].model_fields.values()}
    with pytest.raises(RpcError, match="is not a field of it") as refused:
        await editor.run(name, {**{each: REQUIRED.get(each, "1") for each in model["required"]}, "unknown": 1})
    assert refused.value.code == -32602
    if model["required"]:
        with pytest.raises(RpcError) as missing:
            await editor.run(name, {})
        assert missing.value.code == -32602


async def test_trust_is_told_as_the_schema_says(start: Start) -> None:
    editor = await start(client=LIVE)
    told = {"workspaceTrusted": True}
    check("clientNotifications", "picode/didChangeTrust", told)
    editor.notify("picode/didChangeTrust", told)
    await editor.run("picode.status")
    assert editor.server.session.workspace_trusted
