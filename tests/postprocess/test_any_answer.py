"""Any answer at any cursor of any file: what is shown adds no syntax error that more text could not take away, and touches
nothing beside its range. Seeded, in fourteen languages."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from picode import postprocess
from picode.core.document import Position, Snapshot, split_lines
from picode.postprocess.candidates import completions
from picode.syntax.check import count_errors
from picode.syntax.grammar import parse

FILES = {
    "python": 'import os\n\n\nclass A:\n    """Says it."""\n\n    def f(self, x: int) -> dict[str, int]:\n'
    "        if x:\n"
    '            return {"a": [1, 2], "b": os.stat("c").st_size}\n        return {}\n\n\ndef g(*args):\n'
    "    for a in args:\n"
    "        print(a)  # one) by one\n",
    "javascript": "const a = require('a');\n\nfunction f(x, y) {\n  if (x) {\n    return `${y} and ${x}`;\n  }\n"
    "  return [1, 2].map((z) => {\n    return { z, y };\n  });\n}\n\nmodule.exports = { f };\n",
    "typescript": "import { a } from 'a';\n\nexport interface B {\n  c: string;\n  d?: number[];\n}\n\n"
    "export function f(b: B): void {\n  a(b.c, () => {\n    console.log(b.d ?? []);\n  });\n}\n",
    "go": 'package a\n\nimport "fmt"\n\nfunc f(x int) (int, error) {\n\tswitch x {\n\tcase 1:\n\t\treturn 2, nil\n\t}\n'
    '\treturn 0, fmt.Errorf("no %d", x)\n}\n',
    "rust": "use std::io;\n\npub struct A {\n    b: Vec<u8>,\n}\n\nimpl A {\n    pub fn f(&self) -> Option<u8> {\n"
    "        match self.b.len() {\n            0 => None,\n            _ => Some(self.b[0]),\n        }\n    }\n}\n",
    "java": "package a;\n\npublic class A {\n    private final int b = 1;\n\n    public String f(int x) {\n"
    "        if (x > b) {\n"
    '            return "a" + x;\n        }\n        return "";\n    }\n}\n',
    "c": "#include <stdio.h>\n\nstruct a {\n    int b;\n};\n\nint main(int argc, char **argv) {\n"
    "    for (int i = 0; i < argc; i++) {\n"
    '        printf("%s\\n", argv[i]);\n    }\n    return 0;\n}\n',
    "cpp": "#include <vector>\n\nnamespace a {\n\nclass B {\npublic:\n    int f(int x) const { return x + y; }\n"
    "\nprivate:\n"
    "    int y = 0;\n};\n\n}\n",
    "ruby": "class A\n  def f(x)\n    if x\n      x.each do |y|\n        puts y\n      end\n    else\n      []\n"
    "    end\n  end\nend\n",
    "lua": "local M = {}\n\nfunction M.f(x)\n  if x then\n    for i = 1, #x do\n      print(x[i])\n    end\n  end\n"
    "  return { a = x }\nend\n\nreturn M\n",
    "shellscript": '#!/bin/sh\nset -e\n\nf() {\n  if [ -n "$1" ]; then\n    echo "a $(date)"\n  fi\n}\n\n'
    'case "$1" in\n  a) f "$2" ;;\n  *) echo no ;;\nesac\n',
    "json": '{\n  "a": [1, 2, {"b": null}],\n  "c": {\n    "d": "e",\n    "f": true\n  }\n}\n',
    "css": "a {\n  color: red;\n  margin: 0 auto;\n}\n\n@media (min-width: 10px) {\n  .b > p {\n"
    "    color: #fff;\n  }\n}\n",
    "yaml": "name: a\non: [push]\njobs:\n  b:\n    steps:\n      - run: make\n      - uses: c/d@v1\n"
    "        with:\n          e: 1\n",
}
PIECES = (
    *"( ) [ ] { } \" ' ` : ; , = . if else end return foo 1 fi </div> <div> # // /* */ é => x.y do then".split(),
    *("\n", "\n\n", "\n    ", "\n  ", "\n\t", " ", " {\n", "\n}", ");\n"),
)


def errors(text: str, language: str) -> int:
    root = parse(text, language)
    assert root is not None
    return count_errors(root)


def answer(chance: random.Random, text: str) -> str:
    if chance.random() < 0.3:
        return "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 15)))
    source = chance.choice(list(FILES.values())) if chance.random() < 0.3 else text
    start = chance.randrange(len(source))
    return source[start : start + chance.choice((3, 10, 40, 150, 400))]


@pytest.mark.parametrize("language", FILES)
def test_any_answer_leaves_a_sound_file_sound(language: str) -> None:
    text, chance = FILES[language], random.Random(language)
    assert not errors(text, language)
    shown = 0
    for _ in range(400):
        at = chance.randrange(len(text) + 1)
        before, after = text[:at], text[at:]
        head = split_lines(before)
        lines = split_lines(text.replace("\n", chance.choice(("\n", "\n", "\r\n"))))
        snapshot = Snapshot("u", lines, Position(len(head) - 1, len(head[-1])), None, language)
        place = postprocess.describe(snapshot, chat=chance.random() < 0.3, healed=chance.choice(("", None)))
        place = replace(place, several_definitions=chance.random() < 0.3)
        said = answer(chance, text)
        fitted = postprocess.fit_to_cursor(postprocess.normalize(said, place), place, snapshot)
        if not fitted.text:
            continue
        shown += 1
        rest = after[fitted.replaced_after :]
        wholes = (fitted.text, *completions(fitted.text, place))
        assert any(not errors(before + whole + rest, language) for whole in wholes), (
            before[-60:],
            after[:40],
            said,
            fitted,
        )
        letters = iter(fitted.text)
        assert all(character in letters for character in after[: fitted.replaced_after])
        assert "\n" not in after[: fitted.replaced_after]
    assert shown > 20
