"""What pyproject.toml declares is imported, what is imported is declared, and an extra is needed for its feature alone."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from picode import __version__
from picode.core.languages import LANGUAGES
from picode.io.extras import EXTRAS
from support.model_server import Model
from support.process import ServerProcess

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def distribution(requirement: str) -> str:
    """The normalized name of a requirement's distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]).lower()


CORE = {distribution(each) for each in PROJECT["dependencies"]}
OPTIONAL = {
    extra: {distribution(each) for each in requirements}
    for extra, requirements in PROJECT["optional-dependencies"].items()
}


def imported_in(path: Path) -> Iterator[str]:
    """The top-level modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def imported() -> set[str]:
    """The modules that the server imports, the grammars among them, which are imported by the names in their table."""
    found = {module for path in (ROOT / "server").rglob("*.py") for module in imported_in(path)}
    found |= {language.grammar[0] for language in LANGUAGES.values() if language.grammar}
    return found - set(sys.stdlib_module_names) - {"picode"}


DISTRIBUTIONS = packages_distributions()  # reads the metadata of all that is installed: once


def providers_of(module: str) -> set[str]:
    return {distribution(name) for name in DISTRIBUTIONS.get(module, [module])}


def test_what_is_imported_is_declared() -> None:
    declared = CORE.union(*OPTIONAL.values())
    assert len(imported()) > 20
    assert {module for module in imported() if not providers_of(module) & declared} == set()


def test_what_is_declared_is_imported() -> None:
    provided = set().union(*map(providers_of, imported()))
    assert CORE.union(*OPTIONAL.values()) - provided == set()


def test_nothing_is_declared_twice() -> None:
    assert all(not CORE & names for names in OPTIONAL.values())


def test_the_table_of_extras_has_the_modules_that_each_installs() -> None:
    assert EXTRAS.keys() == OPTIONAL.keys()
    for extra, modules in EXTRAS.items():
        assert set().union(*map(providers_of, modules)) & OPTIONAL[extra]
        assert all(providers_of(module) & OPTIONAL[extra] for module in modules), extra


# Without the extras: each program below runs in a process that can't import them.

BLOCKED = sorted(module for modules in EXTRAS.values() for module in modules)


INSTALL_GATEWAY = r"Run `.+ pip install .*'fastapi>=[\d.]+'.*'uvicorn>=[\d.]+'`"
"""By the names of the packages: PiCode itself is on no index."""


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation without extras."""
    block = "import sys\n" + "".join(f"sys.modules[{module!r}] = None\n" for module in BLOCKED)
    (tmp_path / "sitecustomize.py").write_text(block)
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def run(bare: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "picode", *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False, env=bare)


def test_the_version(bare: dict[str, str]) -> None:
    done = run(bare, "--version")
    assert (done.returncode, done.stdout.decode().strip()) == (0, f"picode {__version__}"), done.stderr


def test_a_suggestion_in_the_terminal(bare: dict[str, str], tmp_path: Path) -> None:
    model = Model()
    (tmp_path / "app.py").write_text("def add(a, b):\n    return a\n")
    rows = {"mine": {"baseUrl": model.address, "fill": "openai_completions", "model": "m"}}
    environment = bare | {"PICODE_PROVIDERS": json.dumps(rows), "PICODE_INLINE__PROVIDER": "mine"}
    try:
        done = run(environment, "complete", f"{tmp_path / 'app.py'}:2:13")
    finally:
        model.close()
    assert (done.returncode, done.stdout.decode()) == (0, " + 1"), done.stderr


async def test_the_language_server_works_and_says_what_its_metrics_need(bare: dict[str, str]) -> None:
    async with ServerProcess(**bare) as server:
        answer = await server.initialize()
        assert answer["result"]["serverInfo"]["version"] == __version__
        models = await server.request("workspace/executeCommand", {"command": "picode.models", "arguments": []})
        assert {each["provider"] for each in models["result"]} >= {"embedded", "openai"}
        counted = await server.request("workspace/executeCommand", {"command": "picode.metrics", "arguments": []})
        assert re.search(INSTALL_GATEWAY, counted["error"]["message"])


def test_the_gateway_says_how_to_install_what_it_needs(bare: dict[str, str]) -> None:
    done = run(bare, "server", "--port", "0")
    assert done.returncode == 1
    assert re.search(INSTALL_GATEWAY, done.stderr.decode())
    assert "Traceback" not in done.stderr.decode()
