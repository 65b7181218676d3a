"""Runs regular expressions on text that is made to be slow: the child process of `tests/attacks/test_regular_expressions.py`.

Reads a line of JSON for each expression, and writes one with what it took. Where that takes too long, the parent process ends
this one.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.patterns import attacks

GROWTH = (20, 26, 32, 60, 2_000, 16_000, 64_000)
"""Characters: small ones first, at which what is exponential shows."""
ALL, LONGER = 2_000, 16
"""Up to this size all texts are tried, beyond it only so many, which were the slowest of the size before: there, what is
quadratic takes a hundred times as long as what is linear."""
WHOLE = 1_000_000
START = 0.03
PER_CHARACTER = 4e-6
"""Seconds of processor time that may be taken: what is linear takes a fiftieth, what is quadratic takes more at 64,000
characters on any machine."""


def taken(pattern: re.Pattern[str], method: str, text: str) -> float:
    began = time.process_time()
    if method in ("sub", "subn"):
        pattern.sub("", text)
    elif method == "finditer":
        for _ in pattern.finditer(text):
            pass
    else:
        getattr(pattern, method)(text)
    return time.process_time() - began


def slowest(
    pattern: re.Pattern[str], source: str, flags: int, methods: list[str], longest: int
) -> tuple[float, int, str, str] | None:
    """Seconds, size, method and the beginning of the text, where it takes too long for its length."""
    ranked: list[tuple[float, int, str]] = []  # seconds, the text's place among the attacks, method
    for size in [each for each in GROWTH if each <= longest]:
        texts = list(attacks(source, flags, size))
        if size > ALL:
            tries = [(number, method) for _, number, method in sorted(ranked, reverse=True)[:LONGER]]
        else:
            tries = [(number, method) for number in range(len(texts)) for method in methods]
        ranked = []
        for number, method in tries:
            text = texts[number].text
            seconds = taken(pattern, method, text)
            if is_slow(seconds, text):
                return seconds, len(text), method, text[:60]
            ranked.append((seconds, number, method))
    if not ranked or longest < WHOLE:
        return None
    _, number, method = max(ranked)
    text = texts[number].text
    whole = text[:200] + text[200:1200] * (WHOLE // 1000) + text[-200:] if len(text) > 2_000 else text
    seconds = taken(pattern, method, whole)
    return (seconds, len(whole), method, text[:60]) if is_slow(seconds, whole) else None


def is_slow(seconds: float, text: str) -> bool:
    return seconds > START + PER_CHARACTER * len(text)


def main() -> None:
    for line in sys.stdin:
        place, source, flags, methods, longest = json.loads(line)
        pattern = re.compile(source, flags)
        print(json.dumps({"place": place, "slow": slowest(pattern, source, flags, methods, longest)}), flush=True)


if __name__ == "__main__":
    main()
