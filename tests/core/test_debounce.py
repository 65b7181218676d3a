"""When to ask, and when to give up waiting."""

from __future__ import annotations

import pytest

from picode.core.debounce import debounce_delay, debounce_for, stream_timeout

LIVELY = debounce_for(metered=False, local=False, delay_s=0.025)
METERED = debounce_for(metered=True, local=False, delay_s=0.025)
SLOW = debounce_for(metered=False, local=False, delay_s=1.0)


@pytest.mark.parametrize(
    ("line", "pace", "waited", "backoff", "pause"),
    [
        ("│", LIVELY, 0, 0, 0.0),
        ("    │", METERED, 0, 0, 0.0),
        ("x = │", LIVELY, 0, 0, 0.025),
        ("x = │", LIVELY, 0.24, 0, 0.01),
        ("x = │", LIVELY, 9, 0, 0.0),
        ("x = │", METERED, 0, 0, 0.25),
        ("x = │", METERED, 9, 0, 0.0),
        ("x = │", SLOW, 1.0, 0, 1.0),
        ("x = │", SLOW, 3.5, 0, 0.5),
        ("foo()│", LIVELY, 9, 0, 0.4),
        ("foo()│;", LIVELY, 0, 0, 0.025),
        ("foo()│", SLOW, 0, 0, 1.0),
        # Inside a word, who types changes a name; who pauses may lack what parts two of them.
        ("to│tal", LIVELY, 9, 0, 0.4),
        ("to│_", LIVELY, 9, 0, 0.4),
        ("to│tal", SLOW, 9, 0, 1.0),
        ("to│tal", LIVELY, 9, 1, 1.0),
        # Before a word, and not inside one, there is room for an argument, an operand, a modifier.
        ("f(│total)", LIVELY, 9, 0, 0.0),
        ("x = │total", LIVELY, 9, 0, 0.0),
        ("to│.x", LIVELY, 9, 0, 0.0),
        ("    │", LIVELY, 0, 1, 0.5),
        ("x = │", LIVELY, 9, 1, 1.0),
        ("    │", LIVELY, 0, 0.2, 0.0),
        ("    │", LIVELY, 0, 0.6, 0.125),
        ("x = │", LIVELY, 0, 0.1, 0.025),
        ("x = │", LIVELY, 0, 0.6, 0.25),
        ("x = │", LIVELY, 9, 0.6, 0.0),
        ("x = │", SLOW, 0, 0.5, 1.0),
        ("x = │", METERED, 0, 0.8, 0.5625),
    ],
)
def test_pause(line: str, pace: object, waited: float, backoff: float, pause: float) -> None:
    prefix, suffix = line.split("│")
    assert isinstance(pace, type(LIVELY))
    assert debounce_delay(prefix, suffix, pace, waited, backoff=backoff) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("metered", "local", "live"), [(False, False, 2), (False, True, 1), (True, False, 1), (True, True, 1)]
)
def test_how_many_are_under_way(metered: bool, local: bool, live: int) -> None:
    assert debounce_for(metered=metered, local=local, delay_s=0).max_in_flight == live


@pytest.mark.parametrize(
    ("first_words", "local", "seconds"),
    [
        ((), False, 3.0),
        ((0.2, 0.2, 0.2), False, 1.0),
        ((0.5, 0.5, 9.0), False, 1.5),
        ((4.0,), False, 5.0),
        ((0.1,), True, 1.0),
        ((1.2, 1.2), True, 3.6),
        ((0.05, 0.05, 0.05, 1.4), True, 2.8),
        ((0.05, 0.05, 0.05, 1.4), False, 1.0),
    ],
)
def test_patience(first_words: tuple[float, ...], local: bool, seconds: float) -> None:
    assert stream_timeout(first_words, local=local) == pytest.approx(seconds)
