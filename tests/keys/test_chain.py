"""The order in which a key is looked for, what is remembered, and who is never asked."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from keys.backends import AbsentKeyring, HangingKeyring, LockedKeyring, MemoryKeyring
from keys.conftest import Use
from picode.core.errors import ConfigurationError
from picode.core.keys import Key
from picode.io.keys.chain import Keychain, Place
from picode.io.keys.register import Register
from picode.providers.catalog import CATALOG, Provider

OPENAI, OLLAMA = CATALOG["openai"], CATALOG["ollama"]
NAME = "openai@https://api.openai.com"
LOCAL = "ollama@http://127.0.0.1:11434"


async def test_the_environment_comes_before_the_keyring_and_that_before_the_vault(
    keychain: Keychain, environ: dict[str, str], backend: MemoryKeyring
) -> None:
    environ["PICODE_VAULT_PASSPHRASE"] = "x"
    await keychain.vault.store(NAME, Key("of-vault"))
    assert await keychain.key(OPENAI) == "of-vault"
    assert await keychain.place(OPENAI) == Place("vault")
    backend.holds(NAME, "of-keyring")
    keychain.forget()
    assert await keychain.key(OPENAI) == "of-keyring"
    assert await keychain.place(OPENAI) == Place("keyring")
    environ["OPENAI_API_KEY"] = " of-environment\n"
    assert await keychain.key(OPENAI) == "of-environment"
    assert await keychain.place(OPENAI) == Place("environment", "OPENAI_API_KEY")


async def test_a_key_belongs_to_the_origin_it_was_stored_for(keychain: Keychain, backend: MemoryKeyring) -> None:
    backend.holds(NAME, "sk-1")
    for url in (
        "https://evil.example/v1",
        "https://api.openai.com.evil.example/v1",
        "https://api.openai.com@evil.example/v1",
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://evil.example/https://api.openai.com/v1",
        "",
    ):
        assert await keychain.key(replace(OPENAI, base_url=url)) is None, url
    assert await keychain.key(replace(OPENAI, base_url="https://API.openai.com:443/another/path")) == "sk-1"
    assert await keychain.key(replace(OPENAI, name="team")) is None


async def test_who_needs_no_key_is_not_looked_up_unless_one_was_stored(
    keychain: Keychain, backend: MemoryKeyring
) -> None:
    assert await keychain.key(OLLAMA) is None
    assert backend.asked == []
    await keychain.store(LOCAL, Key("1"), in_vault=False)
    assert await keychain.key(OLLAMA) == "1"


def test_neither_library_is_imported_for_who_needs_no_key(folder: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
import picode.bootstrap, picode.cli.app
from picode.io.keys.chain import Keychain
from picode.providers.catalog import CATALOG, Provider
async def main():
    keychain = Keychain.of_user({{"OPENAI_API_KEY": "sk-1"}}, Path({str(folder)!r}))
    return [await keychain.key(CATALOG[name]) for name in ("ollama", "llamacpp", "openai")]
print(asyncio.run(main()), [name for name in ("keyring", "cryptography") if name in sys.modules])
"""
    output = subprocess.run([sys.executable, "-c", program], timeout=60, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[None, None, Key(…)] []"


async def test_what_was_found_is_remembered_and_so_is_that_there_is_nothing(
    keychain: Keychain, backend: MemoryKeyring
) -> None:
    backend.holds(NAME, "sk-1")
    groq = CATALOG["groq"]
    for _ in range(3):
        assert await keychain.key(OPENAI) == "sk-1"
        assert await keychain.key(groq) is None
    assert backend.asked == [NAME, "groq@https://api.groq.com"]
    backend.holds("groq@https://api.groq.com", "gsk-1")
    assert await keychain.key(groq) is None
    keychain.forget()
    assert await keychain.key(groq) == "gsk-1"


@pytest.mark.parametrize("in_vault", [False, True])
async def test_a_key_that_another_process_stores_is_seen_at_once(
    keychain: Keychain, environ: dict[str, str], folder: Path, in_vault: bool
) -> None:
    environ["PICODE_VAULT_PASSPHRASE"] = "x"
    assert await keychain.key(OPENAI) is None
    other = Keychain.of_user(environ, folder)
    for key in ("sk-1", "sk-2"):
        await other.store(NAME, Key(key), in_vault=in_vault)
        assert await keychain.key(OPENAI) == key
    assert await other.delete(NAME) is True
    assert await keychain.key(OPENAI) is None


async def test_a_key_lies_in_one_place_only(
    keychain: Keychain, environ: dict[str, str], backend: MemoryKeyring
) -> None:
    environ["PICODE_VAULT_PASSPHRASE"] = "x"
    await keychain.store(NAME, Key("1"), in_vault=False)
    await keychain.store(NAME, Key("2"), in_vault=True)
    assert backend.entries == {}
    assert await keychain.key(OPENAI) == "2"
    await keychain.store(NAME, Key("3"), in_vault=False)
    assert keychain.vault.names() == set()
    assert await keychain.key(OPENAI) == "3"


async def test_a_key_can_move_to_the_vault_where_its_keyring_is_gone(
    folder: Path, environ: dict[str, str], use: Use
) -> None:
    use(AbsentKeyring())
    environ["PICODE_VAULT_PASSPHRASE"] = "x"
    await Register(folder).add(NAME)
    keychain = Keychain.of_user(environ, folder)
    with pytest.raises(ConfigurationError, match="is in the system keyring, which is missing on this machine"):
        await keychain.key(OPENAI)
    await keychain.store(NAME, Key("sk-1"), in_vault=True)
    assert await keychain.key(OPENAI) == "sk-1"
    assert Register(folder).names() == set()


async def test_a_caller_that_leaves_does_not_start_the_two_seconds_anew(folder: Path, use: Use) -> None:
    """Every key that is typed cancels the request before it."""
    backend = HangingKeyring()
    use(backend)
    keychain = Keychain.of_user({}, folder, timeout_s=0.3)
    began = time.monotonic()
    while time.monotonic() - began < 0.2:
        caller = asyncio.create_task(keychain.key(OPENAI))
        await asyncio.sleep(0.02)
        caller.cancel()
    assert await keychain.key(OPENAI) is None
    assert time.monotonic() - began < 0.6
    assert backend.asked == [NAME]


async def test_a_keyring_that_hangs_is_skipped_with_one_line_in_the_log(
    folder: Path, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    use(HangingKeyring())
    environ = {"PICODE_VAULT_PASSPHRASE": "x"}
    keychain = Keychain.of_user(environ, folder, timeout_s=0.05)
    await keychain.vault.store(NAME, Key("of-vault"))
    for name in ("openai", "groq", "mistral", "ollama"):
        await keychain.key(CATALOG[name])
    assert await keychain.key(OPENAI) == "of-vault"
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == [
        "the system keyring has not answered for 0.05 s; keys are looked for without it"
    ]


async def test_an_absent_keyring_is_not_worth_a_warning(
    folder: Path, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    use(AbsentKeyring())
    assert await Keychain.of_user({}, folder).key(OPENAI) is None
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


@pytest.mark.parametrize(
    ("row", "way"),
    [
        (OPENAI, "or set OPENAI_API_KEY, or run `picode provider key set openai --vault`."),
        (OLLAMA, "or run `picode provider key set ollama --vault`."),
    ],
)
async def test_a_key_that_is_locked_away_is_not_called_missing(folder: Path, use: Use, row: Provider, way: str) -> None:
    use(LockedKeyring())
    keychain = Keychain.of_user({}, folder)
    for name in (NAME, LOCAL):
        await Register(folder).add(name)
    with pytest.raises(ConfigurationError, match=r"in the system keyring, which is locked\.") as raised:
        await keychain.key(row)
    assert raised.value.remedy == f"Unlock the keyring and try again, {way}"


@pytest.mark.parametrize("key", ["sk-a b", "\u201csk-abc\u201d", "sk-abc\nx", "k" * 5000])
async def test_a_key_that_can_be_none_is_refused_wherever_it_lies(
    keychain: Keychain, environ: dict[str, str], backend: MemoryKeyring, key: str
) -> None:
    environ["PICODE_VAULT_PASSPHRASE"] = "x"
    await keychain.vault.store(NAME, Key(key))
    for put in (lambda: None, lambda: backend.holds(NAME, key), lambda: environ.update(OPENAI_API_KEY=key)):
        put()
        keychain.forget()
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="The key for OpenAI") as raised:
                await keychain.key(OPENAI)
            assert key not in str(raised.value)
    assert "OPENAI_API_KEY" in str(raised.value)


async def test_a_broken_vault_is_a_matter_of_those_who_need_it(
    keychain: Keychain, backend: MemoryKeyring, folder: Path
) -> None:
    folder.mkdir(parents=True)
    (folder / "vault.json").write_text("{")
    assert await keychain.key(OLLAMA) is None
    assert not keychain.expects(OPENAI)
    with pytest.raises(ConfigurationError, match=r"vault\.json is not valid JSON"):
        await keychain.key(OPENAI)
    backend.holds(NAME, "sk-1")
    keychain.forget()
    assert await keychain.key(OPENAI) == "sk-1"


async def test_whether_there_is_a_key_is_known_without_asking(
    keychain: Keychain, environ: dict[str, str], backend: MemoryKeyring
) -> None:
    assert not keychain.expects(OPENAI)
    environ["OPENAI_API_KEY"] = "sk-1"
    assert keychain.expects(OPENAI)
    environ.clear()
    await keychain.store(NAME, Key("sk-1"), in_vault=False)
    backend.asked.clear()
    assert keychain.expects(OPENAI)
    assert backend.asked == []
    assert not keychain.expects(replace(OPENAI, base_url="https://evil.example"))


async def test_a_key_that_another_program_stored_is_known_once_it_was_found(
    keychain: Keychain, backend: MemoryKeyring
) -> None:
    backend.holds(NAME, "sk-1")
    assert not keychain.expects(OPENAI)
    await keychain.key(OPENAI)
    assert keychain.expects(OPENAI)


async def test_closing_ends_what_is_under_way(folder: Path, use: Use) -> None:
    use(HangingKeyring())
    keychain = Keychain.of_user({}, folder)
    caller = asyncio.create_task(keychain.key(OPENAI))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(keychain.close(), 1)
    assert await asyncio.wait_for(caller, 1) is None
