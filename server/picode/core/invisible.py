"""Characters that make text read other than it is: bidirectional controls, zero-width characters, tags (CVE-2021-42574)."""

from __future__ import annotations

import re

# A joiner behind an emoji makes one picture of two, one between letters of scripts that write with them is spelling, and tags
# behind a black flag are a region's: they hide nothing.
INVISIBLE = re.compile(
    "(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d(?![^\x00-\x7f])"
    "|(?<=[\x00-\x7f])\u200d"
    "|(?<![^\x00-\x7f])\u200c|\u200c(?![^\x00-\x7f])"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]+"
    "|[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\x00]"
)


def drop_invisible(text: str, known: str = "") -> str:
    """`text` without invisible characters, but for those that `known`, the text that is there already, has too."""
    kept = set(INVISIBLE.findall(known))
    return INVISIBLE.sub(lambda found: found[0] if found[0] in kept else "", text)


JOINERS = "\u200c\u200d"

# Joiners between letters of scripts that write with them hide nothing.
_SHOWN = re.compile(
    rf"(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])|(?P<hidden>{INVISIBLE.pattern}|[\x00-\x08\x0b-\x1f\x7f-\x9f])"
)


def show_invisible(text: str) -> str:
    """`text` with invisible and control characters shown by name, but for tab and line feed.

    >>> show_invisible("a\\x1b[31m\\u202eb")
    'a␛[31m⟨U+202E⟩b'
    """
    return _SHOWN.sub(lambda found: _name(ord(found[0])) if found["hidden"] else found[0], text)


def _name(code: int) -> str:
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
