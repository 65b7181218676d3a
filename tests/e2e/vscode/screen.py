"""Where things are on VS Code's screen: JavaScript expressions that a page evaluates."""

from __future__ import annotations

import json

# VS Code draws spaces as no-break spaces, so that they are kept.
_TEXTS = "Array.from(document.querySelectorAll({}), (part) => part.textContent.replaceAll('\\u00a0', ' '))"

GHOST_TEXT = _TEXTS.format("'[class*=ghost-text]'") + ".join('')"

MESSAGES = _TEXTS.format("'.notification-toast .notification-list-item-message, .dialog-message-container'")

LIST_OPEN = "document.querySelector('.quick-input-widget')?.checkVisibility()"
EDITOR_FOCUSED = "document.hasFocus() && document.activeElement?.closest('.editor-instance .monaco-editor')"
BOX_FOCUSED = "document.activeElement?.closest('.quick-input-widget')?.checkVisibility()"
"""A list or a box over the window waits for words."""

_LABELS = _TEXTS.format("'.quick-input-list .monaco-list-row .quick-input-list-row:first-child'")
ROWS = f"({LIST_OPEN} ? {_LABELS} : []).map((row) => row.trim()).filter(Boolean)"
"""The first lines of the rows of the list that is open."""

_ACTIONS = "[...document.querySelectorAll('.action-widget .monaco-list-row')]"
ACTIONS_OPEN = f"{_ACTIONS}.length > 0"
"""The light bulb's menu is open."""

_STATUS = "document.querySelector('[id$=\"picode.status\"] a')"
STATUS_LABEL = f"({_STATUS}?.ariaLabel ?? '')"
STATUS_ICON = f"(({_STATUS}?.querySelector('.codicon')?.className.match(/codicon-([a-z-]+)/) ?? [])[1] ?? '')"

TRUSTED = "document.body.innerText.includes('You trust this folder')"


def editor_of(file: str) -> str:
    """The file is open, and its text is there."""
    return (
        f"document.title.startsWith({json.dumps(file)}) && document.querySelector('.monaco-editor .view-lines .mtk1')"
    )


def message_like(pattern: str) -> str:
    return f"({MESSAGES}).find((text) => new RegExp({json.dumps(pattern)}).test(text))"


def text_like(pattern: str) -> str:
    """Any text of the window."""
    return f"(document.body.innerText.replaceAll('\\u00a0', ' ').match(new RegExp({json.dumps(pattern)})) ?? [])[0]"


def row_with(label: str) -> str:
    return f"{ROWS}.some((row) => row.includes({json.dumps(label)}))"


def action_like(title: str) -> str:
    return f"{_ACTIONS}.some((row) => row.textContent.includes({json.dumps(title)}))"
