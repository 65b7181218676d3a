"""The vault: what goes in comes out, for nobody else, and nothing is lost."""

from __future__ import annotations

import asyncio
import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picode.core.errors import ConfigurationError
from picode.core.keys import Key
from picode.io.keys import sealing
from picode.io.keys.sealing import Contents, Malformed
from picode.io.keys.vault import Vault, passphrase_in

NAME, OTHER = "openai@https://api.openai.com", "team@https://gateway.example:8443"
PASSPHRASE = "correct horse battery staple"
CANARY = "Zq7-canary-Zq7"


@pytest.fixture
def vault(folder: Path) -> Vault:
    return Vault(folder, lambda new: Key(PASSPHRASE))


def saying(folder: Path, passphrase: str) -> Vault:
    return Vault(folder, lambda new: Key(passphrase))


@functools.cache
def cipher() -> Any:
    return sealing.derive(Key(PASSPHRASE), b"0123456789abcdef")


async def test_what_is_stored_is_found_with_the_passphrase(vault: Vault, folder: Path) -> None:
    await vault.store(NAME, Key(CANARY))
    await vault.store(OTHER, Key("2"))
    again = saying(folder, PASSPHRASE)
    assert await again.key(NAME) == CANARY
    assert await again.key(OTHER) == "2"
    assert await again.key("openai@https://evil.example") is None
    assert again.names() == {NAME, OTHER}


async def test_the_file_shows_no_key_and_is_for_its_user_alone(vault: Vault, folder: Path) -> None:
    await vault.store(NAME, Key(CANARY))
    data = vault.file.read_bytes()
    assert CANARY.encode() not in data
    assert PASSPHRASE.encode() not in data
    assert vault.file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name for file in folder.iterdir()} == {"vault.json", "vault.json.lock"}


async def test_a_missing_vault_is_an_empty_one_and_asks_for_nothing(folder: Path) -> None:
    def never(new: bool) -> Key:
        raise AssertionError("nobody should be asked")

    vault = Vault(folder, never)
    assert await vault.key(NAME) is None
    assert vault.names() == set()
    assert await vault.delete(NAME) is False
    assert not folder.exists()


async def test_the_passphrase_is_asked_for_once_and_confirmed_only_for_a_new_vault(folder: Path) -> None:
    asked: list[bool] = []

    def ask(new: bool) -> Key:
        asked.append(new)
        return Key(PASSPHRASE)

    vault = Vault(folder, ask)
    await vault.store(NAME, Key("1"))
    await vault.store(OTHER, Key("2"))
    await vault.key(NAME)
    assert asked == [True]
    await Vault(folder, ask).store(NAME, Key("3"))
    assert asked == [True, False]


async def test_deleting_needs_no_passphrase_and_leaves_the_others(vault: Vault, folder: Path) -> None:
    await vault.store(NAME, Key("1"))
    await vault.store(OTHER, Key("2"))
    assert await saying(folder, "").delete(NAME) is True
    assert await saying(folder, "").delete(NAME) is False
    assert await vault.key(NAME) is None
    assert await vault.key(OTHER) == "2"


async def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(vault: Vault, folder: Path) -> None:
    await vault.store(NAME, Key(CANARY))
    before = vault.file.read_bytes()
    wrong = saying(folder, "wrong horse")
    for attempt in (wrong.key(NAME), wrong.store(OTHER, Key("2"))):
        with pytest.raises(ConfigurationError, match="PICODE_VAULT_PASSPHRASE") as raised:
            await attempt
        assert "horse" not in str(raised.value)
    assert vault.file.read_bytes() == before


async def test_without_a_passphrase_it_says_how_to_give_it(vault: Vault, folder: Path) -> None:
    await vault.store(NAME, Key("1"))
    with pytest.raises(ConfigurationError, match="Set PICODE_VAULT_PASSPHRASE"):
        await Vault(folder, lambda new: passphrase_in({})).key(NAME)
    assert await Vault(folder, lambda new: passphrase_in({"PICODE_VAULT_PASSPHRASE": PASSPHRASE})).key(NAME) == "1"


async def test_a_passphrase_is_the_same_composed_and_decomposed(folder: Path) -> None:
    await saying(folder, "pass\u00e9").store(NAME, Key("1"))
    assert await saying(folder, "passe\u0301").key(NAME) == "1"


async def test_entries_can_t_be_swapped_or_renamed(vault: Vault) -> None:
    await vault.store(NAME, Key("1"))
    await vault.store(OTHER, Key("2"))
    found = json.loads(vault.file.read_text())
    entries = found["entries"]
    entries[NAME], entries[OTHER] = entries[OTHER], entries[NAME]
    entries["openai@https://evil.example"] = entries[OTHER]
    vault.file.write_text(json.dumps(found))
    for name in (NAME, OTHER, "openai@https://evil.example"):
        with pytest.raises(ConfigurationError, match="changed from outside"):
            await vault.key(name)


async def test_no_change_of_any_byte_gives_another_key(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte with its lowest bit flipped, and another: an error, no entry, or (a bit of base64's padding) no effect."""
    monkeypatch.setattr(sealing, "derive", functools.cache(sealing.derive))
    await vault.store(NAME, Key(CANARY))
    whole = vault.file.read_bytes()
    salt = whole.index(b'"salt": "') + len(b'"salt": "')
    outcomes = {"error": 0, "none": 0, "same": 0}
    for at in range(len(whole)):
        if salt < at < salt + 24:
            continue  # each of these is another salt, which takes long; the first stands for them
        for bit in (0x01, 0x20):
            vault.file.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
            try:
                found = await vault.key(NAME)
            except ConfigurationError:
                outcomes["error"] += 1
            else:
                assert found in (None, CANARY)
                outcomes["none" if found is None else "same"] += 1
    assert outcomes["error"] > len(whole)
    sealed = sum(len(text) for text in _strings(json.loads(whole)))
    assert outcomes["error"] + outcomes["none"] > sealed


def _strings(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in _strings(value)]
    return [found] if isinstance(found, str) else []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not valid JSON"),
        ("{", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ("\udcff", "is not valid JSON"),
        ("[]", "is not a vault"),
        ("{}", "is not a vault"),
        ('{"format": true}', "is not a vault"),
        ('{"format": 0}', "is not a vault"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 1, "salt": "eA==", "check": {}, "entries": {}}', "is damaged"),
        ('{"format": 1, "salt": 7, "check": 7, "entries": 7}', "is damaged"),
        ('{"format": 2, "everything": "else"}', "newer PiCode (format 2). Update PiCode."),
    ],
)
async def test_a_file_that_is_not_understood_is_kept_and_explained(
    vault: Vault, folder: Path, text: str, words: str
) -> None:
    folder.mkdir(parents=True)
    vault.file.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = vault.file.read_bytes()
    for attempt in (vault.key(NAME), vault.store(NAME, Key("1")), vault.delete(NAME)):
        with pytest.raises(ConfigurationError) as raised:
            await attempt
        assert words in str(raised.value)
        assert str(vault.file) in str(raised.value)
    assert vault.file.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
async def test_a_pipe_in_its_place_is_not_waited_for(vault: Vault, folder: Path) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(vault.file)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        async with asyncio.timeout(5):
            await vault.key(NAME)


async def test_a_gigantic_file_is_refused_unread(vault: Vault, folder: Path) -> None:
    folder.mkdir(parents=True)
    with vault.file.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(ConfigurationError, match="larger than"):
        await vault.key(NAME)


@pytest.mark.parametrize("blocked", ["data", "data/picode", "data/picode/vault.json.lock"])
async def test_a_place_that_can_t_be_used_is_an_error_in_words(vault: Vault, tmp_path: Path, blocked: str) -> None:
    place = tmp_path / blocked
    if blocked.endswith(".lock"):
        place.mkdir(parents=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("a file in its place")
    with pytest.raises(ConfigurationError, match=r"can't be|is a link, not a folder"):
        await vault.store(NAME, Key("1"))


async def test_a_link_in_place_of_the_folder_is_refused(vault: Vault, folder: Path, tmp_path: Path) -> None:
    folder.parent.mkdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(ConfigurationError, match="link"):
        await vault.store(NAME, Key("1"))


async def test_writers_at_the_same_time_lose_nothing(folder: Path) -> None:
    """Four vaults that know nothing of each other; the file lock is between them as between processes."""
    names = [f"provider{number}@https://x" for number in range(4)]
    await asyncio.gather(*(saying(folder, PASSPHRASE).store(name, Key(name)) for name in names))
    reader = saying(folder, PASSPHRASE)
    assert [await reader.key(name) for name in names] == names


async def test_every_write_has_a_nonce_of_its_own(vault: Vault) -> None:
    seen = set()
    for _ in range(50):
        await vault.store(NAME, Key("1"))
        seen.add(json.loads(vault.file.read_text())["entries"][NAME]["nonce"])
    await vault.store(OTHER, Key("1"))
    found = json.loads(vault.file.read_text())
    seen |= {found["entries"][OTHER]["nonce"], found["check"]["nonce"]}
    assert len(seen) == 52


async def test_opening_leaves_the_event_loop_free_and_happens_once(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await vault.store(NAME, Key("1"))
    derived: list[bytes] = []
    derive = sealing.derive

    def counting(passphrase: Key, salt: bytes) -> Any:
        derived.append(salt)
        return derive(passphrase, salt)

    monkeypatch.setattr(sealing, "derive", counting)
    fresh = saying(folder, PASSPHRASE)
    opening = asyncio.gather(*(fresh.key(NAME) for _ in range(5)))
    turns = 0
    while not opening.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert await opening == ["1"] * 5
    assert turns > 5
    await fresh.store(OTHER, Key("2"))
    assert len(derived) == 1


@given(name=st.text(), key=st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back(name: str, key: str) -> None:
    sealed = sealing.seal(cipher(), name, key)
    contents = Contents(b"s" * 16, sealing.seal(cipher(), sealing.CHECK, ""), {name: sealed})
    again = sealing.parse(sealing.render(contents).encode())
    assert again == contents
    assert sealing.unseal(cipher(), name, again.entries[name]) == key
    assert sealing.unseal(cipher(), name + "x", sealed) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.dictionaries(st.sampled_from(["format", "salt", "check", "entries", "nonce", "sealed", "a"]), inner)
            | st.lists(inner)
        ),
    )
)
@settings(max_examples=50, deadline=None)
def test_no_json_is_understood_by_accident(found: Any) -> None:
    with pytest.raises(Malformed):
        sealing.parse(json.dumps(found).encode())
