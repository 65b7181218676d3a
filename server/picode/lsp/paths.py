"""Between URIs and file paths."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

_FILES = ("file", "vscode-notebook-cell")


def to_path(uri: str) -> str | None:
    """The path that `uri` names, None where it names no file of this machine.

    >>> to_path("file:///home/ada/%C3%A9.py")
    '/home/ada/é.py'
    """
    parts = urlsplit(uri)
    if parts.scheme not in _FILES:
        return None
    path = unquote(parts.path)
    if parts.netloc.lower() not in ("", "localhost") and parts.scheme == "file":
        path = f"//{unquote(parts.netloc)}{path}"
    if os.name == "nt":
        path = path.lstrip("/") if path[2:3] == ":" else path
        return path.replace("/", "\\")
    return path or None
