"""Answers on the disk: there after a restart, and never a danger or a delay."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from picode.io.answer_cache import LARGEST, AnswerCache
from picode.settings.model import Cache

KEY = "k" * 64
WRITER = Path(__file__).parent / "writer.py"
Open = Callable[..., AnswerCache]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "answers"


@pytest.fixture
def open_cache(folder: Path) -> Iterator[Open]:
    """Opens caches, each as another server would, and closes them at the end."""
    opened: list[AnswerCache] = []

    def open_cache(
        settings: Cache | None = None, *, clock: Callable[[], float] = time.time, folders: tuple[str, ...] = ()
    ) -> AnswerCache:
        cache = AnswerCache(folder, lambda: settings or Cache(), lambda: folders, clock)
        opened.append(cache)
        return cache

    yield open_cache
    for cache in opened:
        cache.close()


async def kept(cache: AnswerCache, key: str = KEY, answer: str = "x = 1", path: str = "") -> AnswerCache:
    """Keeps an answer, and waits until it is written."""
    cache.keep(key, answer, path)
    await cache._run(lambda: None, None)
    return cache


async def found(cache: AnswerCache, key: str = KEY) -> str | None:
    await cache.info()  # opening the file the first time may take longer than a suggestion waits
    return await cache.find(key)


async def test_an_answer_is_there_after_a_restart(open_cache: Open) -> None:
    (await kept(open_cache(), answer="x = 'é😀'\n\ty\0")).close()
    assert await found(open_cache()) == "x = 'é😀'\n\ty\0"


async def test_another_key_finds_nothing(open_cache: Open) -> None:
    assert await found(await kept(open_cache()), "other") is None


async def test_several_servers_share_it(open_cache: Open) -> None:
    one, other = open_cache(), open_cache()
    await kept(one)
    await kept(other, "other", "y")
    assert (await found(one, "other"), await found(other)) == ("y", "x = 1")


async def test_what_was_asked_is_nowhere_in_it(open_cache: Open, folder: Path) -> None:
    (await kept(open_cache(folders=("/secret/project",)), path="/secret/project/a.py")).close()
    assert b"secret" not in b"".join(file.read_bytes() for file in folder.iterdir())


@pytest.mark.parametrize("answer", ["key = 'sk-proj-abcdef1234567890'", "x" * (LARGEST + 1)])
async def test_what_looks_like_a_key_and_what_is_huge_is_not_kept(open_cache: Open, answer: str) -> None:
    assert await found(await kept(open_cache(), answer=answer)) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps others out of a user's folders by itself")
async def test_nobody_else_may_read_it(open_cache: Open, folder: Path) -> None:
    await kept(open_cache())
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "cache.db").stat().st_mode & 0o077 == 0


class TestAge:
    async def test_an_old_answer_is_gone(self, open_cache: Open) -> None:
        now = time.time()
        await kept(open_cache(Cache(days=2), clock=lambda: now))
        assert await found(open_cache(Cache(days=2), clock=lambda: now + 1.9 * 86_400)) == "x = 1"
        assert await found(open_cache(Cache(days=2), clock=lambda: now + 2.1 * 86_400)) is None
        assert (await open_cache().info()).entries == 0

    async def test_a_clock_set_back_makes_none_immortal(self, open_cache: Open) -> None:
        ahead = time.time() + 400 * 86_400
        await kept(open_cache(clock=lambda: ahead))
        assert await found(open_cache()) is None

    async def test_the_whole_takes_no_more_than_it_may(self, open_cache: Open) -> None:
        cache = open_cache(Cache(size_mb=1))
        for number in range(60):
            await kept(cache, str(number), f"{number} " * 15_000)
        info = await cache.info()
        assert info.bytes <= 1.3 * 1024 * 1024
        assert await found(cache, "59") is not None
        assert await found(cache, "0") is None


class TestPurge:
    async def test_one_workspace(self, open_cache: Open, tmp_path: Path) -> None:
        one, other = str(tmp_path / "one"), str(tmp_path / "other")
        cache = open_cache(folders=(one, other))
        await kept(cache, "a", path=f"{one}/deep/a.py")
        await kept(cache, "b", path=f"{other}/b.py")
        await kept(cache, "c", path="")
        assert await cache.clear(one + "/") == 1
        assert [await found(cache, key) for key in "abc"] == [None, "x = 1", "x = 1"]

    async def test_all(self, open_cache: Open) -> None:
        cache = await kept(open_cache())
        assert await cache.clear() == 1
        assert await found(cache) is None

    async def test_nothing_is_made_by_looking(self, open_cache: Open, folder: Path) -> None:
        cache = open_cache()
        assert (await cache.info()).entries == await cache.clear() == 0
        assert not folder.exists()


async def test_turned_off_it_neither_keeps_nor_finds(open_cache: Open) -> None:
    await kept(open_cache())
    assert await found(await kept(open_cache(Cache(enabled=False)), "new")) is None
    assert await found(open_cache(), "new") is None
    assert await open_cache(Cache(enabled=False)).find(KEY) is None


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (os.environ["BOMB"],)


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
async def test_a_pickle_that_somebody_planted_never_runs(
    open_cache: Open, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    """CVE-2025-69872: diskcache unpickles values, keys and files that it finds in its folder."""
    monkeypatch.setenv("BOMB", str(tmp_path / "ran"))
    (await kept(open_cache())).close()
    payload = pickle.dumps(Bomb())
    (folder / "planted.val").write_bytes(payload)
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("UPDATE Cache SET mode = ?, value = ?, raw = 0", (mode, payload))
        database.execute(
            "INSERT INTO Cache (key, raw, mode, filename, size) VALUES (?, 0, ?, 'planted.val', 1)", (payload, mode)
        )
    cache = open_cache()
    assert await found(cache) is None
    await kept(cache, "new", "y")
    assert await found(cache, "new") == "y"
    await cache.clear()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "entry",
    [
        *["", "null", "{", "[]", '{"v": 1}', '{"v": 2, "at": 1, "answer": "x"}', '{"v": 1, "at": "x", "answer": "x"}'],
        *['{"v": 1, "at": 1e999, "answer": "x"}', '{"v": 1, "at": 1, "answer": 5}', "[" * 100_000],
    ],
)
async def test_an_entry_that_is_none_of_ours_is_no_answer(open_cache: Open, folder: Path, entry: str) -> None:
    (await kept(open_cache())).close()
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("UPDATE Cache SET value = ?", (entry,))
    cache = open_cache()
    assert await found(cache) is None
    assert await found(await kept(cache)) == "x = 1"


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
async def test_a_damaged_file_is_replaced(
    open_cache: Open, folder: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (await kept(open_cache())).close()
    for file in folder.iterdir():
        file.unlink()
    (folder / "cache.db").write_bytes(damage)
    cache = open_cache()
    assert await found(cache) is None
    assert await found(await kept(cache)) == "x = 1"
    assert len(caplog.records) <= 1


async def test_a_link_in_its_place_is_not_followed(open_cache: Open, folder: Path, tmp_path: Path) -> None:
    folder.mkdir(mode=0o700)
    (tmp_path / "elsewhere").write_text("precious")
    (folder / "cache.db").symlink_to(tmp_path / "elsewhere")
    assert await found(await kept(open_cache())) is None
    assert (tmp_path / "elsewhere").read_text() == "precious"


async def test_a_folder_that_can_t_be_made_is_told_once_and_costs_nothing(
    open_cache: Open, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file in its place")
    cache = open_cache()
    for _ in range(3):
        cache.keep(KEY, "x", "")
        assert await cache.find(KEY) is None
    cache.close()
    assert len(caplog.records) == 1
    assert folder.read_text() == "a file in its place"


async def test_a_locked_database_makes_nobody_wait(open_cache: Open, folder: Path) -> None:
    cache = await kept(open_cache())
    with sqlite3.connect(folder / "cache.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        cache.keep("b", "y", "")
        await cache.find(KEY)
        assert time.monotonic() - began < 0.4  # the patience is 0.05 s; the lock lasts as long as this block
        other.execute("ROLLBACK")
    await asyncio.sleep(0)
    assert await found(cache) == "x = 1"


async def test_killed_in_the_middle_of_writing_it_stays_whole(open_cache: Open, folder: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, str(WRITER), str(folder), name], stdout=subprocess.PIPE, text=True)
        for name in "ab"
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            while int(writer.stdout.readline() or 10**9) < 30:
                pass
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    cache = open_cache()
    for name in "ab":
        assert await found(cache, f"{name}-10") == "an answer\n" * 50
    assert (await cache.info()).entries >= 60
    assert await found(await kept(cache)) == "x = 1"


async def test_a_closed_cache_is_silent(open_cache: Open) -> None:
    cache = await kept(open_cache())
    cache.close()
    cache.keep(KEY, "x", "")
    assert await cache.find(KEY) is None


def test_entries_are_what_they_say(folder: Path, open_cache: Open) -> None:
    async def keep() -> None:
        (await kept(open_cache(clock=lambda: 1_700_000_000.4))).close()

    asyncio.run(keep())
    with sqlite3.connect(folder / "cache.db") as database:
        ((value,),) = database.execute("SELECT value FROM Cache").fetchall()
    assert json.loads(value) == {"v": 1, "at": 1_700_000_000, "answer": "x = 1"}
