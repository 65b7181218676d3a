"""What an answer shows beside its text, what becomes of its code, and that it is there again after a reload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from e2e.vscode import screen
from e2e.vscode.chat import Chat
from e2e.vscode.conftest import Serve
from e2e.vscode.editor import Browser, Window
from e2e.vscode.model import ScriptedModel
from e2e.vscode.server import wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code

CODE = "def add(left, right):\n    return left - right\n"


@pytest.fixture(scope="module")
def desk(
    browser: Browser, serve: Serve, asking: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    """One window for all of these tests."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "example.py").write_text(CODE, "utf-8")
    (folder / "broken.json").write_text('{\n  "b": }\n', "utf-8")
    server = serve(asking)
    server.reset_settings()
    window = Window(browser, server, folder, "example.py")
    window.wait_for_status("sparkle", 60)
    yield window
    window.close()


@pytest.fixture
def window(desk: Window) -> Iterator[Window]:
    """The window with only the file open, as it was; a chat that is open and empty; and all of `CODE` selected."""
    Chat(desk).open()
    desk.run_command("View: Focus First Editor Group")
    desk.open_file(desk.file.name)
    desk.click(".view-line:has-text('def add')")
    desk.press("Control+a")
    yield desk
    if desk.file.read_text("utf-8") != CODE:
        desk.open_file(desk.file.name)
        desk.file.write_text(CODE, "utf-8")
        desk.run_command("File: Revert File")


@pytest.fixture
def chat(window: Window) -> Chat:
    return Chat(window)


def reload(window: Window) -> None:
    """Has VS Code load the window anew; the extension and the language server begin anew, too."""
    window.run_command("Developer: Reload Window")
    window.wait_for(screen.editor_of(window.file.name), "the editor", 40)
    window.wait_for_status("sparkle", 40)


@pytest.mark.parametrize("opening", ["<think>\n", ""], ids=["a tag", "a tag that the template opened"])
def test_reasoning_is_folded_above_the_answer(
    window: Window, chat: Chat, chat_model: ScriptedModel, opening: str
) -> None:
    chat_model.will_say(f"{opening}The sign is **wrong**, I see.\n</think>\n\nIt subtracts.", hold=2)
    window.run_command("PiCode: Explain")
    chat.wait_for_state("growing")
    chat_model.go_on()
    chat.wait_for_state("whole")
    assert chat.wait_for_answer("It subtracts.").strip() == "It subtracts."
    fold = "document.querySelector('article .reasoning')"
    assert chat.wait_for(f"!{fold}.hidden && !{fold}.open && {fold}.innerText", "the fold").startswith(
        "Thought for 1 s"
    )
    chat.click(".reasoning summary")
    assert "<strong>wrong</strong>" in chat.wait_for(f"{fold}.querySelector('.thoughts').innerHTML", "the reasoning")
    window.screenshot("chat-reasoning")


@pytest.mark.parametrize(
    ("text", "finish", "state", "says"),
    [
        ("It subtr", "length", "cut", "cut at its longest length"),
        ("<think>Well, the sign", "length", "cut", "for its reasoning and wrote no answer"),
        ("", "content_filter", "refused", "content filter gave no answer"),
        ("", "stop", "failed", "answer was empty"),
    ],
    ids=["cut", "reasoning only", "filtered", "empty"],
)
def test_an_answer_that_is_not_whole_says_why(
    window: Window, chat: Chat, chat_model: ScriptedModel, text: str, finish: str, state: str, says: str
) -> None:
    chat_model.will_end(text, finish)
    window.run_command("PiCode: Explain")
    assert says in chat.wait_for_state(state)
    window.screenshot(f"chat-ending-{state}-{len(text)}")
    chat_model.will_say("It subtracts.")
    chat.click("button:has-text('Try Again')")
    chat.wait_for_answer("It subtracts.")


def test_a_window_that_is_reloaded_in_the_middle_of_an_answer_shows_what_had_arrived(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("<think>Hm.</think>It goes on and on and on.", hold=5)
    window.run_command("PiCode: Explain")
    chat.wait_for_answer("It goes on and")
    reload(window)
    window.run_command("PiCode: Chat…")
    chat.wait_for_answer("It goes on and")
    assert "The answer was stopped here." in chat.wait_for_state("stopped")
    window.screenshot("chat-reloaded")
    chat_model.will_say("It does.")
    chat.ask("go on")
    chat.wait_for_answer("It does.")
    assert "It goes on and" in chat_model.questions[-1]["messages"][-2]["content"]


def test_a_conversation_that_only_the_disk_remembers_is_opened(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("<think>Hm.</think>It subtracts.", "It is Python.")
    window.run_command("PiCode: Explain")
    chat.wait_for_answer("It subtracts.")
    window.run_command("PiCode: New Chat")
    chat.ask("which language?")
    chat.wait_for_answer("It is Python.")
    reload(window)
    window.run_command("PiCode: Conversations…")
    window.pick("Explain example.py:1")
    chat.wait_for_answer("It subtracts.")
    assert chat.wait_for("document.querySelector('article .reasoning').innerText", "the fold") == "Reasoning"
    assert window.messages == []


BLOCK = "Write:\n\n```python\ndef add(left, right):\n    return left + right\n```\n"


def answer_with_code(window: Window, chat: Chat, chat_model: ScriptedModel, text: str = BLOCK) -> None:
    chat_model.will_say(text)
    window.run_command("PiCode: Explain")
    chat.wait_for_state("whole")


def test_inserting_code_keeps_what_is_selected(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    answer_with_code(window, chat, chat_model)
    chat.click(".answer button:has-text('Insert at Cursor')")
    expected = CODE + "def add(left, right):\n    return left + right"
    wait_until(lambda: window.file.read_text("utf-8") == expected, 10, "the code on the disk")


def test_code_is_applied_to_the_file_as_an_edit(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    answer_with_code(window, chat, chat_model)
    window.click(".view-line:has-text('return left')")
    chat.click(".answer button:has-text('Apply to File')")
    window.wait_for_text("Accept")
    window.screenshot("chat-apply")
    assert window.file.read_text("utf-8") == CODE
    window.run_command("PiCode: Accept Edit")
    wait_until(lambda: window.file.read_text("utf-8") == CODE.replace("-", "+"), 10, "the edit on the disk")


def test_code_goes_into_a_new_file(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    answer_with_code(window, chat, chat_model)
    chat.click(".answer button:has-text('New File')")
    window.wait_for("document.title.startsWith('Untitled-1') || document.title.includes('def add')", "the new file")
    assert window.file.read_text("utf-8") == CODE


def test_a_command_is_typed_into_the_terminal_and_not_run(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    answer_with_code(window, chat, chat_model, "Run:\n\n```sh\n$ touch ran\n```\n")
    chat.click(".answer button:has-text('To Terminal')")
    window.wait_for("document.querySelector('.terminal-wrapper .xterm') !== null", "the terminal")
    window.screenshot("chat-terminal")
    window.press_button("Cancel")  # a terminal needs trust
    window.run_command("View: Toggle Panel Visibility")
    assert not (window.folder / "ran").exists()


def test_tests_are_proposed_in_a_new_file_beside_the_others(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    (window.folder / "tests").mkdir()
    (window.folder / "tests" / "test_other.py").write_text("def test_it(): ...\n")
    chat_model.will_say("These:\n\n```python\ndef test_add():\n    assert add(1, 2) == 3\n```\n")
    window.run_command("PiCode: Write Tests")
    chat.wait_for_state("whole")
    window.wait_for("document.title.includes('test_example.py')", "the new test file")
    window.wait_for_text("def test_add")
    window.screenshot("chat-test-file")
    assert not (window.folder / "tests" / "test_example.py").exists()


MARKUP = """| left | right |
| :-- | --: |
| 1 | 2 |

- [x] read
- [ ] mended

The sum is $a + b$, which costs $5.

```dockerfile
FROM python:3.12
```
"""


def test_an_answer_s_tables_tasks_math_and_more_languages_are_drawn(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_say(MARKUP)
    window.run_command("PiCode: Explain")
    chat.wait_for_state("whole")
    aligned = "getComputedStyle(document.querySelectorAll('article td')[1]).textAlign"
    assert chat.wait_for(aligned, "the table") == "right"
    assert chat.wait_for_answer("☑ read")
    assert chat.wait_for("document.querySelector('article math msup, article math mi')?.textContent", "math") == "a"
    assert chat.wait_for("document.querySelector('.answer .hljs-keyword')?.textContent", "the colours") == "FROM"
    window.screenshot("chat-markup")


def test_a_question_is_edited_regenerated_and_recalled(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    chat_model.will_say("It subtracts.", "Because of the minus.", "Since Tuesday.", "Who knows.")
    chat.ask("what does it do?")
    chat.wait_for_answer("It subtracts.")
    chat.ask("why?")
    chat.wait_for_answer("Because of the minus.")
    window.press("ArrowUp")
    chat.wait_for("document.querySelector('#question').value === 'why?'", "the question before")
    window.press("ArrowUp")
    chat.wait_for("document.querySelector('#question').value === 'what does it do?'", "the one before that")
    window.press("ArrowDown")
    window.press("ArrowDown")
    chat.wait_for("document.querySelector('#question').value === ''", "the empty box")

    chat.click("article:last-child .question button:has-text('Edit')")
    chat.wait_for("!document.querySelector('#editing').hidden", "what is being edited")
    # Not Control+a: VS Code sends that to the page a second time, a little later, when something may have been typed.
    window.press("End")
    window.press("Shift+Home")
    window.type("since when?", 0)
    window.screenshot("chat-editing")
    window.press("Enter")
    chat.wait_for_answer("Since Tuesday.")
    assert [each.split("\n")[0] for each in chat.questions] == ["what does it do?", "since when?"]
    said = [message["content"] for message in chat_model.questions[-1]["messages"]]
    assert said[-2:] == ["It subtracts.", "since when?"]

    chat.click("article:last-child button:has-text('Other Model…')")
    window.wait_for_rows("scripted")
    window.pick("scripted-model")
    chat.wait_for_answer("Who knows.")
    assert [each.split("\n")[0] for each in chat.questions] == ["what does it do?", "since when?"]
    chat.wait_for_state("whole")
    window.run_command("PiCode: Conversations…")
    three = f"{screen.ROWS}.filter((row) => row.includes('what does it do?')).length >= 3"
    window.wait_for(three, "the conversation, and one for each time that its end was another")
    window.press("Escape")


def test_a_wait_counts_down_and_the_answer_comes_by_itself(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    chat_model.will_wait(4, then="It subtracts.")
    chat.ask("why?")
    chat.wait_for(
        "document.querySelector('.working')?.innerText.startsWith('Waiting: rate limit of scripted, ')", "why"
    )
    window.screenshot("chat-waiting")
    chat.wait_for_answer("It subtracts.", 40)


def test_a_stopped_answer_is_tried_again(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    chat_model.will_say("It goes on and on and on.", hold=2)
    chat.ask("why?")
    chat.wait_for_answer("It goes on and")
    chat.click("#stop")
    chat.wait_for_state("stopped")
    chat_model.will_say("It subtracts.")
    chat.click("button:has-text('Try Again')")
    chat.wait_for_answer("It subtracts.")


def test_a_question_goes_with_what_is_on_the_screen_and_what_is_named(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    (window.folder / "other.py").write_text("def halve(n):\n    return n / 2\n", "utf-8")
    window.press("Control+Home")
    chip = "document.querySelector('#attachment:not([hidden])')?.innerText.includes('example.py:1–3')"
    chat.wait_for(chip, "the chip")
    chat_model.will_say("See `other.py:2`, and [there](example.py#L2). Not `/etc/hosts.conf`.")
    chat.click("#question")
    window.type("compare with #oth", 0.02)
    chat.wait_for(
        "document.querySelector('#completions [aria-selected=true]')?.textContent.startsWith('#other.py')", "#"
    )
    window.screenshot("chat-number-sign")
    window.press("Tab")
    window.press("Enter")
    chat.wait_for_state("whole")
    assert "return left - right" in chat_model.last_words
    assert "return n / 2" in chat_model.last_words
    chat.wait_for("document.querySelector('#attachment').hidden", "the chip to be spent")
    chat.click(".facts summary")
    assert "example.py:1-2 (visible in the editor)" in chat.wait_for_state("whole")
    window.screenshot("chat-context")
    assert chat.wait_for("document.querySelectorAll('article a.place').length", "links to places") == 2
    chat.click("article a.place:has-text('other.py')")
    window.wait_for("document.title.startsWith('other.py')", "the file")
    window.wait_for_text("Ln 2, Col 1")


def test_what_is_on_the_screen_can_be_left_out(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    window.press("Control+Home")
    chat_model.will_say("Fine.")
    chat.click("#attachment button")
    chat.wait_for("document.querySelector('#attachment').hidden", "no chip")
    chat.ask("how are you?")
    chat.wait_for_answer("Fine.")
    assert "return left - right" not in chat_model.last_words


def test_problems_the_selection_and_dropped_files_are_named_in_a_question(
    window: Window, chat: Chat, chat_model: ScriptedModel
) -> None:
    window.open_file("broken.json")
    window.wait_for("document.querySelector('.squiggly-error') !== null", "the editor to report the error")
    chat_model.will_say("A value is missing.")
    chat.ask("why? #problems ")
    chat.wait_for_answer("A value is missing.")
    assert "broken.json:2: error: Value expected" in chat_model.last_words

    window.open_file(window.file.name)
    window.click(".view-line:has-text('def add')")
    window.press("Control+a")
    chat.wait_for("document.querySelector('#attachment').innerText.includes('example.py:1–2')", "the chip")
    chat.click("#attachment button")
    chat.wait_for("document.querySelector('#attachment').hidden", "no chip")
    chat_model.will_say("It subtracts.")
    chat.ask("and #selection ?")
    chat.wait_for_answer("It subtracts.")
    assert "return left - right" in chat_model.last_words

    chat.drop(window.folder / "broken.json")
    chat.wait_for("document.querySelector('#question').value === '#broken.json '", "the file's name")
    chat_model.will_say("JSON.")
    chat.ask("what is it?")
    chat.wait_for_answer("JSON.")
    assert '"b": }' in chat_model.last_words


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_an_image_is_pasted_into_a_question(window: Window, chat: Chat, chat_model: ScriptedModel) -> None:
    chat.paste("image/svg+xml", PIXEL)
    chat.wait_for("document.querySelector('#images').innerText.includes('not image/svg+xml')", "the refusal")
    chat.paste("image/png", PIXEL)
    chat.paste("image/png", PIXEL)
    chat.wait_for("document.querySelectorAll('#images .chip').length === 2", "the chips")
    window.screenshot("chat-images")
    chat.click("#images .chip:last-child button")
    chat_model.will_say("A red dot.")
    chat.ask("what is this?")
    chat.wait_for_answer("A red dot.")
    asked = chat_model.questions[-1]["messages"][-1]["content"]
    assert [each["image_url"]["url"] for each in asked[1:]] == [f"data:image/png;base64,{PIXEL}"]
    assert "With an image." in chat.questions[-1]
    chat.wait_for("document.querySelectorAll('#images .chip').length === 0", "the chips to be spent")
    chat_model.will_say("Still a dot.")
    chat.click("article:last-child button:has-text('Regenerate')")
    chat.wait_for_answer("Still a dot.")
    assert len(chat_model.questions[-1]["messages"][-1]["content"]) == 2
