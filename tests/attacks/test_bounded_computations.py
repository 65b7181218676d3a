"""What is computed from text that is not ours ends soon, whatever the text: a megabyte of it each, with a deadline."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from picode import postprocess
from picode.core.commit import commit_message
from picode.core.document import Position, Snapshot
from picode.core.edits.answer import extract_code
from picode.core.edits.difference import changed_words, similar_lines
from picode.core.edits.elision import fill_in
from picode.core.edits.patch import parse_patch
from picode.core.edits.prose import is_prose, without_prose
from picode.core.ignore_rules import TooLong, excluded_by, parse
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


def applied(rules: str) -> bool:
    """Whether a file with a long name in many folders is private by `rules`, or they take too long."""
    try:
        return excluded_by(parse(rules).rules, ["a" * 250] * 15) is not None
    except TooLong:
        return True


def suggested(answer: str, language: str = "typescript", *, line: str = "x = ", chat: bool = False) -> object:
    """What is shown of an answer, and whether its stream may be stopped."""
    snapshot = Snapshot("file:///a", [line + "\n", "y\n", ""], Position(0, len(line)), None, language)
    place = postprocess.describe(snapshot, chat=chat)
    text = postprocess.normalize(answer, place)
    return postprocess.is_complete(answer, place), postprocess.fit_to_cursor(text, place, snapshot)


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
    "columns of values": lambda: find("a,password\n" + much("b,Kx7vq2Rm9zT\n")),
    "headings of columns": lambda: find(much("a,password\n")),
    "rows of SQL": lambda: find("insert into a (b, password) values " + much("('a', 'b'), ")),
    "commands": lambda: find(much("mysql -u a curl --user b:c echo d | ")),
    "literals that are joined": lambda: find(much('password = "Kx7vq2Rm9" + ')),
    "rules with many stars": lambda: applied("\n".join(["*a" * 490 + "b"] * 250)),
    "rules with long classes": lambda: applied("\n".join(["*[" + "a" * 900 + "]b"] * 280)),
    "rules with many ranges": lambda: applied("\n".join(["*[" + "b-c" * 300 + "]b"] * 280)),
    "rules with many folders": lambda: applied("\n".join(["**/" * 300 + "b"] * 280)),
    "blocks that begin": lambda: parse_patch(much("<<<<<<< SEARCH\na\n"), "python"),
    "blocks that are parted often": lambda: parse_patch("<<<<<<< SEARCH\n" + much("=======\n"), "python"),
    "tags for old code": lambda: parse_patch(much("<old>") + "</old>", "python"),
    "JSON within JSON": lambda: extract_code(much('{"a":', 900_000) + "}", "python"),
    "lines with numbers": lambda: extract_code("```python\n" + much("1: a\n") + "```", "python"),
    "quotations": lambda: extract_code(much("> "), "python"),
    "entities": lambda: extract_code("```python\n" + much("&lt;") + "\n```", "python", "x < 1"),
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
    "an answer in one line": lambda: suggested(much("a")),
    "an answer of brackets": lambda: suggested(much("(")),
    "an answer of closers": lambda: suggested(much(")"), line="f((((("),
    "an answer of equal lines": lambda: suggested(much("foo(a)\n"), line=""),
    "an answer of quotes": lambda: suggested(much("\"'`")),
    "an answer of tags": lambda: suggested(much("<a b "), "html"),
    "an answer of spaces in a tag": lambda: suggested("<a" + " " * MEGABYTE, "html"),
    "an answer of fences": lambda: suggested(much("```\n"), chat=True),
    "an answer of reasoning": lambda: suggested(much("<think>"), chat=True),
    "an echo of a long line": lambda: suggested(much("a.b("), line=much("a.b(", 100_000), chat=True),
    "import and spaces": lambda: imports_of("import" + " " * 5_000, "typescript"),
    "imports without an end": lambda: imports_of(much("import "), "typescript"),
    "imports in brackets": lambda: imports_of(much("from a import (\n"), "python"),
    "blank lines": lambda: imports_of("\n" * MEGABYTE, "go"),
    "lines that are alike": lambda: similar_lines(["(" * 390] * 2_000, ["()" * 190] * 2_000),
    "a line of 90 kB": lambda: changed_words(much("a ", 90_000), much("b ", 90_000)),
}


@pytest.mark.timeout(300)  # what never ends; a slow case takes three seconds of a quiet machine
@pytest.mark.parametrize("case", CASES)
def test_it_ends_soon(case: str) -> None:
    CASES[case]()
