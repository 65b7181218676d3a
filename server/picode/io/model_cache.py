"""The lists of models that providers have given, as JSON files in the user's cache folder, for the port `ListStore`.

One file for each provider and address. A file that can't be read is no list, and is replaced by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from picode.assistant.routing.model_lists import Remembered
from picode.io.atomic import write_atomic
from picode.providers.listing import LONGEST_NAME, MOST, Offer
from picode.wire.shapes import count, items, mapping, string

_VERSION = 1
_LARGEST = 4 * 1024 * 1024
"""Bytes of a file: `MOST` models take about one million."""


class ModelCache:
    """Files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, provider: str, base_url: str) -> Remembered | None:
        """See `picode.assistant.routing.model_lists.ListStore`."""
        try:
            with self._file(provider, base_url).open("rb") as file:
                fields = mapping(json.loads(file.read(_LARGEST)))
        except (OSError, ValueError, RecursionError):
            return None
        at = fields.get("at")
        if fields.get("version") != _VERSION or fields.get("baseUrl") != base_url or not isinstance(at, int | float):
            return None
        offers = (_offer(row) for row in items(fields.get("models"))[:MOST])
        return Remembered(tuple(offer for offer in offers if offer is not None), float(at))

    def write(self, provider: str, base_url: str, remembered: Remembered) -> None:
        """See `picode.assistant.routing.model_lists.ListStore`."""
        value = {
            "version": _VERSION,
            "baseUrl": base_url,
            "at": remembered.at,
            "models": [
                {
                    "id": each.model,
                    "window": each.window,
                    "input": each.input_price,
                    "output": each.output_price,
                    "tools": each.tools,
                    "images": each.images,
                }
                for each in remembered.offers
            ],
        }
        with contextlib.suppress(OSError):  # a full or read-only disk costs a list, no more
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self._file(provider, base_url), json.dumps(value))

    def _file(self, provider: str, base_url: str) -> Path:
        # The user's own providers may have any name: the readable part is for people, the digest tells them apart.
        readable = re.sub(r"[^a-z0-9-]+", "-", provider.lower())[:40].strip("-")
        digest = hashlib.sha256(f"{provider}\0{base_url}".encode()).hexdigest()[:16]
        return self._folder / f"{readable}-{digest}.json"


def _offer(row: Any) -> Offer | None:
    fields = mapping(row)
    model = string(fields.get("id"))
    if not model or len(model) > LONGEST_NAME:
        return None
    return Offer(
        model,
        count(fields.get("window")),
        _price(fields.get("input")),
        _price(fields.get("output")),
        _flag(fields.get("tools")),
        _flag(fields.get("images")),
    )


def _price(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
