"""A repository as it lies on the disk: where its parts are, and what its `HEAD` names. Nothing here runs git.

Layout: https://git-scm.com/docs/gitrepository-layout. What is read may be anything: a device, a pipe, a link to another
repository of the user's. So only regular files of bounded size are read, and only those that really lie in a folder that
belongs to the repository.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from picode.core.errors import ConfigurationError, Untrusted
from picode.io.regular_files import read_regular

_SMALL = 65_536
"""Bytes of a file that names something: `HEAD`, `.git`, `commondir`, a loose reference."""

_LARGE = 256_000_000
"""Bytes of an index, or of packed references. The index of a repository with a million files has some 100 MB."""

_NAME = re.compile(r"refs/[^\s\\:?*\[~^]{1,1000}")
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA256 = re.compile(rb"^[ \t]*+objectformat[ \t]*+=[ \t]*+\"?sha256", re.IGNORECASE | re.MULTILINE)

Trusts = Callable[[str], bool]
"""Whether the user trusts a folder, or one that it lies in."""


@dataclass(frozen=True, slots=True)
class Repository:
    """`root` is the top folder of the work tree, `own` the repository folder of this work tree (`.git`, or one in
    `.git/worktrees`), `common` the one that all its work trees share. All are real paths."""

    root: Path
    own: Path
    common: Path

    @property
    def objects(self) -> Path:
        """The folder of its objects."""
        return self.common / "objects"

    def sha256(self, head: str) -> bool:
        """Whether its objects are named by SHA-256. `head` is the commit that it is at, where there is one."""
        if head:
            return len(head) == 64
        return _SHA256.search(read_regular(self.common / "config", _SMALL) or b"") is not None


def find_repository(folder: str, trusts: Trusts) -> Repository:
    """The repository around `folder`. A folder that is laid out as a bare repository is a folder like any other.

    Raises `Untrusted` where the user does not trust its root, and `ConfigurationError` where there is none, and where its parts
    lie in folders that belong neither to it nor to a folder that the user trusts.
    """
    start = Path(os.path.realpath(folder or os.curdir))
    for root in (start, *start.parents):
        own = _own_folder(root)
        if own is None or not _is_repository_folder(own):
            continue
        # Who trusts a repository trusts all work trees that it says are its own.
        common = _common_folder(own)
        if not (trusts(str(root)) or (trusts(str(common)) and _is_work_tree_of(own, common, root))):
            raise Untrusted(
                "PiCode runs git only in folders that you trust.",
                f"Trust this one in your editor, or run `picode trust {_quoted(root)}`.",
            )
        return _checked(root, own, trusts)
    raise ConfigurationError("This folder is in no git repository.", "Open one that is, or run `git init`.")


def common_folder(root: Path) -> Path | None:
    """The repository folder that all work trees of the repository share, `root` being the top folder of one; None where there
    is none. Nothing says that the folder belongs to it."""
    own = _own_folder(root)
    return None if own is None else _common_folder(own)


def head_commit(repository: Repository) -> str:
    """The commit that is checked out, as hexadecimal digits; empty where there is none yet.

    Raises `ConfigurationError` where `HEAD` can't be followed.
    """
    text = _line(repository.own / "HEAD")
    for _ in range(5):
        if _HASH.fullmatch(text):
            return text
        name = text.removeprefix("ref:").strip()
        if not text.startswith("ref:") or not _NAME.fullmatch(name) or ".." in name or name.endswith("/"):
            break
        text = _loose(repository, name)
        if not text:
            return _packed(repository, name)
    raise ConfigurationError("The repository's HEAD can't be followed.", "See what `git status` says there.")


def index_files(repository: Repository) -> list[Path]:
    """The index, and the files that a split one is completed by."""
    try:
        shared = [each for each in os.listdir(repository.own) if re.fullmatch(r"sharedindex\.[0-9a-f]{40,64}", each)]
    except OSError:
        shared = []
    return [repository.own / "index", *(repository.own / name for name in shared[:8])]


def read_index(file: Path) -> bytes | None:
    """An index file, or another large one of a repository; None where there is none."""
    return read_regular(file, _LARGE)


def _own_folder(root: Path) -> Path | None:
    """What `.git` in `root` is or names; None where there is no such thing."""
    entry = root / ".git"
    if entry.is_dir():
        return Path(os.path.realpath(entry))
    text = _line(entry)
    if not text.startswith("gitdir:"):
        return None
    return Path(os.path.realpath(root / text.removeprefix("gitdir:").strip()))


def _is_repository_folder(own: Path) -> bool:
    common = _common_folder(own)
    return (own / "HEAD").is_file() and (common / "objects").is_dir() and (common / "refs").is_dir()


def _common_folder(own: Path) -> Path:
    named = _line(own / "commondir")
    return Path(os.path.realpath(own / named)) if named else own


def _checked(root: Path, own: Path, trusts: Trusts) -> Repository:
    """The repository, if all of it lies where it may: else its files could show another one's content to a model."""
    common = _common_folder(own)
    vouched = own == root / ".git" or trusts(str(own)) or _is_work_tree_of(own, common, root)
    inside = {own, common} if vouched else set[Path]()
    parts = [own, common, *(own / name for name in ("HEAD", "index")), common / "objects", common / "packed-refs"]
    for part in parts:
        real = Path(os.path.realpath(part))
        if not any(real.is_relative_to(folder) for folder in inside) and not trusts(str(real.parent)):
            raise ConfigurationError(
                f"The repository in {root} has a part elsewhere ({real}), in a folder that you do not trust.",
                f"If it belongs there, run `picode trust {_quoted(real.parent)}`.",
            )
    if common != own and not (trusts(str(common)) or _is_work_tree_of(own, common, root)):
        raise ConfigurationError(f"The repository in {root} shares the folder {common}, which you do not trust.")
    return Repository(root, own, common)


def _is_work_tree_of(own: Path, common: Path, root: Path) -> bool:
    """Whether a repository elsewhere says itself that `root` is one of its work trees (`git worktree add`)."""
    back = _line(own / "gitdir")
    return own.parent == common / "worktrees" and bool(back) and os.path.realpath(own / back) == str(root / ".git")


def _loose(repository: Repository, name: str) -> str:
    """A reference in a file of its own. One that is a link out of the repository is none: it would name another's commit."""
    for folder in (repository.own, repository.common):
        file = folder / name
        if Path(os.path.realpath(file)).is_relative_to(folder) and (found := _line(file)):
            return found
    return ""


def _packed(repository: Repository, name: str) -> str:
    if (repository.common / "reftable").is_dir():
        raise ConfigurationError(
            "This repository keeps its branches as reftable, which PiCode does not read.",
            "Run `git refs migrate --ref-format=files`.",
        )
    for line in (read_index(repository.common / "packed-refs") or b"").splitlines():
        commit, _, packed = line.partition(b" ")
        if packed == name.encode() and _HASH.fullmatch(found := commit.decode("ascii", "replace")):
            return found
    return ""


def _line(file: Path) -> str:
    """The first line of a small file; empty where there is none."""
    return (read_regular(file, _SMALL) or b"").decode("utf-8", "surrogateescape").partition("\n")[0].strip("\r\0 ")


def _quoted(path: Path) -> str:
    return f'"{path}"' if os.name == "nt" else shlex.quote(str(path))
