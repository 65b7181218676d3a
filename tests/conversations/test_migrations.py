"""Files of every version that there has been become today's, with all that was in them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from picode.core.conversation import Turn
from picode.core.messages import Usage
from picode.io.conversations import migrations
from picode.io.conversations.migrations import LATEST, STEPS, Newer, migrate, schema, version_of

from .conftest import Opener

VERSIONS = Path(__file__).with_name("versions")


def make(file: Path, version: int) -> None:
    """A file as version `version` wrote it: from the dump that was committed then, not by today's code."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((VERSIONS / f"v{version}.sql").read_text("utf-8"))
        connection.commit()


def blank(version: int = LATEST) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, version)
    return connection


def test_the_steps_are_numbered_without_a_gap() -> None:
    folder = Path(migrations.__file__).parent
    files = sorted(file.stem for file in folder.glob("m[0-9]*.py"))
    assert [step.__name__.rpartition(".")[2] for step in STEPS] == files, "a step is missing in the table"
    assert [int(re.match(r"m(\d{3})_", name)[1]) for name in files] == list(range(1, LATEST + 1))


def test_a_step_that_is_out_of_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stray = SimpleNamespace(__name__="migrations.m005_stray", migrate=lambda _: None)
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, stray))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        with pytest.raises(RuntimeError, match="m005_stray is not step 4"):
            migrate(connection, 4)
        assert version_of(connection) == 0
        assert schema(connection).strip() == ""


def test_there_is_a_dump_of_every_version() -> None:
    assert {file.stem for file in VERSIONS.iterdir()} == {f"v{number}" for number in range(1, LATEST + 1)}


@pytest.mark.parametrize("version", range(1, LATEST + 1))
def test_a_step_does_today_what_it_did_when_it_was_released(version: int, tmp_path: Path) -> None:
    make(tmp_path / "old.db", version)
    with closing(sqlite3.connect(tmp_path / "old.db")) as old, closing(blank(version)) as made:
        assert schema(old) == schema(made)


@pytest.mark.parametrize("version", range(1, LATEST + 1))
def test_an_older_file_becomes_what_a_new_one_is(version: int, tmp_path: Path) -> None:
    make(tmp_path / "old.db", version)
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as old, closing(blank()) as new:
        migrate(old)
        assert version_of(old) == version_of(new) == LATEST
        assert schema(old) == schema(new)
        for table in ("conversation", "turn"):
            columns = f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{table}') ORDER BY name"
            assert old.execute(columns).fetchall() == new.execute(columns).fetchall()
        assert old.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert old.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("version", range(1, LATEST + 1))
async def test_what_was_said_is_read_searched_and_gone_on_with(version: int, open_store: Opener) -> None:
    make(open_store.file, version)
    store = open_store()
    assert [(each.id, each.turns, each.cost) for each in await store.list()] == [
        ("mnpqrstv", 1, None),
        ("bcdfghjk", 4, 0.0125),
    ]
    found = await store.read("bcdfghjk")
    assert [turn.text for turn in found.turns] == [
        "What does `fold` do?",
        "It folds.\nTwice.",
        "And then?",
        "Then it",
    ]
    assert [turn.state for turn in found.turns] == ["whole", "whole", "whole", "partial"]
    assert found.turns[0].shown == ("a.py", "b c.py")
    assert (found.turns[1].usage, found.turns[3].problem) == (Usage(120, 30, 64), "ollama: the connection was reset.")
    for word, expected in {
        "folds": "bcdfghjk",
        "then it": "bcdfghjk",
        "日本語": "mnpqrstv",
        "ticks": "mnpqrstv",
    }.items():
        assert [each.id for each in await store.list(search=word)] == [expected]
    await store.add("bcdfghjk", found.turns[0])
    assert len((await store.read("bcdfghjk")).turns) == 5
    assert await store.delete("bcdfghjk")
    assert await store.list(search="folds") == []
    assert open_store.alerts == []


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "old.db", 1)

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE turn")
        raise OSError("no space")

    monkeypatch.setattr(STEPS[1], "migrate", fail)
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as old, closing(blank(1)) as made:
        with pytest.raises(OSError, match="no space"):
            migrate(old)
        assert (version_of(old), schema(old)) == (1, schema(made))
        assert old.execute("SELECT COUNT(*) FROM turn").fetchone() == (5,)


class TestNewer:
    def make_newer(self, file: Path) -> bytes:
        make(file, LATEST)
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(f"ALTER TABLE turn ADD COLUMN novelty; PRAGMA user_version = {LATEST + 1};")
        return file.read_bytes()

    def test_it_is_refused_by_its_number(self, tmp_path: Path) -> None:
        self.make_newer(tmp_path / "new.db")
        with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as newer:
            with pytest.raises(Newer) as refusal:
                migrate(newer)
            assert refusal.value.version == LATEST + 1

    async def test_the_user_is_told_once_asking_goes_on_and_the_file_is_untouched(self, open_store: Opener) -> None:
        before = self.make_newer(open_store.file)
        store = open_store()
        assert await store.list() == []
        conversation = await store.begin("Still here?")
        for n in range(3):
            await store.add(conversation, Turn("user", str(n)))
        assert [turn.text for turn in (await store.read(conversation)).turns] == ["0", "1", "2"]
        assert [each.id for each in await store.list()] == [conversation]
        (alert,) = open_store.alerts
        assert "newer release of PiCode" in alert
        assert str(open_store.file) in alert
        assert "upgrade" in alert
        store.close()
        assert open_store.file.read_bytes() == before
        assert {file.name for file in open_store.folder.iterdir()} == {open_store.file.name}


def test_without_the_means_for_an_index_there_is_none_and_search_reads_the_turns() -> None:
    from picode.io.conversations.migrations import m002_search

    class Poor:
        """An SQLite that was built without FTS5."""

        def execute(self, statement: str) -> None:
            if "fts5" in statement:
                raise sqlite3.OperationalError("no such module: fts5")

    assert m002_search.create_index(Poor()) is False
