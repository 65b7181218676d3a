"""Edits: shown while they are written, taken or dropped by the user, and never half in the document or on the disk."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from e2e.vscode import install
from e2e.vscode.chat import Chat
from e2e.vscode.conftest import OpenWindow, Serve
from e2e.vscode.editor import Browser, Window
from e2e.vscode.model import ScriptedModel
from e2e.vscode.server import Server, wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code

PICTURE = Path(__file__).parents[3] / "docs/images/vscode-chat.png"
"""The picture in the documentation: `PICODE_UPDATE=1` takes it anew."""

CODE = "def add(left, right):\n    return left - right\n\n\ndef double(n):\n    return n + n + n\n"
FIRST = "```python\ndef add(left, right):\n    return left + right\n```\n"
SECOND = "```python\ndef double(n):\n    return 2 * n\n```\n"
FIXED = CODE.replace("left - right", "left + right")
DIFF = "document.querySelector('.review-widget pre')?.innerText.replaceAll('\\u00a0', ' ') ?? ''"
LENSES = "[...document.querySelectorAll('.codelens-decoration a')].map((lens) => lens.textContent.trim()).join(', ')"
READY = f"({LENSES}).includes('Accept, Discard, Try Again, Compare')"
_numbers = count(1)


@pytest.fixture(scope="module")
def desk(
    browser: Browser, serve: Serve, asking: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    """One window for all of these tests. Files are saved by themselves, a tenth of a second after each change."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("example.py", *(f"example{number}.py" for number in range(1, 12))):
        (folder / name).write_text(CODE, "utf-8")
    server = serve(asking)
    server.reset_settings()
    window = Window(browser, server, folder, "example.py")
    window.wait_for_status("sparkle", 30)
    yield window
    window.close()


@pytest.fixture
def window(desk: Window) -> Window:
    """The window with a file of its own for each test."""
    desk.file = desk.folder / f"example{next(_numbers)}.py"
    desk.open_file(desk.file.name)
    desk.wait_for(f"document.title.startsWith({desk.file.name!r})", "the file")
    return desk


def ask_for_first(window: Window) -> None:
    """Has the first function mended."""
    window.click(".view-line:has-text('def add')")
    window.run_command("PiCode: Fix")


def saved(window: Window, text: str) -> None:
    wait_until(lambda: window.file.read_text("utf-8") == text, 10, f"{text!r} on the disk")


def test_the_light_bulb_shows_an_edit_while_it_is_written_and_undo_takes_it_back(
    window: Window, chat_model: ScriptedModel
) -> None:
    chat_model.will_say(FIRST, hold=6)
    window.click(".view-line:has-text('def add')")
    window.press("Home")
    window.press("Shift+ArrowDown")
    window.press("Shift+ArrowDown")
    window.pick_action("PiCode: Fix")
    window.wait_for(f"({LENSES}).includes('Stop')", "the button to stop")
    window.screenshot("edit-growing")
    chat_model.go_on()
    window.wait_for(f"({DIFF}).includes('+ ')", "the lines that come")
    assert "−     return left - right" in window.wait_for(DIFF, "the diff")
    assert "+     return left + right" in window.wait_for(DIFF, "the diff")
    window.wait_for(READY, "the buttons")
    window.screenshot("edit-ready")
    time.sleep(0.3)  # longer than VS Code waits before it saves
    assert window.file.read_text("utf-8") == CODE
    window.press("Alt+Enter")
    saved(window, FIXED)
    window.wait_for(f"!({DIFF})", "the end of the diff")
    window.screenshot("edit-accepted")
    window.click(".view-line:has-text('def double')")
    window.press("Control+z")
    saved(window, CODE)


def test_an_edit_that_is_discarded_leaves_nothing_behind(window: Window, chat_model: ScriptedModel) -> None:
    chat_model.will_say(FIRST)
    ask_for_first(window)
    window.wait_for(READY, "the buttons")
    window.click(".view-line:has-text('def double')")
    window.press("Escape")  # the cursor is elsewhere
    time.sleep(0.3)
    window.wait_for(DIFF, "the diff")
    window.click(".view-line:has-text('def add')")
    window.press_until("Escape", f"!({DIFF})", "the end of the diff")
    window.press("Control+z")  # there is nothing to undo
    time.sleep(0.3)
    assert window.file.read_text("utf-8") == CODE


def test_two_edits_wait_side_by_side_while_the_user_types_elsewhere(window: Window, chat_model: ScriptedModel) -> None:
    chat_model.will_say(FIRST, SECOND)
    ask_for_first(window)
    window.wait_for(READY, "the buttons")
    window.click(".view-line:has-text('def double')")
    window.run_command("PiCode: Document")
    window.wait_for("document.querySelectorAll('.review-widget pre').length === 2", "the second diff")
    window.press("Control+Home")
    window.type("import sys\n", 0.01)
    saved(window, f"import sys\n{CODE}")
    window.screenshot("edit-two")
    window.click(".view-line:has-text('def add')")
    window.press("Alt+Enter")
    saved(window, f"import sys\n{FIXED}")
    window.click(".view-line:has-text('def double')")
    window.press("Alt+Enter")
    saved(window, f"import sys\n{FIXED}".replace("n + n + n", "2 * n"))


CONFLICT = (
    "<<<<<<< HEAD\ndef add(left, right):\n    return left + right + 1\n=======\n"
    "def add(left, right):\n    return sum((left, right))\n>>>>>>> theirs\n"
)
MERGED = "def add(left, right):\n    return sum((left, right)) + 1\n"


def test_a_merge_conflict_is_resolved(window: Window, chat_model: ScriptedModel) -> None:
    chat_model.will_say(f"```python\n{MERGED}```\n")
    window.file.write_text(f"import sys\n{CONFLICT}sys.exit(add(1, 2))\n", "utf-8")
    window.run_command("File: Revert File")
    window.click(".view-line:has-text('=======')")
    window.pick_action("PiCode: Resolve Conflict")
    window.wait_for(READY, "the buttons")
    window.screenshot("edit-conflict")
    window.press("Alt+Enter")
    saved(window, f"import sys\n{MERGED}sys.exit(add(1, 2))\n")


WHOLE = "```python\ndef add(left, right):\n    return left + right\n\n\ndef double(n):\n    return 2 * n\n```\n"


def test_parts_of_an_edit_are_accepted_and_left_out(window: Window, chat_model: ScriptedModel) -> None:
    chat_model.will_say(WHOLE)
    window.click(".view-line:has-text('def add')")
    window.press("Control+a")
    window.pick_action("PiCode: Edit…")
    window.wait_for_text("Change the code as you say")
    window.fill_box("mend it")
    window.press("Enter")
    window.wait_for(f"({LENSES}).includes('Change 2 of 2')", "the parts")
    window.screenshot("edit-parts")
    window.click(".codelens-decoration a:has-text('Change 1 of 2')")
    saved(window, FIXED)
    window.wait_for(f"({DIFF}).includes('2 * n') && !({LENSES}).includes('of 2')", "the part that is left")
    window.screenshot("edit-part-left")
    window.click(".codelens-decoration a:has-text('Discard')")
    window.wait_for(f"!({DIFF})", "the end of the diff")
    assert window.file.read_text("utf-8") == FIXED


def test_an_edit_that_is_stopped_changes_nothing(window: Window, chat_model: ScriptedModel) -> None:
    chat_model.will_say(FIRST, hold=5)
    ask_for_first(window)
    window.click(".codelens-decoration a:has-text('Stop')")
    assert chat_model.hung_up.wait(5)
    window.wait_for("!document.querySelector('.review-widget')", "the end of the edit")
    assert window.file.read_text("utf-8") == CODE


def test_an_edit_is_compared_and_tried_again(window: Window, chat_model: ScriptedModel) -> None:
    chat_model.will_say(SECOND.replace("double(n)", "add(left, right)").replace("2 * n", "left"), FIRST)
    ask_for_first(window)
    window.wait_for(READY, "the buttons")
    window.click(".codelens-decoration a:has-text('Compare')")
    window.wait_for("document.querySelector('.monaco-diff-editor .char-delete') !== null", "the comparison")
    window.screenshot("edit-compare")
    window.run_command("View: Close Editor")
    window.click(".codelens-decoration a:has-text('Try Again')")
    window.wait_for(f"({DIFF}).includes('left + right')", "another edit")
    window.wait_for("document.querySelector('.review-widget').innerText.includes('accepts')", "its end")
    window.click(".view-line:has-text('def add')")
    window.press("Alt+Enter")
    saved(window, FIXED)


def test_an_edit_that_can_not_be_made_is_shown_as_text_with_the_reason(
    window: Window, chat_model: ScriptedModel
) -> None:
    chat_model.will_say("```python\ndef add(left, right:\n    return left + right\n```\n")
    ask_for_first(window)
    chat = Chat(window)
    chat.wait_for_answer("def add(left, right:")
    window.screenshot("edit-refused")
    assert window.file.read_text("utf-8") == CODE


def test_an_edit_outlives_the_server_that_made_it(window: Window, chat_model: ScriptedModel) -> None:
    chat_model.will_say(FIRST)
    ask_for_first(window)
    window.wait_for(READY, "the buttons")
    before = window.server.language_servers()
    for process in before:
        process.kill()
    wait_until(lambda: set(window.server.language_servers()) - set(before), 20, "another language server")
    window.click(".codelens-decoration a:has-text('Accept')")
    saved(window, FIXED)


def test_an_edit_is_previewed_applied_and_undone(
    open_window: OpenWindow, asking: Mapping[str, Any], chat_model: ScriptedModel
) -> None:
    chat_model.will_say(FIRST)
    window = open_window(CODE, settings={**asking, "picode.edits.show": "preview"}, size=(1100, 760))
    window.press("Control+Home")
    window.press("Shift+ArrowDown")
    window.press("Shift+ArrowDown")
    window.pick_action("PiCode: Fix")
    window.wait_for("document.querySelector('.bulk-edit-panel .monaco-list-row') !== null", "the preview")
    # What needs to be confirmed is not ticked at first: that is how VS Code has it confirmed.
    window.click(".bulk-edit-panel .monaco-list-row:has-text('example.py') .edit-checkbox")
    window.screenshot("edit-preview")
    assert window.file.read_text("utf-8") == CODE
    window.click(".bulk-edit-panel .monaco-button:has-text('Apply')")
    saved(window, FIXED)
    window.click(".view-line:has-text('def double')")
    window.press("Control+z")
    saved(window, CODE)


def test_a_question_and_an_edit_side_by_side(
    open_window: OpenWindow, asking: Mapping[str, Any], chat_model: ScriptedModel
) -> None:
    chat_model.will_say(
        "`add` should give the **sum** of two numbers, but it subtracts the second from the first:\n\n"
        "```python\nadd(3, 2)  # 1, not 5\n```\n\nThe operator in line 2 is wrong.",
        FIRST,
    )
    settings = {**asking, "picode.inline.languages": {}, "editor.fontSize": 14}
    window = open_window(CODE, file="numbers.py", settings=settings, trust=True, size=(1000, 560), scale=2)
    window.click(".view-line:has-text('def add')")
    window.run_command("PiCode: Explain")
    Chat(window).wait_for_state("whole")
    ask_for_first(window)
    window.wait_for(READY, "the buttons")
    window.screenshot(PICTURE if os.environ.get("PICODE_UPDATE") else "chat-and-edit")
    assert window.messages == []


def test_a_commit_message_is_written_into_the_box_of_git(
    tools: install.Toolchain,
    extensions: Path,
    asking: Mapping[str, Any],
    chat_model: ScriptedModel,
    open_window: OpenWindow,
    project: Path,
    tmp_path: Path,
) -> None:
    chat_model.will_say("Add the numbers\n\nThey were subtracted.")
    git(project, "init", "--quiet")
    (project / "staged.py").write_text(FIXED, "utf-8")
    git(project, "add", "staged.py")
    builtin = tools.builtin_extensions[0].parent
    settings = {**asking, "git.enabled": True, "git.openRepositoryInParentFolders": "never"}
    server = Server(tools, extensions, tmp_path / "vscode", settings, [builtin / "git", builtin / "git-base"])
    try:
        window = open_window(CODE, server=server, trust=True)
        window.run_command("Source Control: Focus on Changes View")
        window.click(
            ".scm-view .action-label[aria-label*='Write Commit Message'], [aria-label*='Write Commit Message']"
        )
        box = "document.querySelector('.scm-editor .view-lines')?.innerText.replaceAll('\\u00a0', ' ') ?? ''"
        written = window.wait_for(f"({box}).includes('subtracted') && ({box})", "the message")
        window.screenshot("commit-message")
        assert written.startswith("Add the numbers")
        assert "left + right" in chat_model.last_words
    finally:
        server.stop()


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
