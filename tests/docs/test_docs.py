"""The documentation: every command line in it is run, every link leads somewhere, and the site is built."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from support.model_server import Model
from tools.site import COPIED

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("client-*/README.md"))]
RUN = [page for page in PAGES if page.name != "cli.md"]
"""The reference of the command line holds the examples of `--help`: tests/cli/test_help.py takes each as far as its parser."""
TIMEOUT = 90

ELSEWHERE = {
    "uv tool install": "tests/docs/test_installation.py runs it",
    "uv build": "tests/docs/test_installation.py runs it",
    "uvx ": "the checks install the wheel into an empty environment",
    "python3 -m pip install uv && uv run": "the checks run both commands of the README",
    "cd client-vscode": "the checks build the extension",
    "picode server": "tests/gateway starts it and runs the page's commands",
    "export PICODE_TOKEN=": "tests/gateway/test_documentation.py runs it",
    "picode chat --model": "tests/cli/test_asking.py names models",
    "picode init": "test_recipes.py and tests/cli/test_init.py run it",
    "curl ": "tests/gateway/test_documentation.py runs it",
    "npm ": "the checks build the extension",
    "picode models pull https://": "tests/embedded pulls from this machine",
    "mkdir -p ~/.local/share/nvim": "tests/e2e/nvim/test_package.py does the same elsewhere",
    "ln -s ~/src/picode": "tests/e2e/nvim/test_package.py does the same elsewhere",
}
"""Command lines that are not run here, by their beginning, and what runs them instead."""

MAY_FAIL = {
    "picode doctor": "there may be something to mend on this machine",
    "picode try": "the scripted model has nothing to suggest",
}
"""Command lines whose exit code may be 1, and why."""


def blocks(page: Path) -> Iterator[str]:
    """The blocks of command lines of a page."""
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type == "fence" and token.info.split()[:1] in (["sh"], ["bash"], ["console"]):
            yield token.content


def lines(page: Path) -> Iterator[str]:
    """Its command lines; a backslash at the end of one goes on."""
    for block in blocks(page):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                yield line.strip()


def test_there_are_command_lines_to_run() -> None:
    found = [line for page in PAGES for line in lines(page)]
    assert len(found) > 30
    assert any(line.startswith("picode chat") for line in found)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A project with a file, a model and something staged, settings that name a model server, and a conversation."""
    model = Model()
    model.says = ["```python\nreturn a + b\n```"]
    config = tmp_path / "config"
    config.mkdir()
    (config / "config.toml").write_text(
        f'[inline]\nprovider = "local"\nmodel = "m"\n[providers.local]\nbaseUrl = "{model.address}"\n'
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / "coder-1.5b.gguf").write_bytes(b"GGUF" + bytes(4096))
    (project / "app.py").write_text("def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n")
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "Add and subtract")):
        subprocess.run(["git", *own, *command], cwd=project, check=True)
    (project / "app.py").write_text("def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return b - a\n")
    subprocess.run(["git", "add", "."], cwd=project, check=True)
    monkeypatch.setenv("PICODE_CONFIG_DIR", str(config))
    monkeypatch.setenv("PICODE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keys.backends.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    subprocess.run([sys.executable, "-m", "picode", "trust", str(project)], check=True, capture_output=True)
    if any(line.startswith("picode conversations") for line in lines(request.getfixturevalue("page"))):
        chat = [sys.executable, "-m", "picode", "chat", "how does binary search reverse a list?"]
        subprocess.run(chat, cwd=project, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    yield project
    model.close()


@pytest.mark.parametrize("page", RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_line_works(page: Path, desk: Path) -> None:
    for line in lines(page):
        if any(line.startswith(beginning) for beginning in ELSEWHERE):
            continue
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=desk,
            input="a-key-of-the-docs-test\n",
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        allowed = (0, 1) if any(line.startswith(beginning) for beginning in MAY_FAIL) else (0,)
        assert done.returncode in allowed, f"{line}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, f"{line}\n{done.stderr}"


NAMING = [*PAGES, *(ROOT / name for name in ("ARCHITECTURE.md", "SECURITY.md"))]
"""Pages that name the project's own commands in their text."""
_MODULE = re.compile(r"\bpython3? (?:-P )?-m ((?:tests|tools|picode)(?:\.\w+)*)")
_SCRIPT = re.compile(r"\bpython3? ([\w./-]+\.py)\b")
_PYTEST = re.compile(r"\bpytest((?: (?:tests/[\w./-]+|-\S+))+)")
_OPTION = re.compile(r"--[a-z][\w-]*")


@pytest.mark.parametrize("page", NAMING, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_the_text_names_what_there_is(page: Path) -> None:
    """Modules, with the options that are named beside them, scripts, and the files of tests."""
    text = page.read_text("utf-8")
    for module in set(_MODULE.findall(text)):
        found = ROOT / "server" if module.startswith("picode") else ROOT
        path = found.joinpath(*module.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{page.name} names {module}"
    for script in set(_SCRIPT.findall(text)):
        assert (ROOT / script).is_file(), f"{page.name} names {script}"
    for arguments in set(_PYTEST.findall(text)):
        for name in arguments.split():
            assert name.startswith("-") or (ROOT / name).exists(), f"{page.name} names {name}"


@pytest.mark.parametrize("page", NAMING, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_option_of_a_benchmark_in_the_text_is_one(page: Path) -> None:
    for module, options in re.findall(r"-m (tests(?:\.\w+)+)((?: [\w.…-]+)*)", page.read_text("utf-8")):
        path = ROOT.joinpath(*module.split("."))
        source = (path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__main__.py").read_text(
            "utf-8"
        )
        for option in _OPTION.findall(options):
            assert f'"{option}"' in source, f"{page.name}: {module} has no {option}"


def test_commands_are_found_in_the_text() -> None:
    text = "".join(page.read_text("utf-8") for page in NAMING)
    assert len(set(_MODULE.findall(text))) > 12
    assert len(set(_PYTEST.findall(text))) > 3
    assert _SCRIPT.findall(text)


_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in _LINK.findall(text):
        if "://" in target or target.startswith("#"):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_tag_is_closed(page: Path) -> None:
    """A backslash in front of a tag makes text of it, as in `<kbd>\\</kbd>`."""
    html = MarkdownIt().enable("table").render(page.read_text("utf-8"))
    text = re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    assert not re.findall(r"&lt;/?\w+&gt;", text)
    assert text.count("<kbd>") == text.count("</kbd>")


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, timeout=TIMEOUT, check=False)


def test_the_site_is_built(tmp_path: Path) -> None:
    done = build(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    pages = {page.stem for page in (tmp_path / "site").glob("*.html")}
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} <= pages
    html = (tmp_path / "site" / "index.html").read_text("utf-8")
    fetched = re.findall(r'(?:src|href)="(https?://[^"]+)"', html)
    assert not [url for url in fetched if re.search(r"\.(?:js|css|woff2?)$", url)], "the site fetches from elsewhere"
    found = json.loads((tmp_path / "site" / "search" / "search_index.json").read_text("utf-8"))
    assert any(each["location"] == "settings.html#inlinedebouncems" for each in found["docs"]), "each setting is found"


@pytest.mark.parametrize("wrong", ["[gone](gone.md)", "[gone](../schemas/gone.json)", "[gone](index.md#gone)"])
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path, wrong: str) -> None:
    for name in ("docs", "schemas", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for source in COPIED:
        copy = (tmp_path / "docs" / source).resolve()
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "docs" / source, copy)
    (tmp_path / "mkdocs.yml").write_text((ROOT / "mkdocs.yml").read_text("utf-8"), "utf-8")
    with (tmp_path / "docs" / "index.md").open("a") as page:
        page.write(f"\n{wrong}\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "gone" in done.stderr


def test_no_two_tests_have_one_name() -> None:
    """The second would be the only one that runs."""
    doubled = []
    for file in sorted((ROOT / "tests").rglob("*.py")):
        for body in _bodies(ast.parse(file.read_text("utf-8"))):
            names = [
                each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            ]
            doubled += [f"{file.name}: {name}" for name in set(names) if names.count(name) > 1]
    assert doubled == []


def _bodies(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    yield tree.body
    yield from (each.body for each in ast.walk(tree) if isinstance(each, ast.ClassDef))


def test_every_page_is_in_the_site_s_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").partition("nav:")[2]
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if page.name not in navigation]
    assert not missing, f"not in mkdocs.yml: {missing}"
