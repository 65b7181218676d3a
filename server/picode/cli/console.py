"""rich's console, for text that is not PiCode's own: it prints no control characters, no markup and no links."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import rich.console
from rich.segment import Segment

from picode.core.terminal import safe


class Console(rich.console.Console):
    """What is printed is stripped when it is drawn: whatever holds the text (a table, Markdown, a spinner), none gets around
    it. rich's own sequences, such as colours, stay."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    def render(
        self, renderable: rich.console.RenderableType, options: rich.console.ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            if control:
                yield Segment(text, style, control)
            else:
                unlinked = style.update_link(None) if style is not None and style.link else style
                yield Segment(safe(text), unlinked)
