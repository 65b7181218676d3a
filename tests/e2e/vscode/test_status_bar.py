"""The status bar item, its menu, and the settings that it changes."""

from __future__ import annotations

import pytest

from e2e.nvim.upstream import ScriptedUpstream
from e2e.vscode.conftest import OpenWindow

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code


def test_the_status_bar_item_tells_the_state_and_opens_the_menu(open_window: OpenWindow) -> None:
    window = open_window("x = 1\n")
    assert window.wait_for_status("sparkle") == "PiCode, scripted · scripted-model: ready"
    window.click_status()
    rows = window.wait_for_rows("Show Log")
    window.screenshot("menu")
    assert rows == [
        "Chat…",
        "Select Model…scripted-model",
        "Get Started",
        "Snooze Suggestions…",
        "Disable for This Languagepython",
        "Disable PiCode",
        "Show Log",
        "Restart Language Server",
        "Open Settings",
    ]
    window.pick("Show Log")
    window.wait_for_text("PiCode .*, from the setting")


def test_suggestions_stop_for_a_language_that_is_turned_off_and_come_back(
    open_window: OpenWindow, upstream: ScriptedUpstream
) -> None:
    upstream.will_write("return left + right")
    window = open_window("def add(left, right):\n")
    window.write("    re")
    window.wait_for_ghost_text()
    window.click_status()
    window.pick("Disable for This Language")
    window.wait_for_status("circle-slash")
    window.write("t")
    window.run_command("PiCode: Suggest Here")
    assert window.ghost_text == ""
    window.run_command("PiCode: Enable or Disable for This Language")
    window.wait_for_status("sparkle")
    window.write("u")
    assert window.wait_for_ghost_text() == "rn left + right"


def test_picode_is_turned_off_and_on(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return left + right")
    window = open_window("def add(left, right):\n")
    window.run_command("PiCode: Enable or Disable")
    window.wait_for_status("circle-slash")
    window.write("    ret")
    window.click_status()
    window.pick("Enable PiCode")
    window.wait_for_status("sparkle")
    window.write("u")
    assert window.wait_for_ghost_text() == "rn left + right"


def test_a_model_is_chosen_from_the_list(open_window: OpenWindow) -> None:
    window = open_window("x = 1\n")
    window.run_command("PiCode: Select Model")
    rows = window.wait_for_rows("Embedded model")
    window.screenshot("models")
    assert any("scripted-model" in row for row in rows)
    window.pick("Embedded model")
    window.wait_for(
        "document.querySelector('[id$=\"picode.status\"] a').ariaLabel.includes('embedded')", "the new model"
    )


def test_suggestions_are_snoozed_and_resumed(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return left + right")
    window = open_window("def add(left, right):\n")
    window.click_status()
    window.pick("Snooze Suggestions…")
    window.pick("15 minutes")
    window.wait_for_status("circle-slash")
    assert "snoozed until" in window.status
    window.click(".view-line:has-text('def add')")
    window.press("Control+End")
    window.write("    ret")
    assert window.ghost_text == ""
    window.click_status()
    window.pick("Resume suggestions")
    window.wait_for_status("sparkle")
    window.click(".view-line:has-text('def add')")
    window.press("Control+End")
    window.write("u")
    assert window.wait_for_ghost_text() == "rn left + right"


def test_a_model_that_no_list_has_is_named_in_the_search(open_window: OpenWindow) -> None:
    window = open_window("x = 1\n")
    window.run_command("PiCode: Select Model")
    window.wait_for_rows("Embedded model")
    window.fill_box("my-own-model")
    window.pick("Another model…")
    window.wait_for(
        "document.querySelector('.quick-input-widget').innerText.includes('as the provider')", "the next box"
    )
    window.wait_for("document.querySelector('.quick-input-box input').value === 'my-own-model'", "the name in the box")
    window.press("Enter")
    window.wait_for(
        "document.querySelector('[id$=\"picode.status\"] a').ariaLabel.includes('my-own-model')", "the model"
    )
