"""Every test has folders of its own: none meets the model's process of whoever runs the tests."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from picode.core.errors import ConfigurationError, NetworkFailure, ProviderTimeout
from picode.io.embedded.launch import require_runtime
from picode.io.embedded.model_file import find_model


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICODE_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("PICODE_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def model() -> Path:
    """The real model, through the real code path: into the user's cache, where a second run finds it."""
    if given := os.environ.get("PICODE_TEST_MODEL"):
        return Path(given)
    try:
        require_runtime()
        return asyncio.run(find_model("", lambda progress: None))
    except (ConfigurationError, NetworkFailure, ProviderTimeout) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the embedded model is missing: {error}")
