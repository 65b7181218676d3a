"""Commands in messages are ones that run here, whatever is on the PATH."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from picode.io import installation
from picode.io.extras import EXTRAS

SCRIPT = Path(sysconfig.get_path("scripts")) / ("picode.exe" if os.name == "nt" else "picode")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    installation.program.cache_clear()
    yield
    installation.program.cache_clear()


def test_the_name_alone_where_a_shell_finds_this_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = tmp_path / "picode"
    link.symlink_to(SCRIPT)  # as `uv tool` and pipx have it
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installation.program() == "picode"


@pytest.mark.parametrize("other", [False, True], ids=["nothing on the PATH", "another picode on the PATH"])
def test_the_whole_path_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: bool) -> None:
    if other:
        (tmp_path / "picode").write_text("#!/bin/sh\n")
        (tmp_path / "picode").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    said = installation.runnable("Run `picode provider key set openai`, or `picode`; not picode, nor `picode.toml`.")
    program = installation.quoted(str(SCRIPT))
    assert said == f"Run `{program} provider key set openai`, or `{program}`; not picode, nor `picode.toml`."
    done = subprocess.run(f"{installation.program()} --version", shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("picode ")


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_part_is_added_by_the_names_of_its_packages(extra: str) -> None:
    command = installation.command_to_add(extra)
    assert sys.executable in command
    assert "picode[" not in command
    assert command.count("'") >= 2
