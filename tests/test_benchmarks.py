"""Every benchmark runs: as short as it can be, as the command that the README and the docs print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

COMMANDS = {
    "answers": ("--quick",),
    "cancellations": ("--quick",),
    "context_recall": ("--quick",),
    "gateway_load": ("--quick",),
    "hole_filling": ("2",),
    "key_to_ghost": ("--quick", "--editor", "neovim"),
    "keystrokes": ("--keys", "40", "--pace", "lively"),
    "measure": ("--quick",),
    "perfect_answers": ("--holes", "10", "--language", "python"),
    "perfect_offline": ("--holes", "50", "--language", "python"),
    "redaction": ("--quick",),
    "scale": ("--quick",),
    "secret_recall": (),
    "soak": ("--minutes", "0.1", "--rate", "5"),
    "starts": ("--quick",),
    "typing_on": ("--quick",),
}
PARTS = {"bare_proxy", "bare_server", "message_log", "model_server", "stepped_server"}
"""Programs that benchmarks start."""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_prints_figures(name: str) -> None:
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *COMMANDS[name]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=360, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d", done.stdout), done.stderr


def test_every_benchmark_is_tried() -> None:
    programs = {
        path.stem for path in (ROOT / "tests" / "benchmarks").glob("*.py") if "__main__" in path.read_text("utf-8")
    }
    assert programs - PARTS == set(COMMANDS)
