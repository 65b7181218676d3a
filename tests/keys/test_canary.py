"""A key that is planted is nowhere to be seen: in no text that any way through the code produces, nor in any variable of a
frame that an error passed through."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType

import pytest

import picode
from keys.backends import HangingKeyring, LockedKeyring, MemoryKeyring, RaisingKeyring
from keys.conftest import Use
from picode.assistant.ports import Endpoint
from picode.assistant.routing.upstream import key_headers
from picode.core.errors import ConfigurationError
from picode.core.keys import Key
from picode.io.keys.chain import Keychain
from picode.io.keys.register import Register
from picode.providers.catalog import CATALOG

OPENAI = CATALOG["openai"]
NAME = "openai@https://api.openai.com"
CANARY = "Zq7canaryZq7"  # in no shape that the redaction of logs and errors knows
PASSPHRASE = "Zq7canary passphrase"
SOURCES = str(Path(picode.__file__).parent)

Way = Callable[[Path, Use], Awaitable[object]]


async def flawed_variable(folder: Path, use: Use) -> None:
    await Keychain.of_user({"OPENAI_API_KEY": f"{CANARY} x"}, folder).key(OPENAI)


async def flawed_in_the_keyring(folder: Path, use: Use) -> None:
    use(MemoryKeyring().holds(NAME, f"\u201c{CANARY}\u201d"))
    await Keychain.of_user({}, folder).key(OPENAI)


async def flawed_in_the_vault(folder: Path, use: Use) -> None:
    use(MemoryKeyring())
    keychain = Keychain.of_user({"PICODE_VAULT_PASSPHRASE": PASSPHRASE}, folder)
    await keychain.vault.store(NAME, Key(CANARY * 1000))
    await keychain.key(OPENAI)


async def flawed_in_a_header(folder: Path, use: Use) -> None:
    key_headers(OPENAI, Key(f"{CANARY}\n{CANARY}"))


async def a_keyring_that_hangs_is_to_store_it(folder: Path, use: Use) -> None:
    use(HangingKeyring())
    await Keychain.of_user({}, folder, timeout_s=0.05).store(NAME, Key(CANARY), in_vault=False)


async def a_keyring_that_quotes_it_in_its_error(folder: Path, use: Use) -> None:
    use(RaisingKeyring())
    await Keychain.of_user({}, folder).store(NAME, Key(CANARY), in_vault=False)


async def a_locked_keyring_that_holds_it(folder: Path, use: Use) -> None:
    use(LockedKeyring().holds(NAME, CANARY))
    await Register(folder).add(NAME)
    await Keychain.of_user({}, folder).key(OPENAI)


async def a_folder_that_can_t_be_written(folder: Path, use: Use) -> None:
    use(MemoryKeyring())
    folder.parent.write_text("a file in its place")
    await Keychain.of_user({"PICODE_VAULT_PASSPHRASE": PASSPHRASE}, folder).store(NAME, Key(CANARY), in_vault=True)


async def a_wrong_passphrase(folder: Path, use: Use) -> None:
    use(MemoryKeyring())
    await Keychain.of_user({"PICODE_VAULT_PASSPHRASE": "x"}, folder).store(NAME, Key(CANARY), in_vault=True)
    await Keychain.of_user({"PICODE_VAULT_PASSPHRASE": PASSPHRASE}, folder).store(NAME, Key(CANARY), in_vault=True)


async def a_damaged_entry(folder: Path, use: Use) -> None:
    use(MemoryKeyring())
    keychain = Keychain.of_user({"PICODE_VAULT_PASSPHRASE": PASSPHRASE}, folder)
    await keychain.store(NAME, Key(CANARY), in_vault=True)
    await keychain.store("other@https://x", Key(CANARY), in_vault=True)
    file = keychain.vault.file
    text = file.read_text()
    file.write_text(text.replace(NAME, "swapped").replace("other@https://x", NAME))
    await keychain.key(OPENAI)


WAYS: list[Way] = [
    flawed_variable,
    flawed_in_the_keyring,
    flawed_in_the_vault,
    flawed_in_a_header,
    a_keyring_that_hangs_is_to_store_it,
    a_keyring_that_quotes_it_in_its_error,
    a_locked_keyring_that_holds_it,
    a_folder_that_can_t_be_written,
    a_wrong_passphrase,
    a_damaged_entry,
]


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
async def test_no_failure_shows_the_key(
    way: Way, folder: Path, use: Use, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigurationError) as raised:
        await way(folder, use)
    error: BaseException | None = raised.value
    seen = [caplog.text, *capfd.readouterr()]
    while error is not None:
        seen += [str(error), repr(error), *_locals(error.__traceback__)]
        error = error.__cause__ or error.__context__
    for file in folder.parent.rglob("*") if folder.parent.is_dir() else ():
        seen.append(file.read_text() if file.is_file() else file.name)
    assert len(seen) > 5
    for text in seen:
        assert "canary" not in text


def _held_by(part: object) -> list[object]:
    """What `part` consists of, but for the process's environment, whose text is not ours to hide."""
    return [value for name, value in vars(part).items() if name != "_environ"]


def _locals(traceback: TracebackType | None) -> list[str]:
    """What a crash report would say of our own frames. Those of this file plant the key."""
    shown = []
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_filename.startswith(SOURCES):
            shown += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
        traceback = traceback.tb_next
    assert shown
    return shown


@pytest.mark.parametrize("in_vault", [False, True])
async def test_what_goes_well_shows_no_key_either(
    in_vault: bool,
    folder: Path,
    backend: MemoryKeyring,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    keychain = Keychain.of_user({"PICODE_VAULT_PASSPHRASE": PASSPHRASE}, folder)
    await keychain.store(NAME, Key(CANARY), in_vault=in_vault)
    key = await keychain.key(OPENAI)
    assert key == CANARY
    parts = [keychain, *(value for part in (keychain, keychain.keyring, keychain.vault) for value in _held_by(part))]
    shown = [repr(part) for part in (*parts, key, Endpoint("https://x", key), await keychain.place(OPENAI))]
    files = [file.read_text() for file in folder.iterdir()]
    assert files
    assert "canary" not in "".join([caplog.text, *capfd.readouterr(), *shown, *files])
