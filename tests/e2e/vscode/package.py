"""The extension as it is published, made and installed by the scripts that do so for the Marketplace."""

from __future__ import annotations

import subprocess
from pathlib import Path

from e2e.vscode.install import Toolchain
from picode.io.lock import file_lock

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "client-vscode"


def build_wheel(tools: Toolchain, folder: Path) -> Path:
    """The language server as it is published, in an empty folder."""
    _run(tools.uv, "build", "--wheel", "--out-dir", str(folder), cwd=ROOT)
    return next(folder.glob("*.whl"))


def build_vsix(tools: Toolchain, wheel: Path, folder: Path) -> Path:
    """The extension's package, with the wheel in it."""
    installed = CLIENT / "node_modules/.package-lock.json"
    with file_lock(CLIENT / ".npm-ci.lock", 300):  # the workers of one run share the folder
        if not installed.exists() or installed.stat().st_mtime < (CLIENT / "package-lock.json").stat().st_mtime:
            _run(tools.npm, "ci", cwd=CLIENT)
    path = folder / "picode.vsix"
    _run(tools.node, "scripts/package.mjs", "--wheel", str(wheel), "--out", str(path), cwd=CLIENT)
    return path


def install_extension(tools: Toolchain, vsix: Path, folder: Path) -> None:
    """Has VS Code install the package into a folder for extensions."""
    flags = ("--accept-server-license-terms", "--extensions-dir", str(folder), "--user-data-dir", f"{folder}-data")
    _run(tools.node, tools.vscode, *flags, "--install-extension", str(vsix), cwd=folder)


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
