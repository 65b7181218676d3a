"""Whether an answer has begun to repeat itself, as small models do that have lost the thread: they never come to an end."""

from __future__ import annotations

_TAIL = 2400
"""Characters at an answer's end that are looked at."""

_LEAST = 1000
_TIMES = 8
"""What has been said so many times in a row, over so many characters at the least, is said for ever."""


def sound_length(text: str) -> int:
    """How much of `text` is worth keeping: all of it, or up to the end of the first of the same words at its end.

    >>> text = "Yes. " + "It is so. " * 200
    >>> text[: sound_length(text)].rstrip()
    'Yes. It is so'
    >>> sound_length("It is so. " * 20)
    200
    """
    period = _period(text[-_TAIL:])
    if not period:
        return len(text)
    chunk = text[-period:]
    start = len(text) - period
    while start >= period and text[start - period : start] == chunk:
        start -= period
    # The first round may have begun before the place where the last one ends.
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    return start + period


def _period(tail: str) -> int:
    """The length of what the tail ends with again and again; 0 where it doesn't.

    The borders of the reversed tail (Knuth, Morris and Pratt) give the shortest period of every one of its ends.
    """
    text = tail[::-1]
    borders = [0] * len(text)
    length = found = 0
    for at in range(1, len(text)):
        while length and text[at] != text[length]:
            length = borders[length - 1]
        length += text[at] == text[length]
        borders[at] = length
        period = at + 1 - length
        if at + 1 >= _LEAST and period * _TIMES <= at + 1 and text[:period].strip():
            found = period
    return found
