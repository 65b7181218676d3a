"""The chat: questions about code, answers as they are written, and what is left of them when something goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from e2e.vscode.chat import Chat
from e2e.vscode.conftest import PICODE, OpenWindow, Serve
from e2e.vscode.editor import Browser, Window
from e2e.vscode.model import ScriptedModel
from e2e.vscode.server import wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code

CODE = "def add(left, right):\n    return left - right\n"


@pytest.fixture(scope="module")
def desk(
    browser: Browser, serve: Serve, asking: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    """One window for all of these tests, on a folder that is not trusted."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "example.py").write_text(CODE, "utf-8")
    server = serve(asking)
    server.reset_settings()
    window = Window(browser, server, folder, "example.py")
    window.wait_for_status("sparkle", 30)
    yield window
    window.close()


@pytest.fixture
def window(desk: Window) -> Window:
    """The window with a new chat, and all of `CODE` selected."""
    Chat(desk).open()
    desk.click(".view-line:has-text('def add')")
    desk.press("Control+a")
    return desk


@pytest.fixture
def chat(window: Window) -> Chat:
    return Chat(window)


def test_the_light_bulb_explains_while_the_model_still_writes(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("It **subtracts** the numbers.\n\n- `left`\n- `right`\n", hold=3)
    window.pick_action("PiCode: Explain")
    assert chat.wait_for_answer("It subtracts").strip() == "It subtracts the"
    assert chat.wait_for_state("growing") == "Answering…"
    window.screenshot("chat-growing")
    chat_model.go_on()
    assert "scripted · scripted-model · 1" in chat.wait_for_state("whole")
    assert "<strong>subtracts</strong>" in chat.html
    assert "<li><code>left</code></li>" in chat.html
    assert "return left - right" in chat_model.last_words
    chat.click(".facts summary")
    assert "example.py:1-2 (selected)" in chat.wait_for_state("whole")
    window.screenshot("chat-whole")


def test_a_question_is_typed_into_a_box_and_goes_on_in_the_chat(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("Because of the minus.", "Write a plus.")
    window.run_command("PiCode: Ask…")
    window.wait_for_text("It is about the selection")
    window.fill_box("why does it not add?")
    window.press("Enter")
    chat.wait_for_answer("Because of the minus.")
    assert "why does it not add?" in chat_model.last_words
    assert "return left - right" in chat_model.last_words
    chat.ask("and how would it?")
    chat.wait_for_answer("Write a plus.")
    said = [message["content"] for message in chat_model.questions[-1]["messages"]]
    assert said[-2:] == ["Because of the minus.", "and how would it?"]
    assert [question.split("\n")[0] for question in chat.questions] == ["why does it not add?", "and how would it?"]


def test_a_slash_command_is_completed_and_asked_in_the_chat(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("Test the sum.")
    window.run_command("PiCode: Chat…")
    chat.wait_for("document.activeElement.id === 'question'", "the cursor in the chat")
    window.type("/te", 0)
    chat.wait_for(
        "document.querySelector('#completions [aria-selected=true]')?.textContent.startsWith('/test')", "/test"
    )
    window.screenshot("chat-completion")
    window.press("Tab")
    window.type("the edges", 0)
    window.press("Enter")
    chat.wait_for_answer("Test the sum.")
    assert "return left - right" in chat_model.last_words
    assert "the edges" in chat_model.last_words


def test_an_answer_is_stopped_and_what_had_arrived_is_kept(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("It goes on and on and on.", hold=2)
    window.run_command("PiCode: Explain")
    chat.wait_for_answer("It goes on and")
    chat.click("#stop")
    assert "The answer was stopped here." in chat.wait_for_state("stopped")
    assert chat.wait_for_answer("It goes on and").strip() == "It goes on and"
    assert chat_model.hung_up.wait(5)


def test_a_failing_provider_says_what_to_do_and_is_tried_again(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_fail(401, "invalid key")
    window.run_command("PiCode: Explain")
    problem = chat.wait_for_state("failed")
    assert "none was sent (HTTP 401): invalid key. No key was sent to 127.0.0.1" in problem
    window.screenshot("chat-failed")
    assert window.messages == []
    chat_model.will_say("It subtracts.")
    chat.click("button:has-text('Try Again')")
    chat.wait_for_answer("It subtracts.")


def test_a_hostile_answer_is_shown_and_does_nothing(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    chat_model.will_say(
        "Look: ![x](https://example.org/?secret=1) <img src=x onerror=alert(1)> [run](command:workbench.action.closeWindow)"
        " <script>alert(1)</script> [file](file:///etc/passwd) \x1b[31mred ‮ evil\n\nThe end."
    )
    window.run_command("PiCode: Explain")
    chat.wait_for_answer("The end.")
    live = "article img, article script, article iframe, article a:not([href^='http'])"
    assert chat.wait_for(f"document.querySelectorAll({live!r}).length + 1", "the count of live elements") == 1
    assert "‮" not in chat.html
    assert "\x1b" not in chat.html
    window.screenshot("chat-hostile")


def test_a_server_that_dies_in_the_middle_loses_nothing(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    chat_model.will_say("It goes on and on and on.", hold=2)
    window.run_command("PiCode: Explain")
    chat.wait_for_answer("It goes on and")
    time.sleep(0.5)  # the server writes down what has arrived within 0.2 s
    before = window.server.language_servers()
    for process in before:
        process.kill()
    assert "The language server ended in the middle" in chat.wait_for_state("failed")
    chat.wait_for_answer("It goes on and")
    wait_until(lambda: set(window.server.language_servers()) - set(before), 20, "another language server")
    window.wait_for_status("sparkle")
    chat_model.will_say("It does.")
    chat.ask("go on")
    chat.wait_for_answer("It does.")
    assert "It goes on and" in chat_model.questions[-1]["messages"][-2]["content"]


def test_a_conversation_survives_its_view_and_is_found_renamed_and_deleted(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("It subtracts.", "Yes.")
    window.run_command("PiCode: Explain")
    chat.wait_for_state("whole")
    window.run_command("View: Show Explorer")
    window.run_command("PiCode: Chat…")
    chat.wait_for_answer("It subtracts.")
    window.run_command("PiCode: New Chat")
    chat.wait_for("document.querySelector('.welcome') !== null", "a new conversation")
    window.run_command("PiCode: Conversations…")
    window.wait_for_rows("Explain example.py:1")
    window.screenshot("conversations")
    window.pick("Explain example.py:1")
    chat.wait_for_answer("It subtracts.")
    window.run_command("PiCode: Conversations…")
    window.press_row_button("Explain example.py:1", "Rename")
    window.wait_for_text("Rename Conversation")
    window.press("Control+a")
    window.fill_box("About adding")
    window.press("Enter")
    window.press_row_button("About adding", "Delete")
    window.press_button("Delete")
    chat.wait_for("document.querySelector('.welcome') !== null", "an empty chat")
    assert not any("About adding" in row for row in window.wait_for_rows("turns") if row)


def test_code_of_an_answer_goes_to_the_cursor(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    chat_model.will_say("Write:\n\n```python\ntotal = add(1, 2)\n```\n")
    window.run_command("PiCode: Explain")
    chat.wait_for_state("whole")
    window.click(".view-line:has-text('def add')")
    window.press("Control+End")
    chat.click(".answer button:has-text('Insert at Cursor')")
    wait_until(lambda: window.file.read_text("utf-8") == f"{CODE}total = add(1, 2)", 10, "the code on the disk")


@pytest.mark.embedded
def test_the_embedded_model_answers(open_window: OpenWindow, model: Path) -> None:
    settings = {
        "picode.server.command": PICODE,
        "picode.embedded.modelPath": str(model),
        "picode.chat.maxTokens": 40,  # it is slow, and would go on
    }
    window = open_window(CODE, settings=settings)
    window.press("Control+a")
    window.run_command("PiCode: Explain")
    ended = "['whole', 'cut'].includes(document.querySelector('article')?.dataset.state)"
    answer = "document.querySelector('article .answer').innerText"
    assert len(Chat(window).wait_for(f"{ended} && {answer}", "the answer", 60)) > 20
