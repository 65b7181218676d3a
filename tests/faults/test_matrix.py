"""The table of faults and attacks has a test for each row, and each test exists."""

from __future__ import annotations

from .matrix import TESTS, defined, rows


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
