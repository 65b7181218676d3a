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
    if parts.netloc and parts.scheme == "file":
        path = f"//{unquote(parts.netloc)}{path}"
    if os.name == "nt":
        path = path.lstrip("/") if path[2:3] == ":" else path
        return path.replace("/", "\\")
    return path or None


def places_of(uri: str) -> tuple[str, ...]:
    """The paths that tell what the document at `uri` is: the one in the URI, whatever its scheme, and for a file of this
    machine the real one behind links. Looks at the disk.

    >>> places_of("vscode-remote://wsl/home/ada/.bashrc")
    ('/home/ada/.bashrc',)
    """
    path = to_path(uri)
    if path is None:
        return (unquote(urlsplit(uri).path),)
    try:
        return tuple(dict.fromkeys((path, os.path.realpath(path))))
    except (OSError, ValueError):  # a NUL in it, or links in a circle
        return (path,)
