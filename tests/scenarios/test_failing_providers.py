"""Providers that fail, limit or hang, on real sockets, as an editor sees it: a suggestion comes, and the status says why
it took longer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from picode.core.policy import INLINE
from picode.io import logs
from picode.lsp.server import PiCodeServer, build_assistant
from support.editor import FakeEditor
from support.faulty import Behaviour, FaultyServer, answers, fails, hangs, sends
from support.upstream import as_chat, completion_stream

Open = Callable[..., Awaitable[FakeEditor]]


@pytest.fixture
async def open_editor() -> AsyncIterator[Open]:
    """Opens editors with real HTTP between the server and its providers: `await open_editor(inline, name=server…)`."""
    running: list[FakeEditor] = []

    async def open_editor(
        inline: dict[str, Any],
        more: dict[str, Any] | None = None,
        environ: dict[str, str] | None = None,
        **servers: FaultyServer,
    ) -> FakeEditor:
        rows: dict[str, Any] = {
            name: {"baseUrl": server.base_url, "fill": "openai_completions", "model": "model"}
            for name, server in servers.items()
        }
        for name, row in (more or {}).items():
            rows[name] = {**rows.get(name, {}), **row}
        server = PiCodeServer(lambda ls: build_assistant(ls, environ=environ or {}))
        editor = FakeEditor(server)
        running.append(editor)
        await editor.start({"inline": {"debounceMs": 0, **inline}, "providers": rows})
        return editor

    yield open_editor
    for editor in running:
        await editor.stop()


def chats(text: str) -> Behaviour:
    return sends(b"".join(map(as_chat, completion_stream(text))))


@pytest.mark.parametrize("strategy", ["fallback", "race"])
async def test_with_one_that_limits_and_one_that_hangs_a_suggestion_comes_within_the_inline_budget(
    open_editor: Open, strategy: str
) -> None:
    async with FaultyServer(fails(429)) as first, FaultyServer(hangs) as second, FaultyServer(answers("42")) as third:
        inline = {"provider": "first", "fallback": ["second", "third"], "strategy": strategy}
        editor = await open_editor(inline, first=first, second=second, third=third)
        editor.open("a.py", "x = <cursor>")
        began = time.monotonic()
        assert await editor.ghost() == "42"
        assert time.monotonic() - began < INLINE.seconds
        await second.gone()
        status = editor.statuses()[-1]
        assert status == {
            "kind": "normal",
            "message": "first limits requests, second is slow; answered by third.",
            "provider": "third",
            "model": "model",
        }
        assert editor.messages() == []


async def test_the_note_is_gone_when_the_first_answers_again(open_editor: Open) -> None:
    async with FaultyServer(fails(503), answers("1")) as first, FaultyServer(answers("2")) as second:
        editor = await open_editor({"provider": "first", "fallback": ["second"]}, first=first, second=second)
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "2"
        assert editor.statuses()[-1]["message"] == "first fails; answered by second."
        editor.open("b.py", "y = <cursor>")
        assert await editor.ghost() == "1"
        assert editor.statuses()[-1] == {"kind": "normal", "message": "", "provider": "first", "model": "model"}


async def test_a_fallback_may_name_a_model_and_may_be_asked_in_another_way(open_editor: Open) -> None:
    async with FaultyServer(fails(500)) as first, FaultyServer(chats("```python\n42\n```")) as second:
        editor = await open_editor(
            {"provider": "first", "fallback": ["second/vendor/large"]},
            {"second": {"fill": ""}},
            first=first,
            second=second,
        )
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "42", "what a chat model wraps around code is no code"
        (request,) = second.requests
        assert request.startswith(b"POST /v1/chat/completions ")
        assert b'"model": "vendor/large"' in request


async def test_without_a_key_the_next_provider_answers_and_the_status_says_so(open_editor: Open) -> None:
    async with FaultyServer(answers("1")) as second:
        editor = await open_editor({"provider": "openai", "fallback": ["nobody", "second"]}, second=second)
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "1"
        assert editor.statuses()[-1]["message"] == (
            "OpenAI has no key, There is no provider named 'nobody'; answered by second."
        )
        assert editor.messages() == []


async def test_when_all_fail_the_status_names_every_cause(open_editor: Open) -> None:
    async with FaultyServer(fails(429)) as first, FaultyServer(fails(500)) as second:
        editor = await open_editor({"provider": "first", "fallback": ["second"]}, first=first, second=second)
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == ""
        status = editor.statuses()[-1]
        assert status["kind"] == "warning"
        assert "too many requests" in status["message"]
        assert "HTTP 500" in status["message"]


async def test_what_only_the_user_can_mend_at_every_provider_is_told_once(open_editor: Open) -> None:
    async with (
        FaultyServer(fails(401)) as first,
        FaultyServer(fails(404, '{"error": {"code": "model_not_found"}}')) as second,
    ):
        editor = await open_editor({"provider": "first", "fallback": ["second"]}, first=first, second=second)
        editor.open("a.py", "x = <cursor>")
        for _ in range(5):
            assert await editor.ghost() == ""
        assert editor.statuses()[-1]["kind"] == "error"
        assert len(editor.messages()) == 1
        assert len(first.requests) == 1


async def test_a_provider_that_has_used_up_its_day_is_asked_nothing_more_by_any_editor(open_editor: Open) -> None:
    limits = {"first": {"dailyTokens": 30}}
    async with FaultyServer(answers("1")) as first, FaultyServer(answers("2")) as second:
        editor = await open_editor({"provider": "first"}, limits, first=first)
        editor.open("a.py", "x = '" + "y" * 80 + "' + <cursor>")
        assert await editor.ghost() == "1"
        editor.open("b.py", "z = '" + "y" * 80 + "' + <cursor>")
        assert await editor.ghost() == ""
        assert "your limit of 30 tokens a day is reached" in editor.statuses()[-1]["message"]
        assert "picode.providers.first.dailyTokens" in editor.statuses()[-1]["message"]
        other = await open_editor({"provider": "first", "fallback": ["second"]}, limits, first=first, second=second)
        other.open("c.py", "w = '" + "y" * 80 + "' + <cursor>")
        assert await other.ghost() == "2"
        assert len(first.requests) == 1


async def test_after_five_failures_the_provider_has_half_a_minute_and_trying_again_by_hand_ends_it(
    open_editor: Open,
) -> None:
    async with FaultyServer(*[fails(500)] * 5, answers("1")) as first:
        editor = await open_editor({"provider": "first", "retries": 0}, first=first)
        for number in range(7):
            editor.open(f"{number}.py", "x = <cursor>")
            assert await editor.ghost() == ""
        assert len(first.requests) == 5
        assert "has failed 5 times in a row" in editor.statuses()[-1]["message"]
        await editor.run("picode.retry")
        assert await editor.ghost() == "1"


async def test_typing_on_stops_whoever_is_being_asked(open_editor: Open) -> None:
    async with FaultyServer(hangs) as first, FaultyServer(hangs) as second:
        inline = {"provider": "first", "fallback": ["second"], "strategy": "race"}
        editor = await open_editor(inline, first=first, second=second)
        editor.open("a.py", "x = <cursor>")
        waiting = editor.ask(explicit=False)
        await first.asked()
        await second.asked()
        editor.cancel(editor.last_id)
        await asyncio.wait({waiting})
        editor.open("b.py", "x = <cursor>")
        await first.gone()
        await second.gone()
        waiting.exception()


@pytest.mark.parametrize("place", ["body", "stream", "header"])
async def test_a_key_that_a_provider_repeats_reaches_no_editor_no_log_and_no_file(
    open_editor: Open, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    canary = "Qz7canary0123456789abcdefX"
    error = f'{{"error": {{"message": "{canary} is no key of ours", "type": "server_error"}}}}'
    behaviour = {
        "body": fails(401, error),
        "stream": sends(f"data: {error}\n\n".encode()),
        "header": fails(500, "{}", x_your_key=canary),
    }[place]
    async with FaultyServer(behaviour) as first, FaultyServer(answers("1")) as second:
        editor = await open_editor(
            {"provider": "first"}, {"first": {"keyEnv": "FIRST_KEY"}}, environ={"FIRST_KEY": canary}, first=first
        )
        logs.configure("debug")
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == ""
        assert f"Bearer {canary}".encode() in first.requests[0], "else this proves nothing"
        helped = await open_editor(
            {"provider": "first", "fallback": ["second"]},
            {"first": {"keyEnv": "FIRST_KEY"}},
            environ={"FIRST_KEY": canary},
            first=first,
            second=second,
        )
        logs.configure("debug")
        helped.open("a.py", "x = <cursor>")
        assert await helped.ghost() == "1"
        for each in (editor, helped):
            assert canary not in str(each.notifications)
            await each.stop()
    captured = capsys.readouterr()
    assert canary not in caplog.text + captured.out + captured.err
    kept = [file for file in Path(os.environ["XDG_STATE_HOME"]).rglob("*") if file.is_file()]
    assert kept, "the ledger, at least"
    assert not [file for file in kept if canary.encode() in file.read_bytes()]
