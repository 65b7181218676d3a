"""Editors that have no client of PiCode's own, set up as docs/editors.md says, with the real server and a scripted model."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.model_server import Model

PAGE = Path(__file__).parents[3] / "docs" / "editors.md"

SETTINGS = """
[inline]
provider = "scripted"
model = "scripted-model"

[chat]
provider = "scripted"
model = "scripted-model"

[cache]
enabled = false

[providers.scripted]
baseUrl = "{address}"
fill = "openai_completions"
"""


def recipe(heading: str, number: int = 0) -> str:
    """The code block of that number under a heading of the page: what a newcomer copies."""
    section = re.split(r"^#{2,3} ", PAGE.read_text("utf-8").partition(f"## {heading}\n")[2], flags=re.MULTILINE)[0]
    return re.findall(r"^```\w*\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)[number]


def program(name: str, package: str) -> str:
    """An editor's program. Skips the test where it is not installed, and fails it in CI."""
    if found := shutil.which(name):
        return found
    missing = f"no {name} to test with: on Debian 12, `apt-get install {package}` installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path: Path, model: Model) -> Path:
    """The user's home: settings of PiCode with the scripted model, `picode` on the path, and a project with a file."""
    settings = tmp_path / "config" / "picode" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS.format(address=model.address))
    (tmp_path / "bin").mkdir()
    launcher = tmp_path / "bin" / "picode"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m picode "$@"\n')
    launcher.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / ".git").mkdir()
    (project / "sums.py").write_text("def add(left, right):\n    return left - right\n")
    return tmp_path


@pytest.fixture
def run(home: Path) -> Callable[..., str]:
    """Runs an editor to its end; what it writes. An editor that does not end fails the test."""

    def run(*command: str, timeout: float = 200) -> str:
        own = {name: str(home / name.lower()) for name in ("CACHE", "DATA", "STATE")}
        runtime = home / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        environment = {
            **os.environ,
            "HOME": str(home),
            "PATH": os.pathsep.join([str(home / "bin"), os.environ["PATH"]]),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "TERM": "xterm",
            **{f"XDG_{name}_HOME": folder for name, folder in own.items()},
        }
        ended = subprocess.run(
            command,
            cwd=home / "project",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return ended.stdout + ended.stderr

    return run
