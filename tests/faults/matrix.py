"""The table of faults and attacks: `rows.toml` says what is tried and by which tests, a run says how they went, and both make
docs/reliability.md. A run of tests/faults and tests/attacks takes the rows' other tests along."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "reliability.md"
TOGETHER = ("faults", "attacks")
"""Folders of tests that, run together, are a run of the table."""

COMMAND = "PICODE_UPDATE=1 uv run pytest tests/faults tests/attacks"
_FIGURES = "\n## Figures\n"
"""What follows on the page is written by hand."""

_DEFINITION = re.compile(r"^( {4})?(class|def|async def) (\w+)", re.MULTILINE)

_HEAD = """\
# Reliability

What goes wrong, what PiCode does then, and the test that tries it. `uv run pytest tests/faults tests/attacks` runs all of them
and compares this page with the results; with `PICODE_UPDATE=1` it writes the page. Its source is `tests/faults/rows.toml`.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A fault or an attack. `tests` are relative to tests/: `file.py::test`, or `file.py::Class::test`."""

    number: int
    what: str
    expected: str
    tests: tuple[str, ...]


def rows() -> dict[str, list[Row]]:
    """The rows of both tables: `fault` and `attack`."""
    tables = tomllib.loads(Path(__file__).with_name("rows.toml").read_text("utf-8"))
    return {
        kind: [Row(each["number"], each["what"], each["expected"], tuple(each["tests"])) for each in found]
        for kind, found in tables.items()
    }


def tests() -> set[str]:
    """The tests of all rows."""
    return {test for found in rows().values() for row in found for test in row.tests}


def defined(file: Path) -> set[str]:
    """The tests that a file defines, as `rows.toml` names them."""
    name, above, found = file.relative_to(TESTS).as_posix(), "", set()
    for indent, kind, each in _DEFINITION.findall(file.read_text("utf-8")):
        if not indent:
            above = f"{each}::" if kind == "class" else ""
        if kind != "class" and each.startswith("test"):
            found.add(f"{name}::{above}{each}")
    return found


def figures(written: str) -> str:
    """The part of a page as it was `written` that no run makes."""
    _, mark, found = written.partition(_FIGURES)
    return mark + found


def page(results: Mapping[str, str], by_hand: str) -> str:
    """The page. `results` are those of the tests, `by_hand` its part that no run makes."""
    tables = rows()
    survived = {kind: sum(_result(row, results) == "passed" for row in found) for kind, found in tables.items()}
    parts = [
        f"{_HEAD}\n## Faults: {survived['fault']} of {len(tables['fault'])} survived\n",
        *_table(tables["fault"], results),
        f"\n## Attacks: {survived['attack']} of {len(tables['attack'])} kinds repelled\n",
        *_table(tables["attack"], results),
    ]
    return "\n".join(parts) + "\n" + by_hand


def _table(found: list[Row], results: Mapping[str, str]) -> Iterator[str]:
    yield "| # | What | Expected | Tests | Result |"
    yield "| --- | --- | --- | --- | --- |"
    for row in found:
        names = "<br>".join(f"`{test}`" for test in row.tests)
        yield f"| {row.number} | {row.what} | {row.expected} | {names} | {_result(row, results)} |"


def _result(row: Row, results: Mapping[str, str]) -> str:
    found = {results.get(test, "not run") for test in row.tests}
    return next((each for each in ("failed", "not run", "skipped") if each in found), "passed")


class Run:
    """A plugin of pytest: it takes the rows' tests along, notes how they went, and holds the page against that."""

    def __init__(self) -> None:
        self._results: dict[str, str] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("[")[0].removeprefix(f"{TESTS.name}/")
        if report.failed:
            self._results[name] = "failed"
        elif report.skipped:
            self._results.setdefault(name, "skipped")
        elif report.when == "call" and self._results.get(name) != "failed":
            self._results[name] = "passed"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.config.option.collectonly or hasattr(session.config, "workerinput"):
            return
        now = PAGE.read_text("utf-8") if PAGE.exists() else ""
        found = page(self._results, figures(now))
        if missing := [test for test in tests() if test not in self._results]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            print(f"\n{PAGE.name} is left as it is. These tests of its rows have not run: {', '.join(sorted(missing))}")
        elif os.environ.get("PICODE_UPDATE"):
            PAGE.write_text(found, "utf-8", newline="\n")
        elif found != now:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            print(
                f"\n{PAGE.name} is not what this run says. Rewrite it: PICODE_UPDATE=1 uv run pytest tests/faults tests/attacks"
            )


def configure(config: pytest.Config) -> None:
    """Makes a run of both folders, and of nothing else, a run of the table."""
    given = {Path(config.invocation_params.dir, each.partition("::")[0]).resolve() for each in config.args}
    if given != {TESTS / each for each in TOGETHER}:
        return
    others = {test for test in tests() if test.partition("/")[0] not in TOGETHER}
    config.args += sorted(str(TESTS / test) for test in others)
    config.pluginmanager.register(Run(), "picode-matrix")
