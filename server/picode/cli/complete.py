"""`picode complete`: one suggestion for a place in a file, as plain text for scripts and for editors without LSP."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from picode.cli.place import Place, Unusable, locate
from picode.cli.session import session
from picode.cli.terminal import print_error, print_json, print_text
from picode.core.terminal import safe

_OURS = {"inline": {"candidates": 1}, "statistics": {"enabled": False}, "log": {"level": "error"}}
"""One suggestion, no statistics, and no warnings in the log: what failed is printed."""


def run(argument: str, language: str, piped: bool, as_json: bool) -> int:
    """Gives the exit code: 0 with a suggestion, 1 without one, 2 for a place that does not exist."""
    try:
        place = locate(argument, piped)
    except Unusable as error:
        print_error(error)
        return 2
    found = asyncio.run(_suggestion(place, language or place.language))
    if as_json:
        print_json({name: value for name, value in found.items() if name != "told"})
    elif found["text"]:
        text = found["text"]
        sys.stdout.write(safe(text) if sys.stdout.isatty() else text)
        sys.stdout.write("\n" if sys.stdout.isatty() else "")
    if not found["text"] and not found["told"]:
        print_text(found["problem"] or "The model suggests nothing here.", err=True)
    return 0 if found["text"] else 1


async def _suggestion(place: Place, language: str) -> dict[str, Any]:
    from picode.assistant.completion.request import CompletionRequest
    from picode.core.document import Position, Snapshot, split_lines

    snapshot = Snapshot(place.uri, split_lines(place.text), Position(place.line, place.column), 1, language)
    async with session(_OURS) as assistant:
        began = time.perf_counter()
        request = CompletionRequest(snapshot, trigger="explicit", path=place.path)
        items = await assistant.suggester.complete(request)
        seconds = time.perf_counter() - began
        status = assistant.status.current
    best = items[0] if items else None
    return {
        "text": best.text[place.column - best.start :] if best else "",
        "replaces": best.end - place.column if best else 0,
        "provider": status.provider,
        "model": status.model,
        "milliseconds": round(seconds * 1000),
        "problem": "" if best else status.message,
        "told": status.kind == "error",  # as an alert, already
    }
