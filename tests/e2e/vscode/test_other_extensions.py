"""PiCode beside other extensions: one uses its models through `vscode.lm`, and it uses the symbols and renames of another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from e2e.vscode import install, screen
from e2e.vscode.chat import Chat
from e2e.vscode.editor import Browser, Window
from e2e.vscode.model import ScriptedModel
from e2e.vscode.server import Server, wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code

MODEL = "scripted/scripted-model"
VISION = "scripted/scripted-vision"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CODE = "def twice(n):\n    return n + n + n\n\n\nprint(twice(2))\n"
_numbers = count(1)


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    model = ScriptedModel("scripted-model", "scripted-vision")
    yield model
    model.close()


@pytest.fixture(scope="module")
def window(
    browser: Browser,
    tools: install.Toolchain,
    extensions: Path,
    asking: Mapping[str, Any],
    model: ScriptedModel,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Window]:
    """One window for all of these tests: VS Code with its own chat and the other extension, on a folder that is trusted."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "example.py").write_text(CODE, "utf-8")
    (folder / "other.py").write_text("VERSION = 41\n\n\ndef halve(n):\n    return n / 2\n", "utf-8")
    settings = {**asking, "picode.providers": {"scripted": {"baseUrl": model.url}}}
    extension = install.HERE / "other_extension"
    server = Server(tools, extensions, tmp_path_factory.mktemp("vscode"), settings, [extension], chat=True)
    window = Window(browser, server, folder, "example.py")
    window.trust()
    window.wait_for_status("sparkle", 60)
    yield window
    window.close()
    server.stop()


class OtherExtension:
    """What the other extension is asked to do, by files in the folder of the window."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, operation: str, **given: Any) -> Path:
        """Has it begin; where its result will be."""
        name = f"{next(_numbers)}"
        unfinished = self._folder / f"{name}.new"
        unfinished.write_text(json.dumps({"operation": operation, **given}), "utf-8")
        unfinished.rename(self._folder / f"{name}.request.json")
        return self._folder / f"{name}.result.json"

    def result(self, file: Path) -> Any:
        wait_until(file.exists, 30, "the other extension's result")
        return json.loads(file.read_text("utf-8"))

    def does(self, operation: str, **given: Any) -> Any:
        """Has it do something; what came of it."""
        return self.result(self.begin(operation, **given))


@pytest.fixture
def other(window: Window) -> OtherExtension:
    return OtherExtension(window.folder)


def test_every_model_of_the_configured_providers_is_offered(other: OtherExtension) -> None:
    found = wait_until(lambda: other.does("models"), 30, "the models")
    ours = {each["id"]: each for each in found if each["id"].startswith("scripted/")}  # this machine may have others
    assert {each: ours[each]["name"] for each in ours} == {MODEL: "scripted-model", VISION: "scripted-vision"}
    assert all(each["maxInputTokens"] > 0 for each in found)


def test_an_agent_loops_over_tool_calls(other: OtherExtension, model: ScriptedModel) -> None:
    model.will_call("read_file", {"path": "other.py"}, then="It is version 41.")
    done = other.does("agent", model=MODEL, task="Which version is it?")
    assert done == {"turns": 2, "answer": "It is version 41."}
    first, second = model.questions
    assert [each["function"]["name"] for each in first["tools"]] == ["read_file"]
    called, result = second["messages"][-2:]
    assert json.loads(called["tool_calls"][0]["function"]["arguments"]) == {"path": "other.py"}
    assert (result["role"], result["content"].split("\n")[0]) == ("tool", "VERSION = 41")


def test_words_and_thoughts_are_streamed(other: OtherExtension, model: ScriptedModel) -> None:
    model.will_say("<think>Hm, well.</think>\n\nIt is a constant.")
    parts = other.does("ask", model=MODEL, text="What is it?")["parts"]
    assert "".join(part.get("thinking", "") for part in parts) == "Hm, well."
    assert "".join(part.get("text", "") for part in parts).strip() == "It is a constant."


def test_an_image_reaches_the_model(other: OtherExtension, model: ScriptedModel) -> None:
    model.will_say("A red dot.")
    assert "A red dot." in json.dumps(other.does("ask", model=VISION, text="What is this?", image=PIXEL))
    (asked,) = model.questions
    assert asked["model"] == "scripted-vision"
    assert asked["messages"][0]["content"][1]["image_url"]["url"] == f"data:image/png;base64,{PIXEL}"


def test_a_cancelled_request_hangs_up(other: OtherExtension, model: ScriptedModel) -> None:
    model.will_say("It goes on and on and on.", hold=2)
    done = other.does("ask", model=MODEL, text="Go on.", cancel=True)
    assert done["parts"][0]["text"].startswith("It goes")
    assert model.hung_up.wait(10)


@pytest.mark.parametrize(
    ("options", "status", "code", "says"),
    [
        ({}, 404, "NotFound", "no such model"),
        ({}, 400, "", "too many tools"),
        ({"modelOptions": {"logit_bias": {}}}, 200, "", "options.logitBias: is not a field of it"),
    ],
    ids=["unknown model", "bad request", "unknown option"],
)
def test_an_error_says_what_is_wrong(
    other: OtherExtension, model: ScriptedModel, options: dict[str, Any], status: int, code: str, says: str
) -> None:
    model.will_fail(status, says)
    error = other.does("ask", model=MODEL, text="Hello", options=options)["error"]
    assert (error["name"], error["code"]) == ("LanguageModelError", code)
    assert says in error["message"]


def test_a_missing_key_is_asked_for(other: OtherExtension, window: Window, model: ScriptedModel) -> None:
    model.will_fail(401, "no key")
    asked = other.begin("ask", model=MODEL, text="Hello")
    window.wait_for_text("PiCode: Key for scripted")
    window.screenshot("language-model-key")
    window.press("Escape")
    error = other.result(asked)["error"]
    assert (error["name"], error["code"]) == ("LanguageModelError", "NoPermissions")


def test_tokens_are_counted(other: OtherExtension) -> None:
    assert 100 < other.does("count", model=MODEL, text="word " * 200) < 400


# ------------------------------------------------------------------- what PiCode uses of VS Code and its extensions


def test_a_proposed_name_goes_through_the_rename_of_the_language(window: Window, model: ScriptedModel) -> None:
    model.will_say("- `triple` - what it does\n- `treble` - the same\n")
    window.click(".view-line:has-text('def twice') span:has-text('twice')")
    window.pick_action("PiCode: Propose Names")
    rows = window.wait_for_rows("triple")
    assert [row.split("what")[0] for row in rows] == ["triple", "treblethe same", "Another name…"]
    window.screenshot("rename-names")
    window.pick("triple")
    renamed = CODE.replace("twice", "triple")
    wait_until(lambda: window.file.read_text("utf-8") == renamed, 20, "the name in both places")
    assert model.last_words.endswith("`twice`")
    window.click(".view-line:has-text('print')")
    window.press("Control+z")
    wait_until(lambda: window.file.read_text("utf-8") == CODE, 20, "one undo that takes it back")


def test_symbols_of_the_workspace_are_named_in_a_question(window: Window, model: ScriptedModel) -> None:
    chat = Chat(window)
    chat.open()
    model.will_say("It halves.")
    window.type("what is #halv", 0.02)
    chosen = "document.querySelector('#completions [aria-selected=true]')?.innerText"
    assert "other.py" in chat.wait_for(f"({chosen})?.startsWith('#halve') && {chosen}", "the symbol")
    window.press("Tab")
    window.press("Enter")
    chat.wait_for_answer("It halves.")
    assert "def halve(n):\n    return n / 2" in model.last_words
    assert "VERSION" not in model.last_words


def test_what_the_terminal_says_is_named_in_a_question(window: Window, model: ScriptedModel) -> None:
    window.run_command("Terminal: Create New Terminal")
    window.wait_for(
        "document.activeElement?.matches('.terminal-wrapper.active .xterm-helper-textarea')", "the terminal"
    )
    window.wait_for("document.querySelector('.terminal-wrapper.active .terminal-command-decoration')", "the prompt")
    # VS Code tells extensions nothing of what a command says in its first moment.
    window.type("sleep 1; ls no-such-file\n", 0.02)
    window.wait_for("document.querySelector('.codicon-terminal-decoration-error')", "the end of the command")
    chat = Chat(window)
    chat.open()
    model.will_say("There is no such file.")
    chat.ask("what went wrong? #terminal ")
    chat.wait_for_answer("There is no such file.")
    assert "$ sleep 1; ls no-such-file\n" in model.last_words
    assert "No such file" in model.last_words
    assert "\x1b" not in model.last_words
    window.run_command("View: Toggle Panel Visibility")


def test_the_model_picker_of_vs_code_s_own_chat_has_them(window: Window) -> None:
    window.run_command("Chat: Open Chat")
    window.wait_for("document.activeElement?.closest('.interactive-input-part') !== null", "the cursor in the chat")
    window.press_until("Control+Alt+Period", screen.action_like("scripted-model"), "the model")
    window.screenshot("model-picker")
