"""A real VS Code as a user has it before them: typing, ghost text, messages, the status bar.

Every wait has a limit, and fails with a picture of the screen and the end of PiCode's log.
"""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from e2e.vscode import screen
from e2e.vscode.install import HERE, Toolchain
from e2e.vscode.server import Server

SCREENSHOTS = HERE.parent / "screenshots" / "vscode"


class BrowserError(Exception):
    """The page did not do what was asked of it, or not in time."""


class Browser:
    """A headless Chromium, driven through driver.mjs."""

    def __init__(self, tools: Toolchain) -> None:
        self._process = subprocess.Popen(
            [tools.node, str(HERE / "driver.mjs"), tools.playwright.as_uri(), tools.chromium],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._numbers = count(1)

    def do(self, operation: str, **arguments: Any) -> Any:
        """Has the driver carry out one of its operations. Raises `BrowserError`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"id": next(self._numbers), "op": operation, "args": arguments}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BrowserError("The browser's driver has ended.")
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["value"]

    def open(self, url: str, size: tuple[int, int], scale: float) -> str:
        """Opens a page, and gives it a name."""
        name = f"page {next(self._numbers)}"
        self.do("open", page=name, url=url, width=size[0], height=size[1], scale=scale)
        return name

    def stop(self) -> None:
        """Without its standard input the driver closes Chromium and ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Window:
    """A VS Code window on a folder, which is not trusted until `trust`, with a file of it open and the cursor at its end.
    `workspace` is a `.code-workspace` file to open in place of the folder alone."""

    def __init__(
        self,
        browser: Browser,
        server: Server,
        folder: Path,
        file: str,
        *,
        size: tuple[int, int] = (1000, 640),
        scale: float = 1,
        workspace: Path | None = None,
    ) -> None:
        self.server = server
        self.folder = folder
        self.file = folder / file
        self._browser = browser
        address = f"vscode-remote://127.0.0.1:{server.port}{quote(str(self.file))}"
        payload = quote(json.dumps([["openFile", address]]))
        opened = f"workspace={quote(str(workspace))}" if workspace else f"folder={quote(str(folder))}"
        url = f"http://127.0.0.1:{server.port}/?{opened}&payload={payload}"
        self._page = browser.open(url, size, scale)
        self.wait_for(screen.editor_of(file), "the editor", 40)
        self.press("Control+End")

    # What a user does

    def press(self, key: str) -> None:
        self._browser.do("press", page=self._page, key=key)

    def type(self, text: str, seconds_per_key: float = 0.08) -> None:
        self._browser.do("type", page=self._page, text=text, delay=1000 * seconds_per_key)

    def write(self, text: str) -> None:
        """Types into the file, as soon as the cursor is there: a menu or a list that closes gives it back a little later."""
        self.wait_for(screen.EDITOR_FOCUSED, "the cursor in the file")
        self.type(text)

    def run_command(self, title: str) -> None:
        """Runs a command by its title, from the palette. A view that has just been opened may take the focus, which closes
        the palette; then a user opens it again."""
        for closed in range(3):
            self.press("F1")
            try:
                self.fill_box(title)
                self.pick(title)
            except AssertionError:
                if closed == 2:
                    raise
            else:
                return

    def fill_box(self, text: str) -> None:
        """Types into the box that a command opens, as soon as it has the cursor: what is typed before goes elsewhere."""
        self.wait_for(screen.BOX_FOCUSED, "the box")
        self.type(text, 0)

    def press_until(self, key: str, expression: str, what: str) -> None:
        """Presses a key, and again while nothing comes of it: what a key does can depend on what an extension learns of the
        cursor, which is later than the cursor moves."""
        for attempt in range(4):
            self.press(key)
            try:
                self.wait_for(expression, what, 5)
            except AssertionError:
                if attempt == 3:
                    raise
            else:
                return

    def pick(self, label: str) -> None:
        """Takes the row with that label from the list that is open."""
        self.wait_for(screen.row_with(label), f"the row {label!r}")
        self.click(f".quick-input-list .monaco-list-row:has-text({_quoted(label)})")

    def press_row_button(self, label: str, button: str) -> None:
        """Presses a button at the end of a row of the list that is open."""
        self.wait_for(screen.row_with(label), f"the row {label!r}")
        row = f".quick-input-list .monaco-list-row:has-text({_quoted(label)})"
        self._browser.do("hover", page=self._page, selector=row)
        self.click(f"{row} [aria-label={_quoted(button)}]")

    def pick_action(self, title: str) -> None:
        """Takes an action from the light bulb's menu. What takes the focus meanwhile closes it; then a user opens it again.
        Escape is pressed only where there is a menu: else it would take back the selection, which the actions are about."""
        row = f".action-widget .monaco-list-row:has-text({_quoted(title)})"
        for attempt in range(4):
            self.press("Control+.")
            try:
                self.wait_for(screen.action_like(title), f"the action {title!r}", 10)
                break
            except AssertionError:
                if attempt == 3:
                    raise
                if self._evaluate(screen.ACTIONS_OPEN):
                    self.press("Escape")
        self.click(row)

    def open_file(self, name: str) -> None:
        """Opens a file of the folder by its name."""
        self.press("Control+P")
        self.fill_box(name)
        self.pick(name)

    def click_status(self) -> None:
        self.click("[id$='picode.status'] a")

    def press_button(self, label: str) -> None:
        """Presses a button of a notification or of a dialog."""
        self.click(f".monaco-button:text-is({_quoted(label)})")

    def trust(self) -> None:
        """Trusts the folder, as the banner over the editor offers."""
        self.click("text=Manage")
        self.click(".monaco-button:text-is('Trust')")
        self.wait_for(screen.TRUSTED, "trust")
        self.run_command("View: Close Editor")
        self.wait_for(screen.editor_of(self.file.name), "the editor")
        self.press("Control+End")

    def close(self) -> None:
        with suppress(BrowserError):
            self._browser.do("close", page=self._page)

    # What a user sees

    @property
    def ghost_text(self) -> str:
        """The suggestion that is shown now; empty when there is none."""
        return str(self._evaluate(screen.GHOST_TEXT))

    def wait_for_ghost_text(self, seconds: float = 20) -> str:
        return str(self.wait_for(screen.GHOST_TEXT, "ghost text", seconds))

    @property
    def status(self) -> str:
        """What PiCode's status bar item says to a screen reader."""
        return str(self._evaluate(screen.STATUS_LABEL))

    def wait_for_status(self, icon: str, seconds: float = 20) -> str:
        """Until the status bar item has that icon; what it says."""
        self.wait_for(f"{screen.STATUS_ICON} === {json.dumps(icon)}", f"the status icon {icon}", seconds)
        return self.status

    @property
    def messages(self) -> list[str]:
        """Notifications and dialogs that are on the screen."""
        return list(self._evaluate(screen.MESSAGES))

    def wait_for_message(self, pattern: str, seconds: float = 20) -> str:
        return str(self.wait_for(screen.message_like(pattern), f"a message like {pattern!r}", seconds))

    def wait_for_text(self, pattern: str, seconds: float = 20) -> str:
        """Text anywhere in the window."""
        return str(self.wait_for(screen.text_like(pattern), f"the text {pattern!r}", seconds))

    def wait_for_rows(self, label: str) -> list[str]:
        """All rows of the list that is open, as soon as one has that label."""
        self.wait_for(screen.row_with(label), f"the row {label!r}")
        return list(self._evaluate(screen.ROWS))

    def screenshot(self, name: str | Path) -> Path:
        """A picture of the window; one with only a name is kept with the tests' other pictures."""
        path = name if isinstance(name, Path) else SCREENSHOTS / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._browser.do("screenshot", page=self._page, path=str(path))
        return path

    def wait_for(self, expression: str, what: str, seconds: float = 20, frame: str = "") -> Any:
        """Until the expression is true in the page, or in the frame of it that has an element like `frame`; its value."""
        try:
            where = {"page": self._page, "frame": frame, "timeout": 1000 * seconds}
            return self._browser.do("waitFor", expression=expression, **where)
        except BrowserError as error:
            raise self._failure(f"Waited {seconds} s for {what} in vain", error) from None

    def _evaluate(self, expression: str) -> Any:
        return self._browser.do("evaluate", page=self._page, expression=expression)

    def click(self, selector: str, frame: str = "", button: str = "left") -> None:
        """Clicks what a selector of Playwright finds."""
        try:
            self._browser.do("click", page=self._page, selector=selector, frame=frame, button=button)
        except BrowserError as error:
            raise self._failure(f"Could not click {selector}", error) from None

    def _failure(self, problem: str, error: BrowserError) -> AssertionError:
        picture = SCREENSHOTS / ("failed-" + re.sub(r"\W+", "-", problem)[:60] + ".png")
        with suppress(BrowserError):
            self.screenshot(picture)
        log = "\n".join(self.server.log().splitlines()[-20:])
        return AssertionError(f"{problem} ({error}).\nThe screen: {picture}\nThe end of the log:\n{log}")


def _quoted(text: str) -> str:
    """As a string in a selector; CSS does not know JSON's escapes."""
    return json.dumps(text, ensure_ascii=False)
