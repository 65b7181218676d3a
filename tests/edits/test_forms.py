"""Answers in the forms that models write: code with fences and tags of its own, diffs, SEARCH/REPLACE blocks, whole files."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.edits.refusal import AMBIGUOUS, NO_PLACE, NOT_FOUND, OUTSIDE, UNCHANGED

from .selections import edited


class Case(NamedTuple):
    """A document with its selection marked, the model's answer, and the document afterwards (or the reason for no edit)."""

    language: str
    marked: str
    answer: str
    after: str


ELIXIR_DOC = '  @doc """\n  Adds.\n\n  ```\n  iex> add(1, 2)\n  3\n  ```\n  """\n  def add(a, b), do: a + b\n'
JSDOC = "/**\n * Adds.\n * ```js\n * add(1, 2);\n * ```\n */\nfunction add(a, b) {\n  return a + b;\n}\n"
BARE_JSDOC = JSDOC.replace("```js", "```")
SCALA_DOC = "/** Adds.\n  * ```\n  * add(1, 2)\n  * ```\n  */\ndef add(a: Int, b: Int) = a + b\n"
JULIA_DOC = '"""\n    add(a, b)\n\nAdds.\n\n```\njulia> add(1, 2)\n3\n```\n"""\nadd(a, b) = a + b\n'
PYTHON_DOC = 'def add(a, b):\n    """Adds.\n\n    ```\n    add(1, 2)\n    ```\n    """\n    return a + b\n'
C_DOC = "/*\nAdds.\n\n```\nadd(1, 2);\n```\n*/\nint add(int a, int b) { return a + b; }\n"
VUE = '<script setup>\nconst n = 1\n</script>\n\n<docs>\nUse it so:\n\n```html\n<Add :n="1" />\n```\n</docs>\n'
OCAML_DOC = "(** Adds.\n```\nadd 1 2\n```\n*)\nlet add a b = a + b\n"
ADD = "function add(a, b) {\n  return a + b;\n}\n"


def fenced(code: str, info: str) -> str:
    return f"```{info}\n{code}```\n"


FENCES = {
    "Elixir": Case("elixir", "‹  def add(a, b), do: a + b\n›", fenced(ELIXIR_DOC, "elixir"), ELIXIR_DOC),
    "JSDoc": Case("javascript", f"‹{ADD}›", fenced(JSDOC, "javascript"), JSDOC),
    "JSDoc, no language": Case("javascript", f"‹{ADD}›", fenced(BARE_JSDOC, "javascript"), BARE_JSDOC),
    "JSDoc without a fence around it": Case("javascript", f"‹{ADD}›", BARE_JSDOC, BARE_JSDOC),
    "Scala": Case("scala", "‹def add(a: Int, b: Int) = a + b\n›", fenced(SCALA_DOC, "scala"), SCALA_DOC),
    "Julia": Case("julia", "‹add(a, b) = a + b\n›", fenced(JULIA_DOC, "julia"), JULIA_DOC),
    "Julia without a fence around it": Case("julia", "‹add(a, b) = a + b\n›", JULIA_DOC, JULIA_DOC),
    "Python": Case("python", "‹def add(a, b):\n    return a + b\n›", fenced(PYTHON_DOC, "python"), PYTHON_DOC),
    "Python, the function is new too": Case(
        "python", "‹def plus(x, y):\n    return x + y\n›", fenced(PYTHON_DOC, "python"), PYTHON_DOC
    ),
    "C": Case("c", "‹int add(int a, int b) { return a + b; }\n›", fenced(C_DOC, "c"), C_DOC),
    "Vue": Case("vue", "‹<script setup>\nconst n = 1\n</script>\n›", fenced(VUE, "vue"), VUE),
    "OCaml": Case("ocaml", "‹let add a b = a + b\n›", fenced(OCAML_DOC, "ocaml"), OCAML_DOC),
    "an example of its use follows": Case(
        "javascript",
        f"‹{ADD}›",
        fenced(JSDOC, "javascript") + "\nUse it like this:\n\n```\nadd(1, 2);\n```\n",
        JSDOC,
    ),
    "a long fence around it": Case("julia", "‹add(a, b) = a + b\n›", f"````julia\n{JULIA_DOC}````", JULIA_DOC),
    "Markdown with two blocks": Case(
        "markdown",
        "‹# Old\n›",
        "# New\n\n```sh\na\n```\n\n```sh\nb\n```\n",
        "# New\n\n```sh\na\n```\n\n```sh\nb\n```\n",
    ),
}

TAGS = {
    "a tag of JSX": Case(
        "typescriptreact",
        "return (\n  ‹<p />›\n)\n",
        "<Result>\n  <p />\n</Result>",
        "return (\n  <Result>\n    <p />\n  </Result>\n)\n",
    ),
    "the root of XML": Case("xml", "‹<a/>\n›", "<document>\n  <a/>\n</document>", "<document>\n  <a/>\n</document>\n"),
    "code in HTML": Case("html", "<p>‹x›</p>\n", "<code>x</code>", "<p><code>x</code></p>\n"),
    "output in Vue": Case("vue", "‹<p/>\n›", fenced("<output>{{ n }}</output>\n", "vue"), "<output>{{ n }}</output>\n"),
    "a tag around Python": Case("python", "‹x = 1\n›", "<code>\nx = 2\n</code>", "x = 2\n"),
    "a tag around Go": Case("go", "‹x := 1\n›", "<output>\n```go\nx := 2\n```\n</output>", "x := 2\n"),
}  # fmt: skip

GO = 'package main\n\nimport "fmt"\n\n‹func f() {\n\tfmt.Println(1)\n}\n›'
FILE = "import os\n\n\ndef f():\n    return 1\n\n\n‹def g():\n    return 2\n›\n\ndef h():\n    return 3\n"

HEADS = {
    "a byte order mark stays": Case("csharp", "‹\ufeffclass A {}\n›", "class B {}\n", "\ufeffclass B {}\n"),
    "a byte order mark of the answer does not come in": Case("csharp", "a\n‹b\n›", "\ufeffc\n", "a\nc\n"),
    "Go's package and imports": Case(
        "go",
        GO,
        'package main\n\nimport "fmt"\n\nfunc f() {\n\tfmt.Println(2)\n}\n',
        'package main\n\nimport "fmt"\n\nfunc f() {\n\tfmt.Println(2)\n}\n',
    ),
    "further up in the file": Case(
        "java",
        "package a;\n\nimport b.C;\n\nclass A {\n‹    int f() { return 1; }\n›}\n",
        "package a;\n\nint f() { return 2; }",
        "package a;\n\nimport b.C;\n\nclass A {\n    int f() { return 2; }\n}\n",
    ),
    "a block of imports": Case(
        "go",
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nvar x = 1\n\n‹var y = 2\n›',
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nvar y = 3\n',
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nvar x = 1\n\nvar y = 3\n',
    ),
    "PHP's opening": Case(
        "php",
        "<?php\nnamespace A;\n\n$x = 1;\n\n‹$y = 1;\n›",
        "<?php\n$y = 2;",
        "<?php\nnamespace A;\n\n$x = 1;\n\n$y = 2;\n",
    ),
    "what is selected itself stays": Case(
        "python", "x = 1\n‹import os\nimport sys\n›", "import os\nimport re", "x = 1\nimport os\nimport re\n"
    ),
    "the whole file, parts left out": Case(
        "python",
        FILE,
        "import os\n\n\n# ... existing code ...\n\n\ndef g():\n    return 20\n\n\ndef h():\n    # ... unchanged ...\n",
        FILE.replace("‹", "").replace("›", "").replace("return 2\n", "return 20\n"),
    ),
    "the whole file, and something else changed too": Case(
        "python",
        FILE,
        "import os\n\n\ndef f():\n    return 10\n\n\ndef g():\n    return 20\n\n\n# ... existing code ...\n",
        OUTSIDE.reason,
    ),
}


def changed(text: str) -> str:
    return text.replace("‹", "").replace("›", "").replace("    return 2\n", "    return 20\n")


DIFF = "--- a/m.py\n+++ b/m.py\n@@ -8,2 +8,2 @@\n def g():\n-    return 2\n+    return 20\n"
BLOCK = "<<<<<<< SEARCH\ndef g():\n    return 2\n=======\ndef g():\n    return 20\n>>>>>>> REPLACE\n"

PATCHES = {
    "a unified diff": Case("python", FILE, DIFF, changed(FILE)),
    "in a fence": Case("python", FILE, f"Here is the change:\n\n```diff\n{DIFF}```\n\nIt returns 20 now.", changed(FILE)),
    "in a fence of the language": Case("python", FILE, fenced(DIFF, "python"), changed(FILE)),
    "wrong line numbers": Case("python", FILE, DIFF.replace("-8,2 +8,2", "-800,20 +1,3"), changed(FILE)),
    "no line numbers": Case("python", FILE, "```diff\n def g():\n-    return 2\n+    return 20\n```", changed(FILE)),
    "context without its space": Case("python", FILE, f"```diff\n{DIFF.replace(' def', 'def')}```", changed(FILE)),
    "context from outside of the selection": Case(
        "python", FILE, DIFF.replace(" def g():\n", "     return 1\n \n \n def g():\n"), changed(FILE)
    ),
    "another indentation": Case("python", FILE, "```diff\n-return 2\n+return 20\n```", changed(FILE)),
    "two hunks": Case(
        "python",
        "‹a = 1\nb = 2\nc = 3\nd = 4\n›",
        "@@ -1,2 +1,2 @@\n-a = 1\n+a = 10\n b = 2\n@@ -3,2 +3,3 @@\n c = 3\n+x = 0\n-d = 4\n+d = 40\n",
        "a = 10\nb = 2\nc = 3\nx = 0\nd = 40\n",
    ),
    "two blocks": Case(
        "python",
        "‹a = 1\nb = 2\n›",
        "```diff\n-a = 1\n+a = 10\n```\nand\n```diff\n-b = 2\n+b = 20\n```\n",
        "a = 10\nb = 20\n",
    ),
    "a deletion": Case("python", "‹a = 1\nb = 2\n›c = 3\n", "```diff\n-b = 2\n```", "a = 1\nc = 3\n"),
    "a place that is there twice, once selected": Case(
        "python", "x = 1\ny = 1\n‹x = 1\n›", "```diff\n-x = 1\n+x = 2\n```", "x = 1\ny = 1\nx = 2\n"
    ),
    "a place that is selected twice": Case(
        "python", "‹x = 1\ny = 1\nx = 1\n›", "```diff\n-x = 1\n+x = 2\n```", AMBIGUOUS.reason
    ),
    "a place that is nowhere": Case(
        "python", FILE, DIFF.replace("return 2\n", "return 5\n", 1), NOT_FOUND.reason
    ),
    "a change outside of the selection": Case(
        "python", FILE, "```diff\n-import os\n+import re\n```", OUTSIDE.reason
    ),
    "only new lines, nothing selected": Case("python", "a = 1\n│\n", "```diff\n+b = 2\n```", "a = 1\nb = 2\n"),
    "only new lines, with a selection": Case(
        "python", "‹a = 1\n›", "```diff\n+b = 2\n```", NO_PLACE.reason
    ),
    "CRLF": Case("python", "‹a = 1\r\nb = 2\r\n›", "```diff\n-b = 2\n+b = 3\n```", "a = 1\r\nb = 3\r\n"),
    "SEARCH/REPLACE": Case("python", FILE, BLOCK, changed(FILE)),
    "SEARCH/REPLACE in a fence": Case("python", FILE, f"m.py\n```python\n{BLOCK}```\n", changed(FILE)),
    "SEARCH/REPLACE with dashes": Case(
        "python",
        FILE,
        BLOCK.replace("<<<<<<< SEARCH", "------- SEARCH").replace(">>>>>>> REPLACE", "+++++++ REPLACE"),
        changed(FILE),
    ),
    "two SEARCH/REPLACE": Case(
        "python",
        "‹a = 1\nb = 2\n›",
        "<<<<<<< SEARCH\na = 1\n=======\na = 10\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\nb = 2\n=======\n>>>>>>> REPLACE\n",
        "a = 10\n",
    ),
    "an agent's patch": Case(
        "python",
        FILE,
        "*** Begin Patch\n*** Update File: m.py\n@@ def g():\n-    return 2\n+    return 20\n*** End Patch\n",
        changed(FILE),
    ),
    "a document that is a diff": Case("diff", "‹-a\n+b\n›", fenced("-a\n+c\n", "diff"), "-a\n+c\n"),
    "minus signs that are code": Case("python", "‹x = (1\n- 2)\n›", fenced("x = (1\n- 3)\n", "python"), "x = (1\n- 3)\n"),
    "conflict markers that are resolved": Case(
        "python", "‹<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> topic\n›", fenced("a = 2\n", "python"), "a = 2\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FENCES.values(), ids=FENCES)
def test_code_with_fences_in_it_stays_whole(case: Case) -> None:
    assert edited(case.marked, case.answer, case.language) == case.after


@pytest.mark.parametrize("case", TAGS.values(), ids=TAGS)
def test_tags_of_the_language_belong_to_the_user(case: Case) -> None:
    assert edited(case.marked, case.answer, case.language) == case.after


@pytest.mark.parametrize("case", HEADS.values(), ids=HEADS)
def test_what_the_file_has_already_does_not_come_in_again(case: Case) -> None:
    assert edited(case.marked, case.answer, case.language) == case.after


@pytest.mark.parametrize("case", PATCHES.values(), ids=PATCHES)
def test_a_patch_is_applied_where_there_is_one_place(case: Case) -> None:
    assert edited(case.marked, case.answer, case.language) == case.after


LINES = st.sampled_from(
    ["```", "```python", "~~~", "    ```", " * ```", '"""', "<code>", "</code>", "<output>", "<Result/>", "", "x = 1",
     "def f():", "    return (1,", "}", "# Title", "- a", "/*", "*/", "<docs>", "some words of text."]
)  # fmt: skip


@given(
    st.lists(LINES, min_size=1, max_size=14),
    st.sampled_from(["python", "markdown", "html", "vue", "elixir", ""]),
    st.booleans(),
)
def test_an_answer_that_repeats_the_selection_changes_nothing(lines: list[str], language: str, fence: bool) -> None:
    text = "\n".join(lines)
    longest = 3 + max((len(line.strip()) - len(line.strip().lstrip("`~")) for line in lines), default=0)
    answer = f"{'`' * longest}{language}\n{text}\n{'`' * longest}" if fence else text
    found = edited(f"a = 0\n‹{text}\n›b = 0\n", answer, language)
    assert found == UNCHANGED.reason or not text.strip()


@given(st.lists(LINES, min_size=1, max_size=10))
def test_a_fence_as_long_as_those_in_the_code_is_no_obstacle(lines: list[str]) -> None:
    """The selection again, in a fence that by CommonMark would end at the first one of the code."""
    balanced = [line for line in lines if "```" not in line and "~~~" not in line]
    code = [
        "def f(x):",
        '    """Like this:',
        "",
        "    ```",
        "    f(1)",
        "    ```",
        '    """',
        *balanced,
        "    return x",
    ]
    text = "\n".join(code)
    assert edited(f"‹{text}\n›", f"```python\n{text}\n```", "python") == UNCHANGED.reason
