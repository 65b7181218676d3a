"""The keyring of a Linux desktop for real: gnome-keyring, on a D-Bus of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NEEDED = ("dbus-run-session", "gnome-keyring-daemon")

PROGRAM = """
import asyncio, keyring, sys
from pathlib import Path
from picode.core.keys import Key
from picode.io.keys.chain import Keychain

NAME = "openai@https://api.openai.com"

async def main():
    keychain = Keychain.of_user({}, Path(sys.argv[1]))
    print(type(keyring.get_keyring()).__module__)
    await keychain.store(NAME, Key("sk-1"), in_vault=False)
    print(await keychain.keyring.key(NAME) == "sk-1", await keychain.keyring.key("openai@https://evil.example"))
    print(await keychain.delete(NAME), await keychain.delete(NAME), keychain.keyring.trouble == "")

asyncio.run(main())
"""


@pytest.mark.skipif(
    not all(map(shutil.which, NEEDED)), reason=f"needs {' and '.join(NEEDED)}, of which one is not installed"
)
def test_a_key_goes_into_the_secret_service_and_out_again(tmp_path: Path) -> None:
    """A daemon with a home and a collection of its own, unlocked with a passphrase from its standard input."""
    script = 'printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$@"'
    homes = {name: str(tmp_path / name) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")}
    for home in homes.values():
        Path(home).mkdir(mode=0o700)
    command = [
        "dbus-run-session",
        "--",
        "sh",
        "-c",
        script,
        "sh",
        sys.executable,
        "-c",
        PROGRAM,
        str(tmp_path / "data"),
    ]
    environ = {**os.environ, **homes}
    environ.pop("PYTHON_KEYRING_BACKEND", None)
    ended = subprocess.run(command, env=environ, timeout=60, capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines() == [
        "keyring.backends.SecretService", "True None", "True False True"
    ], ended.stderr  # fmt: skip
