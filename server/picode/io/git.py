"""What git says of a repository's changes, for the port `Changes`.

A repository's configuration can name programs for git to run: hooks, filters, helpers, transports. There is no option that
switches all of them off, and each version of git has new ones. So git never sees that configuration: it is given a repository
folder of PiCode's own, with the index, the commit that is checked out and the place of the objects, and nothing else. It is
asked only about folders that the user trusts, and this module is the only one that runs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from picode.assistant.ports import Excluder
from picode.core.errors import ConfigurationError
from picode.io.programs import find_program
from picode.io.repository import Repository, Trusts, find_repository, head_commit, index_files, read_index

_TIMEOUT_S = 10.0
"""Seconds for one command."""

_LARGEST = 2_000_000
"""Bytes of the largest diff that is read. More than that, no model reads."""

_SUBJECTS = 10

_CONFIGURATION = """\
[core]
repositoryFormatVersion = 0
bare = false
quotePath = false
symlinks = {symlinks}
# A file that differs in its line ends or its mode alone has not changed for a model, whatever the user's own git makes of it.
autocrlf = input
safecrlf = false
fileMode = false
trustctime = false
"""
"""All the configuration that git sees."""

_SHA256 = """\
[core]
repositoryFormatVersion = 1
[extensions]
objectFormat = sha256
"""

_DIFF = (
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
    "--ignore-submodules=dirty",
)

_FILE = re.compile(r"^diff --git ", re.MULTILINE)
_NAMES = re.compile(r"^(?:\+\+\+ b/|--- a/|rename (?:from|to) )(.+?)\t?$", re.MULTILINE)
_HEADER = re.compile(r"^diff --git a/(.+)$", re.MULTILINE)


class Git:
    """Asks git. `excluder` says which files are shown to no model, `trusts` which folders the user trusts."""

    def __init__(self, excluder: Excluder, trusts: Trusts) -> None:
        self._excluder = excluder
        self._trusts = trusts

    async def staged(self, folder: str) -> str:
        return await self._diff(folder, "--cached")

    async def unstaged(self, folder: str) -> str:
        return await self._diff(folder)

    async def subjects(self, folder: str) -> Sequence[str]:
        with contextlib.suppress(ConfigurationError):
            repository = await asyncio.to_thread(find_repository, folder, self._trusts)
            printed = await _run(repository, "log", f"-{_SUBJECTS}", "--no-show-signature", "--no-notes", "--format=%s")
            return [line[:120] for line in printed.splitlines() if line.strip()]
        return ()

    async def ancestor(self, path: str) -> str:
        with contextlib.suppress(ConfigurationError, ValueError):
            repository = await asyncio.to_thread(find_repository, os.path.dirname(path), self._trusts)
            name = await asyncio.to_thread(_name_in, repository, path)
            return await _run(repository, "cat-file", "blob", f":1:{name}")
        return ""

    async def _diff(self, folder: str, *options: str) -> str:
        repository = await asyncio.to_thread(find_repository, folder, self._trusts)
        text = await _run(repository, *_DIFF, *options)
        return await asyncio.to_thread(self._without_excluded, text, str(repository.root))

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


def _name_in(repository: Repository, path: str) -> str:
    """What git calls a file. Raises `ValueError` for one that is elsewhere."""
    return Path(path).resolve().relative_to(Path(repository.root).resolve()).as_posix()


def _named_twice(names: str) -> str:
    """The name in `name b/name`, which both sides of a difference have; empty where they differ."""
    size = (len(names) - len(" b/")) // 2
    return names[:size] if names[size:] == f" b/{names[:size]}" else ""


def _unquoted(name: str) -> str:
    return name[1:-1] if name.startswith('"') and name.endswith('"') else name


async def _run(repository: Repository, *arguments: str) -> str:
    """What git prints about `repository`. Raises `ConfigurationError` where it can't be asked, or says no."""
    program = await asyncio.to_thread(find_program, "git", os.environ, (repository.root,))
    if program is None:
        raise ConfigurationError("git was not found.", "Install git, so that it is on the PATH.")
    async with _stand_in(repository) as folder:
        try:
            process = await asyncio.create_subprocess_exec(
                program,
                "--no-pager",
                *arguments,
                cwd=repository.root,
                env=_environment(folder, repository),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise ConfigurationError(f"git could not be started: {error.strerror}.") from None
        printed, complaint = await _listen(process)
    if process.returncode and len(printed) < _LARGEST:
        raise _refusal(complaint.decode("utf-8", "replace").strip())
    return printed.decode("utf-8", "replace")


async def _listen(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """What it prints and what it complains of, both up to the limit. It has ended then."""
    complaining = asyncio.create_task(_read(process.stderr))
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            printed = await _read(process.stdout)
            if len(printed) < _LARGEST:
                await process.wait()
                return printed, await complaining
            return printed, b""
    except TimeoutError:
        raise ConfigurationError("git took too long.", "Try again, or see what keeps git busy there.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        complaining.cancel()


def _refusal(complaint: str) -> ConfigurationError:
    said = complaint.removeprefix("fatal: ")
    if re.search(r"unable to read|could not read|missing blob|bad object|unable to find", said):
        return ConfigurationError(
            f"An object of the repository is missing here (git says: {said[:200]}).",
            "It may be a partial clone, and PiCode fetches nothing: run `git diff --cached` once, then try again.",
        )
    return ConfigurationError(f"git says: {said[:300]}")


@asynccontextmanager
async def _stand_in(repository: Repository) -> AsyncIterator[Path]:
    """A repository folder that git is given instead of the real one, for the time of one command."""
    folder = Path(tempfile.mkdtemp(prefix="picode-git-"))  # only the user may enter it
    try:
        await asyncio.to_thread(_furnish, folder, repository)
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _furnish(folder: Path, repository: Repository) -> None:
    """Writes into `folder` what git has to know of `repository`: no configuration, no hook, no attribute, no remote."""
    head = head_commit(repository)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text(f"{head or 'ref: refs/heads/none'}\n")
    configuration = _CONFIGURATION.format(symlinks="false" if sys.platform == "win32" else "true")
    (folder / "config").write_text(configuration + (_SHA256 if repository.sha256(head) else ""))
    for file in (*index_files(repository), repository.common / "shallow"):
        if (data := read_index(file)) is not None:
            copy = folder / file.name
            copy.write_bytes(data)
            found = file.stat()
            os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))  # an entry as new as the index is compared


def _environment(folder: Path, repository: Repository) -> dict[str, str]:
    """The user's environment without what it says to git, and with the stand-in `folder` for `repository`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    nothing = str(folder / "nothing")
    return environment | {
        "GIT_DIR": str(folder),
        "GIT_WORK_TREE": str(repository.root),
        "GIT_OBJECT_DIRECTORY": str(repository.objects),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": nothing,
        "GIT_CONFIG_GLOBAL": nothing,  # the user's filters are meant for checkouts, and a repository chooses among them
        "HOME": str(folder),  # a git older than 2.32 finds them there
        "XDG_CONFIG_HOME": str(folder),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    """All of it, up to the limit."""
    kept = bytearray()
    while stream is not None and len(kept) < _LARGEST and (piece := await stream.read(65_536)):
        kept += piece
    return bytes(kept)
