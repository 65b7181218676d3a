"""What the user is told: a status that follows events, and one message for each thing only they can mend."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from support.editor import BARE, PLAIN, RICH, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start


def kinds(editor: FakeEditor) -> list[str]:
    return [status["kind"] for status in editor.statuses()]


async def test_the_status_is_busy_while_a_model_writes(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    gate = asyncio.Event()
    upstream.will_say("1", after=gate)
    editor.open("a.py", "x = <cursor>")
    ghost = editor.ask(explicit=False)
    await upstream.asked()
    assert editor.statuses()[-1] == {
        "kind": "busy", "message": "", "provider": "scripted", "model": "scripted-model"
    }  # fmt: skip
    gate.set()
    await ghost
    assert kinds(editor) == ["normal", "busy", "normal"]


@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_a_provider_s_failure_is_a_warning_and_never_an_error_response(
    editor: FakeEditor, upstream: ScriptedUpstream, status: int
) -> None:
    upstream.will_fail(status, '{"error": {"message": "not now"}}')
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    assert editor.statuses()[-1]["kind"] == "warning"
    assert editor.messages() == []


async def test_an_unreachable_provider_is_a_warning_that_offers_to_try_again(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_be_unreachable()
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    assert editor.statuses()[-1]["kind"] == "warning"
    assert editor.statuses()[-1]["command"]["command"] == "picode.retry"


async def test_a_wrong_key_is_told_once_and_not_tried_at_every_key(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_fail(401, '{"error": {"message": "Incorrect API key provided: sk-proj-canary123456."}}')
    editor.open("a.py", "x = <cursor>")
    for key in "abcdefghij":
        editor.type(key)
        assert await editor.ask(explicit=False) == {"items": []}
    assert len(upstream.exchanges) == 1
    assert len(editor.messages()) == 1
    assert editor.statuses()[-1]["kind"] == "error"
    assert editor.statuses()[-1]["command"]["command"] == "picode.openSettings"
    assert "canary" not in str(editor.notifications)


async def test_snoozed_suggestions_come_by_hand_only_and_resume(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    await editor.run("picode.snooze", {"minutes": 5})
    status = editor.statuses()[-1]
    assert status["kind"] == "inactive"
    assert status["message"].startswith("Suggestions are snoozed until ")
    assert status["command"]["command"] == "picode.resume"
    assert await editor.ask(explicit=False) == {"items": []}
    assert upstream.exchanges == []
    assert await editor.ghost(explicit=True) == "1"
    await editor.run("picode.resume")
    await editor.until(lambda: editor.statuses()[-1]["kind"] == "normal", "the status")
    editor.type("1 +")
    assert (await editor.ask(explicit=False))["items"]


async def test_after_a_retry_everything_is_tried_again(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_fail(401)
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    await editor.run("picode.retry")
    assert await editor.ghost() == "1"
    assert editor.statuses()[-1]["kind"] == "normal"


async def test_an_explicit_trigger_tries_again_by_itself(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_fail(401)
    upstream.will_fail(401)
    upstream.will_fail(401)
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost(explicit=True) == ""
    assert await editor.ghost(explicit=True) == "1"


async def test_a_missing_key_names_the_variable_to_set(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start({"inline": {"provider": "openai", "debounceMs": 0}})
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    (message,) = editor.messages()
    assert "OPENAI_API_KEY" in message
    assert upstream.exchanges == []


async def test_a_key_of_the_environment_is_sent_to_its_provider_only(
    start: Start, upstream: ScriptedUpstream, environ: dict[str, str]
) -> None:
    environ["OPENAI_API_KEY"] = "sk-canary-0123456789"
    upstream.will_say("1")
    for options in (
        {"inline": {"provider": "openai", "debounceMs": 0}},
        {
            "inline": {"provider": "openai", "debounceMs": 0},
            "providers": {"openai": {"baseUrl": "http://127.0.0.1:9/v1"}},
        },
    ):
        editor = await start(options)
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "1"
    ours, others = (exchange.request for exchange in upstream.exchanges)
    assert ours.url == "https://api.openai.com/v1/chat/completions"
    assert ours.headers["authorization"] == "Bearer sk-canary-0123456789"
    assert others.url == "http://127.0.0.1:9/v1/chat/completions"
    assert "authorization" not in others.headers


@pytest.mark.parametrize("key", ["sk-a b", "“sk-abc”", "sk-abc\nx"])
async def test_a_key_that_can_be_none_is_refused_without_being_shown(
    start: Start, upstream: ScriptedUpstream, environ: dict[str, str], key: str
) -> None:
    environ["OPENAI_API_KEY"] = key
    editor = await start({"inline": {"provider": "openai", "debounceMs": 0}})
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    (message,) = editor.messages()
    assert "OpenAI" in message
    assert "sk-a" not in message


async def test_an_unknown_provider_names_those_there_are(start: Start) -> None:
    editor = await start({"inline": {"provider": "opnai", "debounceMs": 0}})
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    assert any("opnai" in message and "openai" in message for message in editor.messages())


async def test_without_a_model_the_first_one_that_the_server_offers_is_asked(
    start: Start, upstream: ScriptedUpstream
) -> None:
    editor = await start({**SCRIPTED, "inline": {"provider": "scripted", "debounceMs": 0}})
    upstream.offers("qwen2.5-coder-1.5b", "other")
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>\n")
    assert await editor.ghost() == "1"
    assert upstream.last.body["model"] == "qwen2.5-coder-1.5b"
    assert upstream.last.body["prompt"] == "<|fim_prefix|>x =<|fim_suffix|>\n<|fim_middle|>"


async def test_the_status_tells_who_will_be_asked_before_anybody_is(editor: FakeEditor) -> None:
    (first,) = await editor.until(editor.statuses)
    assert first == {"kind": "normal", "message": "", "provider": "scripted", "model": "scripted-model"}


async def test_the_status_follows_the_settings_without_a_key_being_typed(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    await editor.ghost()

    def change(**inline: object) -> None:
        settings = {**SCRIPTED, "inline": {**SCRIPTED["inline"], **inline}}
        editor.notify("workspace/didChangeConfiguration", {"settings": {"picode": settings}})

    change(languages={"python": False})
    await editor.until(lambda: kinds(editor)[-1] == "inactive")
    change(model="another")
    await editor.until(lambda: editor.statuses()[-1]["model"] == "another")
    assert kinds(editor)[-1] == "normal"


class TestInactive:
    """Where PiCode is silent on purpose, it says why."""

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"enabled": False}, "PiCode is turned off."),
            ({"inline": {"enabled": False}}, "Inline suggestions are turned off."),
            ({"inline": {"languages": {"python": False}}}, "Inline suggestions are turned off for python."),
            ({"inline": {"languages": {"*": False, "go": True}}}, "Inline suggestions are turned off for python."),
        ],
    )
    async def test_by_a_setting(self, start: Start, upstream: ScriptedUpstream, options: dict, reason: str) -> None:
        editor = await start(options)
        editor.open("a.py", "x = <cursor>")
        assert await editor.ask() == {"items": []}
        assert editor.statuses()[-1]["kind"] == "inactive"
        assert editor.statuses()[-1]["message"] == reason
        assert upstream.exchanges == []

    async def test_a_language_that_is_on_goes_on(self, start: Start, upstream: ScriptedUpstream) -> None:
        inline = {**SCRIPTED["inline"], "languages": {"*": False, "python": True}}
        editor = await start({**SCRIPTED, "inline": inline})
        upstream.will_say("1")
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "1"

    @pytest.mark.parametrize("name", [".env", ".env.production", "id_rsa", "server.pem", ".aws/config", "secrets.toml"])
    async def test_for_a_file_that_holds_secrets(
        self, editor: FakeEditor, upstream: ScriptedUpstream, name: str
    ) -> None:
        editor.open(name, "PASSWORD = <cursor>")
        assert await editor.ask() == {"items": []}
        assert upstream.exchanges == []
        assert editor.statuses()[-1]["kind"] == "inactive"

    @pytest.mark.parametrize("ignore", [".picodeignore", ".gitignore"])
    async def test_for_an_ignored_file_and_for_a_link_to_it(
        self, start: Start, upstream: ScriptedUpstream, project: Path, ignore: str
    ) -> None:
        (project / ignore).write_text("private/\n*.gen.py\n!kept.gen.py\n")
        (project / "private").mkdir()
        (project / "private" / "a.py").write_text("x")
        (project / "innocent.py").symlink_to(project / "private" / "a.py")
        editor = await start(folder=str(project))
        upstream.will_say("1")
        for name, shown in [
            ("private/a.py", ""),
            ("x.gen.py", ""),
            ("innocent.py", ""),
            ("kept.gen.py", "1"),
            ("a.py", "1"),
        ]:
            editor.open(f"file://{project}/{name}", "x = <cursor>")
            assert await editor.ghost() == shown, name
        (project / ignore).write_text("")
        editor.open(f"file://{project}/x.gen.py", "x = <cursor>")
        assert await editor.ghost() == "1"

    async def test_and_it_is_over_in_the_next_document(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_say("1")
        editor.open(".env", "PASSWORD = <cursor>")
        await editor.ask()
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "1"
        assert editor.statuses()[-1]["kind"] == "normal"


async def test_a_defect_of_ours_is_logged_and_the_next_request_works(
    editor: FakeEditor, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    with monkeypatch.context() as broken:
        broken.setattr("picode.core.prompt.build_fill", lambda *_, **__: 1 / 0)
        assert await editor.ask(explicit=False) == {"items": []}
    assert "ZeroDivisionError" in caplog.text
    assert await editor.ghost() == "1"


async def test_an_answer_that_breaks_off_is_not_shown(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_send(b'data: {"choices": [{"text": "retu"}]}\n\n')
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    assert editor.statuses()[-1]["kind"] == "warning"


async def test_a_web_page_is_no_answer(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_send(b"<html>Please log in</html>", kind="text/html; charset=utf-8")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    assert "web page" in editor.statuses()[-1]["message"]


@pytest.mark.parametrize("client", [BARE, PLAIN, RICH], ids=["bare", "plain", "rich"])
async def test_a_client_that_does_not_show_the_status_is_not_sent_it(
    start: Start, upstream: ScriptedUpstream, client: dict[str, Any]
) -> None:
    editor = await start(client=client)
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    await editor.ask()
    assert not editor.statuses()
    assert (await editor.run("picode.status"))["kind"] == "normal"
