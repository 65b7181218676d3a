"""Characters that make text read other than it is: bidirectional controls, zero-width characters, tags (CVE-2021-42574)."""

from __future__ import annotations

import re

# A joiner behind an emoji makes one picture of two, and hides nothing.
INVISIBLE = re.compile(
    "(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
    "|[\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f\x00]"
)


def drop_invisible(text: str, known: str = "") -> str:
    """`text` without invisible characters, but for those that `known`, the text that is there already, has too."""
    kept = set(INVISIBLE.findall(known))
    return INVISIBLE.sub(lambda found: found[0] if found[0] in kept else "", text)
