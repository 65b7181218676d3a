"""Stop strings, however an answer is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.stops import StopCutter


@pytest.mark.parametrize(
    ("stops", "pieces", "text", "found"),
    [
        ([], ["one ", "two"], "one two", ""),
        ([""], ["one"], "one", ""),
        (["END"], ["one END two"], "one ", "END"),
        (["END"], ["one E", "N", "D two"], "one ", "END"),
        (["END"], ["one E", "N"], "one EN", ""),
        (["END"], ["END"], "", "END"),
        (["END"], ["one END", " two", " END"], "one ", "END"),
        (["b", "ab"], ["xab"], "x", "ab"),
        (["\n\n"], ["a\n", "\nb"], "a", "\n\n"),
        (["aab"], ["aa", "ab"], "a", "aab"),
    ],
)
def test_an_answer_ends_before_the_first_stop(stops: list[str], pieces: list[str], text: str, found: str) -> None:
    cutter = StopCutter(stops)
    assert ("".join(map(cutter.feed, pieces)) + cutter.close(), cutter.found) == (text, found)


_TEXT = st.text("ab\n", max_size=12)


@given(st.lists(_TEXT, max_size=4), st.lists(_TEXT, max_size=6))
def test_no_stop_is_ever_given_out_and_nothing_else_is_lost(stops: list[str], pieces: list[str]) -> None:
    cutter = StopCutter(stops)
    given_out = "".join(map(cutter.feed, pieces)) + cutter.close()
    whole = "".join(pieces)
    places = [at for stop in stops if stop and (at := whole.find(stop)) >= 0]
    assert bool(cutter.found) == bool(places)
    assert whole.startswith(given_out)
    assert len(given_out) >= min(places, default=len(whole))
    assert not any(stop and stop in given_out for stop in stops)
