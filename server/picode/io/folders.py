"""Where PiCode keeps its files, and whether those places can be trusted.

`PICODE_RUNTIME_DIR`, `PICODE_STATE_DIR` and `PICODE_CACHE_DIR` override the places that the operating system has for
such files.
"""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path

from picode.core.errors import ConfigurationError


def runtime_folder() -> Path:
    """The private folder for what must not outlive the session: who runs, under which key.

    A key lies in it, so it must be the user's own: raises `ConfigurationError` if somebody else could put files there.
    """
    import platformdirs

    override = os.environ.get("PICODE_RUNTIME_DIR")
    with warnings.catch_warnings():  # it warns where the system has no such folder, and names one that is checked below
        warnings.simplefilter("ignore")
        folder = Path(override or platformdirs.user_runtime_dir("picode", appauthor=False)).absolute()
    return private_folder(folder, "PICODE_RUNTIME_DIR")


def state_folder() -> Path:
    """The private folder for what is worth keeping and was not made by hand: logs, counts, the day's use of providers."""
    import platformdirs

    override = os.environ.get("PICODE_STATE_DIR")
    folder = Path(override or platformdirs.user_state_dir("picode", appauthor=False)).absolute()
    return private_folder(folder, "PICODE_STATE_DIR")


def models_folder() -> Path:
    """The folder for fetched model files; it need not exist yet."""
    import platformdirs

    override = os.environ.get("PICODE_CACHE_DIR")
    return Path(override or platformdirs.user_cache_dir("picode", appauthor=False)).absolute() / "models"


def private_folder(folder: Path, variable: str) -> Path:
    """`folder`, made if it is missing, with access for the user alone. `variable` is what the remedy names."""
    remedy = f"Remove it, or set {variable} to a folder of your own."
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if hasattr(os, "getuid"):
            _check_owner(folder, remedy)
            if stat.S_IMODE(folder.stat().st_mode) & 0o077:
                folder.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(f"The folder {folder} can't be used: {error.strerror or error}.", remedy) from error
    return folder


def _check_owner(folder: Path, remedy: str) -> None:
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise ConfigurationError(f"{folder} is a link, not a folder.", remedy)
    if folder.stat().st_uid != os.getuid():
        raise ConfigurationError(f"The folder {folder} belongs to another user.", remedy)
    # Whoever may write to the parent can replace the folder, unless the parent is sticky as /tmp is.
    parent = folder.parent.stat()
    foreign = parent.st_uid not in (os.getuid(), 0)
    if foreign or (parent.st_mode & stat.S_IWOTH and not parent.st_mode & stat.S_ISVTX):
        raise ConfigurationError(f"The folder {folder.parent} can be changed by other users.", remedy)
