"""Whether, and when, to request a completion while the user types, and how many requests may be in flight.

Requests continue while the user types, and their answers serve the later keys. So waiting for a pause saves little, and a
request at every key costs much; what counts is how many are in flight. 5,000 replayed keystrokes against a model that takes
500 ms: with two in flight, 114 requests per 1,000 keys, and 86 % of the next characters on screen; with one and a delay of
250 ms, 68 requests and 70 % (`tests/benchmarks/keystrokes.py` replays them through the server).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Debounce:
    """How eagerly to request. Times are seconds."""

    max_in_flight: int
    """Requests for one document."""
    delay_s: float
    """In the middle of a line, how long no key must have been typed."""
    max_delay_s: float
    """The longest time that all delays together may leave the user without a completion while they keep typing."""


LIVELY_IN_FLIGHT = 2
_METERED_DELAY_S, _METERED_MAX_S = 0.25, 2.0
_MAX_S = 0.25
_BACKOFF_S = 1.0
_PAUSE_S = 0.4
"""Where most keys need no completion: at the end of a statement, and inside a word. Who is typing does not pause that long."""
_IGNORED_BACKOFF = 0.2
"""Up to here a backoff delays nothing: ten completions in a row may be unwanted by chance."""


def debounce_for(*, metered: bool, local: bool, delay_s: float) -> Debounce:
    """The debounce for a provider. A `local` model answers one request after the other, so two would take twice as long.
    `delay_s` is the user's setting."""
    if metered:
        return Debounce(1, max(_METERED_DELAY_S, delay_s), max(_METERED_MAX_S, 4 * delay_s))
    return Debounce(1 if local else LIVELY_IN_FLIGHT, delay_s, max(_MAX_S, 4 * delay_s))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def debounce_delay(
    line_prefix: str, line_suffix: str, debounce: Debounce, waited_s: float, *, backoff: float = 0.0
) -> float:
    """Seconds without a key before a completion is requested at the cursor.

    `waited_s` is how long the user has been typing without a completion. `backoff` rises from 0 to 1 while completions in the
    document's language are not accepted; at 1, they are requested only after a pause to think.
    """
    unwanted = _BACKOFF_S * (max(0.0, backoff - _IGNORED_BACKOFF) / (1 - _IGNORED_BACKOFF)) ** 2
    if not line_prefix.strip():
        return unwanted / 2
    if backoff >= 1:
        return _BACKOFF_S
    delay = max(debounce.delay_s, unwanted)
    if line_prefix.endswith((")", ";", "]", "}")) and not line_suffix.strip():
        return max(_PAUSE_S, delay)  # most likely the statement ends here
    if _is_word(line_prefix[-1:]) and _is_word(line_suffix[:1]):
        return max(_PAUSE_S, delay)  # a name is being changed, unless what parts two names is missing: `exports│parse`
    return max(0.0, min(delay, max(debounce.max_delay_s, 2 * unwanted) - waited_s))


_MIN_TIMEOUT_S, _MAX_TIMEOUT_S = 1.0, 5.0
_UNKNOWN_S = 3.0


def stream_timeout(first_words: tuple[float, ...], *, local: bool) -> float:
    """Seconds of silence after which a stream may be dropped for a newer request.

    `first_words` are the seconds that the model's latest answers took to begin; three times the median is late. A local model
    takes ten times as long when it has to read a whole prompt anew: there it is also twice the longest.
    """
    if not first_words:
        return _UNKNOWN_S
    late = 3 * sorted(first_words)[len(first_words) // 2]
    return min(_MAX_TIMEOUT_S, max(_MIN_TIMEOUT_S, late, 2 * max(first_words) if local else 0.0))
