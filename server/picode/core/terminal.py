"""Text for terminals and logs, without what a terminal takes for a command.

Escape sequences (ECMA-48: CSI, OSC, DCS and their like) and control characters other than tab, line feed and carriage return
are taken out, in 7 bits or in 8. A terminal obeys them wherever they come from: they move the cursor, set the clipboard,
rename the window, and some answer as if the user had typed.
"""

from __future__ import annotations

import re

from picode.core.invisible import drop_invisible

# A string (DCS, OSC, SOS, PM, APC) ends at its terminator or BEL; one that never ends is cut at the line's end, so that
# nothing else is lost. ESC with intermediates and a final byte is a sequence too; ESC before anything else stands alone.
_STRING = r"(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\r\n]*(?:\x1b\\|[\x07\x9c])?"
_CONTROL = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
_ESCAPE = r"\x1b(?:[ -/]*[0-OQ-WYZ\\`-~])?"
_COMMAND = re.compile(rf"{_STRING}|{_CONTROL}|{_ESCAPE}|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_UNFINISHED = re.compile(
    r"(?:(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\r\n]*\x1b?|(?:\x1b\[|\x9b)[0-?]*[ -/]*|\x1b[ -/]*)\Z"
)
_LONGEST = 4096
"""Characters that an unfinished sequence is waited for. No real one is as long."""


def strip_commands(text: str) -> str:
    """`text` without escape sequences and control characters.

    >>> strip_commands("a\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07b")
    'ared b'
    """
    return _COMMAND.sub("", text)


def safe(text: str) -> str:
    """`text` without what a terminal would obey, and without what would hide some of it. Line feeds and tabs stay.

    >>> safe("a\\x1b[31mb\\x1b]0;title\\x07c\\r\\n")
    'abc\\n'
    """
    shown = drop_invisible(strip_commands(text)).replace("\r", "")
    return shown.encode("utf-8", "replace").decode()


def notice(text: str) -> str:
    """`safe` for what an editor shows in a notification or its status. VS Code makes a link of `[text](command:…)` there, which
    runs a command of the editor when it is clicked: it is parted, so that it stays text.

    >>> notice("Out of credit. [Add some](command:evil?%5B%5D)")
    'Out of credit. [Add some] (command:evil?%5B%5D)'
    """
    return _LINK.sub("] (", safe(text))


_LINK = re.compile(r"\]\((?=\s*+[a-z][a-z0-9+.-]{0,30}:)", re.IGNORECASE)


class Stripper:
    """The same for text that arrives in pieces. A sequence may be cut in two between them."""

    def __init__(self) -> None:
        self._begun = ""

    def feed(self, piece: str) -> str:
        """`piece` without commands; what may be the beginning of one waits for the next piece."""
        text = self._begun + piece
        begun = _UNFINISHED.search(text)
        start = begun.start() if begun and len(begun[0]) <= _LONGEST else len(text)
        self._begun = text[start:]
        return strip_commands(text[:start])

    def close(self) -> str:
        """What is left when no more comes."""
        rest, self._begun = strip_commands(self._begun), ""
        return rest
