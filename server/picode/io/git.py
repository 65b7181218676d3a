"""What git says of a repository's changes, for the port `Changes`.

A repository is a stranger's until the user trusts it, and its configuration can name programs to run. So git is asked with
those switched off, and only for what it prints.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Sequence

from picode.assistant.ports import Excluder
from picode.core.errors import ConfigurationError

_PATIENCE = 10.0
"""Seconds for one command."""

_LARGEST = 2_000_000
"""Bytes of the largest diff that is read. More than that, no model reads."""

_SUBJECTS = 10

# What a repository's own configuration could make git run: https://git-scm.com/docs/git-config
_HARMLESS = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "diff.external=", "-c", "core.pager=cat",
    "-c", "color.ui=false", "-c", "core.quotePath=false", "-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false",
)  # fmt: skip
_DIFF = (
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
)

_FILE = re.compile(r"^diff --git ", re.MULTILINE)
_NAMES = re.compile(r"^(?:\+\+\+ b/|--- a/|rename (?:from|to) )(.+?)\t?$", re.MULTILINE)
_HEADER = re.compile(r"^diff --git a/(.+)$", re.MULTILINE)


class Git:
    """Asks git. `excluder` says which files are shown to no model."""

    def __init__(self, excluder: Excluder) -> None:
        self._excluder = excluder

    async def staged(self, folder: str) -> str:
        return await self._diff(folder, "--cached")

    async def unstaged(self, folder: str) -> str:
        return await self._diff(folder)

    async def subjects(self, folder: str) -> Sequence[str]:
        with contextlib.suppress(ConfigurationError):
            printed = await _run(folder, "log", f"-{_SUBJECTS}", "--no-show-signature", "--format=%s")
            return [line[:120] for line in printed.splitlines() if line.strip()]
        return ()

    async def _diff(self, folder: str, *options: str) -> str:
        root = (await _run(folder, "rev-parse", "--show-toplevel")).strip()
        text = await _run(root, *_DIFF, *options)
        return await asyncio.to_thread(self._without_excluded, text, root)

    def _without_excluded(self, text: str, root: str) -> str:
        starts = [found.start() for found in _FILE.finditer(text)]
        parts = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=False)]
        return "".join(part for part in parts if not self._excluded(part, root))

    def _excluded(self, part: str, root: str) -> bool:
        head = part.partition("\n@@")[0]
        names = {*_NAMES.findall(head), *filter(None, map(_named_twice, _HEADER.findall(head)))}
        return not names or any(
            self._excluder.reason(os.path.join(root, _unquoted(name))) is not None for name in names
        )


def _named_twice(names: str) -> str:
    """The name in `name b/name`, which both sides of a difference have; empty where they differ."""
    size = (len(names) - len(" b/")) // 2
    return names[:size] if names[size:] == f" b/{names[:size]}" else ""


def _unquoted(name: str) -> str:
    return name[1:-1] if name.startswith('"') and name.endswith('"') else name


async def _run(folder: str, *arguments: str) -> str:
    """What git prints. Raises `ConfigurationError` where it can't be asked, or says no."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *_HARMLESS,
            *arguments,
            cwd=folder or None,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError:
        raise ConfigurationError(
            "git was not found, or the folder is gone.", "Install git, and open the folder."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"git could not be started: {error.strerror}.") from None
    try:
        async with asyncio.timeout(_PATIENCE):
            printed, complaint = await asyncio.gather(_read(process.stdout), _read(process.stderr))
            await process.wait()
    except TimeoutError:
        raise ConfigurationError("git took too long.", "Try again, or see what keeps git busy there.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode not in (0, None) and not printed:
        said = complaint.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        if "not a git repository" in said:
            raise ConfigurationError("This folder is in no git repository.", "Open one that is, or run `git init`.")
        raise ConfigurationError(f"git says: {said[:300]}")
    return printed.decode("utf-8", "replace")


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    """All of it, up to the limit; what comes after is not kept, but read, so that nobody waits for us."""
    kept = bytearray()
    while stream is not None and (piece := await stream.read(65_536)):
        if len(kept) < _LARGEST:
            kept += piece
    return bytes(kept)
