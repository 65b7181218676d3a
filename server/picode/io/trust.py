"""The folders whose settings the user trusts, in `trusted.json` beside the user's own settings.

The list lies outside of any repository: no folder can vouch for itself.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from picode.core.errors import ConfigurationError

FILE_NAME = "trusted.json"


class TrustedFolders:
    """The list in one directory. It is read anew for each question, so that every window hears of a change."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / FILE_NAME

    def folders(self) -> list[str]:
        """The trusted folders, as real paths. A list that can't be read trusts no folder."""
        try:
            listed = json.loads(self.file.read_bytes())["folders"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return []
        if not isinstance(listed, list):
            return []
        return [folder for folder in listed if isinstance(folder, str)]

    def is_trusted(self, folder: str | os.PathLike[str]) -> bool:
        """Whether a folder, or one that it really lies in, is trusted."""
        return self._trusted_above(folder) is not None

    def trust(self, folder: str | os.PathLike[str]) -> None:
        """Trusts a folder and what lies in it. Raises `ConfigurationError` where there is no such folder, or the
        list can't be written."""
        real = _real(folder)
        if not os.path.isdir(real):
            raise ConfigurationError(f"{real} is not a folder.", "Name a folder that exists.")
        self._write(sorted({*self.folders(), real}))

    def untrust(self, folder: str | os.PathLike[str]) -> None:
        """Takes trust back. Raises `ConfigurationError` where the folder lies in one that stays trusted."""
        real = _real(folder)
        self._write([listed for listed in self.folders() if os.path.normcase(listed) != os.path.normcase(real)])
        if above := self._trusted_above(real):
            raise ConfigurationError(
                f"{real} is still trusted, because {above} is.", f"Run `picode untrust {above}` for both."
            )

    def _trusted_above(self, folder: str | os.PathLike[str]) -> str | None:
        try:
            real = Path(os.path.normcase(_real(folder)))
        except ValueError:  # a NUL in it: no folder has such a name
            return None
        return next((listed for listed in self.folders() if real.is_relative_to(os.path.normcase(listed))), None)

    def _write(self, folders: list[str]) -> None:
        """Replaces the file as a whole: a reader sees the old list or the new one, and other users may not write it."""
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self.file.parent, prefix=FILE_NAME)  # creates it with mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump({"folders": folders}, file, indent=2)
                os.replace(draft, self.file)
            except BaseException:
                os.unlink(draft)
                raise
        except OSError as error:
            raise ConfigurationError(f"{self.file} can't be written ({error.strerror}).") from error


def _real(folder: str | os.PathLike[str]) -> str:
    return os.path.realpath(folder)
