"""A model's edit of a file that other programs run: never without the user's word for that very file, however it is named."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from picode.core.privacy import is_protected, needs_confirmation
from scenarios.conftest import SCRIPTED, Start, environ, start, upstream
from support.editor import LIVE, PLAIN, RICH, FakeEditor
from support.upstream import ScriptedUpstream

__all__ = ["environ", "start", "upstream"]  # fixtures

CONFIRMED = """
.github/workflows/ci.yml
.GitHub/Workflows/CI.YML
.github/actions/build/action.yml
sub/.github/workflows/ci.yml
.github./workflows/ci.yml
.git\u200chub/workflows/ci.yml
.gitlab-ci.yml
.circleci/config.yml
Jenkinsfile
.devcontainer/devcontainer.json
.devcontainer.json
.devcontainer/post-create.sh
.husky/pre-commit
.githooks/pre-push
.gitattributes
.pre-commit-config.yaml
lefthook.yml
.bashrc
.bash_profile
.profile
.zshrc
.zshenv
.config/fish/config.fish
Documents/PowerShell/Microsoft.PowerShell_profile.ps1
.config/nvim/init.lua
.config/nvim/lua/plugins/a.lua
AppData/Local/nvim/init.vim
.emacs.d/init.el
.emacs
.gvimrc
.ideavimrc
.mise.toml
mise.toml
.mise/config.toml
.tmux.conf
.config/systemd/user/a.service
.config/autostart/a.desktop
Library/LaunchAgents/a.plist
.gdbinit
.Rprofile
.ghci
.pdbrc
sitecustomize.py
lib/python3.12/site-packages/a.pth
.ipython/profile_default/startup/a.py
.yarnrc.yml
.yarn/releases/yarn.cjs
.pnpmfile.cjs
.bunfig.toml
pip.conf
.cargo/config.toml
gradle/wrapper/gradle-wrapper.properties
.mvn/wrapper/maven-wrapper.properties
NuGet.Config
.mcp.json
.claude/settings.json
.github/hooks/hooks.json
azure-pipelines-release.yml
.azure-pipelines/ci.yaml
.builds/alpine.yml
.woodpecker.yml
buildspec.yml
.teamcity/settings.kts
.replit
.idx/dev.nix
.git-hooks/pre-commit
lefthook-local.yml
.lefthook.toml
.pre-commit-config.yml
.overcommit.yml
.simple-git-hooks.json
.zshrc.local
.xonshrc
.config/direnv/direnvrc
.config/environment.d/path.conf
.wezterm.lua
.config/kitty/kitty.conf
.config/hypr/hyprland.conf
.hammerspoon/init.lua
etc/rc.local
.forward
.vimspector.json
rust-analyzer.toml
.luarc.json
app.sublime-build
.julia/config/startup.jl
.sbt/1.0/plugins.sbt
.terraformrc
opencode.json
.amazonq/settings.json
.devcontainer/DOCKERFILE
.huſky/pre-commit
.baſhrc
.\u212ashrc
""".strip().split("\n")

ORDINARY = """
Makefile
package.json
setup.py
conftest.py
build.rs
Dockerfile
src/init.lua
nvim.md
github/workflows/ci.yml
.github/ISSUE_TEMPLATE.md
docs/profile.md
src/profile.py
systemd.py
README.md
.gitignore
.editorconfig
cargo/config.toml
AGENTS.md
.github/copilot-instructions.md
.github/dependabot.yml
.config/nextest.toml
WORKSPACE
.bazelrc
poetry.toml
rust-toolchain.toml
hooks/useState.ts
src/hooks/index.ts
src/builds/a.py
azure.yml
buildings.yml
src/profile.d.ts
""".strip().split("\n")


@pytest.mark.parametrize("path", CONFIRMED)
def test_what_runs_by_itself_is_confirmed(path: str) -> None:
    assert needs_confirmation(f"/p/{path}")
    assert needs_confirmation(path)
    assert needs_confirmation("C:\\p\\" + path.replace("/", "\\"))


@pytest.mark.parametrize("path", ORDINARY)
def test_what_runs_when_the_user_says_so_is_not(path: str) -> None:
    assert not needs_confirmation(f"/p/{path}")


REFUSED = ".git/config .git/hooks/pre-commit .vscode/tasks.json .vscode/settings.json .envrc .nvim.lua .picode.toml .idea/a.xml"
REFUSED_TOO = """
.vscode/launch.json
.VSCODE/Tasks.json
.v\u017fcode/tasks.json
.vs\u200bcode/tasks.json
.vscode./tasks.json
.vscode /tasks.json
.vscode::$INDEX_ALLOCATION/tasks.json
.vscode-insiders/settings.json
.config/Code - Insiders/User/settings.json
.config/VSCodium/User/tasks.json
Library/Application Support/Code/User/settings.json
.vs/tasks.vs.json
.theia/tasks.json
.config/zed/tasks.json
.config/helix/languages.toml
.nova/Tasks/a.json
.lazy.lua
.envrc.local
app.code-workspace
.config/git/config
.jjconfig.toml
.config/jj/config.toml
.ssh/authorized_keys
.ssh/config
""".strip().split("\n")
BEFORE = "x = 1\n"
AFTER = "x = 2\n"


@pytest.fixture
def edit(upstream: ScriptedUpstream) -> ScriptedUpstream:
    upstream.says_from_now_on("```\nx = 2\n```")
    return upstream


def make(project: Path, name: str) -> Path:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(BEFORE)
    return file


async def have_edited(editor: FakeEditor, file: Path | str) -> str:
    """What the document says after an edit by every way that the editor has."""
    uri = file.as_uri() if isinstance(file, Path) else file
    buffer = editor.open(uri, "<sel>x = 1</sel>\n", "plaintext")
    done = await editor.slash("/edit set x to 2")
    edit = done.get("edit") or {}
    if edit.get("state") == "proposed":
        await editor.run("picode.edit.accept", {"id": done["id"]})
    for _ in range(20):
        await asyncio.sleep(0.002)
    return buffer.text


@pytest.mark.parametrize("name", REFUSED.split())
@pytest.mark.parametrize("way", ["file", "folder", "two links", "the real name"])
async def test_a_link_to_a_protected_file_is_protected(
    start: Start, edit: ScriptedUpstream, project: Path, name: str, way: str
) -> None:
    """A clone can hold the link `notes.txt`, which is `.vscode/tasks.json`."""
    real = make(project, name)
    named = project / "notes.txt"
    if way == "file":
        named.symlink_to(name)
    elif way == "folder":
        (project / "notes").symlink_to(real.parent)
        named = project / "notes" / real.name
    elif way == "two links":
        (project / "way").symlink_to(real)
        named.symlink_to("way")
    else:
        named = real
    editor = await start({**SCRIPTED, "edits": {"show": "apply"}}, client=RICH, folder=str(project))
    editor.chooses = "Edit"
    assert await have_edited(editor, named) == BEFORE
    assert not editor.requested("workspace/applyEdit")


@pytest.mark.parametrize("client", [PLAIN, RICH, LIVE], ids=["plain", "rich", "live"])
@pytest.mark.parametrize("show", ["live", "preview", "apply"])
@pytest.mark.parametrize("answer", ["Edit", "Leave", None])
@pytest.mark.parametrize("link", [False, True])
async def test_the_user_confirms_an_edit_by_the_files_name(
    start: Start, edit: ScriptedUpstream, project: Path, client: dict, show: str, answer: str | None, link: bool
) -> None:
    file = make(project, ".github/workflows/ci.yml")
    if link:
        (project / "notes.txt").symlink_to(file)
    editor = await start({**SCRIPTED, "edits": {"show": show}}, client=client, folder=str(project))
    editor.chooses = answer
    text = await have_edited(editor, project / "notes.txt" if link else file)
    (question,) = editor.requested("window/showMessageRequest")
    assert ".github/workflows/ci.yml" in question["message"]
    assert ("notes.txt" in question["message"]) is link
    assert text == (AFTER if answer == "Edit" else BEFORE)
    if client is LIVE and show == "live":
        (ready,) = [each for each in editor.told("picode/edit") if each["state"] == "ready"]
        assert ".github/workflows/ci.yml" in ready["confirm"]


async def test_a_code_action_asks_before_its_edit_is_given_to_the_editor(
    start: Start, edit: ScriptedUpstream, project: Path
) -> None:
    for answer, text in ((None, BEFORE), ("Edit", AFTER)):
        editor = await start({**SCRIPTED, "edits": {"show": "preview"}}, client=PLAIN, folder=str(project))
        editor.chooses = answer
        buffer = editor.open(make(project, ".husky/pre-commit").as_uri(), "<sel>x = 1</sel>\n", "plaintext")
        (refactor,) = [each for each in await editor.actions() if each["title"] == "PiCode: Refactor"]
        await editor.choose(refactor)
        assert len(editor.requested("window/showMessageRequest")) == 1
        assert buffer.text == text


@pytest.mark.parametrize(
    "uri",
    [
        "vscode-remote://wsl+ubuntu/home/ada/.bashrc",
        "vscode-vfs://github/ada/project/.github/workflows/ci.yml",
        "untitled:/home/ada/.zshrc",
        "sftp://host/home/ada/.profile",
        "file://host/share/.bashrc",
        "file:///home/ada/%2ebashrc",
        "file:///home/ada/.BASHRC",
        "file:///home/ada/x/../.bashrc",
    ],
)
async def test_a_file_of_another_machine_is_confirmed_too(start: Start, edit: ScriptedUpstream, uri: str) -> None:
    editor = await start({**SCRIPTED, "edits": {"show": "apply"}}, client=RICH)
    assert await have_edited(editor, uri) == BEFORE
    assert len(editor.requested("window/showMessageRequest")) == 1


async def test_an_ordinary_file_needs_no_question(start: Start, edit: ScriptedUpstream, project: Path) -> None:
    editor = await start({**SCRIPTED, "edits": {"show": "apply"}}, client=RICH, folder=str(project))
    assert await have_edited(editor, make(project, "Makefile")) == AFTER
    assert not editor.requested("window/showMessageRequest")


def test_every_refused_file_of_the_table_is_protected() -> None:
    assert [name for name in (*REFUSED.split(), *REFUSED_TOO) if not is_protected(f"/p/{name}")] == []
    assert [name for name in REFUSED_TOO if not is_protected("C:\\p\\" + name.replace("/", "\\"))] == []
