"""Disks that are full, read-only, slow or damaged: asking goes on, the user is told once, and nothing that was kept is lost."""

from __future__ import annotations

import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from picode.core.conversation import Turn
from picode.io.conversations import store as store_module
from picode.io.conversations.store import SqliteConversations

from .conftest import Opener

QUESTION = Turn("user", "What does fold do?")


async def held(store: SqliteConversations, *texts: str) -> str:
    conversation = await store.begin(texts[0])
    for text in texts:
        await store.add(conversation, Turn("user", text))
    return conversation


async def texts(store: SqliteConversations, conversation: str) -> list[str]:
    found = await store.read(conversation)
    return [turn.text for turn in found.turns] if found else []


class TestDamage:
    async def kept(self, open_store: Opener, count: int = 40) -> list[str]:
        store = open_store()
        names = [await held(store, f"question {n} " + "x" * 2000, f"answer {n}") for n in range(count)]
        await store.list(search="question")
        store.close()
        return names

    async def test_a_file_that_is_no_database_is_kept_as_a_backup(self, open_store: Opener) -> None:
        open_store.folder.mkdir(mode=0o700)
        open_store.file.write_bytes(b"my notes, not a database\n" * 100)
        store = open_store()
        conversation = await held(store, "hello")
        assert await texts(open_store(), conversation) == ["hello"]
        (alert,) = open_store.alerts
        backup = Path(re.search(r"kept as (\S+\.db),", alert)[1])
        assert re.fullmatch(r"conversations\.damaged-\d{8}-\d{6}\.db", backup.name)
        assert backup.read_bytes() == b"my notes, not a database\n" * 100

    async def test_two_backups_of_one_second_are_two(self, open_store: Opener) -> None:
        open_store.folder.mkdir(mode=0o700)
        for n in range(3):
            open_store.file.write_bytes(b"damage %d\n" % n * 100)
            store = open_store()
            await held(store, "hello")
            store.close()
        backups = sorted(file.read_bytes()[:8] for file in open_store.folder.glob("*.damaged-*.db"))
        assert backups == [b"damage 0", b"damage 1", b"damage 2"]
        assert len(open_store.alerts) == 3

    async def test_what_can_still_be_read_is_taken_over(self, open_store: Opener) -> None:
        names = await self.kept(open_store)
        whole = open_store.file.read_bytes()
        middle = len(whole) // 2 // 4096 * 4096
        damaged = whole[:middle] + os.urandom(8 * 4096) + whole[middle + 8 * 4096 :]
        open_store.file.write_bytes(damaged)
        store = open_store()
        await store.list(search="question")
        for name in names:
            await store.read(name)
        conversation = await held(store, "hello")
        assert await texts(store, conversation) == ["hello"]
        (alert,) = open_store.alerts
        (backup,) = open_store.folder.glob("*.damaged-*.db")
        assert str(backup) in alert
        assert backup.read_bytes() == damaged, "the backup is what was there, to the byte"
        saved = [name for name in names if len(await texts(store, name)) == 2]
        assert len(saved) > 10
        assert f"{len(await store.list(limit=100)) - 1} conversations could be taken over" in alert

    @pytest.mark.parametrize("place", range(0, 100, 7))
    async def test_damage_anywhere_ends_in_a_store_that_works(self, open_store: Opener, place: int) -> None:
        await self.kept(open_store, 10)
        whole = bytearray(open_store.file.read_bytes())
        at = len(whole) * place // 100
        whole[at : at + 600] = b"\xa5" * len(whole[at : at + 600])
        open_store.file.write_bytes(whole)
        store = open_store()
        await store.list(search="answer 3")
        conversation = await held(store, "hello")
        assert await texts(store, conversation) == ["hello"]
        assert [each.id for each in await store.list(search="hello")] == [conversation]
        assert len(open_store.alerts) <= 1
        store.close()
        assert await texts(open_store(), conversation) == ["hello"]

    async def test_one_that_was_cut_short(self, open_store: Opener) -> None:
        await self.kept(open_store, 10)
        whole = open_store.file.read_bytes()
        open_store.file.write_bytes(whole[: len(whole) // 2])
        store = open_store()
        await store.list()
        assert await texts(store, await held(store, "hello")) == ["hello"]
        (alert,) = open_store.alerts
        assert "damaged" in alert

    async def test_a_database_of_something_else_is_not_written_into(self, open_store: Opener) -> None:
        open_store.folder.mkdir(mode=0o700)
        with closing(sqlite3.connect(open_store.file)) as other:
            other.executescript("CREATE TABLE conversation (mine TEXT); INSERT INTO conversation VALUES ('precious')")
        store = open_store()
        assert await texts(store, await held(store, "hello")) == ["hello"]
        (backup,) = open_store.folder.glob("*.damaged-*.db")
        with closing(sqlite3.connect(backup)) as other:
            assert other.execute("SELECT mine FROM conversation").fetchall() == [("precious",)]

    async def test_a_damaged_index_is_made_anew_and_nothing_else(self, open_store: Opener) -> None:
        names = await self.kept(open_store, 5)
        with closing(sqlite3.connect(open_store.file)) as connection:
            connection.execute("UPDATE turn_search_data SET block = x'ffffffffff' WHERE id > 10")  # its pages of words
            connection.commit()
        store = open_store()
        assert {each.id for each in await store.list(search="question")} == set(names)
        assert open_store.alerts == []
        assert not list(open_store.folder.glob("*.damaged-*"))

    async def test_of_two_servers_one_sets_it_aside_and_the_other_goes_on_with_the_new_one(
        self, open_store: Opener
    ) -> None:
        await self.kept(open_store, 3)
        stores = [open_store(), open_store()]
        for store in stores:
            await store.list()
        os.truncate(open_store.file, 0)
        open_store.file.write_bytes(b"damage" * 1000)
        first, second = [await held(store, "hello") for store in stores]
        assert await texts(stores[0], second) == await texts(stores[1], first) == ["hello"]
        assert len(list(open_store.folder.glob("*.damaged-*.db"))) == 1


class TestPlaces:
    @pytest.mark.parametrize("name", ["conversations.db", "conversations.db-wal", "conversations.db-shm"])
    async def test_a_link_is_not_followed(self, open_store: Opener, tmp_path: Path, name: str) -> None:
        open_store.folder.mkdir(mode=0o700)
        (tmp_path / "elsewhere").write_bytes(b"precious")
        (open_store.folder / name).symlink_to(tmp_path / "elsewhere")
        store = open_store()
        assert await texts(store, await held(store, "hello")) == ["hello"]
        store.close()
        assert (tmp_path / "elsewhere").read_bytes() == b"precious"
        (alert,) = open_store.alerts
        assert f"{open_store.folder / name} is a link" in alert
        assert "PICODE_DATA_DIR" in alert

    async def test_a_folder_that_is_a_link_is_not_used(self, open_store: Opener, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        open_store.folder.symlink_to(tmp_path / "elsewhere")
        store = open_store()
        assert await texts(store, await held(store, "hello")) == ["hello"]
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert len(open_store.alerts) == 1

    async def test_a_file_in_place_of_the_folder(self, open_store: Opener) -> None:
        open_store.folder.write_text("mine")
        store = open_store()
        conversation = await held(store, "one", "two")
        assert await texts(store, conversation) == ["one", "two"]
        assert await store.rename(conversation, "three")
        assert [each.title for each in await store.list(search="three")] == ["three"]
        assert await store.delete(conversation)
        assert await store.list() == []
        assert len(open_store.alerts) == 1
        assert open_store.folder.read_text() == "mine"

    async def test_a_file_that_was_deleted_meanwhile_is_made_anew(self, open_store: Opener) -> None:
        store = open_store()
        await held(store, "hello")
        for file in open_store.folder.iterdir():
            file.unlink()
        conversation = await held(store, "again")
        assert await texts(open_store(), conversation) == ["again"]


class TestLocked:
    async def test_what_waited_too_long_is_written_later(
        self, open_store: Opener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store_module, "RETRY_SECONDS", 0.1)
        store = open_store(busy=0.05)
        before = await held(store, "before")
        with closing(sqlite3.connect(open_store.file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            during = await held(store, "during")
            await store.add(before, Turn("user", "more"))
            assert await texts(store, during) == ["during"]
            assert await texts(store, before) == ["before", "more"], "it is read while others write"
            assert await texts(open_store(), before) == ["before"]
            other.execute("ROLLBACK")
        (alert,) = open_store.alerts
        assert "locked" in alert
        time.sleep(0.15)
        after = await held(store, "after")
        other = open_store()
        assert [await texts(other, each) for each in (before, during, after)] == [
            ["before", "more"],
            ["during"],
            ["after"],
        ]
        assert len(await store.list()) == 3

    async def test_an_answer_that_arrives_meanwhile_is_whole_in_the_end(
        self, open_store: Opener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store_module, "GROW_SECONDS", 0.0)
        store = open_store(busy=0.05)
        conversation = await held(store, "question")
        answer = await store.add(conversation, Turn("assistant", "", state="partial"))
        await store.grow(answer, "It")
        await store.match("")
        with closing(sqlite3.connect(open_store.file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await store.grow(answer, "It fo")
            assert await texts(store, conversation) == ["question", "It fo"]
            other.execute("ROLLBACK")
        await store.settle(answer, Turn("assistant", "It folds."))
        store.close()
        assert await texts(open_store(), conversation) == ["question", "It folds."]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(file: Path) -> None:
    """Writes into `file` until there is no room. Raises `OSError`."""
    with file.open("wb", buffering=0) as opened:
        while True:
            opened.write(b"x" * 4096)


class TestDisk:
    async def test_a_full_one(self, open_store: Opener, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store_module, "RETRY_SECONDS", 0.0)
        open_store.folder = small_disk / "data"
        store = open_store()
        kept = await held(store, "kept")
        ballast = small_disk / "ballast"
        with pytest.raises(OSError, match="No space"):
            fill(ballast)
        names = [await held(store, "during", "y" * 100_000) for _ in range(5)]
        await store.add(kept, Turn("user", "more"))
        assert [await texts(store, each) for each in names] == [["during", "y" * 100_000]] * 5
        assert await texts(store, kept) == ["kept", "more"]
        assert len(await store.list(limit=100)) == 6
        (alert,) = open_store.alerts
        assert "full" in alert
        assert str(open_store.file) in alert
        assert await texts(open_store(), kept) == ["kept"], "what was on the disk is whole"
        ballast.unlink()
        assert await texts(store, await held(store, "after")) == ["after"]
        other = open_store()
        assert await texts(other, kept) == ["kept", "more"]
        assert [await texts(other, each) for each in names] == [["during", "y" * 100_000]] * 5

    async def test_a_read_only_one(self, open_store: Opener, small_disk: Path) -> None:
        open_store.folder = small_disk / "data"
        store = open_store()
        kept = await held(store, "kept")
        await store.list(search="kept")
        store.close()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        before = open_store.file.read_bytes()
        store = open_store()
        assert await texts(store, kept) == ["kept"]
        assert [each.id for each in await store.list(search="kept")] == [kept]
        assert open_store.alerts == [], "reading needs no more"
        conversation = await held(store, "new")
        await store.add(kept, Turn("user", "more"))
        assert await texts(store, conversation) == ["new"]
        assert await texts(store, kept) == ["kept", "more"]
        assert not await store.delete("nothing")
        (alert,) = open_store.alerts
        assert "Read-only" in alert
        store.close()
        assert open_store.file.read_bytes() == before

    def test_a_limit_on_the_size_of_files(self, tmp_path: Path) -> None:
        """Another way for writing to fail in the middle, and one that needs no rights."""
        program = textwrap.dedent("""
            import asyncio, sys
            from pathlib import Path
            from picode.core.conversation import Turn
            from picode.io.conversations.store import SqliteConversations
            from picode.settings.model import Conversations

            async def hold():
                alerts = []
                store = SqliteConversations(lambda: Path(sys.argv[1]), Conversations, alerts.append)
                names = []
                for number in range(8):
                    names.append(await store.begin(str(number)))
                    await store.add(names[-1], Turn("user", "z" * 100_000))
                found = [len((await store.read(name)).turns[0].text) for name in names]
                assert found == [100_000] * 8, found
                assert len(alerts) == 1, alerts
                store.close()

            asyncio.run(hold())
        """)

        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "data")], preexec_fn=limit, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        with closing(sqlite3.connect(tmp_path / "data" / "conversations.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("SELECT COUNT(*) FROM turn").fetchone()[0] >= 1
