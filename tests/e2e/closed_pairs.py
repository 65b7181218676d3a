"""Lines that are begun where the editor closes brackets and quotes by itself, and what stands in the file afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from picode.syntax.grammar import parse


@dataclass(frozen=True)
class Session:
    """`typed` key by key below `above` in a file of this name, `closed` by the editor right of the cursor, and one suggestion
    accepted: the file ends with `written`."""

    file: str
    language: str
    above: str
    typed: str
    closed: str
    written: str

    @property
    def document(self) -> str:
        return self.above + self.written


USE = "function use(x) {\n  return x;\n}\n"
"""Shows what the file is indented with."""

SESSIONS = (
    Session("area.py", "python", "import math\n", "def area(", ")", "def area(w, h):\n    return w * h"),
    Session("call.js", "javascript", "const bar = 1;\n", "foo(bar, ", ")", "foo(bar, baz(bar));"),
    Session("text.py", "python", "name = 1\n", 'print("', '")', 'print("the name is", name)'),
    Session("page.html", "html", "<p>above</p>\n", "<div ", "", '<div class="row">a</div>'),
    Session("loop.js", "javascript", USE, "for (const x of xs) {", "}", "for (const x of xs) {\n  use(x);\n}"),
    Session("port.py", "python", "cfg = {}\n", 'x = cfg["', '"]', 'x = cfg["port"] + 1'),
)


def is_sound(document: str, language: str) -> bool:
    """Whether the file parses."""
    root = parse(document, language)
    assert root is not None
    return not root.has_error
