"""`#file` in a question shows a file to a model: one of the workspace, or one that is open, and no other on the machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from chat.conftest import SETTINGS, Desk, desk, upstream
from picode.bootstrap import Surroundings
from picode.core.errors import PiCodeError

__all__ = ["desk", "upstream"]  # fixtures

CANARY = "the canary of a file elsewhere"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the user's, which is in their home and not in the project."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    file = home / "plan.txt"
    file.write_text(f"{CANARY}\n")
    return file


NAMES = [
    "{outside}",
    "{project}/../home/plan.txt",
    "../home/plan.txt",
    "lib/../../home/plan.txt",
    "./../home/plan.txt",
    "..\\home\\plan.txt",
    "~/plan.txt",
    "~root/.profile",
    "$HOME/plan.txt",
    "%USERPROFILE%/plan.txt",
    "file://{outside}",
    "file:{outside}",
    "FILE://localhost{outside}",
    "file://{project}/../home/plan.txt",
    "file:///%2e%2e/{outside}",
    "file://server/share/plan.txt",
    "vscode-remote://host{outside}",
    "link.txt",
    "link/plan.txt",
    "link/../home/plan.txt",
    "{project}/link/plan.txt",
    "hop/deep/plan.txt",
    "//server/share/plan.txt",
    "\\\\server\\share\\plan.txt",
    "\\\\?\\C:\\plan.txt",
    "C:/Users/ada/plan.txt",
    "C:plan.txt",
    "/{outside}",
    "//{outside}",
    "{outside}/",
    "{outside}/.",
    "{project}-other/plan.txt",
    "/proc/self/environ",
    "/proc/self/cwd/../home/plan.txt",
    "/proc/self/root{outside}",
    "/dev/stdin",
    "/dev/zero",
    "/dev/fd/0",
    "/etc/hostname",
    "/etc/../etc/passwd",
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_that_lies_elsewhere_is_not_read(desk: Desk, outside: Path, name: str) -> None:
    (desk.project / "link").symlink_to(outside.parent)
    (desk.project / "hop").symlink_to("way")
    (desk.project / "way").mkdir()
    (desk.project / "way" / "deep").symlink_to("../../home")
    (desk.project / "link.txt").symlink_to(outside)
    other = desk.project.with_name(desk.project.name + "-other")
    other.mkdir()
    (other / "plan.txt").write_text(CANARY)
    desk.upstream.will_say("ok")
    named = name.format(outside=outside, project=desk.project)
    with pytest.raises(PiCodeError) as refused:
        await desk.ask(f'what is in #"{named}"?')
    assert not desk.upstream.exchanges
    assert "outside of the workspace" in str(refused.value) or "There is no file" in str(refused.value)
    if Path(named).is_absolute():
        assert "outside of the workspace" in str(refused.value), "a refusal says so"


async def test_the_folder_that_a_client_names_is_no_way_out(desk: Desk, outside: Path) -> None:
    with pytest.raises(PiCodeError, match="no file"):
        await desk.ask("what is in #plan.txt?", folder=str(outside.parent))
    assert not desk.upstream.exchanges


@pytest.mark.parametrize("what", ["pipe", "socket", "device", "folder", "loop", "huge", "binary"])
async def test_what_is_no_file_of_text_is_not_read(desk: Desk, what: str) -> None:
    name = desk.project / "a.txt"
    if what == "pipe":
        os.mkfifo(name)
    elif what == "socket":
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(os.path.relpath(name))
        listening.close()
    elif what == "folder":
        name.mkdir()
    elif what in ("huge", "binary"):
        name.write_bytes(b"\0" * 10 if what == "binary" else b"x\n" * 5_000_000)
    else:
        name.symlink_to("/dev/zero" if what == "device" else name)
    with pytest.raises(PiCodeError):
        await desk.ask("what is in #a.txt?")
    assert not desk.upstream.exchanges


@pytest.mark.parametrize(
    "name", ["a b.txt", "./a b.txt", "{project}/a b.txt", "lib/../a b.txt", "{uri}", "link/a b.txt"]
)
async def test_a_file_of_the_workspace_is_read_whatever_it_is_called(desk: Desk, name: str) -> None:
    file = desk.project / "a b.txt"
    file.write_text("the text of it\n")
    (desk.project / "lib").mkdir()
    (desk.project / "link").symlink_to(desk.project)
    desk.upstream.will_say("ok")
    await desk.ask(f'what is in #"{name.format(project=desk.project, uri=file.as_uri())}"?')
    assert "the text of it" in desk.upstream.last.request.body.decode()


async def test_a_file_that_lies_elsewhere_is_shown_when_it_is_open(desk: Desk, outside: Path) -> None:
    desk.open(str(outside), "open and visible\n", "plaintext")
    desk.upstream.will_say("ok")
    for name in (str(outside), "plan.txt", outside.as_uri(), "~/plan.txt"):
        await desk.ask(f'what is in #"{name}"?')
        assert "open and visible" in desk.upstream.last.request.body.decode()
        desk.upstream.will_say("ok")


async def test_a_workspace_whose_folder_is_a_link_is_a_workspace(desk: Desk, tmp_path: Path) -> None:
    (desk.project / "lib").mkdir()
    (desk.project / "lib" / "a.txt").write_text("the text of it\n")
    (tmp_path / "alias").symlink_to(desk.project)
    desk.assistant.surroundings_changed(Surroundings(folders=(str(tmp_path / "alias"),), editor=SETTINGS))
    for name in ("lib/a.txt", f"{desk.project}/lib/a.txt", f"{tmp_path}/alias/lib/a.txt"):
        desk.upstream.will_say("ok")
        reply = await desk.ask(f"what is in #{name}?")
        assert [each.name for each in reply.began.shown] == ["lib/a.txt"]
