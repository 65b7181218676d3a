"""What is installed is what was locked: every package by its hash, from the public registries, and built by no script here."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
LOCKED: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
OURS = "picode"
CLIENT = json.loads((ROOT / "client-vscode" / "package-lock.json").read_text("utf-8"))["packages"]


def test_every_python_package_comes_from_pypi_by_its_hash() -> None:
    for package in LOCKED:
        if package["name"] == OURS:
            continue
        assert package["source"] == {"registry": "https://pypi.org/simple"}, package["name"]
        for file in [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]:
            assert file["hash"].startswith("sha256:"), file
            assert urlsplit(file["url"]).hostname == "files.pythonhosted.org", file


def test_every_python_package_has_a_wheel() -> None:
    """Installing a wheel runs no code of the package; building one does."""
    assert [package["name"] for package in LOCKED if not package.get("wheels") and package["name"] != OURS] == []


def test_every_package_of_the_client_has_its_hash() -> None:
    for name, package in CLIENT.items():
        if not name:
            continue
        assert package["integrity"].startswith("sha512-"), name
        resolved = package.get("resolved", "https://registry.npmjs.org/")
        assert urlsplit(resolved).hostname == "registry.npmjs.org", name


def test_the_client_s_own_packages_are_pinned() -> None:
    declared = json.loads((ROOT / "client-vscode" / "package.json").read_text("utf-8"))
    wanted = {**declared.get("dependencies", {}), **declared["devDependencies"]}
    assert [name for name, version in wanted.items() if not version[0].isdigit()] == []
    for name, version in wanted.items():
        assert CLIENT[f"node_modules/{name}"]["version"] == version
