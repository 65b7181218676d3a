"""Where PiCode keeps its files, and whether those places can be trusted.

| Folder | Variable that overrides it | What is in it |
| --- | --- | --- |
| runtime | `PICODE_RUNTIME_DIR` | what must not outlive the session: running processes and the keys to them |
| state | `PICODE_STATE_DIR` | logs, counts, the day's use of providers |
| data | `PICODE_DATA_DIR` | what the user would miss: conversations, keys, pulled models |
| cache | `PICODE_CACHE_DIR` | what can be fetched or asked for again |

Where a variable is not set, the folder is the one that the operating system has for such files.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from picode.core.errors import ConfigurationError

CacheName = Literal["answers", "model-lists", "models"]
_OWN_VARIABLES: Mapping[CacheName, str] = {"answers": "PICODE_ANSWERS_DIR", "model-lists": "PICODE_LISTS_DIR"}


def runtime_folder() -> Path:
    """The private folder for what must not outlive the session.

    It holds a key, so it must be the user's own: raises `ConfigurationError` if another user could put files there.
    """
    return private_folder(_folder("runtime", os.environ), "PICODE_RUNTIME_DIR")


def state_folder() -> Path:
    """The private folder for what is worth keeping and was not made by hand. Raises `ConfigurationError`."""
    return private_folder(_folder("state", os.environ), "PICODE_STATE_DIR")


def data_folder() -> Path:
    """The folder for what the user would miss. It need not exist yet, see `private_folder`."""
    return _folder("data", os.environ)


def cache_folder(name: CacheName, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder for one cache. It need not exist yet. `PICODE_ANSWERS_DIR` and `PICODE_LISTS_DIR` override single ones."""
    own = environ.get(_OWN_VARIABLES.get(name, ""))
    return Path(own).absolute() if own else _folder("cache", environ) / name


def private_folder(folder: Path, variable: str) -> Path:
    """`folder`, made if it is missing, with access for the user alone. `variable` is what the remedy names.

    Raises `ConfigurationError` where it can't be made, is a link, or can be changed by another user.
    """
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


def _folder(kind: Literal["runtime", "state", "data", "cache"], environ: Mapping[str, str]) -> Path:
    if override := environ.get(f"PICODE_{kind.upper()}_DIR"):
        return Path(override).absolute()
    import platformdirs

    with warnings.catch_warnings():  # it warns where there is no runtime folder, and names one that is checked later
        warnings.simplefilter("ignore")
        return Path(getattr(platformdirs, f"user_{kind}_dir")("picode", appauthor=False)).absolute()


def _check_owner(folder: Path, remedy: str) -> None:
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise ConfigurationError(f"{folder} is a link, not a folder.", remedy)
    if folder.stat().st_uid != os.getuid():
        raise ConfigurationError(f"The folder {folder} belongs to another user.", remedy)
    # A user who may write to the parent can replace the folder, unless the parent is sticky as /tmp is.
    parent = folder.parent.stat()
    foreign = parent.st_uid not in (os.getuid(), 0)
    if foreign or (parent.st_mode & stat.S_IWOTH and not parent.st_mode & stat.S_ISVTX):
        raise ConfigurationError(f"The folder {folder.parent} can be changed by other users.", remedy)
