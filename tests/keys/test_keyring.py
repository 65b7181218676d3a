"""The system keyring, when it works and when it does not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest
from keyring.backends.null import Keyring as NullKeyring

from keys.backends import (
    AbsentKeyring,
    ExitingKeyring,
    ForgetfulKeyring,
    HangingKeyring,
    LockedKeyring,
    MemoryKeyring,
    RaisingKeyring,
)
from keys.conftest import Use
from picode.core.errors import ConfigurationError
from picode.core.keys import Key
from picode.io.keys.keyring import TIMEOUT_S, SystemKeyring
from picode.io.keys.register import Register

NAME = "openai@https://api.openai.com"


@pytest.fixture
def system(folder: Path) -> SystemKeyring:
    return SystemKeyring(Register(folder))


@pytest.fixture
def hasty(folder: Path) -> SystemKeyring:
    return SystemKeyring(Register(folder), timeout_s=0.05)


async def test_a_key_that_is_stored_is_found_by_every_process(
    system: SystemKeyring, backend: MemoryKeyring, folder: Path
) -> None:
    await system.store(NAME, Key("sk-1"))
    assert backend.entries == {("picode", NAME): "sk-1"}
    assert await SystemKeyring(Register(folder)).key(NAME) == "sk-1"
    assert Register(folder).names() == {NAME}


async def test_a_key_of_another_program_is_found_without_white_space(
    system: SystemKeyring, backend: MemoryKeyring
) -> None:
    backend.holds(NAME, " sk-1\n")
    assert await system.key(NAME) == "sk-1"


async def test_a_key_that_is_deleted_is_gone(system: SystemKeyring, backend: MemoryKeyring, folder: Path) -> None:
    await system.store(NAME, Key("sk-1"))
    assert await system.delete(NAME) is True
    assert await system.delete(NAME) is False
    assert await system.key(NAME) is None
    assert backend.entries == {}
    assert Register(folder).names() == set()


async def test_a_keyring_that_keeps_nothing_is_found_out(system: SystemKeyring, use: Use, folder: Path) -> None:
    use(ForgetfulKeyring())
    with pytest.raises(ConfigurationError, match="has not kept the key"):
        await system.store(NAME, Key("sk-1"))
    assert Register(folder).names() == set()


async def test_one_that_is_switched_off_is_found_out_before_a_key_is_typed(system: SystemKeyring, use: Use) -> None:
    use(NullKeyring())
    with pytest.raises(ConfigurationError, match=r"is switched off on this machine.*--vault"):
        await system.require_answer()
    assert system.absent


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        (AbsentKeyring, "is missing on this machine"),
        (LockedKeyring, "is locked"),
        (RaisingKeyring, "fails (RuntimeError)"),
        (ExitingKeyring, "fails (SystemExit)"),
    ],
)
async def test_a_keyring_that_fails_is_asked_once_until_the_user_wants_it(
    system: SystemKeyring, use: Use, kind: type[RaisingKeyring], trouble: str
) -> None:
    backend = kind()
    use(backend)
    assert [await system.key(name) for name in (NAME, NAME, "other@https://x")] == [None] * 3
    assert backend.asked == [NAME]
    assert system.trouble == trouble
    assert system.absent is (kind is AbsentKeyring)
    system.forget()
    assert await system.key(NAME) is None
    assert backend.asked == [NAME, NAME]


@pytest.mark.parametrize("kind", [AbsentKeyring, LockedKeyring, RaisingKeyring])
async def test_a_keyring_that_fails_says_so_where_a_key_is_to_be_stored(
    system: SystemKeyring, use: Use, kind: type[RaisingKeyring], folder: Path
) -> None:
    use(kind())
    with pytest.raises(ConfigurationError, match="--vault"):
        await system.store(NAME, Key("sk-1"))
    assert Register(folder).names() == set()


async def test_a_broken_installation_of_the_library_is_one_more_failure(
    system: SystemKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setitem(sys.modules, "keyring.errors", None)
    assert await system.key(NAME) is None
    assert system.trouble == "fails (ModuleNotFoundError)"


async def test_where_there_is_no_keyring_there_is_nothing_to_delete(system: SystemKeyring, use: Use) -> None:
    use(AbsentKeyring())
    assert await system.delete(NAME) is False


async def test_a_keyring_that_is_missing_here_and_now_still_holds_what_it_held(
    system: SystemKeyring, use: Use, folder: Path
) -> None:
    """A desktop's keyring can't be reached over SSH."""
    use(AbsentKeyring())
    await Register(folder).add(NAME)
    with pytest.raises(ConfigurationError, match="is missing on this machine"):
        await system.delete(NAME)
    assert Register(folder).names() == {NAME}


async def test_what_can_t_be_deleted_now_is_not_reported_as_deleted(hasty: SystemKeyring, use: Use) -> None:
    use(HangingKeyring())
    with pytest.raises(ConfigurationError, match=r"has not answered for 0\.05 s"):
        await hasty.delete(NAME)


async def test_a_keyring_that_hangs_costs_two_seconds_once(system: SystemKeyring, use: Use) -> None:
    backend = HangingKeyring()
    use(backend)
    await asyncio.to_thread(__import__, "keyring")
    began = time.monotonic()
    names = [f"provider{number}@https://x" for number in range(20)]
    assert await asyncio.gather(*map(system.key, names)) == [None] * 20
    took = time.monotonic() - began
    assert TIMEOUT_S - 0.1 < took < TIMEOUT_S + 1
    assert system.trouble == "has not answered for 2 s"

    began = time.monotonic()
    assert await system.key(NAME) is None
    system.forget()  # it still owes an answer
    assert await system.key(NAME) is None
    assert time.monotonic() - began < 0.1
    assert backend.asked == names[:1]


async def test_the_event_loop_runs_while_the_keyring_hangs(hasty: SystemKeyring, use: Use) -> None:
    use(HangingKeyring())
    asking = asyncio.create_task(hasty.key(NAME))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5


async def test_a_keyring_that_was_unlocked_late_is_used_after_all(hasty: SystemKeyring, use: Use) -> None:
    backend = HangingKeyring()
    use(backend.holds(NAME, "sk-1"))
    assert await hasty.key(NAME) is None
    backend.released.set()
    assert await asyncio.to_thread(backend.left.acquire, timeout=10)
    async with asyncio.timeout(10):
        while hasty.trouble:  # its thread is about to end
            await asyncio.sleep(0.001)
            hasty.forget()
    assert await hasty.key(NAME) == "sk-1"


def test_a_keyring_that_hangs_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    program = """
import asyncio, keyring
from pathlib import Path
from keys.backends import HangingKeyring
from picode.io.keys.keyring import SystemKeyring
from picode.io.keys.register import Register
keyring.set_keyring(HangingKeyring())
print(asyncio.run(SystemKeyring(Register(Path("nowhere")), timeout_s=0.05).key("a@https://x")))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parent.parent, timeout=30, capture_output=True
    )
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, b"None", b"")


class TestTheRegister:
    """`keyring.json`, which lists what was stored."""

    async def test_changes_of_several_processes_all_count(self, folder: Path) -> None:
        names = {f"provider{number}@https://x" for number in range(20)}
        await asyncio.gather(*(Register(folder).add(name) for name in names))
        assert Register(folder).names() == names
        await asyncio.gather(*(Register(folder).remove(name) for name in sorted(names)[1:]))
        assert Register(folder).names() == set(sorted(names)[:1])

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "null", '{"entries": 7}', '{"entries": [1, null]}', "[" * 100_000, "\x00"]
    )
    async def test_a_file_that_is_no_list_is_an_empty_one(self, folder: Path, text: str) -> None:
        folder.mkdir(parents=True)
        register = Register(folder)
        register.file.write_text(text)
        assert register.names() == set()
        await register.add(NAME)
        assert register.names() == {NAME}

    async def test_it_is_for_its_user_alone(self, folder: Path) -> None:
        await Register(folder).add(NAME)
        assert (folder.stat().st_mode & 0o777, (folder / "keyring.json").stat().st_mode & 0o777) == (0o700, 0o600)
