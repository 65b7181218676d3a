"""Who may import whom (ARCHITECTURE.md), and how large a module may grow. The contracts are in pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest
from importlinter.application.use_cases import SUCCESS, lint_imports
from importlinter.configuration import configure

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "server" / "picode"
LINES = 400


def test_imports_go_downward_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exhaustive: a new top-level module that no layer names fails too."""
    monkeypatch.chdir(ROOT)
    configure()
    passed = lint_imports(config_filename="pyproject.toml", cache_dir=None) == SUCCESS
    assert passed, capsys.readouterr().out


def test_every_module_keeps_to_one_job() -> None:
    sizes = {path.relative_to(SERVER): len(path.read_text("utf-8").splitlines()) for path in SERVER.rglob("*.py")}
    assert len(sizes) > 30
    assert not {path: size for path, size in sizes.items() if size > LINES}
