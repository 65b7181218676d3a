"""Files that are replaced as a whole: a reader sees the old content or the new one, also after a crash or a power cut."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600


@contextmanager
def replacing(path: Path, *, mode: int | None = PRIVATE, draft: Path | None = None) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of `path` when the block ends; on an error it is removed instead.

    `mode` are its access rights; None takes those of the file that is replaced, and `PRIVATE` where there is none.
    `draft` names the file meanwhile, for a writer that holds a lock: what a killed process has left is then written over,
    while drafts of arbitrary names stay. Raises `OSError`.
    """
    if mode is None:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else PRIVATE
    if draft is None:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    else:
        name = str(draft)
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), PRIVATE)
    try:
        with open(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_atomic(path: Path, content: str | bytes, *, mode: int | None = PRIVATE) -> None:
    """Replaces `path` by `content` (text as UTF-8), see `replacing`. Raises `OSError`."""
    with replacing(path, mode=mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)
