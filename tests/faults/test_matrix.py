"""The table of faults and attacks has a test for each row, and each test exists."""

from __future__ import annotations

import os

import pytest

from .matrix import PAGE, TESTS, defined, figures, page, rows


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


def test_the_page_has_every_row_and_each_passed() -> None:
    """Only a run of all rows may write the page, so a page that says otherwise is of a run that failed, or of other rows."""
    if os.environ.get("PICODE_UPDATE"):
        pytest.skip("a run with PICODE_UPDATE writes the page at its end")
    found = PAGE.read_text("utf-8")
    passed = {test: "passed" for row in (*rows()["fault"], *rows()["attack"]) for test in row.tests}
    assert found == page(passed, figures(found))
    assert "## Faults: 60 of 60 survived" in found
    assert "## Attacks: 12 of 12 kinds repelled" in found
