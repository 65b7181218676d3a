"""The list of the folders that the user trusts."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from picode.core.errors import ConfigurationError
from picode.io.trust import TrustedFolders


@pytest.fixture
def trusted(tmp_path: Path) -> TrustedFolders:
    return TrustedFolders(tmp_path / "config")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / "inner").mkdir(parents=True)
    (tmp_path / "project-of-another").mkdir()
    return project


def test_nothing_is_trusted_before_the_user_says_so(trusted: TrustedFolders, project: Path) -> None:
    assert not trusted.is_trusted(project)
    assert trusted.folders() == []


def test_trust_reaches_what_lies_in_a_folder_and_nothing_else(trusted: TrustedFolders, project: Path) -> None:
    trusted.trust(project)
    assert trusted.is_trusted(project)
    assert trusted.is_trusted(str(project / "inner"))
    assert not trusted.is_trusted(project.parent)
    assert not trusted.is_trusted(project.parent / "project-of-another")
    assert not trusted.is_trusted(project / "inner" / ".." / "..")
    assert TrustedFolders(trusted.file.parent).is_trusted(project), "another process sees it"


def test_the_root_of_the_disk_contains_everything(trusted: TrustedFolders, project: Path) -> None:
    trusted.trust(project.anchor)
    assert trusted.is_trusted(project)


@pytest.mark.skipif(os.name == "nt", reason="links need rights that a user of Windows does not have")
def test_a_link_counts_as_what_it_leads_to(trusted: TrustedFolders, project: Path) -> None:
    (project.parent / "alias").symlink_to(project)
    (project / "out").symlink_to(project.parent / "project-of-another")
    trusted.trust(project.parent / "alias")
    assert trusted.folders() == [str(project)]
    assert not trusted.is_trusted(project / "out")


def test_trust_can_be_taken_back(trusted: TrustedFolders, project: Path) -> None:
    trusted.trust(project)
    trusted.untrust(project)
    trusted.untrust(project)
    assert not trusted.is_trusted(project)


def test_taking_back_trust_that_a_folder_above_still_gives_is_said(trusted: TrustedFolders, project: Path) -> None:
    trusted.trust(project)
    with pytest.raises(ConfigurationError, match="still trusted"):
        trusted.untrust(project / "inner")
    assert trusted.is_trusted(project / "inner")


def test_only_folders_can_be_trusted(trusted: TrustedFolders, project: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        trusted.trust(project / "missing")


def test_a_list_that_cannot_be_written_is_said_in_words(project: Path) -> None:
    (project / "file").touch()
    with pytest.raises(ConfigurationError, match=r"trusted\.json can't be written"):
        TrustedFolders(project / "file").trust(project)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_nobody_else_reads_or_writes_the_list(trusted: TrustedFolders, project: Path) -> None:
    trusted.trust(project)
    assert stat.S_IMODE(trusted.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(trusted.file.parent.stat().st_mode) == 0o700
    assert list(trusted.file.parent.iterdir()) == [trusted.file], "no draft is left"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"folders": "/"}',
        b'{"folders": {"/": true}}',
        b'{"folders": ["", ".", "..", 5, null]}',
        b"[" * 200_000,
    ],
)
def test_a_broken_list_trusts_nobody(trusted: TrustedFolders, project: Path, content: bytes) -> None:
    trusted.file.parent.mkdir()
    trusted.file.write_bytes(content)
    assert not trusted.is_trusted(project)
    trusted.trust(project)
    assert trusted.is_trusted(project), "and is mended by the next word of trust"
