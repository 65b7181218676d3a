"""The table of faults and attacks has a test for each row, and each test exists."""

from __future__ import annotations

import os

import pytest

from .matrix import COMMAND, PAGE, TESTS, defined, figures, page, rows


def test_every_row_has_tests_and_every_test_exists() -> None:
    found = rows()
    assert [row.number for row in found["fault"]] == list(range(1, 61))
    assert [row.number for row in found["attack"]] == list(range(1, 13))
    for row in (*found["fault"], *found["attack"]):
        assert row.tests, row
        for test in row.tests:
            assert test in defined(TESTS / test.partition("::")[0]), test


def test_a_row_says_what_is_expected_in_a_line() -> None:
    for row in (*rows()["fault"], *rows()["attack"]):
        assert row.what
        assert row.expected
        assert "|" not in row.what + row.expected


def test_the_page_has_the_rows_as_they_are() -> None:
    """What a row's result was, only a run of all of them can say: it compares the page, or writes it."""
    if os.environ.get("PICODE_UPDATE"):
        pytest.skip("a run with PICODE_UPDATE writes the page at its end")
    written = PAGE.read_text("utf-8")
    results: dict[str, str] = {}
    for kind, found in rows().items():
        title = {"fault": "## Faults", "attack": "## Attacks"}[kind]
        table = written.partition(title)[2].partition("\n## ")[0]
        for row in found:
            line = next((line for line in table.splitlines() if line.startswith(f"| {row.number} |")), "")
            result = line.rpartition("|")[0].rpartition("|")[2].strip()
            results |= {test: result for test in row.tests if results.get(test, "passed") == "passed"}
    assert written == page(results, figures(written)), f"Write it anew: {COMMAND}"
    assert set(results.values()) == {"passed"}
