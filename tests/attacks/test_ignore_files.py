"""Ignore files of a repository that nobody has looked at: nothing waits, nothing takes long, and in doubt a file is private."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import threading
from pathlib import Path
from random import Random

import pytest

from picode.core.ignore_rules import excluded_by, excluded_in, parse
from picode.io import ignore, regular_files
from picode.io.ignore import IgnoreRules


def rules_of(folder: Path, told: list[str] | None = None) -> IgnoreRules:
    return IgnoreRules(lambda: [str(folder)], tell=(told if told is not None else []).append)


class Waiting(io.FileIO):
    """A file like `/proc/kmsg`: ordinary by its mode, and without anything to read yet."""

    def __init__(self) -> None:
        super().__init__(__file__)

    def read(self, size: int | None = -1, /) -> None:  # type: ignore[override]
        return None


@pytest.mark.skipif(os.name == "nt", reason="no devices or FIFOs there")
@pytest.mark.parametrize("name", [".gitignore", ".picodeignore"])
@pytest.mark.parametrize("kind", ["device", "fifo", "socket", "folder", "large", "locked", "waiting"])
def test_what_is_no_ordinary_file_of_a_bounded_size_makes_its_folder_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    file = tmp_path / name
    if kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "fifo":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.path.relpath(file))
    elif kind == "waiting":
        file.write_text("a.txt\n")
        monkeypatch.setattr(regular_files, "open", lambda *_: Waiting(), raising=False)
    elif kind == "large":
        file.write_text("x\n" * 500_000)
    else:
        file.symlink_to(tmp_path / name)  # a link to itself
    (tmp_path / "a.py").write_text("x = 1\n")
    told: list[str] = []
    why = rules_of(tmp_path, told).reason(str(tmp_path / "a.py"))
    assert why is not None
    assert "can't be read" in why
    assert len(told) == 1


def test_globs_made_to_be_slow_take_steps_in_proportion_to_their_length() -> None:
    hostile = "\n".join(["*a" * 400 + "b", "**/" * 300 + "b", "[!b]*" * 190 + "c", "?*" * 400 + "b"])
    rules = parse(hostile)
    assert len(rules.rules) == 4
    assert excluded_by(rules.rules, ["a" * 250] * 20) is None


def test_rules_that_take_too_long_make_their_folder_private_and_are_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []
    monkeypatch.setattr(ignore, "excluded_in", lambda *given: tried.append(given) or excluded_in(*given))
    (tmp_path / ".gitignore").write_text("\n".join(["*a" * 120 + "b"] * 1_000))
    folder = tmp_path.joinpath(*["a" * 200] * 8)
    rules = rules_of(tmp_path)
    for _ in range(3):
        assert "too long" in (rules.reason(str(folder / "a.py")) or "")
    assert len(tried) == 1


async def test_a_file_system_that_hangs_makes_the_document_private_and_holds_nothing_else_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    stat = os.stat

    def hang(path: str, *options: object, **more: object) -> os.stat_result:
        if str(path).startswith(str(tmp_path)):
            let_go.wait(30)
        return stat(path, *options, **more)

    monkeypatch.setattr(os, "stat", hang)
    monkeypatch.setattr(ignore, "_PATIENCE", 0.2)
    rules = rules_of(tmp_path)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    counting = asyncio.create_task(count())
    before = threading.active_count()
    reasons = await asyncio.gather(*(rules.find_reason(str(tmp_path / f"{number % 20}.py")) for number in range(200)))
    assert all(reason is not None and "too long" in reason for reason in reasons)
    assert threading.active_count() - before <= ignore._MOST_LOOKS
    assert turns > 5
    let_go.set()
    counting.cancel()
    while rules._looks:
        await asyncio.sleep(0.01)
    assert await rules.find_reason(str(tmp_path / "1.py")) is None


INVALID = ["[z-a]", "!", "a[", "x\\", "/", "[", "y" * 2_000]


@pytest.mark.parametrize("rule", INVALID)
def test_an_invalid_rule_is_told_and_the_others_hold(tmp_path: Path, rule: str) -> None:
    (tmp_path / ".gitignore").write_text(f"*.log\n{rule}\nprivate.py\n")
    told: list[str] = []
    rules = rules_of(tmp_path, told)
    assert "line 1" in (rules.reason(str(tmp_path / "a.log")) or "")
    assert "line 3" in (rules.reason(str(tmp_path / "private.py")) or "")
    assert rules.reason(str(tmp_path / "a.py")) is None
    assert len(told) == 1
    assert "line 2" in told[0]


def test_a_byte_order_mark_and_other_line_ends_change_nothing(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes("\ufeffprivate.py\r\n*.log\r\n".encode())
    assert rules_of(tmp_path).reason(str(tmp_path / "private.py")) is not None
    assert rules_of(tmp_path).reason(str(tmp_path / "a.log")) is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_windows_writes_is_read(tmp_path: Path, encoding: str) -> None:
    """PowerShell's `>` makes UTF-16 of it: git reads no rule there, but tells nobody of it either."""
    (tmp_path / ".picodeignore").write_text("private.py\nsé.py\n", encoding)
    for name in ("private.py", "sé.py"):
        assert rules_of(tmp_path).reason(str(tmp_path / name)) is not None


def test_no_number_of_folders_leads_around_a_rule(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.py\n")
    for folders in (1, 59, 60, 61, 100, 190, 500, 5_000):
        assert rules_of(tmp_path).reason(str(tmp_path.joinpath(*["d"] * folders, "a.py"))) is not None, folders


USERS_SETTINGS = [
    ("[core]\n\texcludesFile = ~/mine\n", True),
    ("[core] excludesFile = ~/mine\n", True),
    ("[Core]\nEXCLUDESFILE=~/mine # all\n", True),
    ("[core]\n\texcludesFile = ~/mine ; all\n", True),
    ('[core]\n\texcludesFile = "~/mine"\n', True),
    ('[core]\n\texcludesFile = ~/"mi"ne\n', True),
    ("[core]\n\texcludesFile = ~/other\n[core]\n\texcludesFile = ~/mine\n", True),
    ("[include]\n\tpath = ~/included\n", True),
    ("[include]\n\tpath = included\n", True),
    ('[includeIf "gitdir:~/"]\n\tpath = included\n', True),
    ("[core]\n\texcludesFile = ~/mi\\\nne\n", True),
    ("\ufeff[core]\r\n\texcludesFile = ~/mine\r\n", True),
    ("[core]\n\texcludesFile = ~/gone\n", False),
    ("[core]\n\texcludesFile =\n", False),
    ("# [core] excludesFile = ~/mine\n", False),
    ("[include]\n\tpath = .gitconfig\n", False),
    ("[core]\n\texcludesFile = ~/.gitconfig\n", False),
]
"""Settings of git, and whether they name the file with the rules."""


@pytest.mark.parametrize(("settings", "named"), USERS_SETTINGS)
@pytest.mark.parametrize("place", ["home", "GIT_CONFIG_GLOBAL", "repository"])
def test_the_users_own_rules_are_found_wherever_git_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, named: bool, place: str
) -> None:
    home, clone = tmp_path / "home", tmp_path / "clone"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "none"))
    subprocess.run(["git", "init", "-q", str(clone)], check=True)
    file = home / ".gitconfig"
    if place == "GIT_CONFIG_GLOBAL":
        file = home / "settings" / ".gitconfig"
        file.parent.mkdir()
        monkeypatch.setenv(place, str(file))
    elif place == "repository":
        file = clone / ".git" / "config"
    included = "[core]\n\texcludesFile = ~/mine\n"
    for each in (home / "included", file.parent / "included"):
        each.write_text(included)
    file.write_bytes(settings.encode())
    (home / "mine").write_text("private.py\n")
    assert (rules_of(clone).reason(str(clone / "private.py")) is not None) is named
    assert rules_of(clone).reason(str(clone / "a.py")) is None


@pytest.mark.parametrize("kind", ["work tree", "submodule"])
def test_a_work_tree_whose_repository_lies_elsewhere_has_its_rules(tmp_path: Path, kind: str) -> None:
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", "init", "-q", str(tmp_path / "main")], check=True)

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path / "main"), *own, *arguments], check=True, capture_output=True)

    git("commit", "-q", "--allow-empty", "-m", "x")
    folder, exclude = tmp_path / "further", tmp_path / "main" / ".git" / "info" / "exclude"
    if kind == "work tree":
        git("worktree", "add", "-q", str(folder))
    else:
        subprocess.run(["git", "clone", "-q", str(tmp_path / "main"), str(tmp_path / "other")], check=True)
        git("submodule", "--quiet", "add", str(tmp_path / "other"), "sub")
        folder, exclude = tmp_path / "main" / "sub", tmp_path / "main" / ".git" / "modules" / "sub" / "info" / "exclude"
    told: list[str] = []
    assert rules_of(folder, told).reason(str(folder / "a.py")) is None
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("local.py\n")
    assert rules_of(folder, told).reason(str(folder / "local.py")) is not None
    assert told == []


@pytest.mark.parametrize("odd", ["a file", "a device", "a loop", "a folder", "elsewhere"])
def test_an_odd_git_folder_hides_no_rule_and_makes_nothing_private(tmp_path: Path, odd: str) -> None:
    entry = tmp_path / ".git"
    if odd == "a file":
        entry.mkdir()
        (entry / "info").write_text("x")
    elif odd == "a folder":
        entry.mkdir()
    elif odd == "elsewhere":
        entry.write_text("gitdir: /nowhere/at all\n")
    else:
        entry.symlink_to("/dev/zero" if odd == "a device" else entry)
    (tmp_path / ".gitignore").write_text("private.py\n")
    assert rules_of(tmp_path).reason(str(tmp_path / "private.py")) is not None
    assert rules_of(tmp_path).reason(str(tmp_path / "a.py")) is None


def test_a_clone_makes_no_exception_of_what_another_one_excludes(tmp_path: Path) -> None:
    """Not of the workspace that it was cloned into, nor of what the user excludes in it, nor of `.picodeignore`."""
    clone = tmp_path / "vendor" / "clone"
    (clone / ".git" / "info").mkdir(parents=True)
    (clone / ".gitignore").write_text("!*\n!*.py\n")
    (clone / ".picodeignore").write_text("!*\n!*.py\n")
    (tmp_path / ".gitignore").write_text("outer.py\n")
    (tmp_path / ".picodeignore").write_text("secret.py\n")
    (clone / ".git" / "info" / "exclude").write_text("local.py\n")
    for name in ("outer.py", "secret.py", "local.py"):
        assert rules_of(tmp_path).reason(str(clone / name)) is not None, name
    assert rules_of(tmp_path).reason(str(clone / "a.py")) is None


def test_rules_up_to_the_root_of_the_repository_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    inner = tmp_path / "repo" / "packages" / "app"
    inner.mkdir(parents=True)
    (tmp_path / "repo" / ".git" / "info").mkdir(parents=True)
    (tmp_path / "repo" / ".gitignore").write_text("/packages/app/parent.py\n")
    (tmp_path / "repo" / ".git" / "info" / "exclude").write_text("local.py\n")
    (tmp_path / "config" / "git").mkdir(parents=True)
    (tmp_path / "config" / "git" / "ignore").write_text("everywhere.py\n")
    (tmp_path / ".gitignore").write_text("*\n")  # above the repository: not its own
    rules = rules_of(inner)
    for name in ("parent.py", "local.py", "everywhere.py"):
        assert rules.reason(str(inner / name)) is not None, name
    assert rules.reason(str(inner / "a.py")) is None
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n\tname = Ada\n[core]\n\texcludesFile = ~/mine\n")
    (tmp_path / "home" / "mine").write_text("elsewhere.py\n")
    assert rules.reason(str(inner / "elsewhere.py")) is not None


@pytest.mark.parametrize("folds", [True, False])
def test_capitals_count_where_they_tell_files_apart(tmp_path: Path, folds: bool) -> None:
    (tmp_path / ".gitignore").write_text("Private.py\n[[:upper:]]x.py\n")
    rules = IgnoreRules(lambda: [str(tmp_path)], folds=folds)
    for name in ("private.py", "PRIVATE.py", "ax.py"):
        assert (rules.reason(str(tmp_path / name)) is not None) == folds
    assert rules.reason(str(tmp_path / "Private.py")) is not None
    assert rules.reason(str(tmp_path / "other.py")) is None


SEGMENTS = ["a", "b", "ab", "*", "a*", "?", "**", "[ab]", "[!a]", "[[:alpha:]]", "*.py", "x.py", "\\a"]
NAMES = ["a", "b", "ab", "x.py", "ba", "1"]
ODD_SEGMENTS = [
    "a", "*", "?", "***", "[]a]", "[!]a]", "[a-]", "[a\\-c]", "[a-\\]]", "[\\]]", "[c-a]", "[*]", "[!a-c]", "*.*", ".*",
    "\\*", "\\#a", "a\t", "é", "??", "É*", "{a,b}", "[[:punct:]]", "[[:digit:][:upper:]]", "[[:xdigit:]]", "[[:blank:]]",
    "[[:graph:]]", "[[:print:]]", "[[:cntrl:]]", "[[:space:]]", "[[:foo:]]",
]  # fmt: skip
ODD_NAMES = ["a", "b", "c", "-", "]", "*", "#a", "a\t", "\t", "é", "É", "F", "1", ".x", "a.x", "{a,b}", "[", "_", " "]


@pytest.mark.parametrize(("segments", "names"), [(SEGMENTS, NAMES), (ODD_SEGMENTS, ODD_NAMES)], ids=["usual", "odd"])
def test_git_says_the_same(tmp_path: Path, segments: list[str], names: list[str]) -> None:
    """Of 60 files of rules and 30 paths each, drawn with a seed."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    random = Random(9)
    for _ in range(60):
        patterns = [
            random.choice(["", "", "!"])
            + random.choice(["", "/"])
            + "/".join(random.choices(segments, k=random.randint(1, 3)))
            for _ in range(random.randint(1, 4))
        ]
        patterns = [pattern + random.choice(["", "", "/"]) for pattern in patterns]
        paths = {"/".join(random.choices(names, k=random.randint(1, 4))) for _ in range(30)}
        (tmp_path / ".gitignore").write_text("\n".join(patterns) + "\n")
        command = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "-z", "--stdin"]
        said = subprocess.run(command, input="\0".join(paths), capture_output=True, text=True).stdout.split("\0")
        rules = parse("\n".join(patterns)).rules
        assert {path for path in paths if excluded_by(rules, path.split("/"))} == set(filter(None, said)), patterns


def test_git_says_the_same_of_files_in_several_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.gitignore` makes exceptions of what one above it excludes. Of 30 such repositories, drawn with a seed."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    folders = ["", "a", "b", "a/b", "a/b/a"]
    for folder in folders:
        (tmp_path / folder).mkdir(exist_ok=True)
    random = Random(5)
    for _ in range(30):
        written = {}
        for folder in folders:
            lines = [
                random.choice(["", "!"])
                + random.choice(["", "", "/"])
                + random.choice(SEGMENTS)
                + random.choice(["", "/"])
                for _ in range(random.randint(0, 3))
            ]
            written[folder] = lines
            (tmp_path / folder / ".gitignore").write_text("\n".join(lines) + "\n")
        paths = {"/".join(filter(None, (random.choice(folders), random.choice(NAMES)))) for _ in range(20)} - {*folders}
        command = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "-z", "--stdin"]
        said = subprocess.run(command, input="\0".join(paths), capture_output=True, text=True).stdout.split("\0")
        rules = rules_of(tmp_path)
        found = {path for path in paths if rules.reason(str(tmp_path / path)) is not None}
        assert found == set(filter(None, said)), written
