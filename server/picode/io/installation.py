"""How this installation of PiCode is run from a terminal, and how a part of it is added: PiCode is on no package index, so no
command may install it by its name."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_NAMED = re.compile(r"`picode(?=[ `])")
_WINDOWS = os.name == "nt"


@cache
def program() -> str:
    """What a user types for `picode`: the name alone where a shell finds this installation by it, else its whole path."""
    script = Path(sysconfig.get_path("scripts")) / ("picode.exe" if _WINDOWS else "picode")
    if not script.exists():
        return f"{quoted(sys.executable)} -m picode"
    found = shutil.which("picode")
    return "picode" if found and os.path.realpath(found) == os.path.realpath(script) else quoted(str(script))


def runnable(text: str) -> str:
    """`text`, a message for the user, with the commands in it (`` `picode …` ``) as they can be run here."""
    return _NAMED.sub(lambda _: f"`{program()}", text) if "`picode" in text else text


def command_to_add(extra: str) -> str:
    """The command that installs what `extra` needs into the environment that this process runs in."""
    packages = " ".join(f"'{each}'" for each in _requirements(extra))
    if find_spec("pip"):
        return f"{quoted(sys.executable)} -m pip install {packages}"
    return f"uv pip install --python {quoted(sys.executable)} {packages}"


def quoted(path: str) -> str:
    """`path` as the system's shell takes it."""
    return subprocess.list2cmdline([path]) if _WINDOWS else shlex.quote(path)


_EXTRA = re.compile(r"""\bextra ?== ?['"]([\w-]+)['"]""")


def _requirements(extra: str) -> list[str]:
    """The packages of `extra`, with their versions, as the metadata of this installation has them."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        listed = requires("picode") or []
    except PackageNotFoundError:
        listed = []
    found = [(each, _EXTRA.search(each.partition(";")[2])) for each in listed]
    return [each.partition(";")[0].strip() for each, marker in found if marker is not None and marker[1] == extra]
