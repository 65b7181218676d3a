"""Makes a model's Markdown harmless: no images, no raw HTML, no live links, no control characters."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def harmless(text: str) -> str:
    """`text` with everything escaped that a renderer could make live."""
    text = _CONTROLS.sub("", text)
    return text.replace("<", "&lt;").replace("![", "! [").replace("](", "] (")


class Stream:
    """Harmless text, piece by piece."""

    def feed(self, text: str) -> str:
        """What is new."""
        return harmless(text)
