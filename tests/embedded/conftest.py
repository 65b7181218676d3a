"""Every test has folders of its own: none meets the model's process of whoever runs the tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICODE_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("PICODE_STATE_DIR", str(tmp_path / "state"))
