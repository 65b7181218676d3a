"""The key of an answer in the disk cache: a digest of all that shapes the answer, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

VERSION = 1
"""Raised whenever entries change their meaning: older ones are no longer found."""


def key_of(origin: str, dialect: str, path: str, body: Mapping[str, Any]) -> str:
    """The key of the answer to one request: the SHA-256 of its canonical JSON, in hexadecimal.

    `origin` is the server's address; `path` and `body` are the request as it goes out, with model, prompt, token limit, stops,
    temperature and seed. Headers, and so API keys, are not in it, nor whether the answer is streamed.
    """
    shaping = {name: value for name, value in body.items() if name not in ("stream", "stream_options")}
    whole = json.dumps([VERSION, origin, dialect, path, shaping], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
