"""The lists of models that providers have given, as JSON files in the user's cache folder, for the port `ListStore`.

One file for each provider and address. A file that can't be read is no list, and is replaced by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from picode.assistant.routing.model_lists import Remembered
from picode.providers.listing import LONGEST_NAME, MOST, Offer
from picode.wire.shapes import count, items, mapping, string

_VERSION = 1
_LARGEST = 4 * 1024 * 1024
"""Bytes of a file: `MOST` models take about one million."""


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder for the lists: `PICODE_LISTS_DIR`, else within `PICODE_CACHE_DIR` or where the platform keeps caches. It need
    not exist yet."""
    import platformdirs

    if own := environ.get("PICODE_LISTS_DIR"):
        return Path(own).absolute()
    override = environ.get("PICODE_CACHE_DIR")
    return Path(override or platformdirs.user_cache_dir("picode", appauthor=False)).absolute() / "model-lists"


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
        """See `picode.assistant.routing.model_lists.ListStore`. Whoever reads meanwhile sees the old file or the new one."""
        value = {
            "version": _VERSION,
            "baseUrl": base_url,
            "at": remembered.at,
            "models": [
                {"id": each.model, "window": each.window, "input": each.input_price, "output": each.output_price}
                for each in remembered.offers
            ],
        }
        with contextlib.suppress(OSError):  # a full or read-only disk costs a list, no more
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=self._folder)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(value, file)
                os.replace(name, self._file(provider, base_url))
            except BaseException:
                os.unlink(name)
                raise

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
    return Offer(model, count(fields.get("window")), _price(fields.get("input")), _price(fields.get("output")))


def _price(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
