"""What is kept on the machine, seen from a terminal: counts of suggestions, and answers of models."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from picode.assistant.usage.events import Outcome, SuggestionOutcome
from picode.io.answer_cache import AnswerCache
from picode.io.folders import state_folder
from picode.io.usage_store import UsageStore
from picode.settings.model import Cache

from .test_commands import picode


def count(*outcomes: Outcome, language: str = "python", seconds: tuple[float, ...] = ()) -> None:
    store = UsageStore(state_folder)
    for outcome in outcomes:
        store.record(SuggestionOutcome(language, "ollama", "qwen2.5-coder", outcome))
    for each in seconds:
        store.record(SuggestionOutcome(language, "ollama", "qwen2.5-coder", "made", each))
    store.close()


class TestStats:
    def test_before_anything_is_counted_it_says_how_to_begin(self) -> None:
        done = picode("stats")
        assert done.returncode == 0, done.stderr
        assert "Nothing is counted yet" in done.stdout

    def test_it_shows_what_became_of_suggestions(self) -> None:
        count("shown", "shown", "shown", "shown", "accepted", "partly", "kept", seconds=(0.15, 0.2, 1.5))
        count("shown", language="go")
        done = picode("stats", "--json")
        python, go = json.loads(done.stdout)["suggestions"]
        assert (python["language"], go["language"]) == ("python", "go")
        assert (python["shown"], python["accepted"], python["partly"], python["kept"]) == (4, 1, 1, 1)
        assert (python["median"], python["late"]) == (200, 1600)

        table = picode("stats").stdout
        assert "Suggestions of the last" in table
        assert "50%" in table
        assert "≤ 200 ms" in table
        assert "\x1b" not in table

    @pytest.mark.parametrize("days", ["0", "-1", "many"])
    def test_a_number_of_days_that_is_none(self, days: str) -> None:
        done = picode("stats", "--days", days)
        assert done.returncode == 2
        assert "--days" in done.stderr


@pytest.fixture
def folder() -> Path:
    return Path(os.environ["PICODE_ANSWERS_DIR"])


class TestCache:
    def keep(self, folder: Path, workspace: Path, *names: str) -> None:
        cache = AnswerCache(folder, Cache, lambda: [str(workspace)])
        for name in names:
            cache.keep(name, "an answer", str(workspace / "a.py"))
        cache.close()

    def test_an_empty_one(self, folder: Path) -> None:
        done = picode("cache", "info")
        assert done.stdout == f"{folder}: 0 answers, 0.0 MB\n"

    def test_it_tells_what_is_there_and_forgets_it(self, folder: Path, project: Path) -> None:
        self.keep(folder, project, "one", "two")
        assert json.loads(picode("cache", "info", "--json").stdout)["entries"] == 2
        assert picode("cache", "clear").stdout == "Forgot 2 answers.\n"
        assert json.loads(picode("cache", "info", "--json").stdout)["entries"] == 0

    def test_of_one_workspace_only(self, folder: Path, project: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        self.keep(folder, project, "one", "two")
        self.keep(folder, other, "three")
        assert picode("cache", "clear", "--workspace", str(other)).stdout == "Forgot 1 answer.\n"
        assert json.loads(picode("cache", "info", "--json").stdout)["entries"] == 2
