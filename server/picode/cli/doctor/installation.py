"""PiCode itself: its version, the settings that it has found, and whether editors find it."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from picode import __version__
from picode.cli.doctor.finding import Circumstances, Finding, problem, well
from picode.cli.doctor.programs import dotted, locate, output_of, version_in

_PACKAGES = ("pygls", "lsprotocol", "httpx2", "pydantic", "xllamacpp")


async def check(circumstances: Circumstances) -> list[Finding]:
    """Versions, settings that can't be understood, and the program on the PATH."""
    here = f"{__version__} with Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    packages = ", ".join(f"{name} {found}" for name in _PACKAGES if (found := _version(name)))
    settings = [
        problem("settings", str(each), "Correct it there; `docs/settings.md` has every setting with its values.")
        for each in circumstances.assistant.problems()
    ]
    return [
        well("version", here),
        well("packages", packages),
        await _on_path(circumstances),
        *(settings or [well("settings", "all understood.")]),
    ]


async def _on_path(circumstances: Circumstances) -> Finding:
    found = await asyncio.to_thread(locate, ("picode",), circumstances.environ)
    if found is None:
        scripts = Path(_scripts())
        shown = scripts / ("picode.exe" if os.name == "nt" else "picode")
        fix = f"Add {scripts} to your PATH, or name `{shown}` in your editor's settings (`picode.server.command`)."
        return problem("server", "`picode` is not on the PATH: editors won't find it.", fix)
    told = version_in(await output_of(found, "--version", environ=circumstances.environ, seconds=20))
    if not told:
        return problem(
            "server", f"{found} does not run.", "Install it again, from the checkout or the wheel that it came from."
        )
    if dotted(told) != __version__:
        return problem(
            "server",
            f"{found} is {dotted(told)}, and this is {__version__}.",
            "Update or remove the one that you don't want, or change the order of folders in your PATH.",
        )
    return well("server", found)


def _scripts() -> str:
    """The folder of the program that runs now."""
    own = Path(sys.argv[0])
    return str(own.absolute().parent) if own.stem == "picode" else sysconfig.get_path("scripts")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
