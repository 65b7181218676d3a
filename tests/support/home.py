"""A home of their own for tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from picode import bootstrap
from picode.io import installation

_PRIVATE = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")


def own_home(home: Path, patch: pytest.MonkeyPatch) -> None:
    """What a test reads and writes of a user lies in `home`: settings, keys, lists of models, answers that are remembered. The
    rest of the cache stays: the model is fetched once."""
    for name in _PRIVATE:
        folder = home / name.lower()
        folder.mkdir(mode=0o700)
        patch.setenv(name, str(folder))
    installation.program.cache_clear()  # a test before may have had another PATH
    patch.setattr(bootstrap, "cache_folder", lambda name, *_: home / name)
    for name in list(os.environ):
        picode = name.startswith("PICODE_") and not name.startswith(("PICODE_TEST", "PICODE_UPDATE"))
        if picode or name.endswith("_API_KEY"):
            patch.delenv(name)
    patch.setenv("PICODE_LISTS_DIR", str(home / "model-lists"))  # for processes that tests start
    patch.setenv("PICODE_ANSWERS_DIR", str(home / "answers"))
    patch.setenv("PICODE_DATA_DIR", str(home / "data"))
    patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
