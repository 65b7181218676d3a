"""Editors on this machine, whether they are new enough, and whether PiCode is in them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from picode.cli.doctor.finding import Circumstances, Finding, note, problem, well
from picode.cli.doctor.programs import dotted, locate, output_of, version_in

Version = tuple[int, ...]
Ask = Callable[[str, Mapping[str, str]], Awaitable[str | None]]
"""How PiCode is in the editor of that program, in words; None where it is not."""


@dataclass(frozen=True, slots=True)
class Editor:
    """An editor: its programs, the version it needs (those of the clients' own manifests), how PiCode is found in it, and how
    it gets there."""

    title: str
    programs: tuple[str, ...]
    needed: Version
    ask: Ask
    install: str


@dataclass(frozen=True, slots=True)
class _Seen:
    editor: Editor
    version: Version
    client: str | None

    @property
    def old(self) -> bool:
        return bool(self.version) and self.version < self.editor.needed


async def check(circumstances: Circumstances) -> list[Finding]:
    """One finding for each editor that is there."""
    looked = await asyncio.gather(*(_look(editor, circumstances.environ) for editor in EDITORS))
    seen = [each for each in looked if each is not None]
    if not seen:
        return [note("editors", "None is on the PATH: neither VS Code, nor Neovim, Helix or Emacs.")]
    usable = any(not each.old for each in seen)
    return [_finding(each, usable=usable) for each in seen]


def _finding(seen: _Seen, *, usable: bool) -> Finding:
    editor, version = seen.editor, dotted(seen.version) or "of an unknown version"
    if seen.old:
        fix = f"Update {editor.title} to {dotted(editor.needed)} or newer."
        text = f"{version} is too old for PiCode."
        # Not a problem for users of other editors.
        return note(editor.title, text, fix) if usable and not seen.client else problem(editor.title, text, fix)
    if seen.client is None:
        return note(editor.title, f"{version}, without PiCode.", editor.install)
    return well(editor.title, f"{version}, {seen.client}.")


async def _look(editor: Editor, environ: Mapping[str, str]) -> _Seen | None:
    program = locate(editor.programs, environ)
    if program is None:
        return None
    told, client = await asyncio.gather(output_of(program, "--version", environ=environ), editor.ask(program, environ))
    return _Seen(editor, version_in(told), client)


async def _in_vscode(program: str, environ: Mapping[str, str]) -> str | None:
    told = await output_of(program, "--list-extensions", "--show-versions", environ=environ)
    for line in told.splitlines():
        name, _, version = line.strip().partition("@")
        if name.lower() == "picode.picode":
            return f"extension {version}".strip()
    return None


async def _in_neovim(_: str, environ: Mapping[str, str]) -> str | None:
    """Where plugin managers and packages put it. Neovim itself is not asked: that would run the user's whole configuration."""
    config = _base(environ, "XDG_CONFIG_HOME", ".config") / "nvim"
    data = _base(environ, "XDG_DATA_HOME", ".local", "share") / "nvim"
    patterns = ("lua/picode", "pack/*/*/*/lua/picode", "lazy/*/lua/picode", "plugged/*/lua/picode")
    places = [(root, pattern) for root in (config, data, data / "site") for pattern in patterns]
    places += [(config / "bundle", "*/lua/picode"), (data, "site/pack/*/*/*/client-nvim/lua/picode")]

    def find() -> str | None:
        found = (each for root, pattern in places for each in root.glob(pattern) if each.is_dir())
        return next((f"plugin in {each.parent.parent}" for each in found), None)

    return await asyncio.to_thread(find)


async def _in_helix(_: str, environ: Mapping[str, str]) -> str | None:
    file = _base(environ, "XDG_CONFIG_HOME", ".config") / "helix" / "languages.toml"
    return await asyncio.to_thread(_mentions, file)


async def _in_emacs(_: str, environ: Mapping[str, str]) -> str | None:
    home = _home(environ)
    files = (_base(environ, "XDG_CONFIG_HOME", ".config") / "emacs" / "init.el", home / ".emacs.d" / "init.el")
    return next((said for file in (*files, home / ".emacs") if (said := _mentions(file))), None)


def _mentions(file: Path) -> str | None:
    try:
        return f"set up in {file}" if "picode" in file.read_text("utf-8", "replace") else None
    except OSError:
        return None


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~"))


def _base(environ: Mapping[str, str], variable: str, *usual: str) -> Path:
    return Path(environ[variable]) if environ.get(variable) else _home(environ).joinpath(*usual)


_VSCODE = Editor(
    "VS Code",
    ("code", "code-insiders"),
    (1, 91),
    _in_vscode,
    "Install the extension: `code --install-extension picode.vsix`.",
)

EDITORS = (
    _VSCODE,
    replace(_VSCODE, title="VSCodium", programs=("codium",), install=_VSCODE.install.replace("`code", "`codium")),
    Editor("Neovim", ("nvim",), (0, 11), _in_neovim, "Add the plugin in `client-nvim` with your plugin manager."),
    Editor("Helix", ("hx", "helix"), (23, 10), _in_helix, "Name the server in `languages.toml`."),
    Editor("Emacs", ("emacs",), (29, 1), _in_emacs, "Add `picode lsp` to `eglot-server-programs`."),
)
