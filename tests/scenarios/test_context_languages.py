"""The definition that the next words need is in the prompt, in each language, as an editor sees it.

The projects are in `context_projects.txt`: after `===` the language and a name, after each `---` a file (with the language
identifier of one that is in another language), and after `+++` parts of lines that the prompt must have. The first file is
typed in, at its `<cursor>`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.editor import FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import Start


@dataclass(frozen=True)
class Project:
    name: str
    language: str
    files: dict[str, str]
    expected: tuple[str, ...]
    languages: dict[str, str]

    @property
    def typed_in(self) -> str:
        return next(iter(self.files))

    @property
    def other(self) -> str:
        """The file that holds the expected definition."""
        return next(path for path, text in self.files.items() if path != self.typed_in and self.expected[0] in text)


def read_projects(text: str) -> list[Project]:
    found = []
    for block in re.split(r"^=== ", text, flags=re.M)[1:]:
        title, _, rest = block.partition("\n")
        language, _, name = title.partition(": ")
        content, *expected = re.split(r"^\+\+\+ ", rest, flags=re.M)
        files, languages = {}, {}
        for part in re.split(r"^--- ", content, flags=re.M)[1:]:
            head, _, body = part.partition("\n")
            path, _, other = head.partition(" (")
            files[path], languages[path] = body, other.rstrip(")") or language
        found.append(Project(name, language, files, tuple(line.rstrip("\n") for line in expected), languages))
    return found


PROJECTS = read_projects(
    (Path(__file__).parent / "context_projects.txt").read_text("utf-8").replace("\n\n===", "\n===")
)
_NAMES = [f"{project.language}-{project.name.replace(' ', '-')}" for project in PROJECTS]


@pytest.mark.parametrize("other_is", ["closed", "open"])
@pytest.mark.parametrize("project", PROJECTS, ids=_NAMES)
async def test_the_definition_that_the_next_words_need(
    start: Start, upstream: ScriptedUpstream, project: Project, other_is: str, tmp_path: Path
) -> None:
    for path, text in project.files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("<cursor>", ""), "utf-8")
    editor = await start(folder=str(tmp_path))
    await editor.server.assistant()
    if other_is == "open":
        other = project.other
        editor.open((tmp_path / other).as_uri(), project.files[other], project.languages[other])
    context = _without_comment_marks(await prompt_of(editor, upstream, tmp_path / project.typed_in, project))
    for expected in project.expected:
        assert expected in context


def test_there_are_enough_of_them() -> None:
    assert len(PROJECTS) >= 60
    assert len({project.language for project in PROJECTS}) >= 30
    for project in PROJECTS:
        assert "<cursor>" in project.files[project.typed_in]
        assert all(expected not in project.files[project.typed_in] for expected in project.expected)


_HOSTILE = {
    "aliases": ("typescript", "import { canary } from '#x';\nx = <cursor>\n", {
        "tsconfig.json": '{"compilerOptions": {"paths": {"#x": ["../outside/canary.ts"]}}}'}),
    "an absolute alias": ("typescript", "import { canary } from '#x';\nx = <cursor>\n", {
        "tsconfig.json": '{"compilerOptions": {"paths": {"#x": ["OUTSIDE/canary.ts"]}}}'}),
    "an extended file": ("typescript", "import { canary } from '#x';\nx = <cursor>\n", {
        "tsconfig.json": '{"extends": "../outside/tsconfig.json"}'}),
    "a main file": ("typescript", "import { canary } from 'x';\nx = <cursor>\n", {
        "lib/package.json": '{"name": "x", "main": "../../outside/canary.ts"}'}),
    "a folder of classes": ("php", "<?php\nuse Canary\\canary;\nx = <cursor>\n", {
        "composer.json": '{"autoload": {"psr-4": {"Canary\\\\": "../outside/"}}}'}),
    "a folder of a package": ("php", "<?php\nuse Canary;\nx = <cursor>\n", {
        "composer.json": '{"autoload": {"psr-4": {"": "../outside/"}}}'}),
    "a script": ("shellscript", "source ../outside/canary.sh\nx = <cursor>\n", {}),
    "a style sheet": ("html", '<link href="../outside/canary.css">\nx = <cursor>\n', {}),
}  # fmt: skip


@pytest.mark.parametrize("case", _HOSTILE)
async def test_no_build_file_leads_out_of_the_workspace(
    start: Start, upstream: ScriptedUpstream, case: str, tmp_path: Path
) -> None:
    language, typed, files = _HOSTILE[case]
    outside, workspace = tmp_path / "outside", tmp_path / "work"
    outside.mkdir()
    workspace.mkdir()
    (outside / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": {"paths": {"#x": [f"{workspace}/secret.txt"]}}})
    )
    (workspace / "secret.txt").write_text("export function canary(outside) {}\n")
    for name in ("canary.ts", "canary.php", "canary.sh", "canary.css"):
        (outside / name).write_text(
            "<?php\nfunction canary($outside) {}\ncanary_outside() { :; }\n.canary { outside: 1; }\n"
        )
    (outside / "canary.ts").write_text("export function canary(outside: number) {}\n")
    for path, text in files.items():
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text(text.replace("OUTSIDE", str(outside)))
    editor = await start(folder=str(workspace))
    await editor.server.assistant()
    project = Project(case, language, {"main": typed}, (), {})
    prompt = await prompt_of(editor, upstream, workspace / "main", project)
    before, _, _ = prompt.partition(typed.partition("<cursor>")[0].strip()[:20])
    assert "outside" not in before


async def prompt_of(editor: FakeEditor, upstream: ScriptedUpstream, path: Path, project: Project) -> str:
    """The prompt of the suggestion after the next key, once the surroundings are known."""
    upstream.will_say("1")
    editor.open(path.as_uri(), project.files[project.typed_in], project.language)
    await editor.ask()
    assistant = await editor.server.assistant()
    while (looking := assistant.context.looking(path.as_uri())) is not None:
        await looking
    editor.type(" ")
    await editor.ask()
    return upstream.exchanges[-1].prompt


def _without_comment_marks(prompt: str) -> str:
    return re.sub(r"^(?:#|//|--|/\*|<!--|%|;) ?", "", prompt, flags=re.M)
