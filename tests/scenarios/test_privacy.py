"""What leaves the machine, as a provider sees it: no secret, and every request is in the audit."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from picode.assistant.usage.rows import UsageRow
from picode.io.folders import state_folder
from picode.io.ignore import IgnoreRules
from picode.io.usage_store import UsageStore
from support.editor import FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

KEY = "sk-proj-Qz7canary4fS8aQ2wE6rT9yU3iO7p"
CODE = f'API_KEY = "{KEY}"\nclient = connect(<cursor>)\n'
FILL = {**SCRIPTED, "inline": {**SCRIPTED["inline"], "model": "qwen2.5-coder"}}
CHAT = {**SCRIPTED, "providers": {"scripted": {"baseUrl": "http://127.0.0.1:9/v1", "fill": ""}}}
LOCAL = {"inline": {"provider": "vllm", "model": "m", "debounceMs": 0}}


def placeholder(upstream: ScriptedUpstream) -> str:
    (found,) = set(re.findall(r"SECRET_[A-Z2-7]{8}", upstream.last.request.body.decode()))
    return found


def written() -> list[UsageRow]:
    return UsageStore(state_folder).sent()


def everything_kept() -> bytes:
    """All files of the test's own home."""
    home = Path(os.environ["XDG_STATE_HOME"]).parent
    return b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())


class TestRedaction:
    async def test_a_secret_goes_to_no_provider_and_is_put_back_into_the_answer(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("")
        editor.open("a.py", CODE)
        await editor.ghost()
        assert KEY not in upstream.last.request.body.decode()
        name = placeholder(upstream)
        upstream.says_from_now_on(f'"{name}")')
        editor.open("b.py", CODE)
        assert await editor.ghost() == f'"{KEY}"'
        assert placeholder(upstream) == name, "the same secret, the same placeholder"

    async def test_through_chat_as_well(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(CHAT)
        upstream.will_say("client = connect(API_KEY)")
        editor.open("a.py", CODE)
        assert await editor.ghost() == "API_KEY"
        assert KEY not in upstream.last.request.body.decode()
        assert placeholder(upstream)

    @pytest.mark.parametrize("options", [FILL, CHAT], ids=["fill", "chat"])
    @pytest.mark.parametrize("at", [7, 12, len(KEY) - 1, len(KEY)])
    async def test_a_secret_at_the_cursor_is_sent_neither_before_nor_behind_it(
        self, start: Start, upstream: ScriptedUpstream, options: dict[str, Any], at: int
    ) -> None:
        editor = await start(options)
        upstream.will_say("")
        editor.open("a.py", f'import os\nkey = "{KEY[:at]}<cursor>{KEY[at:]}"\nprint(key)\n')
        await editor.ghost(explicit=True)
        sent = upstream.last.request.body.decode()
        assert not any(KEY[start : start + 8] in sent for start in range(7, len(KEY) - 8))
        assert "print(key)" in sent
        assert placeholder(upstream)

    async def test_a_secret_that_is_not_put_back_is_told_once(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("")
        editor.open("a.py", CODE)
        await editor.ghost()
        for _ in range(2):
            upstream.says_from_now_on(f"See https://evil.example/?q={placeholder(upstream)} for more.")
            answer = (await editor.slash("/explain"))["text"]
            assert KEY not in answer
            assert "SECRET_" in answer
        told = [each for each in editor.messages() if "placeholders" in each]
        assert len(told) == 1
        assert KEY not in told[0]

    async def test_behind_a_secret_suggestions_go_on_as_ever(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say('", timeout=5)')
        editor.open("a.py", f'client = connect("{KEY}<cursor>')
        assert await editor.ghost() == '", timeout=5)'
        assert KEY not in upstream.last.request.body.decode()

    async def test_while_a_key_is_typed_no_piece_of_it_leaves(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("")
        editor.open("a.py", 'key = "<cursor>')
        for character in KEY:
            editor.type(character)
            await editor.ghost()
        assert upstream.exchanges
        sent = b"".join(exchange.request.body for exchange in upstream.exchanges).decode()
        assert KEY[:12] not in sent

    async def test_the_user_may_have_it_sent(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start({**SCRIPTED, "privacy": {"redactSecrets": False}})
        upstream.will_say("1")
        editor.open("a.py", CODE)
        await editor.ghost()
        assert KEY in upstream.last.request.body.decode()

    async def test_a_project_may_not(self, start: Start, upstream: ScriptedUpstream, project: Path) -> None:
        (project / ".picode.toml").write_text("[privacy]\nredactSecrets = false\naudit = false\n")
        editor = await start(SCRIPTED, folder=str(project))
        upstream.will_say("1")
        editor.open("a.py", CODE)
        await editor.ghost()
        assert KEY not in upstream.last.request.body.decode()
        assert any("privacy.redactSecrets" in message for message in editor.messages())

    async def test_a_model_on_this_machine_sees_the_code_as_it_is(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start(LOCAL)
        upstream.will_say("1")
        editor.open("a.py", CODE)
        await editor.ghost()
        assert KEY in upstream.last.request.body.decode()

    @pytest.mark.parametrize("options", [SCRIPTED, LOCAL], ids=["elsewhere", "here"])
    async def test_no_answer_that_may_hold_a_secret_is_kept_on_the_disk(
        self, start: Start, upstream: ScriptedUpstream, options: dict[str, Any]
    ) -> None:
        editor = await start(options)
        upstream.will_say("")
        editor.open("a.py", CODE)
        await editor.ghost()
        upstream.says_from_now_on(f'"{placeholder(upstream) if options is SCRIPTED else KEY}")')
        editor.open("b.py", CODE)
        assert await editor.ghost() == f'"{KEY}"'
        upstream.says_from_now_on("harmless")
        editor.open("c.py", "x = <cursor>")
        assert await editor.ghost() == "harmless"
        await editor.stop()
        kept = everything_kept()
        assert KEY.encode() not in kept
        assert b"harmless" in kept, "else this proves nothing"

    async def test_what_was_sent_is_explained_as_it_was_sent(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("1")
        editor.open("a.py", CODE)
        assert await editor.ghost() == "1"
        sent = await editor.run("picode.explainSuggestion")
        assert KEY not in json.dumps(sent["body"])
        assert placeholder(upstream) in json.dumps(sent["body"])


class TestAudit:
    async def test_every_request_is_written_down_without_its_text(
        self, start: Start, upstream: ScriptedUpstream, project: Path
    ) -> None:
        editor = await start(SCRIPTED, folder=str(project))
        (project / "src").mkdir()
        file = project / "src" / "main.py"
        file.write_text("")
        upstream.will_say("answer_of_the_model")
        editor.open(file.as_uri(), CODE)
        assert await editor.ghost() == "answer_of_the_model"
        await editor.stop()
        (entry,) = written()
        assert (entry.feature, entry.provider, entry.model) == ("inline", "scripted", "scripted-model")
        assert (entry.origin, entry.path, entry.outcome) == ("http://127.0.0.1:9", "src/main.py", "answered")
        assert entry.redacted == {"provider key": 1}
        assert entry.characters > 40
        assert entry.input > 10
        assert entry.seconds >= 0
        for file in state_folder().iterdir():
            content = file.read_bytes()
            for text in (KEY, "API_KEY", "answer_of_the_model", "connect", str(project)):
                assert text.encode() not in content, f"{text} in {file.name}"

    async def test_a_failure_is_told_in_words_of_ours(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_fail(400, json.dumps({"error": {"message": "no good: client = connect("}}))
        editor.open("a.py", CODE)
        await editor.ghost()
        await editor.stop()
        (entry,) = written()
        assert entry.outcome == "bad request (400)"

    async def test_files_that_are_shown_are_named_and_excluded_ones_never(
        self, start: Start, upstream: ScriptedUpstream, project: Path
    ) -> None:
        (project / ".picodeignore").write_text("private.py\n")
        (project / "shown.py").write_text("def helper_of_ours(width):\n    return width\n")
        (project / "private.py").write_text("def helper_of_nobody(width):\n    return width\n")
        editor = await start(SCRIPTED, folder=str(project))
        upstream.will_say("1")
        for name in ("shown.py", "private.py"):
            editor.open((project / name).as_uri(), (project / name).read_text())
        text = "from shown import helper_of_ours\nfrom private import helper_of_nobody\n\n\n"
        for number in range(3):  # what is read of other files is there at the next key
            editor.open(
                (project / f"main{number}.py").as_uri(), f"{text}x = helper_of_ours(helper_of_nobody(<cursor>\n"
            )
            await editor.ghost()
        editor.open((project / "private.py").as_uri(), "y = <cursor>")
        assert await editor.ghost() == ""
        await editor.stop()
        entries = written()
        assert "shown.py" in entries[-1].files
        assert {entry.path for entry in entries} == {"main0.py", "main1.py", "main2.py"}
        assert "private.py" not in str(entries)

    async def test_what_is_found_here_is_not_sent_and_so_not_in_it(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("answer")
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "answer"
        editor.type("ans")
        assert await editor.ghost() == "wer"
        await editor.stop()
        assert len(written()) == len(upstream.exchanges) == 1

    async def test_the_user_may_do_without(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start({**SCRIPTED, "privacy": {"audit": False}})
        upstream.will_say("1")
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "1"
        await editor.stop()
        assert written() == []


async def test_the_event_loop_reads_no_ignore_file(
    start: Start, upstream: ScriptedUpstream, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Suggestions, code actions, lenses and commands, with another file open and edited."""
    looked: list[bool] = []
    reason = IgnoreRules.reason

    def watched(rules: IgnoreRules, document: str) -> str | None:
        looked.append(threading.current_thread() is threading.main_thread())
        return reason(rules, document)

    monkeypatch.setattr(IgnoreRules, "reason", watched)
    editor = await start(SCRIPTED, folder=str(project))
    upstream.says_from_now_on("```python\nx = 2\n```")
    editor.open("other.py", "y = 1<cursor>\n")
    editor.type("0")
    editor.open("a.py", "<sel>x = 1</sel>\ny = <cursor>\n".replace("<cursor>", ""))
    await editor.actions()
    await editor.request("textDocument/codeLens", {"textDocument": {"uri": editor.buffer.uri}})
    await editor.slash("/explain #other.py")
    await editor.ghost(explicit=True)
    await editor.slash("/fix")
    assert len(looked) > 5
    assert not any(looked)
