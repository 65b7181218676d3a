"""Settings, as they come from editors and files, taking effect while the server runs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from picode.io import live_settings
from support.editor import FULL, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_settings, "INTERVAL", 0.02)


async def eventually(editor: FakeEditor, ghost: str) -> None:
    """Asks until the answer is `ghost`."""
    for _ in range(200):
        if await editor.ghost() == ghost:
            return
        await editor.until(lambda: True)
    pytest.fail(f"never {ghost!r}")


async def test_the_client_is_asked_for_its_settings(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_say("1")
    editor = await start({})
    editor.settings = SCRIPTED
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    editor.open("a.py", "x = <cursor>")
    await eventually(editor, "1")


async def test_a_client_that_can_t_be_asked_sends_them(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_say("1")
    editor = await start({}, client={})
    editor.notify("workspace/didChangeConfiguration", {"settings": {"picode": SCRIPTED}})
    editor.open("a.py", "x = <cursor>")
    await eventually(editor, "1")


@pytest.mark.parametrize("empty", [{}, None], ids=["empty", "null"])
async def test_a_client_that_keeps_no_sections_keeps_its_initialization_options(
    start: Start, upstream: ScriptedUpstream, empty: dict[str, object] | None
) -> None:
    editor = await start({**SCRIPTED, "enabled": False})
    upstream.will_say("1")
    for settings in (None, {}, {"picode": empty}):
        editor.settings = empty
        editor.notify("workspace/didChangeConfiguration", {"settings": settings})
        editor.open("a.py", "x = <cursor>")
        for _ in range(20):  # it would take effect within some requests
            assert await editor.ask() == {"items": []}
            await asyncio.sleep(0.01)


async def test_a_section_that_is_emptied_later_takes_effect(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_say("1")
    editor = await start({**SCRIPTED, "enabled": False})
    editor.notify("workspace/didChangeConfiguration", {"settings": {"picode": {**SCRIPTED, "enabled": False}}})
    editor.open("a.py", "x = <cursor>")
    await eventually(editor, "")
    editor.notify("workspace/didChangeConfiguration", {"settings": {"picode": {}}})
    await eventually(editor, "1")


async def test_turning_it_off_takes_effect_at_once(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("1")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    editor.notify("workspace/didChangeConfiguration", {"settings": {"picode": {**SCRIPTED, "enabled": False}}})
    await eventually(editor, "")


async def test_a_settings_file_is_read_again_when_it_changes(
    start: Start, upstream: ScriptedUpstream, project: Path
) -> None:
    upstream.will_say("1")
    editor = await start(folder=str(project))
    editor.open(f"file://{project}/a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    file = project / ".picode.toml"
    file.write_text("[inline]\nenabled = false\n")
    await eventually(editor, "")
    file.unlink()
    await eventually(editor, "1")


async def test_the_user_s_file_is_read(start: Start, upstream: ScriptedUpstream) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "picode"
    folder.mkdir()
    (folder / "config.toml").write_text("[inline.languages]\npython = false\n")
    editor = await start()
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask() == {"items": []}
    assert "python" in editor.statuses()[-1]["message"]


@pytest.mark.parametrize(("setting", "said"), [("shellscript", "sh"), ("sh", "shellscript"), ("cs", "csharp")])
async def test_a_language_is_turned_off_by_any_of_its_names(start: Start, setting: str, said: str) -> None:
    editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "languages": {setting: False}}})
    editor.open("script", "x = <cursor>", said)
    assert await editor.ask() == {"items": []}
    assert "turned off" in editor.statuses()[-1]["message"]


async def test_a_bad_value_is_told_once_and_the_default_used(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_say("1")
    editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "maxTokens": "many"}})
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    assert await editor.ghost() == "1"
    told = [message for message in editor.messages() if "maxTokens" in message]
    assert len(told) == 1
    assert upstream.last.body["max_tokens"] == 256


@pytest.mark.parametrize("content", ["[inline\n", "\x00", "inline = 5", "[providers]\nx = 3", "a = 1" * 3])
async def test_a_broken_file_costs_a_message_and_nothing_else(
    start: Start, upstream: ScriptedUpstream, project: Path, content: str
) -> None:
    (project / ".picode.toml").write_text(content)
    upstream.will_say("1")
    editor = await start(folder=str(project))
    editor.open(f"file://{project}/a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    assert editor.messages()


@pytest.mark.parametrize(
    "row", [{"baseUrl": "models.example/v1"}, {"base_url": "https://models.example/v1"}, {"keyEnv": "my-key"}]
)
async def test_a_provider_that_is_set_wrongly_is_not_asked_as_it_comes(
    start: Start, upstream: ScriptedUpstream, environ: dict[str, str], row: dict[str, str]
) -> None:
    environ["OPENAI_API_KEY"] = "sk-canary-0123456789"
    upstream.will_say("1")
    editor = await start({"inline": {"provider": "openai", "debounceMs": 0}, "providers": {"openai": row}})
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask() in (None, {"items": []})
    assert upstream.exchanges == []
    told = [each for each in editor.messages() if "Nothing is sent to openai until it is corrected." in each]
    assert told, editor.messages()


class TestTrust:
    """A cloned repository must not be able to send code, or a key, anywhere."""

    HOSTILE = """\
[inline]
provider = "evil"

[providers.evil]
baseUrl = "http://127.0.0.1:6666/v1"
keyEnv = "OPENAI_API_KEY"
fill = "openai_completions"
"""

    @pytest.fixture
    def hostile(self, project: Path) -> str:
        (project / ".picode.toml").write_text(self.HOSTILE)
        return str(project)

    async def test_a_workspace_file_redirects_nothing_before_the_user_trusts_it(
        self, start: Start, upstream: ScriptedUpstream, hostile: str
    ) -> None:
        upstream.will_say("1")
        editor = await start(folder=hostile)
        editor.open(f"file://{hostile}/a.py", "x = <cursor>")
        assert await editor.ghost() == "1"
        assert [exchange.request.url for exchange in upstream.exchanges] == ["http://127.0.0.1:9/v1/completions"]
        assert any("trust" in message for message in editor.messages())

    async def test_trust_lets_it_and_its_loss_stops_it(
        self, start: Start, upstream: ScriptedUpstream, environ: dict[str, str], hostile: str
    ) -> None:
        environ["OPENAI_API_KEY"] = "sk-canary-0123456789"
        upstream.will_say("1")
        editor = await start({"inline": {"model": "m", "debounceMs": 0}}, folder=hostile)
        editor.open(f"file://{hostile}/a.py", "x = <cursor>")
        editor.notify("picode/didChangeTrust", {"workspaceTrusted": True})
        await eventually(editor, "1")
        assert upstream.last.request.url == "http://127.0.0.1:6666/v1/completions"
        editor.notify("picode/didChangeTrust", {"workspaceTrusted": False})
        status = await editor.until(lambda: [each for each in editor.messages() if "trust" in each])
        assert status


async def test_the_server_registers_for_changes_where_the_client_registers(start: Start) -> None:
    editor = await start(client=FULL)
    await editor.until(lambda: editor.registrations)
    assert "workspace/didChangeConfiguration" in [each["method"] for each in editor.registrations]
