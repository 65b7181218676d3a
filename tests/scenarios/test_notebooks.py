"""Writing in a notebook: the cells above are what the model knows of it, the ones below count too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.editor import TIMEOUT, FakeEditor
from support.upstream import ScriptedUpstream

NOTEBOOK = "file:///project/sales.ipynb"
IMPORTS = "import pandas as pd\nsales = pd.read_csv('sales.csv', parse_dates=['day'])"
BY_MONTH = "def by_month(frame, column='total'):\n    return frame.groupby(frame.day.dt.month)[column].sum()"
PLOT = "axes = monthly.plot.bar(title='Sales by month')"


def cell_uri(number: int) -> str:
    """As VS Code makes them: the number to the base of 7."""
    return f"vscode-notebook-cell:/project/sales.ipynb#W{number}sZmlsZQ%3D%3D"


class Notebook:
    """An editor with one notebook: what is opened, added, moved and typed there is told as VS Code tells it."""

    def __init__(self, editor: FakeEditor, upstream: ScriptedUpstream, cells: list[tuple[str, str]]) -> None:
        self.editor, self.upstream = editor, upstream
        self.texts: dict[str, str] = {}
        self.languages: dict[str, str] = {}
        self.order: list[str] = []
        self.version = 1
        items = [self._item(*cell) for cell in cells]
        self.order = list(self.texts)
        document = {"uri": NOTEBOOK, "notebookType": "jupyter-notebook", "version": 1, "cells": self._cells(self.order)}
        editor.notify("notebookDocument/didOpen", {"notebookDocument": document, "cellTextDocuments": items})

    def _item(self, language: str, text: str) -> dict[str, Any]:
        uri = cell_uri(len(self.texts))
        self.texts[uri], self.languages[uri] = text, language
        return {"uri": uri, "languageId": language, "version": 1, "text": text}

    def _cells(self, uris: list[str]) -> list[dict[str, Any]]:
        return [{"kind": 2 if self.languages[uri] == "python" else 1, "document": uri} for uri in uris]

    def add(self, index: int, text: str, language: str = "python") -> str:
        """Adds a cell, and gives its URI."""
        item = self._item(language, text)
        self.order.insert(index, item["uri"])
        array = {"start": index, "deleteCount": 0, "cells": self._cells([item["uri"]])}
        self._change({"array": array, "didOpen": [item]})
        return item["uri"]

    def remove(self, index: int) -> None:
        uri = self.order.pop(index)
        self._change({"array": {"start": index, "deleteCount": 1}, "didClose": [{"uri": uri}]})

    def move(self, index: int, to: int) -> None:
        """Two changes of the list of cells, and none of a cell."""
        uri = self.order.pop(index)
        self._change({"array": {"start": index, "deleteCount": 1}})
        self.order.insert(to, uri)
        self._change({"array": {"start": to, "deleteCount": 0, "cells": self._cells([uri])}})

    def _change(self, structure: dict[str, Any]) -> None:
        self.version += 1
        identifier = {"uri": NOTEBOOK, "version": self.version}
        change = {"cells": {"structure": structure}}
        self.editor.notify("notebookDocument/didChange", {"notebookDocument": identifier, "change": change})

    def rewrite(self, uri: str, text: str) -> None:
        """The user replaces the text of a cell."""
        self.version += 1
        self.texts[uri] = text
        content = {"document": {"uri": uri, "version": self.version}, "changes": [{"text": text}]}
        identifier = {"uri": NOTEBOOK, "version": self.version}
        change = {"cells": {"textContent": [content]}}
        self.editor.notify("notebookDocument/didChange", {"notebookDocument": identifier, "change": change})

    async def prompt_in(self, uri: str) -> str:
        """The prompt of a suggestion at the end of a cell."""
        return await prompt_at_end(self.editor, self.upstream, uri, self.texts[uri])


async def prompt_at_end(editor: FakeEditor, upstream: ScriptedUpstream, uri: str, text: str) -> str:
    upstream.will_say("1")
    lines = text.split("\n")
    where = {"line": len(lines) - 1, "character": len(lines[-1])}
    params = {"textDocument": {"uri": uri}, "position": where, "context": {"triggerKind": 1}}
    await asyncio.wait_for(editor.request("textDocument/inlineCompletion", params), TIMEOUT)
    prompt: str = upstream.exchanges[-1].prompt
    return prompt


class TestNotebookSynchronization:
    async def test_the_cells_above_and_below(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        cells = [
            ("python", IMPORTS),
            ("markdown", "## Totals of each month"),
            ("python", "monthly = "),
            ("python", PLOT),
        ]
        notebook = Notebook(editor, upstream, cells)
        prompt = await notebook.prompt_in(cell_uri(2))
        above, below = prompt.index("# sales = pd.read_csv('sales.csv'"), prompt.index("# axes = monthly.plot.bar(")
        assert "Totals of each month" in prompt
        assert below < above < prompt.index("monthly =", above)
        assert prompt.endswith("monthly =")

    async def test_they_come_in_the_order_of_the_notebook(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        notebook = Notebook(editor, upstream, [("python", f"step_{number} = {number}") for number in range(5)])
        last = notebook.add(5, "result = ")
        prompt = await notebook.prompt_in(last)
        places = [prompt.index(f"step_{number} = {number}") for number in range(5)]
        assert places == sorted(places)

    async def test_a_cell_that_was_put_in_between(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        notebook = Notebook(editor, upstream, [("python", IMPORTS), ("python", PLOT)])
        between = notebook.add(1, "monthly = ")
        notebook.add(1, BY_MONTH)
        prompt = await notebook.prompt_in(between)
        assert prompt.index("monthly.plot.bar") < prompt.index("pd.read_csv") < prompt.index("def by_month(frame")

    async def test_a_cell_that_was_moved_below(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        notebook = Notebook(editor, upstream, [("python", PLOT), ("python", IMPORTS), ("python", "monthly = ")])
        notebook.move(0, 2)
        prompt = await notebook.prompt_in(cell_uri(2))
        assert prompt.index("monthly.plot.bar") < prompt.index("pd.read_csv")

    async def test_what_was_removed_or_rewritten(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        notebook = Notebook(editor, upstream, [("python", IMPORTS), ("python", BY_MONTH), ("python", "monthly = ")])
        notebook.remove(1)
        notebook.rewrite(cell_uri(0), "import polars as pl\nsales = pl.read_csv('sales.csv')")
        prompt = await notebook.prompt_in(cell_uri(2))
        assert "pl.read_csv('sales.csv')" in prompt
        assert "by_month" not in prompt
        assert "pandas" not in prompt

    async def test_cells_in_another_language_are_no_context(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        cells = [("python", IMPORTS), ("shellscript", "pip install seaborn"), ("python", "monthly = ")]
        prompt = await Notebook(editor, upstream, cells).prompt_in(cell_uri(2))
        assert "pd.read_csv" in prompt
        assert "seaborn" not in prompt

    async def test_of_many_cells_the_nearest(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        many = [("python", f"value_{number} = compute(value_{number - 1})\n" * 30) for number in range(60)]
        prompt = await Notebook(editor, upstream, [*many, ("python", "result = ")]).prompt_in(
            "vscode-notebook-cell:/project/sales.ipynb#W60sZmlsZQ%3D%3D"
        )
        assert "value_59 = " in prompt
        assert "value_3 = " not in prompt


class TestCellsAsDocuments:
    async def test_the_cells_above_and_below(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        """In the order of their numbers, whatever was opened first."""
        for number, text in ((2, PLOT), (0, IMPORTS), (1, "monthly = ")):
            editor.open(cell_uri(number), text)
        prompt = await prompt_at_end(editor, upstream, cell_uri(1), "monthly = ")
        assert prompt.index("monthly.plot.bar") < prompt.index("pd.read_csv('sales.csv'") < prompt.rindex("monthly =")

    @pytest.mark.parametrize("uri", ["file:///project/sales.ipynb#cell-{}", "jupyter-cell:/project/sales.ipynb#{}"])
    async def test_other_clients_open_them_in_order(
        self, editor: FakeEditor, upstream: ScriptedUpstream, uri: str
    ) -> None:
        texts = [IMPORTS, BY_MONTH, "monthly = "]
        for number, text in enumerate(texts):
            editor.open(uri.format("qwx"[number]), text)
        prompt = await prompt_at_end(editor, upstream, uri.format("x"), "monthly = ")
        assert prompt.index("pd.read_csv") < prompt.index("def by_month(frame") < prompt.rindex("monthly =")

    async def test_a_closed_cell_is_gone(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        for number, text in enumerate((IMPORTS, BY_MONTH, "monthly = ")):
            editor.open(cell_uri(number), text)
        editor.notify("textDocument/didClose", {"textDocument": {"uri": cell_uri(0)}})
        prompt = await prompt_at_end(editor, upstream, cell_uri(2), "monthly = ")
        assert "def by_month(frame" in prompt
        assert "pd.read_csv" not in prompt

    async def test_cells_of_another_notebook_are_not_near(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        editor.open(cell_uri(0).replace("sales", "costs"), BY_MONTH)
        editor.open(cell_uri(0), IMPORTS)
        editor.open(cell_uri(1), "monthly = ")
        prompt = await prompt_at_end(editor, upstream, cell_uri(1), "monthly = ")
        assert "pd.read_csv" in prompt
        assert "by_month" not in prompt
