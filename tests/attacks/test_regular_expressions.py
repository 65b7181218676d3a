"""No regular expression of the server takes more than linear time, whatever text comes."""

from __future__ import annotations

import json
import queue
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from picode.core.secrets import addresses
from picode.core.secrets.names import VENDORS
from picode.core.secrets.shapes import SHAPES, compiled
from picode.providers import profiles
from picode.providers.catalog import CATALOG
from picode.syntax import lexer, lexis
from picode.syntax.outline import imports, names, patterns
from picode.wire import corrections, failures
from support.patterns import Expression, inventory

RUNNER = Path(__file__).resolve().parents[1] / "support" / "pattern_runner.py"
DEADLINE = 20.0
"""Seconds of processor time for one expression with all its texts, in a process that is ended when they are over."""

EXPRESSIONS, UNKNOWN = inventory()
LEXES = [*lexis._LEXES.values(), lexis._ANY]

TABLES = {
    # Where a pattern comes from a table: the table's patterns, and the method that they are used with.
    "picode/assistant/routing/discovery.py: provider.fill_models": [
        (row.fill_models, 0, "search") for row in CATALOG.values() if row.fill_models
    ],
    "picode/core/edits/wrappers.py: re.escape(mark)": [(r"</completion>", re.IGNORECASE, "search")],
    "picode/core/secrets/addresses.py: pattern": [(each.pattern, 0, "match") for *_, each in addresses._ARGUMENTS],
    "picode/core/secrets/shapes.py: pattern": [
        *((compiled(each.rest).pattern, 0, "match") for each in SHAPES),
        *((compiled(each).pattern, 0, "match") for each in VENDORS.values()),
    ],
    "picode/providers/profiles.py: pattern": [(each, 0, "search") for each, _ in profiles._ROWS],
    'picode/assistant/context/build_files.py: f"""^name:[ \\\\t]*[\'\\\\"]?{re.escape(name)}[\'\\\\"]?[ \\\\t]*$"""': [
        (r"^name:[ \t]*['\"]?app['\"]?[ \t]*$", re.MULTILINE, "search")
    ],
    "picode/syntax/outline/imports.py: pattern": [
        (row.pattern, re.MULTILINE, "finditer") for rows in imports._ROWS.values() for row in rows
    ],
    "picode/syntax/outline/names.py: pattern": [
        (each, re.MULTILINE, "search") for each in sorted(set(names._PACKAGES.values()))
    ],
    "picode/syntax/outline/patterns.py: '(?P<indent>[ \\\\t]*+)' + pattern": [
        (rule.pattern.pattern, 0, "match") for name in patterns.LANGUAGES for rule in patterns._rules(name)
    ],
    "picode/syntax/outline/patterns.py: shown[each] + pattern": [
        (each.pattern, re.MULTILINE, "finditer") for name in patterns.LANGUAGES for each in patterns.outermost(name)
    ],
    "picode/syntax/lexer.py: '|'.join(begins)": [
        (each, re.MULTILINE, "search") for each in sorted({"|".join(begin for begin, _ in row.long) for row in LEXES})
    ],
    "picode/syntax/lexer.py: '|'.join(parts)": [
        (each, re.MULTILINE, "search") for each in sorted({lexer._pattern(name)[0].pattern for name in lexis._LEXES})
    ],
    "picode/syntax/lexer.py: end": [
        (each, re.MULTILINE, "search") for each in sorted({end for row in LEXES for _, end in row.long})
    ],
    "picode/syntax/lexer.py: f'^[ \\\\t]*{name[2:]}\\\\b'": [(r"^[ \t]*END\b", re.MULTILINE, "search")],
    "picode/wire/corrections.py: mention": [
        (corrections.mention_of(field), 0, "search") for field in ("stop", "max_tokens")
    ],
    "picode/wire/failures.py: meaning.message": [
        (each.message, re.IGNORECASE, "search") for each in failures._MEANINGS
    ],
}
BOUNDED = {
    # Characters that the text is cut to before.
    "picode/syntax/lexer.py: '|'.join(begins)": 100_000,
    "picode/syntax/lexer.py: '|'.join(parts)": 100_000,
    "picode/syntax/lexer.py: end": 100_000,
    # The package of a file stands in its first 8,000 characters; a line that is longer than 400 defines nothing.
    "picode/syntax/outline/names.py: pattern": 8_000,
    "picode/syntax/outline/patterns.py: '(?P<indent>[ \\\\t]*+)' + pattern": patterns._LONGEST_LINE,
    "picode/assistant/routing/discovery.py: provider.fill_models": 400,
    "picode/providers/profiles.py: pattern": 200,
    "picode/wire/failures.py: meaning.message": 2_000,
    "picode/wire/corrections.py: mention": corrections._READ,
}
EXPRESSIONS += [
    Expression(f"{place} {number}", pattern, int(flags), (method,), BOUNDED.get(place, 1_000_000))
    for place, rows in TABLES.items()
    for number, (pattern, flags, method) in enumerate(rows)
]


def run(expressions: list[Expression], deadline: float = DEADLINE) -> dict[str, str]:
    """What is slow, by place."""
    slow: dict[str, str] = {}
    waiting = list(expressions)
    while waiting:
        waiting = _run_until_one_runs_away(waiting, slow, deadline)
    return slow


def _run_until_one_runs_away(expressions: list[Expression], slow: dict[str, str], deadline: float) -> list[Expression]:
    child = subprocess.Popen([sys.executable, str(RUNNER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    said: queue.Queue[str] = queue.Queue()
    assert child.stdin is not None
    assert child.stdout is not None
    threading.Thread(target=lambda out=child.stdout: [said.put(line) for line in out], daemon=True).start()
    try:
        for index, each in enumerate(expressions):
            pattern = each.pattern.decode("latin-1") if isinstance(each.pattern, bytes) else each.pattern
            child.stdin.write(json.dumps([each.place, pattern, each.flags, list(each.methods), each.longest]) + "\n")
            child.stdin.flush()
            line = _said_in_time(said, psutil.Process(child.pid), deadline)
            if line is None:
                slow[each.place] = f"never ends: {each.pattern!r}"
                return expressions[index + 1 :]
            answer = json.loads(line)
            if answer["slow"]:
                seconds, size, method, text = answer["slow"]
                slow[each.place] = (
                    f"{method} takes {seconds:.2f} s for {size:,} characters like {text!r}: {each.pattern!r}"
                )
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
    return []


def _said_in_time(said: queue.Queue[str], child: psutil.Process, deadline: float) -> str | None:
    """The child's line, or None when it has worked for too long. How busy the machine is does not count."""
    began = child.cpu_times().user
    while child.cpu_times().user - began < deadline:
        with suppress(queue.Empty):
            return said.get(timeout=1)
    return None


@pytest.mark.timeout(1200)
def test_every_regular_expression_is_linear() -> None:
    assert len(EXPRESSIONS) > 100
    slow = run(EXPRESSIONS)
    assert not slow, "\n" + "\n".join(f"{place}: {why}" for place, why in slow.items())


def test_the_patterns_that_are_only_known_at_run_time_are_listed() -> None:
    assert sorted(UNKNOWN) == sorted(TABLES)


SLOW = [
    r"(a+)+$",
    r"token\s?(?:[_-]?(?:key|\d{1,2}))*\s*=",
    r"\s*\n\s*\Z",
    r"import\s+([^;]*?)\s*from",
    r"x.*y.*z",
    r"[ \t]*#",
]


@pytest.mark.timeout(300)
def test_the_texts_find_what_is_slow() -> None:
    slow = run([Expression(pattern, pattern, 0, ("search",)) for pattern in SLOW], deadline=4.0)
    assert sorted(slow) == sorted(SLOW)
