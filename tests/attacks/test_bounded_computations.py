"""What is computed from text that is not ours ends soon, whatever the text: a megabyte of it each, with a deadline."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from picode.core.commit import commit_message
from picode.core.edits.answer import extract_code
from picode.core.edits.difference import changed_words, similar_lines
from picode.core.edits.elision import fill_in
from picode.core.edits.prose import is_prose, without_prose
from picode.core.markdown.blocks import Lines
from picode.core.markdown.inline import harmless_inline, settled
from picode.core.secrets import find
from picode.syntax.outline import imports_of

MEGABYTE = 1_000_000


def much(piece: str, size: int = MEGABYTE) -> str:
    return piece * (size // len(piece))


def ticks(size: int) -> str:
    """Runs of backticks of all lengths, none of which another one closes."""
    out, length = [], 1
    while sum(map(len, out)) < size:
        out.append("`" * length + "a")
        length += 1
    return "".join(out)


CASES: dict[str, Callable[[], object]] = {
    "token and 60 digits": lambda: find("token" + "1" * 60),
    "token and digits": lambda: find("token" + "1" * MEGABYTE),
    "names of passwords, all different": lambda: find("".join(f"a{each}_password " for each in range(60_000))),
    "names of passwords, all equal": lambda: find(much("password=")),
    "addresses without an end": lambda: find(much("://a:b@c")),
    "addresses with many hosts": lambda: find(much("://a:" + "@b" * 140 + " ")),
    "keys that begin": lambda: find(much("-----BEGIN RSA PRIVATE KEY-----\nAAAABBBBCCCCDDDD")),
    "a key that ends": lambda: find(much("A" * 64 + "\n") + "-----END RSA PRIVATE KEY-----"),
    "quotes": lambda: find(much("pwd=\"pwd='")),
    "brackets": lambda: find(much("secret = [[[")),
    "tags within tags": lambda: extract_code(much("<code>"), "python"),
    "a line of spaces": lambda: extract_code("```python\n" + " " * MEGABYTE + "x\n", "python"),
    "a fence that never ends": lambda: extract_code(much("```"), "python"),
    "a long line of prose": lambda: is_prose(much("a(")),
    "many sentences": lambda: without_prose(much("This is a sentence.\n")),
    "placeholders": lambda: fill_in(["# ... rest unchanged"] * 20_000, ["x = 1"] * 20_000, "python"),
    "runs of backticks": lambda: harmless_inline(ticks(MEGABYTE)),
    "links that begin": lambda: harmless_inline(much("[a](")),
    "links with spaces": lambda: harmless_inline(much("[a](" + " " * 400)),
    "a line that still arrives": lambda: Lines().show_so_far(much("[a](b ")),
    "what of it is settled": lambda: settled(much("[a](b ", 4_000)),
    "quotes around a subject": lambda: commit_message(much("# ")),
    "newlines after a message": lambda: commit_message("subject" + "\n" * MEGABYTE + "x"),
    "import and spaces": lambda: imports_of("import" + " " * 5_000, "typescript"),
    "imports without an end": lambda: imports_of(much("import "), "typescript"),
    "imports in brackets": lambda: imports_of(much("from a import (\n"), "python"),
    "blank lines": lambda: imports_of("\n" * MEGABYTE, "go"),
    "lines that are alike": lambda: similar_lines(["(" * 390] * 2_000, ["()" * 190] * 2_000),
    "a line of 90 kB": lambda: changed_words(much("a ", 90_000), much("b ", 90_000)),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", CASES)
def test_it_ends_soon(case: str) -> None:
    CASES[case]()
