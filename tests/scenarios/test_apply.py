"""Code of an answer goes into the file where it belongs, as an edit that the user accepts."""

from __future__ import annotations

import pytest

from support.editor import LIVE, RpcError

from .conftest import Start

FILE = "import math\n\n\ndef add(a, b):\n    return a - b\n\n\ndef area(r):\n    return math.pi * r\n"
ADD = "def add(a, b):\n    return a + b"

CASES = {
    # name: (file with its cursor or selection, code, file afterwards)
    "the definition of its name": (FILE + "<cursor>", ADD, FILE.replace("a - b", "a + b")),
    "what is selected": (
        FILE.replace("return a - b", "<sel>return a - b</sel>"),
        "return a + b",
        FILE.replace("a - b", "a + b"),
    ),
    "a new version of the file": (
        "<cursor>" + FILE,
        FILE.replace("a - b", "a + b").replace("math.pi * r", "math.pi * r**2"),
        FILE.replace("a - b", "a + b").replace("math.pi * r", "math.pi * r**2"),
    ),
    "a diff": (
        FILE + "<cursor>",
        "@@ -1,2 +1,2 @@\n def add(a, b):\n-    return a - b\n+    return a + b\n",
        FILE.replace("a - b", "a + b"),
    ),
    "behind the definition at the cursor": (
        FILE.replace("return a - b", "return<cursor> a - b"),
        "def sub(a, b):\n    return a - b",
        FILE.replace("    return a - b\n", "    return a - b\n\ndef sub(a, b):\n    return a - b\n"),
    ),
    "behind a method, as deep as it": (
        "class A:\n    def f(self):\n        re<cursor>turn 1\n\n    def g(self):\n        return 2\n",
        "def h(self):\n    return 3",
        "class A:\n    def f(self):\n        return 1\n\n    def h(self):\n        return 3\n\n    def g(self):\n"
        "        return 2\n",
    ),
    "on the blank line of the cursor": ("x = 1\n<cursor>\ny = 2\n", "z = 3", "x = 1\nz = 3\ny = 2\n"),
    "into an empty file": ("<cursor>", "x = 1", "x = 1"),
}


@pytest.mark.parametrize("name", CASES)
async def test_where_code_goes(start: Start, name: str) -> None:
    marked, code, expected = CASES[name]
    editor = await start(client=LIVE)
    buffer = editor.open("a.py", marked)
    place = editor.arguments("")
    result = await editor.run("picode.edit.propose", {"code": code, "uri": buffer.uri, "range": place["range"]})
    assert result["edit"]["state"] == "proposed", result["edit"]
    assert editor.told("picode/edit")[-1]["state"] == "ready"
    assert buffer.text == marked.replace("<cursor>", "").replace("<sel>", "").replace("</sel>", ""), "not yet"
    assert (await editor.run("picode.edit.accept", {"id": result["id"]}))["applied"]
    assert buffer.text.rstrip("\n") == expected.rstrip("\n")


async def test_code_that_was_discarded_is_proposed_again(start: Start) -> None:
    editor = await start(client=LIVE)
    buffer = editor.open("a.py", FILE + "<cursor>")
    place = editor.arguments("")
    first = await editor.run("picode.edit.propose", {"code": ADD, "uri": buffer.uri, "range": place["range"]})
    again = await editor.run("picode.edit.again", {"id": first["id"]})
    assert again["edit"]["state"] == "proposed"
    assert (await editor.run("picode.edit.accept", {"id": again["id"]}))["applied"]
    assert buffer.text == FILE.replace("a - b", "a + b")


async def test_code_for_a_document_that_is_not_open_is_refused(start: Start) -> None:
    editor = await start(client=LIVE)
    editor.open("a.py", FILE + "<cursor>")
    place = editor.arguments("")["range"]
    with pytest.raises(RpcError, match="is not open in the editor"):
        await editor.run("picode.edit.propose", {"code": ADD, "uri": "file:///b.py", "range": place})
