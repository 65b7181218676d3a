"""A key that the user enters in the editor: tried, kept, and in force at once; and a status that never promises without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keys.backends import AbsentKeyring, MemoryKeyring
from support.editor import LIVE, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

OPENAI = {"inline": {"provider": "openai", "model": "gpt", "debounceMs": 0}}
NAME = "openai@https://api.openai.com"
KEY = "sk-canary-0123456789"
CLIENT: dict[str, Any] = {
    **LIVE,
    "experimental": {"picode": {**LIVE["experimental"]["picode"], "keys": True, "alerts": True}},
}

working = pytest.mark.parametrize("backend", [MemoryKeyring], indirect=True)
failing = pytest.mark.parametrize("backend", [AbsentKeyring], indirect=True)


async def enter(editor: FakeEditor, key: str = KEY) -> dict[str, Any]:
    return dict(await editor.run("picode.key.enter", {"provider": "openai", "key": key}))


def alerts(editor: FakeEditor) -> list[dict[str, Any]]:
    return [params for method, params in editor.notifications if method == "picode/alert"]


@working
async def test_without_a_key_the_status_is_an_error_that_offers_to_enter_one(
    start: Start, backend: MemoryKeyring
) -> None:
    editor = await start(OPENAI, CLIENT)
    status = await editor.run("picode.status")
    assert status["kind"] == "error"
    assert status["message"].startswith("OpenAI: no key is known.")
    assert status["command"] == {"title": "Enter key", "command": "picode.enterKey", "arguments": ["openai"]}


@working
async def test_a_key_in_the_keyring_that_no_list_names_is_found_all_the_same(
    start: Start, backend: MemoryKeyring
) -> None:
    backend.holds(NAME, KEY)
    editor = await start(OPENAI, CLIENT)
    await editor.until(lambda: editor.statuses()[-1:] and editor.statuses()[-1]["kind"] == "normal", "the key")


@working
async def test_a_client_that_takes_no_keys_is_offered_the_settings(start: Start, backend: MemoryKeyring) -> None:
    editor = await start(OPENAI, LIVE)
    assert (await editor.run("picode.status"))["command"]["command"] == "picode.openSettings"


@working
async def test_what_is_to_be_known_about_a_key(start: Start, backend: MemoryKeyring) -> None:
    editor = await start(OPENAI, CLIENT)
    described = await editor.run("picode.key", {"provider": "openai"})
    page = "https://platform.openai.com/api-keys"
    assert described == {"provider": "openai", "title": "OpenAI", "page": page, "known": False}


@working
async def test_a_key_that_works_is_kept_in_the_keyring_and_suggestions_resume(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring
) -> None:
    editor = await start(OPENAI, CLIENT)
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}
    upstream.will_say("ready")
    assert await enter(editor, f" {KEY}\n") == {"entry": NAME, "place": "keyring", "problem": "", "note": ""}
    assert backend.entries == {("picode", NAME): KEY}
    upstream.says_from_now_on("1")
    assert await editor.ghost() == "1"
    assert editor.statuses()[-1]["kind"] == "normal"
    assert upstream.exchanges[-1].request.headers["authorization"] == f"Bearer {KEY}"


@working
@pytest.mark.parametrize(
    ("key", "says"),
    [
        (KEY, "refused the key"),
        ("sk canary", "The key holds a space."),
        ("   ", "The key is empty."),
        ("\u201csk-canary\u201d", "not ASCII"),
        ("x" * 5000, "longer than"),
    ],
    ids=["refused", "a space", "empty", "curly quotes", "a whole file"],
)
async def test_a_key_that_does_not_do_is_kept_nowhere(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring, key: str, says: str
) -> None:
    editor = await start(OPENAI, CLIENT)
    upstream.will_fail(401, f'{{"error": {{"message": "Incorrect API key provided: {KEY}."}}}}')
    entered = await enter(editor, key)
    assert (entered["place"], says in entered["problem"]) == ("", True), entered
    assert backend.entries == {}
    assert "canary" not in str(entered)
    assert (await editor.run("picode.status"))["kind"] == "error"


@working
async def test_a_key_that_can_not_be_tried_is_kept_and_the_note_says_so(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring
) -> None:
    editor = await start(OPENAI, CLIENT)
    upstream.will_be_unreachable()
    entered = await enter(editor)
    assert entered["place"] == "keyring"
    assert "no connection" in entered["note"]


@failing
async def test_without_a_keyring_the_client_keeps_the_key_and_gives_it_to_the_next_session(
    start: Start, upstream: ScriptedUpstream, backend: AbsentKeyring, data: Path
) -> None:
    editor = await start(OPENAI, CLIENT)
    upstream.will_say("ready")
    assert (await enter(editor))["place"] == "session"
    upstream.says_from_now_on("1")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "1"

    later = await start(OPENAI, CLIENT)
    assert (await later.run("picode.status"))["kind"] == "error"
    await later.run("picode.key.give", {"keys": {NAME: KEY, "other@https://api.openai.com": "another"}})
    later.open("a.py", "x = <cursor>")
    assert await later.ghost() == "1"
    assert upstream.exchanges[-1].request.headers["authorization"] == f"Bearer {KEY}"


@working
async def test_a_key_that_was_entered_comes_before_the_environment_s(
    start: Start, upstream: ScriptedUpstream, environ: dict[str, str], backend: MemoryKeyring
) -> None:
    environ["OPENAI_API_KEY"] = "sk-old-0123456789"
    editor = await start(OPENAI, CLIENT)
    upstream.will_say("ready")
    assert (await enter(editor))["place"] == "session"
    assert upstream.exchanges[-1].request.headers["authorization"] == f"Bearer {KEY}"


@working
async def test_a_refused_key_is_told_once_with_a_button_to_enter_another(
    start: Start, upstream: ScriptedUpstream, environ: dict[str, str], backend: MemoryKeyring
) -> None:
    environ["OPENAI_API_KEY"] = "sk-old-0123456789"
    editor = await start(OPENAI, CLIENT)
    upstream.will_fail(401)
    editor.open("a.py", "x = <cursor>")
    for key in "abc":
        editor.type(key)
        await editor.ask(explicit=False)
    enter_key = {"title": "Enter key", "command": "picode.enterKey", "arguments": ["openai"]}
    assert [alert["command"] for alert in alerts(editor)] == [enter_key]
    assert editor.statuses()[-1]["command"] == enter_key
    assert editor.messages() == []


@working
async def test_a_question_without_a_key_is_answered_with_the_button(start: Start, backend: MemoryKeyring) -> None:
    editor = await start(OPENAI, CLIENT)
    editor.open("a.py", "x = <cursor>1")
    result = await editor.slash("/ask why?")
    assert result["problem"].startswith("OpenAI: no key is known.")
    last = [params for method, params in editor.notifications if method == "picode/answer"][-1]
    assert last["remedy"]["command"] == "picode.enterKey"


@working
async def test_a_missing_key_is_told_among_the_models(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring
) -> None:
    upstream.will_be_unreachable()
    editor = await start(OPENAI, CLIENT)
    choices = {each["provider"]: each for each in await editor.run("picode.models")}
    assert choices["openai"]["needsKey"]
    assert not choices["embedded"]["needsKey"]


@pytest.mark.parametrize(
    ("client", "command"),
    [
        ({**LIVE, "experimental": {"picode": {"answers": True, "trust": True}}}, "picode.trust"),
        (LIVE, "picode.openSettings"),
    ],
    ids=["a client that manages trust", "another"],
)
async def test_a_commit_message_in_a_folder_that_is_not_trusted_offers_to_trust_it(
    start: Start, tmp_path: Path, client: dict[str, Any], command: str
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git" / "objects").mkdir()
    (tmp_path / ".git" / "refs").mkdir()
    editor = await start(SCRIPTED, client, str(tmp_path))
    editor.open("a.py", "x = <cursor>1")
    await editor.slash("/commit", folder=str(tmp_path))
    last = [params for method, params in editor.notifications if method == "picode/answer"][-1]
    assert "folders that you trust" in last["problem"]
    assert last["remedy"]["command"] == command
