"""Conversations that are kept: what goes in comes out, in every server and after every restart."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from picode.core.conversation import Turn
from picode.core.messages import Usage
from picode.io.conversations.store import SqliteConversations
from picode.settings.model import Conversations

from .conftest import Opener

QUESTION = Turn("user", "What does `fold` do?", at=1000.5, command="explain", shown=("a.py", "b c.py"))
ANSWER = Turn(
    "assistant",
    "It folds.\n",
    at=1001.0,
    provider="ollama",
    model="qwen2.5-coder",
    usage=Usage(120, 30, 64),
    cost=0.0125,
)


async def held(store: SqliteConversations, *turns: Turn, title: str = "What does fold do?", folder: str = "") -> str:
    conversation = await store.begin(title, folder)
    for turn in turns:
        await store.add(conversation, turn)
    return conversation


async def texts(store: SqliteConversations, conversation: str) -> list[str]:
    found = await store.read(conversation)
    return [turn.text for turn in found.turns] if found else []


class TestKeeping:
    async def test_what_was_said_is_there_after_a_restart(self, open_store: Opener) -> None:
        conversation = await held(open_store(clock=lambda: 2000.0), QUESTION, ANSWER, folder="/home/me/project")
        found = await open_store().read(conversation)
        assert found is not None
        assert [replace(turn, id=0) for turn in found.turns] == [QUESTION, ANSWER]
        summary = found.summary
        assert (summary.id, summary.title, summary.folder) == (conversation, "What does fold do?", "/home/me/project")
        assert (summary.begun, summary.changed, summary.turns) == (2000.0, 2000.0, 2)
        assert (summary.usage, summary.cost) == (Usage(120, 30, 64), 0.0125)

    async def test_an_id_is_easily_typed(self, open_store: Opener) -> None:
        store = open_store()
        names = {await store.begin("") for _ in range(20)}
        assert len(names) == 20
        assert all(re.fullmatch("[a-z]{8}", name) for name in names)

    async def test_costs_that_nobody_knows_stay_unknown(self, open_store: Opener) -> None:
        store = open_store()
        unknown = await held(store, QUESTION, replace(ANSWER, cost=None))
        partly = await held(store, replace(ANSWER, cost=None), ANSWER, replace(ANSWER, cost=float("nan")))
        assert {each.id: each.cost for each in await store.list()} == {unknown: None, partly: 0.0125}

    async def test_a_turn_without_a_time_is_of_now(self, open_store: Opener) -> None:
        store = open_store(clock=lambda: 7.0)
        found = await store.read(await held(store, Turn("user", "now")))
        assert found.turns[0].at == 7.0

    async def test_a_long_title_of_many_lines_becomes_a_short_one(self, open_store: Opener) -> None:
        store = open_store()
        await store.begin("Why\n  does\tit " + "never " * 100)
        (found,) = await store.list()
        assert found.title.startswith("Why does it never never")
        assert len(found.title) == 120

    async def test_what_is_not_there_is_no_error(self, open_store: Opener) -> None:
        store = open_store()
        assert await store.read("nothing") is None
        turn = await store.add("nothing", replace(ANSWER, state="partial"))
        await store.grow(turn, "more")
        await store.settle(turn, ANSWER)
        assert (await store.rename("nothing", "x"), await store.delete("nothing")) == (False, False)
        assert await store.list() == []
        assert open_store.alerts == []

    async def test_looking_makes_no_file(self, open_store: Opener) -> None:
        store = open_store()
        assert (await store.list(search="x"), await store.read("x"), await store.match("x")) == ([], None, [])
        assert not open_store.folder.exists()

    async def test_nobody_else_may_read_it(self, open_store: Opener) -> None:
        await held(open_store(), QUESTION)
        assert stat.S_IMODE(open_store.folder.stat().st_mode) == 0o700
        files = list(open_store.folder.iterdir())
        assert {file.name for file in files} >= {"conversations.db", "conversations.db-wal"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    async def test_a_folder_that_others_could_write_to_is_closed_to_them(self, open_store: Opener) -> None:
        open_store.folder.mkdir()
        open_store.folder.chmod(0o777)
        await held(open_store(), QUESTION)
        assert stat.S_IMODE(open_store.folder.stat().st_mode) == 0o700
        assert open_store.alerts == []

    @pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away")
    async def test_a_folder_of_somebody_else_is_not_used(self, open_store: Opener) -> None:
        open_store.folder.mkdir(mode=0o777)
        os.chown(open_store.folder, 65_534, 65_534)
        store = open_store()
        assert await texts(store, await held(store, QUESTION)) == [QUESTION.text]
        assert list(open_store.folder.iterdir()) == []
        (alert,) = open_store.alerts
        assert "belongs to another user" in alert

    async def test_a_file_that_others_could_read_is_closed_to_them(self, open_store: Opener) -> None:
        store = open_store()
        await held(store, QUESTION)
        store.close()
        open_store.file.chmod(0o644)
        await held(open_store(), QUESTION)
        assert stat.S_IMODE(open_store.file.stat().st_mode) == 0o600


class TestArriving:
    async def test_an_answer_grows_and_settles(self, open_store: Opener) -> None:
        store, other = open_store(), open_store()
        conversation = await held(store, QUESTION)
        answer = await store.add(conversation, Turn("assistant", "", state="partial", model="m"))
        await store.grow(answer, "It")
        await store.grow(answer, "It fol")
        async with asyncio.timeout(5):
            while await texts(other, conversation) != [QUESTION.text, "It fol"]:
                await asyncio.sleep(0.01)
        assert (await other.read(conversation)).turns[1].state == "partial"
        await store.settle(answer, ANSWER)
        settled = (await other.read(conversation)).turns[1]
        assert replace(settled, id=0) == ANSWER

    @pytest.mark.parametrize("state", ["partial", "failed"])
    async def test_what_broke_off_is_kept_with_its_reason(self, open_store: Opener, state: str) -> None:
        store = open_store()
        conversation = await held(store, QUESTION)
        answer = await store.add(conversation, Turn("assistant", "", state="partial"))
        await store.settle(answer, replace(ANSWER, text="It f", state=state, problem="ollama: it was reset"))
        turn = (await open_store().read(conversation)).turns[1]
        assert (turn.text, turn.state, turn.problem) == ("It f", state, "ollama: it was reset")

    async def test_nothing_comes_after_the_end(self, open_store: Opener) -> None:
        store = open_store()
        conversation = await held(store, QUESTION)
        answer = await store.add(conversation, Turn("assistant", "", state="partial"))
        await store.grow(answer, "It")
        await store.grow(answer, "It fo")
        await store.settle(answer, ANSWER)
        await store.grow(answer, "late")
        await store.settle(answer, replace(ANSWER, text="later"))
        await asyncio.sleep(0.15)
        assert await texts(store, conversation) == [QUESTION.text, ANSWER.text]

    async def test_closing_writes_the_last_words(self, open_store: Opener) -> None:
        store = open_store()
        conversation = await held(store, QUESTION)
        answer = await store.add(conversation, Turn("assistant", "", state="partial"))
        for text in ("a", "ab", "abc"):
            await store.grow(answer, text)
        store.close()
        await store.settle(answer, ANSWER)  # too late, and no error
        assert await texts(open_store(), conversation) == [QUESTION.text, "abc"]

    async def test_whoever_leaves_while_it_is_written_loses_nothing(self, open_store: Opener) -> None:
        store = open_store()
        conversation = await held(store)
        adding = [asyncio.create_task(store.add(conversation, Turn("user", str(n)))) for n in range(20)]
        await asyncio.sleep(0)
        for each in adding:
            each.cancel()
        await asyncio.gather(*adding, return_exceptions=True)
        assert await texts(store, conversation) == [str(n) for n in range(20)]


class TestFinding:
    async def test_those_changed_last_come_first(self, open_store: Opener) -> None:
        now = iter(range(100, 200))
        store = open_store(clock=lambda: float(next(now)))
        first, second, third = [await held(store, QUESTION, title=title) for title in ("1", "2", "3")]
        await store.add(first, ANSWER)
        assert [each.id for each in await store.list()] == [first, third, second]
        assert [each.id for each in await store.list(limit=2)] == [first, third]
        assert await store.list(limit=0) == []
        assert await store.match("") == [first, third, second]

    async def test_those_of_a_folder(self, open_store: Opener) -> None:
        store = open_store()
        mine = await held(store, QUESTION, folder="/home/me/mine")
        await held(store, QUESTION, folder="/home/me/other")
        assert [each.id for each in await store.list(folder="/home/me/mine")] == [mine]
        assert [each.id for each in await store.list(folder="/home/me/mine", search="fold")] == [mine]

    async def test_an_id_may_be_shortened(self, open_store: Opener) -> None:
        store = open_store()
        names = [await store.begin("") for _ in range(10)]
        assert await store.match(f" {names[0].upper()} ") == [names[0]]
        shared = names[0][0]
        assert set(await store.match(shared)) == {name for name in names if name.startswith(shared)}
        assert await store.match("%") == []

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("factorial", "ab"),
            ("FACTORIAL", "ab"),
            ("toria", "ab"),
            ("recursive factorial", "b"),
            ("factorial recursive", "b"),
            ("title-of-a", "a"),
            ("title-of-a factorial", "a"),
            ("title-of-a recursive", ""),
            ("A", "abc"),
            ("== 0", "a"),
            ("über", "c"),
            ("ÜBER", "c"),
            ("日本語", "c"),
            ("本", "c"),
            ('say "hi"', "c"),
            ("100%", "c"),
            ("1%0", ""),
            ("_x_", "c"),
            ("axa", ""),
            ("NEAR(factorial", ""),
            ('"', "c"),
            ("'; DROP TABLE turn; --", ""),
            ("* OR NOT", ""),
            ("", "abc"),
            ("   ", "abc"),
        ],
    )
    @pytest.mark.parametrize("index", [True, False])
    async def test_a_search(
        self, open_store: Opener, monkeypatch: pytest.MonkeyPatch, search: str, found: str, index: bool
    ) -> None:
        if not index:  # as in an SQLite that was built without FTS5
            monkeypatch.setattr("picode.io.conversations.search._catch_up", lambda _: False)
        store = open_store()
        ids = {
            await held(store, Turn("user", "def factorial(n): return n == 0"), title="title-of-a"): "a",
            await held(store, Turn("user", "why?"), Turn("assistant", "A recursive factorial()."), title="b"): "b",
            await held(store, Turn("user", 'Über n 日本語 "hi" 100% _x_ say'), title="c"): "c",
        }
        assert "".join(sorted(ids[each.id] for each in await store.list(search=search))) == found

    async def test_a_search_finds_what_is_still_arriving(self, open_store: Opener) -> None:
        store = open_store()
        conversation = await held(store, QUESTION)
        answer = await store.add(conversation, Turn("assistant", "zebra", state="partial"))
        assert [each.id for each in await store.list(search="zebra")] == [conversation]
        await store.settle(answer, replace(ANSWER, text="horse"))
        assert [each.id for each in await store.list(search="horse")] == [conversation]
        assert await store.list(search="zebra") == []

    async def test_a_search_hears_of_what_others_wrote_since(self, open_store: Opener) -> None:
        store, other = open_store(), open_store()
        await held(store, Turn("user", "first"))
        assert len(await store.list(search="first")) == 1
        await held(other, Turn("user", "first again"))
        assert len(await store.list(search="first")) == 2


class TestChanging:
    async def test_renaming(self, open_store: Opener) -> None:
        store = open_store()
        conversation = await held(store, QUESTION)
        assert await store.rename(conversation, " Folding,\nexplained ")
        assert (await open_store().list())[0].title == "Folding, explained"
        assert [each.id for each in await store.list(search="explained")] == [conversation]

    async def test_deleting_leaves_no_word_in_the_files(self, open_store: Opener) -> None:
        store = open_store()
        secret = "xylophone-quartz"
        kept = await held(store, Turn("user", "hello"))
        gone = await held(store, *(Turn("user", f"{secret} {n} " * 50) for n in range(20)), title=secret)
        assert len(await store.list(search=secret)) == 1
        assert any(secret.encode() in file.read_bytes() for file in open_store.folder.iterdir())
        assert await store.delete(gone)
        assert (await store.read(gone), await store.list(search=secret)) == (None, [])
        assert [each.id for each in await store.list()] == [kept]
        for file in open_store.folder.iterdir():
            data = file.read_bytes()
            assert secret.encode() not in data, file
            assert b"xylophone" not in data, file
            assert b"xyl" not in data, f"{file} still has it in its index"

    async def test_deleting_what_is_old(self, open_store: Opener) -> None:
        day = 86_400.0
        store = open_store(clock=lambda: 100 * day)
        old = await held(open_store(clock=lambda: 9 * day), QUESTION)
        young = await held(open_store(clock=lambda: 11 * day), QUESTION)
        assert await store.delete_older(90) == 1
        assert (await store.read(old), await texts(store, young)) == (None, [QUESTION.text])

    @pytest.mark.parametrize(("days", "left"), [(90.0, 2), (0.0, 3), (1000.0, 3)])
    async def test_what_is_older_than_the_setting_goes_by_itself(
        self, open_store: Opener, days: float, left: int
    ) -> None:
        await held(open_store(clock=lambda: 0.0), QUESTION)
        await held(open_store(Conversations(days=0), clock=lambda: 99 * 86_400.0), QUESTION)
        store = open_store(Conversations(days=days), clock=lambda: 100 * 86_400.0)
        await held(store, QUESTION)
        assert len(await store.list()) == left

    async def test_a_clock_that_is_years_ahead_costs_nothing(self, open_store: Opener) -> None:
        for day in (1.0, 2.0):
            await held(open_store(clock=lambda day=day: day * 86_400.0), QUESTION)
        ahead = open_store(clock=lambda: 30_000 * 86_400.0)
        await held(ahead, QUESTION)
        assert len(await ahead.list()) == 3
        assert len(await open_store().list()) == 3


class TestTurnedOff:
    off = Conversations(enabled=False)

    async def test_nothing_reaches_the_disk(self, open_store: Opener) -> None:
        store = open_store(self.off)
        conversation = await held(store, QUESTION)
        assert await texts(store, conversation) == [QUESTION.text]
        assert len(await store.list(search="fold")) == 1
        assert await store.match(conversation[:7]) == [conversation]
        store.close()
        assert not open_store.folder.exists()
        assert await open_store().list() == []

    async def test_what_was_kept_can_be_read_gone_on_with_and_deleted(self, open_store: Opener) -> None:
        conversation = await held(open_store(), QUESTION)
        store = open_store(self.off)
        assert await texts(store, conversation) == [QUESTION.text]
        await store.add(conversation, ANSWER)
        assert await texts(store, conversation) == [QUESTION.text, ANSWER.text]
        assert len(await store.list()) == 1
        assert await texts(open_store(), conversation) == [QUESTION.text], "the new turn is not kept"
        assert await store.delete(conversation)
        assert (await store.list(), await open_store().list()) == ([], [])
        assert open_store.alerts == []

    async def test_an_answer_under_way_is_not_written_on(self, open_store: Opener) -> None:
        store = open_store()
        conversation = await held(store, QUESTION)
        answer = await store.add(conversation, Turn("assistant", "", state="partial"))
        store._settings = lambda: self.off
        await store.settle(answer, ANSWER)
        assert await texts(store, conversation) == [QUESTION.text, ANSWER.text]
        store._settings = Conversations
        store.close()
        assert await texts(open_store(), conversation) == [QUESTION.text, ""]


class TestCrowd:
    async def test_several_processes_at_once(self, open_store: Opener) -> None:
        """All of them make the file, and bring it up to date, at the same moment."""
        program = str(Path(__file__).with_name("crowd.py"))
        crowd = [
            subprocess.Popen(
                [sys.executable, program, str(open_store.folder), name, "15"], stderr=subprocess.PIPE, text=True
            )
            for name in ("ann", "ben", "cat")
        ]
        assert [(each.communicate(timeout=120)[1], each.returncode) for each in crowd] == [("", 0)] * 3
        store = open_store()
        found = await store.list(limit=100)
        assert len(found) == 45
        assert {each.turns for each in found} == {2}
        assert len(await store.list(search="answer ben", limit=100)) == 15

    @pytest.mark.parametrize(("end", "rounds"), [(signal.SIGKILL, 30), (signal.SIGTERM, 10)])
    async def test_killed_in_the_middle_of_an_answer_it_keeps_what_had_arrived(
        self, open_store: Opener, end: signal.Signals, rounds: int
    ) -> None:
        program = str(Path(__file__).with_name("writer.py"))
        for round_ in range(rounds):
            writer = subprocess.Popen(
                [sys.executable, program, str(open_store.folder)], stdout=subprocess.PIPE, text=True
            )
            try:
                conversation = writer.stdout.readline().strip()
                written = 0
                while written < 40 + 7 * round_:
                    written = int(writer.stdout.readline())
            finally:
                writer.send_signal(end)
                writer.communicate()
            store = open_store()
            found = await store.read(conversation)
            assert found.turns[1].state == "partial"
            text = found.turns[1].text
            assert len(text) >= written
            assert text.split() == [str(number) for number in range(len(text.split()))]
            assert len(await store.list(search="count", limit=100)) == round_ + 1
            store.close()
        assert open_store.alerts == []


anything = st.text(st.characters(exclude_categories=[]), max_size=40)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=anything, name=anything, title=anything, tokens=st.integers(), cost=st.none() | st.floats())
def test_any_text_can_be_kept_and_looked_for(
    tmp_path: Path, text: str, name: str, title: str, tokens: int, cost: float | None
) -> None:
    async def hold() -> None:
        store = SqliteConversations(lambda: tmp_path / "data", Conversations, pytest.fail)
        try:
            conversation = await store.begin(title, name, name)
            turn = await store.add(conversation, Turn("assistant", text, state="partial"))
            await store.grow(turn, text)
            whole = Turn("user", text, 0, 1.0, name, name, name, Usage(tokens), cost, "whole", name, (name, text))
            await store.settle(turn, whole)
            found = await store.read(conversation)
            expected = "".join("�" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
            if not re.search("[\ud800-\udbff][\udc00-\udfff]", text):  # a pair of halves is a character
                assert found.turns[0].text == expected
                assert found.turns[0].shown[1] == expected
            listed = await store.list(search=text, folder=name, limit=1000)
            assert conversation in {each.id for each in listed}
            await store.rename(conversation, text)
            await store.match(text)
            await store.delete(conversation)
        finally:
            store.close()

    asyncio.run(hold())
