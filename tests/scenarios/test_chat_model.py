"""Who answers questions: not the built-in model, unless the user insists."""

from __future__ import annotations

from typing import Any

import pytest

from support.editor import FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start
from .test_key_entry import CLIENT, alerts

ONLY_COMPLETES = "The built-in model completes code; choose a model for questions."
CHOOSE = {"title": "Choose a model", "command": "picode.selectModel", "arguments": ["chat"]}


async def test_the_built_in_model_says_what_it_is(start: Start) -> None:
    editor = await start({}, CLIENT)
    asked = await editor.run("picode.chat.model")
    assert asked == {"provider": "", "title": "", "model": "", "problem": ONLY_COMPLETES, "command": CHOOSE}


@pytest.mark.parametrize("words", ["/ask why?", "/explain", "/review"])
async def test_a_question_to_it_is_answered_by_one_sentence_and_a_button(start: Start, words: str) -> None:
    editor = await start({}, CLIENT)
    editor.open("a.py", "x = <cursor>1")
    result = await editor.slash(words)
    assert (result["state"], result["text"]) == ("failed", "")
    assert result["problem"].startswith(ONLY_COMPLETES)
    last = [params for method, params in editor.notifications if method == "picode/answer"][-1]
    assert last["remedy"] == CHOOSE
    assert editor.messages() == []


@pytest.mark.parametrize("words", ["/fix", "/edit make it two"])
async def test_an_edit_by_it_is_refused_by_one_message_with_a_button(start: Start, words: str) -> None:
    editor = await start({}, CLIENT)
    editor.open("a.py", "x = <cursor>1")
    await editor.slash(words)
    assert [alert["command"] for alert in alerts(editor)] == [CHOOSE]
    assert editor.messages() == []


@pytest.mark.parametrize("words", ["/ask why?", "/fix"])
async def test_for_a_model_that_is_gone_another_one_for_questions_is_offered(
    start: Start, upstream: ScriptedUpstream, words: str
) -> None:
    """And not one for suggestions, which may be made by another model."""
    upstream.will_fail(404, '{"error": {"message": "The model does not exist.", "code": "model_not_found"}}')
    editor = await start(SCRIPTED, CLIENT)
    editor.open("a.py", "x = <cursor>1")
    await editor.slash(words)
    last = [params for method, params in editor.notifications if method == "picode/answer"][-1]
    assert last["remedy"] == CHOOSE


async def test_the_list_of_models_says_it_in_the_same_words(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_be_unreachable()
    editor = await start({}, CLIENT)
    editor.open("a.py", "x = <cursor>1")
    result = await editor.slash("/model")
    assert ONLY_COMPLETES in result["text"]
    assert "Asked now" not in result["text"]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"chat": {"provider": "embedded"}}, ("embedded", "SmolLM2-135M-Instruct")),
        ({"embedded": {"modelPath": "/models/coder-7b.gguf"}}, ("embedded", "SmolLM2-135M-Instruct")),
        ({"chat": {"fallback": ["scripted/big"]}, "providers": SCRIPTED["providers"]}, ("scripted", "big")),
        (SCRIPTED, ("scripted", "scripted-model")),
    ],
    ids=["the user insists", "a model of their own", "the next of the chain", "a server's"],
)
async def test_who_answers(start: Start, settings: dict[str, Any], asked: tuple[str, str]) -> None:
    editor = await start(settings, CLIENT)
    found = await editor.run("picode.chat.model")
    assert (found["provider"], found["model"], found["problem"]) == (*asked, "")


async def test_the_choice_of_a_conversation_counts(start: Start, upstream: ScriptedUpstream) -> None:
    editor: FakeEditor = await start({"providers": SCRIPTED["providers"]}, CLIENT)
    editor.open("a.py", "x = <cursor>1")
    await editor.slash("/model scripted/big")
    assert (await editor.run("picode.chat.model"))["model"] == "big"
    upstream.will_say("Because.")
    assert (await editor.slash("/ask why?"))["text"] == "Because."
