"""The documentation's command lines that install PiCode are run as they stand, from a checkout, into folders of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from docs.test_docs import PAGES, ROOT, lines

TIMEOUT = 300

INSTALLING = ("uv build", "uv tool install", "pipx install")


def commands() -> list[str]:
    """Each of the command lines once, in their order; those in running text, too."""
    found = [line.partition("  #")[0].strip() for page in PAGES for line in lines(page)]
    inline = [
        each for page in PAGES for each in re.findall(r"`((?:uv tool|pipx) install [^`]+)`", page.read_text("utf-8"))
    ]
    return list(dict.fromkeys(each for each in [*found, *inline] if each.startswith(INSTALLING)))


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has nothing of PiCode."""
    if shutil.which("uv") is None:
        pytest.skip("The command lines need uv: python3 -m pip install uv")
    folders = {"UV_TOOL_DIR": "tools", "UV_TOOL_BIN_DIR": "bin", "PIPX_HOME": "pipx", "PIPX_BIN_DIR": "pipx-bin"}
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "PICODE_"))
    }
    return {**clean, **{name: str(tmp_path / folder) for name, folder in folders.items()}}


def test_no_page_and_no_message_installs_by_the_bare_name() -> None:
    """PiCode is on no index: whoever registers its name there would run code on the machines of its users."""
    sources = [
        *(ROOT / "server").rglob("*.py"),
        *(ROOT / "client-nvim").rglob("*.lua"),
        *(ROOT / "client-vscode/src").rglob("*.ts"),
    ]
    texts = [*PAGES, *(ROOT / "client-nvim/doc").glob("*.txt"), *sources]
    bare = re.compile(r"install (?:--\S+ )*['\"]?picode(?:\[[\w,]+\])?['\"`\s]")
    assert [f"{page.name}: {found}" for page in texts for found in bare.findall(page.read_text("utf-8"))] == []


def test_what_is_documented_installs_a_server_that_runs(place: dict[str, str], tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "server"):
        (checkout / name).symlink_to(ROOT / name)
    ran = commands()
    assert {each.split()[0] for each in ran} == {"uv", "pipx"}
    for command in ran:
        line = command.replace("pipx ", "uvx pipx ", 1) if command.startswith("pipx ") else command
        done = subprocess.run(
            ["bash", "-c", line], cwd=checkout, env=place, capture_output=True, text=True, timeout=TIMEOUT
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        if "install" not in command:
            continue
        folder = place["PIPX_BIN_DIR" if command.startswith("pipx") else "UV_TOOL_BIN_DIR"]
        said = subprocess.run(
            [f"{folder}/picode", "provider", "list"], capture_output=True, text=True, env=place, timeout=TIMEOUT
        )
        assert re.search(r"(?m)^\S*\s*embedded\b", said.stdout), said.stdout + said.stderr
