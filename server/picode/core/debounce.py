"""When to ask for a suggestion while somebody types, and how many may be under way at once.

A request is let to land: what it brings serves the keys typed meanwhile. So little is gained by waiting for a pause, and
much is lost by asking at every key; what counts is how many are under way. Replaying 5,000 keystrokes against a model
that takes 500 ms, two at once asked 114 times per 1,000 keys and had the next character on screen for 86 % of them; one
at once with a pause of 250 ms, 68 times and for 70 % (`tests/benchmarks/keystrokes.py` replays them through the server).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Debounce:
    """How eagerly to ask. Times are seconds.

    `live` bounds the requests under way for one document. In the middle of a line `pause` must pass without a key, but
    nobody waits longer than `longest` altogether: a fast typist gets suggestions too.
    """

    live: int
    pause: float
    longest: float


LIVELY_LIVE = 2
_METERED_PAUSE = 0.25
_METERED_LONGEST = 2.0
_LONGEST = 0.25
_QUIET_PAUSE = 1.0
_END_PAUSE = 0.4
_USUAL = 0.2
"""Reluctance that says nothing: ten suggestions in a row may be unwanted by chance."""


def debounce_for(*, metered: bool, local: bool, pause: float) -> Debounce:
    """The pace for a provider. `local`: a model on this machine does one thing after the other, so asking it for two takes
    twice as long. `pause` is the user's."""
    if metered:
        return Debounce(1, max(_METERED_PAUSE, pause), max(_METERED_LONGEST, 4 * pause))
    return Debounce(1 if local else LIVELY_LIVE, pause, max(_LONGEST, 4 * pause))


def debounce_delay(
    line_prefix: str, line_suffix: str, pace: Debounce, waited: float, *, backoff: float = 0.0
) -> float | None:
    """Seconds without a key before a suggestion is asked for at this place; None: not at all, unless asked by hand.

    `waited` is how long the user has been typing without one. `backoff` goes from 0 to 1, where suggestions in this
    language have not been wanted for so long that only a pause to think is used.
    """
    if line_suffix[:1].isalnum() or line_suffix[:1] == "_":
        return None  # inside a word: whatever fits there is half of another word
    unwanted = _QUIET_PAUSE * (max(0.0, backoff - _USUAL) / (1 - _USUAL)) ** 2
    if not line_prefix.strip():
        return unwanted / 2
    if backoff >= 1:
        return _QUIET_PAUSE
    pause = max(pace.pause, unwanted)
    if line_prefix.endswith((")", ";", "]", "}")) and not line_suffix.strip():
        return max(_END_PAUSE, pause)  # most likely the statement ends here
    return max(0.0, min(pause, max(pace.longest, 2 * unwanted) - waited))


_SLOWEST, _SOONEST = 5.0, 1.0
_UNKNOWN = 3.0


def stream_timeout(first_words: tuple[float, ...], *, local: bool) -> float:
    """Seconds of silence after which a request may be given up for a newer one.

    `first_words` are the times that the model took of late: three times its usual one is not going to be soon. A model on
    this machine is slow where it has to read a whole prompt anew, and ten times faster else: there the slowest time counts.
    """
    if not first_words:
        return _UNKNOWN
    usual = 3 * sorted(first_words)[len(first_words) // 2]
    return min(_SLOWEST, max(_SOONEST, usual, 2 * max(first_words) if local else 0.0))
