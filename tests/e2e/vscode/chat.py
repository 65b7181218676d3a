"""PiCode's chat in a window of VS Code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from e2e.vscode.editor import Window

_FRAME = "#composer"
_READY = "document.hasFocus() && document.activeElement.id === 'question' && document.querySelector('.welcome')"
_LAST = "[...document.querySelectorAll('article')].at(-1)"


class Chat:
    """The chat's view: a page in a frame of the window."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def open(self) -> None:
        """Begins a new chat, and waits until its box has the cursor. On a busy machine VS Code's frames for extensions now and
        then do not load; a user reloads them."""
        for attempt in range(4):
            self._window.run_command("PiCode: New Chat")
            try:
                self.wait_for(_READY, "the cursor in the chat", 20 + 10 * attempt)
            except AssertionError:
                if attempt == 3:
                    raise
                self._window.run_command("Developer: Reload Webviews")
            else:
                return

    def ask(self, text: str) -> None:
        """Types a question, or a slash command, and sends it."""
        self.click("#question")
        self._window.type(text, 0.01)
        self._window.press("Enter")

    def click(self, selector: str) -> None:
        self._window.click(selector, frame=_FRAME)

    def drop(self, file: Path) -> None:
        """Drops a file on the box, as a page gets it from VS Code's explorer."""
        event = "new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })"
        give = f"files.setData('text/uri-list', {json.dumps(file.as_uri())})"
        drop = f"document.querySelector('#composer').dispatchEvent({event})"
        self.wait_for(f"(() => {{ const files = new DataTransfer(); {give}; {drop}; return true; }})()", "the drop")

    def paste(self, kind: str, data: str) -> None:
        """Pastes a file of that media type, whose bytes are `data` in base64, into the box."""
        bytes_ = f"Uint8Array.from(atob({json.dumps(data)}), (each) => each.charCodeAt(0))"
        give = f"files.items.add(new File([{bytes_}], 'pasted', {{ type: {json.dumps(kind)} }}))"
        event = "new ClipboardEvent('paste', { clipboardData: files, bubbles: true, cancelable: true })"
        paste = f"document.querySelector('#question').dispatchEvent({event})"
        self.wait_for(f"(() => {{ const files = new DataTransfer(); {give}; {paste}; return true; }})()", "the paste")

    def wait_for(self, expression: str, what: str, seconds: float = 20) -> Any:
        """Until the expression is true in the view; its value."""
        return self._window.wait_for(expression, what, seconds, frame=_FRAME)

    def wait_for_answer(self, text: str, seconds: float = 20) -> str:
        """The last answer, as it is read, as soon as `text` is in it."""
        answer = f"{_LAST}?.querySelector('.answer').innerText ?? ''"
        return str(
            self.wait_for(f"({answer}).includes({json.dumps(text)}) && ({answer})", f"the answer {text!r}", seconds)
        )

    def wait_for_state(self, state: str, seconds: float = 20) -> str:
        """What is said below the last answer, as soon as it is in that state."""
        end = f"{_LAST}.querySelector('.end').innerText || ' '"
        return str(
            self.wait_for(f"{_LAST}?.dataset.state === {json.dumps(state)} && ({end})", f"state {state}", seconds)
        )

    @property
    def html(self) -> str:
        """The last answer, as the page has it."""
        return str(self.wait_for(f"{_LAST}.querySelector('.answer').innerHTML", "an answer"))

    @property
    def questions(self) -> list[str]:
        shown = "[...document.querySelectorAll('.question')].map((each) => each.innerText)"
        return list(self.wait_for(f"({shown})", "questions"))
