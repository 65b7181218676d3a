"""The extension's sources and its package."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from e2e.vscode import install
from e2e.vscode.package import CLIENT

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code


def test_the_sources_pass_the_type_checker(tools: install.Toolchain, vsix: Path) -> None:
    done = subprocess.run([tools.npm, "run", "check"], cwd=CLIENT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_the_package_holds_what_runs_and_nothing_else(vsix: Path, wheel: Path) -> None:
    with ZipFile(vsix) as package:
        names = {name.removeprefix("extension/") for name in package.namelist() if name.startswith("extension/")}
        manifest = json.loads(package.read("extension/package.json"))
    assert names == {
        "package.json",
        "readme.md",
        "changelog.md",
        "LICENSE.txt",
        "images/chat.svg",
        "images/icon.png",
        "out/chat.css",
        "out/chat.js",
        "out/extension.js",
        f"out/{wheel.name}",
        *(f"walkthrough/{step}.md" for step in ("edit", "keys", "model", "question", "suggestion")),
    }
    assert manifest["main"] == "./out/extension.js"


@pytest.mark.parametrize(
    "lock", [CLIENT / "package-lock.json", install.HERE / "package-lock.json"], ids=["client", "tests"]
)
def test_a_lock_file_names_no_registry(lock: Path) -> None:
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
