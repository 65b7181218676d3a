"""VS Code's server process, and all that it starts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from e2e.vscode.install import Toolchain

# What VS Code shows to newcomers is in the way of a test. What it does while one types is as users have it: it closes brackets,
# indents lines and lists words.
_QUIET = {
    "breadcrumbs.enabled": False,
    "chat.disableAIFeatures": True,
    "editor.minimap.enabled": False,
    "editor.overviewRulerBorder": False,
    "editor.scrollBeyondLastLine": False,
    "files.autoSave": "afterDelay",
    "files.autoSaveDelay": 100,
    "git.enabled": False,
    "window.commandCenter": False,
    "workbench.activityBar.location": "hidden",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.editor.useModal": "off",
    "workbench.layoutControl.enabled": False,
    "workbench.reduceMotion": "on",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}

# Folders of their own for the language server, so that it meets neither the settings nor the model's process of whoever
# runs the tests. The name of the last one marks, in their environment, the processes that belong to a `Server`.
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "PICODE_STATE_DIR", "PICODE_RUNTIME_DIR")


class Server:
    """VS Code's server with the extensions of one folder, and the machine's settings that it is given. `chat`: VS Code's own
    chat is on."""

    def __init__(
        self,
        tools: Toolchain,
        extensions: Path,
        data: Path,
        settings: Mapping[str, Any],
        more_builtin_extensions: Sequence[Path] = (),
        environment: Mapping[str, str] | None = None,
        *,
        chat: bool = False,
    ) -> None:
        self.data = data
        builtin = data / "builtin"
        builtin.mkdir(parents=True)
        for extension in (*tools.builtin_extensions, *more_builtin_extensions):
            (builtin / extension.name).symlink_to(extension)
        self._settings = {
            "Machine/settings.json": settings,
            "User/settings.json": {**_QUIET, "chat.disableAIFeatures": not chat},
        }
        self.reset_settings()
        self.port = _free_port()
        with (data / "server.log").open("w") as log:
            self.process = psutil.Popen(
                [
                    *(tools.node, tools.vscode, "--host", "127.0.0.1", "--port", str(self.port)),
                    *("--without-connection-token", "--accept-server-license-terms", "--telemetry-level", "off"),
                    *("--builtin-extensions-dir", str(builtin), "--extensions-dir", str(extensions)),
                    *("--user-data-dir", str(data)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**_environment(data), **(environment or {})},
            )
        try:
            wait_until(self._answers, 30, "VS Code's server to answer")
        except AssertionError:
            self.stop()
            raise

    def _answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/version", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def reset_settings(self) -> None:
        """Undoes what was set in windows. This build of VS Code keeps the user's settings beside the machine's."""
        for name, settings in self._settings.items():
            file = self.data / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), "utf-8")

    def family(self) -> list[psutil.Process]:
        """Every process that it started, and that those started, whoever their parents are now."""
        return [
            process for process in psutil.process_iter() if _runtime_folder(process) == str(self.data / _FOLDERS[-1])
        ]

    def language_servers(self) -> list[psutil.Process]:
        return [process for process in self.family() if _command(process)[-1:] == ["lsp"]]

    def model_processes(self) -> list[psutil.Process]:
        return [process for process in self.family() if "picode.io.embedded.process" in _command(process)]

    def extension_hosts(self) -> list[psutil.Process]:
        return [process for process in self.family() if "--type=extensionHost" in _command(process)]

    @property
    def config_folder(self) -> Path:
        """Where the language server looks for the user's own settings files."""
        return self.data / "XDG_CONFIG_HOME/picode"

    def log(self) -> str:
        """What PiCode wrote to its output channels, of all windows."""
        return "".join(file.read_text("utf-8") for file in sorted(self.data.glob("logs/*/exthost*/**/PiCode.log")))

    def stop(self) -> None:
        """Ends the whole family."""
        family = self.family()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(10)
        psutil.wait_procs(family, timeout=10)


def _environment(data: Path) -> dict[str, str]:
    strange = ("PYTHON", "VIRTUAL_ENV", "PICODE_", "VSCODE_")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(strange) and not name.endswith("_API_KEY")
    }
    # No language server but the one that a test names.
    path = environment["PATH"].split(os.pathsep)
    environment["PATH"] = os.pathsep.join(folder for folder in path if not Path(folder, "picode").exists())
    for name in _FOLDERS:
        (data / name).mkdir(mode=0o700)
        environment[name] = str(data / name)
    return environment


def _runtime_folder(process: psutil.Process) -> str | None:
    with suppress(psutil.Error, OSError):
        return process.environ().get(_FOLDERS[-1])
    return None


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def wait_until(happened: Callable[[], Any], seconds: float, what: str) -> Any:
    """Asks ten times a second until the answer is true, and gives it."""
    end = time.monotonic() + seconds
    while True:
        if answer := happened():
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"Waited {seconds} s for {what} in vain.")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
