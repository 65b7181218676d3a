"""`picode stats`: the figures in a terminal, for programs, and as a page."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from picode.assistant.usage.events import Attempt, CallEnded, LookupDone, SuggestionOutcome
from picode.cli.stats.figures import Figures, compact, dollars
from picode.cli.stats.page import page
from picode.cli.stats.plots import colours_of, fewer, histogram, nice_top, stacked
from picode.core.errors import ServerFailure
from picode.core.messages import Usage
from picode.io.folders import state_folder
from picode.io.usage_store import UsageStore

from .test_commands import picode

HOSTILE = '<img src="http://evil.example/x">[bold]&\x1b[31m'


def use_models(model: str = "gpt-4.1") -> None:
    """A day's work: twice asked, once failed, three times answered without asking."""
    store = UsageStore(state_folder)

    def ask(provider: str, model: str, feature: str, seconds: float, **outcome: Any) -> None:
        each = Attempt(provider, model, 0.0, seconds, **outcome)
        winner = None if "error" in outcome else each
        store.record(CallEnded(feature, "", 0.0, seconds, [each], winner))

    for _ in range(2):
        ask("openai", model, "inline", 0.4, usage=Usage(900_000, 100), cost=0.25)
        store.record(LookupDone("openai", model, "inline", "none"))
    ask("openai", model, "inline", 0.4, error=ServerFailure("OpenAI", "fails."))
    for where in ("typed_through", "typed_through", "disk"):
        store.record(LookupDone("openai", model, "inline", where))  # type: ignore[arg-type]
    ask("ollama", "qwen", "chat", 6.0)
    for outcome in ("shown", "shown", "accepted", "kept"):
        store.record(SuggestionOutcome("python", "openai", model, outcome))  # type: ignore[arg-type]
    store.record(SuggestionOutcome("python", "openai", model, "made", 0.4))
    store.close()


class Page(HTMLParser):
    """A document, whose elements must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, *attribute) for attribute in attributes]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, *attribute) for attribute in attributes]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class TestTerminal:
    def test_it_tells_what_models_were_used_for_and_what_was_saved(self) -> None:
        use_models()
        told = picode("stats").stdout
        assert re.search(r"openai gpt-4\.1 +inline +3 +1 +1\.8M +200 +\$0\.50 +≤ 400 ms", told), told
        assert re.search(r"ollama qwen +chat +1 .*not known", told), told
        assert "3 requests (60%) were answered without asking a model: about 1,800,200 tokens and $0.50" in told

    def test_for_programs(self) -> None:
        use_models()
        told = json.loads(picode("stats", "--json", "--days", "2").stdout)
        assert told["from"] == (date.today() - timedelta(days=1)).isoformat()
        openai = next(each for each in told["spent"] if each["provider"] == "openai")
        assert (openai["requests"], openai["errors"], openai["cost"], openai["median"]) == (3, 1, 0.5, 400)
        assert told["saved"] == {"requests": 3, "asked": 2, "tokens": 1_800_200, "cost": 0.5, "share": 0.6}
        assert told["found"] == {"typed_through": 2, "memory": 0, "in_flight": 0, "disk": 1, "none": 2}

    def test_names_from_outside_are_text(self) -> None:
        use_models(HOSTILE)
        told = picode("stats").stdout
        assert "[bold]" in told
        assert "\x1b" not in told


class TestPage:
    def test_it_shows_the_figures_and_fetches_nothing(self, tmp_path: Path) -> None:
        use_models()
        done = picode("stats", "--html", str(tmp_path / "stats.html"))
        assert done.returncode == 0, done.stderr
        text = (tmp_path / "stats.html").read_text(encoding="utf-8")
        page = Page(text)
        for words in ("openai gpt-4.1", "1,800,000", "60%", "≥ $0.50", "≤ 400 ms", "python"):
            assert any(words in each for each in page.words), words
        fetching = [
            each for each in page.attributes if each[1] in ("src", "href", "srcset", "action", "data", "xlink:href")
        ]
        assert fetching == []
        assert not re.search(r"https?:|url\(|@import|<script|<link|<iframe", text)
        assert "default-src 'none'" in text
        assert "prefers-color-scheme: dark" in text
        drawings = [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", text, re.S)]
        assert len(drawings) == 5
        assert all(each.find("rect") is not None for each in drawings)

    def test_names_from_outside_are_text(self, tmp_path: Path) -> None:
        use_models(HOSTILE)
        picode("stats", "--html", str(tmp_path / "stats.html"))
        text = (tmp_path / "stats.html").read_text(encoding="utf-8")
        assert "img" not in {tag for tag, _, _ in Page(text).attributes}
        assert "&lt;img src=" in text

    def test_without_figures_it_says_how_to_begin(self) -> None:
        text = page(Figures(date(2026, 3, 1), date(2026, 3, 1), []))
        assert any("Nothing is counted yet" in each for each in Page(text).words)
        assert "<svg" not in text

    def test_a_place_that_can_t_be_written_is_told(self, tmp_path: Path) -> None:
        done = picode("stats", "--html", str(tmp_path / "missing" / "stats.html"))
        assert done.returncode == 1
        assert "can't be written" in done.stderr


class TestPlots:
    DAYS = (date(2026, 3, 1), date(2026, 3, 2))

    def rects(self, drawing: str) -> list[ElementTree.Element]:
        return ElementTree.fromstring(drawing[: drawing.index("</svg>") + 6]).findall("rect")

    def test_bars_are_as_high_as_their_values_and_stand_on_each_other(self) -> None:
        drawing = stacked(self.DAYS, {"a": [2, 0], "b": [1, 4]}, {"a": 0, "b": 2})
        first, second, third = self.rects(drawing)
        heights = [float(each.attrib["height"]) for each in (first, second, third)]
        assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
        assert heights[2] == pytest.approx(4 * heights[1], abs=0.2)
        assert float(second.attrib["y"]) + heights[1] == pytest.approx(float(first.attrib["y"]), abs=0.2)
        assert [each.attrib["class"] for each in (first, second, third)] == ["c0", "c2", "c2"]
        assert [each.findtext("title") for each in (first, third)] == ["01 Mar: a 2", "02 Mar: b 4"]

    def test_empty_ends_of_a_distribution_are_left_out(self) -> None:
        assert len(self.rects(histogram([("a", 0), ("b", 1), ("c", 0), ("d", 2), ("e", 0)]))) == 3

    def test_what_has_no_colour_of_its_own_is_added_up(self) -> None:
        series = {f"p{number}": [float(number)] for number in range(8)}
        shown = fewer(series, colours_of(list(series)))
        assert list(shown) == ["p0", "p1", "p2", "p3", "p4", "others"]
        assert shown["others"] == [5 + 6 + 7]

    @pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (73, 80), (101, 200), (0.034, 0.04), (9.5, 10)])
    def test_axes_end_at_round_numbers(self, value: float, top: float) -> None:
        assert nice_top(value) == top


@pytest.mark.parametrize(
    ("amount", "unpriced", "shown"),
    [(0, 0, "$0.00"), (0.0042, 0, "$0.0042"), (1234.5, 0, "$1,234.50"), (0.5, 2, "≥ $0.50"), (0, 2, "not known")],
)
def test_money(amount: float, unpriced: int, shown: str) -> None:
    assert dollars(amount, unpriced) == shown


@pytest.mark.parametrize(("count", "shown"), [(0, "0"), (9999, "9,999"), (10_000, "10k"), (1_890_764, "1.9M")])
def test_counts_where_there_is_little_room(count: int, shown: str) -> None:
    assert compact(count) == shown
