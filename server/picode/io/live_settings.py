"""The settings in force, always: every layer read, merged, and read again when a file changes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from picode.io.config_files import ConfigFiles
from picode.settings.environment import environment_layer
from picode.settings.layers import EDITOR, Layer, Resolved, merge

log = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds between two looks at the settings files. A look costs one `stat` for each."""


class LiveSettings:
    """Holds `resolved`, a new object after each change. `on_change` is called with each."""

    def __init__(self, environ: Mapping[str, str], on_change: Callable[[Resolved], None]) -> None:
        self._files = ConfigFiles()
        self._environ = environ
        self._on_change = on_change
        self._trusted = False
        self._editor: Mapping[str, Any] = {}
        self._command_line: Mapping[str, Any] = {}
        self._fingerprint: object = None
        self.folders: Sequence[str] = ()
        self.resolved = merge([])

    def update(
        self, folders: Sequence[str], trusted: bool, editor: Mapping[str, Any], command_line: Mapping[str, Any]
    ) -> None:
        """The surroundings have changed: reads everything again."""
        self.folders, self._trusted = folders, trusted
        self._editor, self._command_line = editor, command_line
        self._read()

    def trusted_folders(self) -> list[str]:
        """The folders of the workspace that the user trusts, as a whole workspace or one by one."""
        known = self._files.trusted_folders
        return [folder for folder in self.folders if self._trusted or known.is_trusted(folder)]

    def trusts(self, folder: str) -> bool:
        """Whether the user trusts `folder`, or one that it really lies in. Reads the list of trusted folders."""
        real = Path(os.path.realpath(folder))
        if self._trusted and any(real.is_relative_to(os.path.realpath(each)) for each in self.folders):
            return True
        return self._files.trusted_folders.is_trusted(folder)

    async def watch(self) -> None:
        """Looks after the files until it is cancelled."""
        import asyncio

        while True:
            await asyncio.sleep(INTERVAL)
            if self._files.fingerprint(self.folders) != self._fingerprint:
                log.info("a settings file has changed")
                self._read()

    def _read(self) -> None:
        self._fingerprint = self._files.fingerprint(self.folders)
        layers = [
            *self._files.user_layers(),
            *self._files.workspace_layers(self.folders, self._trusted),
            environment_layer(self._environ),
            Layer(EDITOR, "the editor", dict(self._editor)),
            Layer("command line", "the command line", dict(self._command_line)),
        ]
        resolved = merge(layers)
        if resolved.settings != self.resolved.settings or resolved.problems != self.resolved.problems:
            self.resolved = resolved
            self._on_change(resolved)
