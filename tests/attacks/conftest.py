"""A clone that a stranger made, canaries for it, and what PiCode asks git about it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from picode.core.errors import ConfigurationError
from picode.io.git import Git

from .clones import Canaries, make_repository


class Nothing:
    """Excludes no file."""

    def reason(self, path: str) -> str | None:
        return None


@pytest.fixture
def canaries(tmp_path: Path) -> Canaries:
    return Canaries(tmp_path / "canaries")


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("made") / "clone")


@pytest.fixture
def clone(_made: Path, tmp_path: Path) -> Path:
    """A repository with one commit, a staged change in `a.py` and one that is not staged in `b.txt`."""
    return Path(shutil.copytree(_made, tmp_path / "clone", symlinks=True))


async def look(folder: Path, *trusted: Path) -> str:
    """All that PiCode ever asks git: what it says, or why it says nothing. The user trusts `trusted`, else the folder above."""
    folders = trusted or (folder.parent,)
    asked = Git(Nothing(), lambda path: any(Path(path).is_relative_to(each) for each in folders))
    said = []
    for question in (asked.staged, asked.unstaged, asked.subjects):
        try:
            said.append(str(await question(str(folder))))
        except ConfigurationError as error:
            said.append(str(error))
    return "\n".join(said)
