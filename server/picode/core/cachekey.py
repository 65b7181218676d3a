"""Under which name an answer is kept: a digest of everything that shapes it, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

VERSION = 1
"""Raised whenever what is kept under a key changes its meaning: then old entries are no longer found."""


def key_of(origin: str, dialect: str, path: str, body: Mapping[str, Any]) -> str:
    """The key of the answer to one request: SHA-256 of its canonical JSON, in hexadecimal.

    `origin` is the server's address, `path` and `body` are the request as it goes out: model, prompt, bounds, stops,
    temperature and seed are all in it. Headers, and with them keys, are not; nor whether the answer is streamed.
    """
    shaping = {name: value for name, value in body.items() if name not in ("stream", "stream_options")}
    whole = json.dumps([VERSION, origin, dialect, path, shaping], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
