"""Repositories that are not just a folder `.git`: those that git itself makes are read, those that reach elsewhere are not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from .clones import Canaries, configure, git, lay_trap, make_repository
from .conftest import look

SECRET = "the private plan\n"
SETTINGS = {"core.fsmonitor": "{}", "filter.evil.clean": "{}", "diff.external": "{}", "core.pager": "{}"}


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """Another repository of the user's, where no stranger's clone may lead."""
    folder = make_repository(tmp_path / "private")
    (folder / "plan.txt").write_text(SECRET)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Plan in private")
    git(folder, "rm", "-q", "--cached", "plan.txt")
    return folder


class TestOfGitsOwn:
    """What is asked for is there: the staged change, the other one, and the subject."""

    async def told(self, folder: Path, *trusted: Path) -> None:
        said = await look(folder, *trusted)
        assert "-x = 1\n+x = 2" in said
        assert "-one\n+two" in said
        assert "Say x" in said

    async def test_a_folder_of_the_work_tree(self, clone: Path) -> None:
        (clone / "deep" / "er").mkdir(parents=True)
        await self.told(clone / "deep" / "er", clone)

    async def test_packed_references(self, clone: Path) -> None:
        git(clone, "pack-refs", "--all")
        git(clone, "repack", "-adq")
        assert not (clone / ".git/refs/heads/main").exists()
        await self.told(clone)

    async def test_a_detached_head(self, clone: Path) -> None:
        git(clone, "checkout", "-q", "--detach")
        await self.told(clone)

    async def test_no_commit_yet(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        (tmp_path / "a.py").write_text("x = 2\n")
        git(tmp_path, "add", ".")
        assert "+x = 2" in await look(tmp_path)

    @pytest.mark.parametrize("version", ["2", "3", "4"])
    async def test_versions_of_the_index(self, clone: Path, version: str) -> None:
        git(clone, "update-index", "--index-version", version)
        await self.told(clone)

    async def test_a_split_index(self, clone: Path) -> None:
        git(clone, "update-index", "--split-index")
        git(clone, "rm", "-q", "--cached", "b.txt")
        git(clone, "add", "a.py")
        said = await look(clone)
        assert "-x = 1\n+x = 2" in said
        assert "deleted file" in said

    async def test_a_sparse_checkout(self, clone: Path) -> None:
        (clone / "far").mkdir()
        (clone / "far" / "c.py").write_text("y = 1\n")
        git(clone, "add", "far")
        git(clone, "commit", "-qm", "Say y", "far")
        git(clone, "sparse-checkout", "set", "--cone", "--sparse-index", "near")
        assert not (clone / "far").exists()
        await self.told(clone)
        assert "y = 1" not in await look(clone)

    async def test_objects_that_are_named_by_sha_256(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q", "--object-format=sha256")
        (tmp_path / "a.py").write_text("x = 1\n")
        git(tmp_path, "add", ".")
        assert "+x = 1" in await look(tmp_path), "no commit yet"
        git(tmp_path, "commit", "-qm", "Say x")
        (tmp_path / "a.py").write_text("x = 2\n")
        assert "-x = 1\n+x = 2" in await look(tmp_path)

    async def test_a_shallow_clone(self, clone: Path, tmp_path: Path) -> None:
        git(clone, "commit", "-qm", "Double x")
        git(tmp_path, "clone", "-q", "--depth=1", clone.as_uri(), "shallow")
        (tmp_path / "shallow" / "a.py").write_text("x = 3\n")
        said = await look(tmp_path / "shallow")
        assert "-x = 2\n+x = 3" in said
        assert "Double x" in said

    async def test_a_further_work_tree(self, clone: Path, tmp_path: Path) -> None:
        git(clone, "worktree", "add", "-q", str(tmp_path / "further"))
        (tmp_path / "further" / "a.py").write_text("x = 5\n")
        assert "-x = 1\n+x = 5" in await look(tmp_path / "further", tmp_path / "further")
        assert "-x = 1\n+x = 5" in await look(tmp_path / "further", clone), "a trusted repository vouches for it"
        assert "picode trust" in await look(tmp_path / "further", tmp_path / "elsewhere")

    async def test_a_submodule(self, clone: Path, tmp_path: Path) -> None:
        other = make_repository(tmp_path / "other")
        git(clone, "submodule", "--quiet", "add", str(other), "sub")
        (clone / "sub" / "a.py").write_text("x = 7\n")
        assert "-x = 1\n+x = 7" in await look(clone / "sub", clone)
        assert "Subproject commit" in await look(clone)

    async def test_objects_that_are_borrowed_from_another_repository(self, clone: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "-q", "--shared", str(clone), "borrower")
        (tmp_path / "borrower" / "a.py").write_text("x = 3\n")
        assert "-x = 1\n+x = 3" in await look(tmp_path / "borrower")

    async def test_a_change_of_the_same_length_within_the_tick_of_the_index(self, clone: Path) -> None:
        index = clone / ".git" / "index"
        (clone / "b.txt").write_text("one\n")
        git(clone, "add", ".")
        (clone / "b.txt").write_text("two\n")
        for each in (index, clone / "b.txt"):
            os.utime(each, (1_000_000_000, 1_000_000_000))
        assert "-one\n+two" in await look(clone)

    async def test_line_ends_that_git_changes_at_checkout_are_no_change(self, clone: Path) -> None:
        (clone / "b.txt").write_bytes(b"one\r\n")
        assert "one" not in await look(clone)


class TestHostile:
    async def test_a_submodule_with_settings_of_its_own(self, clone: Path, tmp_path: Path, canaries: Canaries) -> None:
        other = make_repository(tmp_path / "other")
        git(clone, "submodule", "--quiet", "add", str(other), "sub")
        canary = str(canaries.program())
        for folder in (clone / ".git" / "modules" / "sub", clone / ".git"):
            with (folder / "config").open("a") as config:
                config.write(f"[core]\n\tfsmonitor = {canary}\n[diff]\n\texternal = {canary}\n\tsubmodule = diff\n")
                config.write(f'[filter "evil"]\n\tclean = {canary}\n[status]\n\tsubmoduleSummary = true\n')
        (clone / "sub" / ".gitattributes").write_text("* filter=evil\n")
        (clone / "sub" / "a.py").write_text("x = 7\n")
        (clone / ".gitmodules").write_text(
            (clone / ".gitmodules").read_text() + f"\tupdate = !{canary}\n\tignore = none\n"
        )
        await look(clone)
        await look(clone / "sub", clone)
        assert canaries.song() == ""

    async def test_a_git_file_that_leads_elsewhere(self, private: Path, tmp_path: Path) -> None:
        clone = tmp_path / "clone"
        clone.mkdir()
        (clone / ".git").write_text(f"gitdir: {private / '.git'}\n")
        said = await look(clone, clone)
        assert SECRET not in said
        assert "in a folder that you do not trust" in said

    async def test_a_git_file_that_leads_to_another_work_tree(self, private: Path, tmp_path: Path) -> None:
        git(private, "worktree", "add", "-q", str(tmp_path / "other"))
        clone = tmp_path / "clone"
        clone.mkdir()
        shutil.copy(tmp_path / "other" / ".git", clone)
        said = await look(clone, clone)
        assert "Plan" not in said
        assert "in a folder that you do not trust" in said
        assert "picode trust" in await look(clone, private), "the repository says nothing of this work tree"

    @pytest.mark.parametrize("part", ["", "HEAD", "index", "objects", "packed-refs", "refs/heads/main", "commondir"])
    async def test_a_part_that_is_a_link_elsewhere(self, clone: Path, private: Path, part: str) -> None:
        git(private, "pack-refs", "--all")
        git(private, "branch", "-q", "loose")
        if part == "commondir":
            (clone / ".git" / "commondir").write_text(str(private / ".git"))
        else:
            taken = clone / ".git" / part
            shutil.rmtree(taken) if taken.is_dir() else taken.unlink(missing_ok=True)
            source = "refs/heads/loose" if part == "refs/heads/main" else part
            taken.symlink_to(private / ".git" / source)
        (clone / ".git" / "objects" / "info").mkdir(exist_ok=True)
        if part != "objects":
            (clone / ".git" / "objects" / "info" / "alternates").write_text(f"{private / '.git' / 'objects'}\n")
        said = await look(clone, clone)
        assert SECRET not in said
        assert "Plan in private" not in said

    @pytest.mark.parametrize("part", ["HEAD", "index", "packed-refs", "shallow", "commondir", "refs/heads/main", ""])
    @pytest.mark.parametrize("what", ["pipe", "device", "endless link", "folder", "zeros"])
    async def test_a_part_that_is_no_file(self, clone: Path, part: str, what: str) -> None:
        taken = clone / ".git" / part if part else clone / ".git"
        shutil.rmtree(taken) if taken.is_dir() else taken.unlink(missing_ok=True)
        if what == "pipe":
            os.mkfifo(taken)
        elif what == "folder":
            taken.mkdir()
        elif what == "zeros":
            taken.write_bytes(bytes(100_000))
        else:
            taken.symlink_to("/dev/zero" if what == "device" else taken)
        assert isinstance(await look(clone), str), "it ends, and says something"

    @pytest.mark.parametrize(
        "reference",
        ["../../outside", "refs/heads/../../../outside", "refs/heads/a b", "-x", "refs/", "/etc/hostname", ""],
    )
    async def test_a_head_that_names_no_reference(self, clone: Path, reference: str) -> None:
        (clone.parent / "outside").write_text(git(clone, "rev-parse", "HEAD"))
        (clone / ".git" / "HEAD").write_text(f"ref: {reference}\n")
        assert "can't be followed" in await look(clone)

    async def test_the_environment_says_nothing_to_git(
        self, clone: Path, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lay_trap(clone, SETTINGS, canaries)
        canary = str(canaries.program())
        settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": canary}
        programs = (
            "EXTERNAL_DIFF SSH SSH_COMMAND PAGER EDITOR SEQUENCE_EDITOR ASKPASS PROXY_COMMAND TRACE TRACE2".split()
        )
        elsewhere = {
            "GIT_DIR": "/nowhere",
            "GIT_WORK_TREE": "/",
            "GIT_INDEX_FILE": "/nowhere",
            "GIT_EXEC_PATH": "/nowhere",
        }
        quoted = {"GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={canary}'", "GIT_CONFIG_GLOBAL": f"{canary}.config"}
        every = settings | elsewhere | quoted | {f"GIT_{name}": canary for name in programs} | {"PAGER": canary}
        for name, value in every.items():
            monkeypatch.setenv(name, value)
        said = await look(clone)
        assert canaries.song() == ""
        assert "+x = 2" in said

    async def test_what_the_user_has_git_do_with_files_is_not_for_a_stranger_to_choose(
        self, clone: Path, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A filter of the user's own, such as Git LFS, runs where a `.gitattributes` names it."""
        home = clone.parent / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(f'[filter "lfs"]\n\tclean = {canaries.program()}\n')
        monkeypatch.setenv("HOME", str(home))
        (clone / ".gitattributes").write_text("* filter=lfs\n")
        await look(clone)
        assert canaries.song() == ""

    @pytest.mark.parametrize("place", ["bin", ".venv/bin", ""])
    async def test_a_git_of_the_clones_own_is_not_run(
        self, clone: Path, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        own = Canaries(clone / place)
        own.program("git")
        (clone.parent / "link").symlink_to(clone / place)
        monkeypatch.chdir(clone)
        for first in (str(clone / place), str(clone.parent / "link"), place, ".", ""):
            monkeypatch.setenv("PATH", f"{first}{os.pathsep}{os.environ['PATH']}")
        said = await look(clone)
        assert own.song() == ""
        assert "+x = 2" in said

    async def test_a_diff_without_end_is_cut(self, clone: Path) -> None:
        (clone / "large.txt").write_text("a line that is added\n" * 500_000)
        git(clone, "add", ".")
        assert 1_900_000 < len(await look(clone)) < 5_000_000


class TestBeforeTrust:
    """Git is not run in a folder that the user does not trust, and the user is told how to give trust."""

    @pytest.fixture(autouse=True)
    def _only_canaries(self, canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
        canaries.program("git")
        monkeypatch.setenv("PATH", str(canaries.folder))

    async def test_git_is_not_run(self, clone: Path, canaries: Canaries, tmp_path: Path) -> None:
        said = await look(clone, tmp_path / "elsewhere")
        assert f"run `picode trust {clone}`" in said
        assert canaries.song() == ""

    async def test_trust_in_a_folder_of_a_repository_is_none_in_its_root(self, clone: Path, canaries: Canaries) -> None:
        (clone / "inner").mkdir()
        assert f"run `picode trust {clone}`" in await look(clone / "inner", clone / "inner")
        assert canaries.song() == ""

    async def test_a_canary_would_be_heard(self, clone: Path, canaries: Canaries) -> None:
        await look(clone, clone)
        assert canaries.song().count("git") == 3


def test_a_setting_is_written_as_git_reads_it(clone: Path) -> None:
    """The traps are what they are taken for."""
    configure(clone, {"a.b": 'c "d" \\e', "a.x.y.z": "1"})
    assert git(clone, "config", "a.b") == 'c "d" \\e\n'
    assert git(clone, "config", "a.x.y.z") == "1\n"
