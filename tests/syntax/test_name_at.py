"""The name at a cursor: what can be renamed, and what only looks like it."""

from __future__ import annotations

import pytest

from picode.core.document import Position
from picode.core.names import names_in
from picode.syntax.scope import name_at

CASES = [
    # language, a line with the cursor or a selection, the name
    ("python", "total = pri<>ce * 2", "price"),
    ("python", "total = <>price * 2", "price"),
    ("python", "total = price<> * 2", "price"),
    ("python", "total = price <>* 2", ""),
    ("python", "<total> = price", "total"),
    ("python", "<total = price>", ""),
    ("python", "t<ota>l = 1", ""),
    ("python", "ret<>urn total", ""),
    ("python", "x = 1<>2", ""),
    ("python", "größe<> = 1", "größe"),
    ("python", "# the to<>tal", ""),
    ("python", "x = 1  # the to<>tal", ""),
    ("python", "x = 'the to<>tal' + y", ""),
    ("python", "x = 'the' + to<>tal + 'y'", "total"),
    ("javascript", "const $el<> = 1;", "$el"),
    ("javascript", "// the to<>tal", ""),
    ("rust", "fn first<'a>(te<>xt: &'a str)", "text"),
    ("go", "count<> := 1", "count"),
    ("sql", "select na<>me from t", "name"),
    ("", "some wo<>rd", "word"),
    ("python", "<>", ""),
]


@pytest.mark.parametrize(("language", "marked", "name"), CASES)
def test_the_name_at_the_cursor(language: str, marked: str, name: str) -> None:
    start, end = (marked.index("<>"),) * 2 if "<>" in marked else (marked.index("<"), marked.index(">") - 1)
    text = marked.replace("<>", "", 1) if "<>" in marked else marked.replace("<", "", 1).replace(">", "", 1)
    assert name_at([text + "\n", ""], Position(0, start), Position(0, end), language) == name


ANSWERS = [
    ("`unit_price` - what one costs\n`cost` — shorter", [("unit_price", "what one costs"), ("cost", "shorter")]),
    ("1. `unit_price`: what one costs\n2) cost", [("unit_price", "what one costs"), ("cost", "")]),
    ("* **unitPrice** – of one\n• **`cost`**", [("unitPrice", "of one"), ("cost", "")]),
    ("Here are some names:\n\n- `amount`\n- `amount`\n- `price`\n\nThe first is best.", [("amount", "")]),
    ("- $total\n- größe - German", [("$total", ""), ("größe", "German")]),
    ("```\nfirst\nsecond\n```", [("first", ""), ("second", "")]),
    ("I would keep it as it is.", []),
    ("- `a b`\n- `2nd`\n- rm -rf", []),
    ("\n".join(f"- name{n}" for n in range(20)), [(f"name{n}", "") for n in range(8)]),
]


@pytest.mark.parametrize(("answer", "names"), ANSWERS)
def test_the_names_of_an_answer(answer: str, names: list[tuple[str, str]]) -> None:
    assert list(map(tuple, names_in(answer, "price"))) == names
