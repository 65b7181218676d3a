"""Repositories that a stranger made: each wants a program of its own to be run.

Every such program is a canary. It writes its name and its arguments into one file, which is read after the attack.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_AUTHOR = ("-c", "user.name=Eve", "-c", "user.email=eve@example.org", "-c", "commit.gpgsign=false")
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.file.allow=always")


@dataclass(frozen=True)
class Canaries:
    """Programs that write down that they were run."""

    folder: Path

    @property
    def _log(self) -> Path:
        return self.folder / "song"

    def program(self, name: str = "canary") -> Path:
        """A program of that name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = self.folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {name} \"$@\" >> '{self._log}'\n")
        program.chmod(0o755)
        return program

    def song(self) -> str:
        """A line for each run; empty if no canary was run."""
        return self._log.read_text() if self._log.exists() else ""


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """Runs git as the stranger does, without what the repository would have it run."""
    done = subprocess.run(
        ["git", *_SAFE, *_AUTHOR, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    return done.stdout


def make_repository(folder: Path) -> Path:
    """A repository with one commit, a staged change and a change that is not staged, both in `a.py`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.py").write_text("x = 1\n")
    (folder / "b.txt").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Say x")
    (folder / "a.py").write_text("x = 2\n")
    git(folder, "add", "a.py")
    (folder / "b.txt").write_text("two\n")
    return folder


def configure(folder: Path, settings: Mapping[str, str], file: str = "config") -> None:
    """Writes `settings` into the repository's configuration as text: git itself would refuse some of them."""
    lines = []
    for name, value in settings.items():
        section, _, key = name.rpartition(".")
        section, _, subsection = section.partition(".")
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'[{section} "{subsection}"]' if subsection else f"[{section}]")
        lines.append(f'\t{key} = "{quoted}"')
    with (folder / ".git" / file).open("a") as config:
        config.write("\n".join(lines) + "\n")


def miss_a_blob(folder: Path) -> None:
    """Takes the committed version of `a.py` away, as in a partial clone."""
    blob = git(folder, "rev-parse", "HEAD:a.py").strip()
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


def make_bare_layout(folder: Path, settings: Mapping[str, str]) -> None:
    """A folder that git takes for a bare repository with a work tree, as files that can be committed."""
    repository = make_repository(folder / "made")
    configure(repository, {"core.worktree": str(folder), **settings})
    miss_a_blob(repository)
    for name in ("HEAD", "objects", "refs", "index", "config"):
        shutil.move(repository / ".git" / name, folder / name)
    (folder / "a.py").write_text("x = 2\n")
    (folder / "b.txt").write_text("two\n")
    (folder / ".gitattributes").write_text("* filter=evil diff=evil\n")
    shutil.rmtree(repository)


HOOKS = (
    "fsmonitor-watchman post-checkout post-index-change pre-auto-gc pre-commit prepare-commit-msg query-watchman "
    "reference-transaction".split()
)


def lay_trap(folder: Path, settings: Mapping[str, str], canaries: Canaries) -> None:
    """Makes `settings` of the repository in `folder`, `{}` in them being a canary, and all that they need beside them."""
    canary = str(canaries.program())
    for hook in HOOKS:
        canaries.program(f"canary.hooks/{hook}")
        shutil.copy(canaries.program(f"canary.hooks/hooks/{hook}"), folder / ".git" / "hooks" / hook)
    Path(f"{canary}.attributes").write_text("* filter=evil diff=evil\n")
    Path(f"{canary}.order").write_text("*\n")
    Path(f"{canary}.config").write_text(f"[core]\n\tfsmonitor = {canary}\n[diff]\n\texternal = {canary}\n")
    shutil.copy(f"{canary}.config", folder / ".git" / "config.worktree")
    for attributes in (folder / ".gitattributes", folder / ".git" / "info" / "attributes"):
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text("* filter=evil diff=evil merge=evil\n")
    configure(folder, {name.replace("{}", canary): value.replace("{}", canary) for name, value in settings.items()})
