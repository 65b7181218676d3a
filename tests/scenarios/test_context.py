"""What of other places a model is shown: through the whole server, with files on the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from support.editor import FakeEditor
from support.upstream import ScriptedUpstream, completion_stream

from .conftest import SCRIPTED, Start

PRICES = '''\
"""Prices."""
from .tax import with_tax


class Price:
    """What something costs."""

    amount: int
    currency: str

    def __init__(self, amount: int, currency: str = "EUR") -> None:
        self.amount = amount

    def rounded(self, digits: int) -> "Price":
        return self


def price_of(article: str, *, discount: float = 0.0) -> Price:
    secret_of_the_body = 1
    return Price(secret_of_the_body)


LIMIT = 99
'''
TAX = "def with_tax(price, rate=0.19):\n    return price * rate\n"


@pytest.fixture
def shop(project: Path) -> Path:
    """A package of two files."""
    (project / "shop").mkdir()
    (project / "shop" / "__init__.py").write_text("from .prices import price_of as cost_of\n")
    (project / "shop" / "prices.py").write_text(PRICES)
    (project / "shop" / "tax.py").write_text(TAX)
    return project


async def prompt_at(editor: FakeEditor, upstream: ScriptedUpstream, path: Path, marked: str) -> str:
    """The prompt of a suggestion that is asked for by hand, once all around has been looked at."""
    upstream.will_say("1")
    editor.open(path.as_uri(), marked)
    await editor.ask()
    assistant = await editor.server.assistant()
    while (looking := assistant.context.looking(path.as_uri())) is not None:
        await looking
    buffer = editor.buffer
    assert buffer is not None
    editor.edit(buffer.cursor, buffer.cursor, " ")  # so that nothing is known here yet
    await editor.ask()
    return upstream.exchanges[-1].prompt


async def test_the_signature_of_what_is_imported(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    editor = await start(folder=str(shop))
    text = "from .prices import price_of\n\n\ndef total(articles):\n    return <cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "shop" / "cart.py", text)
    assert "# Path: shop/prices.py\n# def price_of(article: str, *, discount: float = 0.0) -> Price:" in prompt
    assert prompt.endswith("# Path: cart.py\nfrom .prices import price_of\n\n\ndef total(articles):\n    return")
    assert "secret_of_the_body" not in prompt


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("from shop.prices import Price", "def __init__(self, amount: int"),
        ("from shop.prices import Price as Money", "class Price:"),
        ("from shop import cost_of", "def price_of(article: str"),
        ("from shop.prices import with_tax", "def with_tax(price, rate=0.19)"),
        ("from shop import prices", "def price_of(article: str"),
        ("import shop.prices as pricing", "def price_of(article: str"),
        ("from shop.prices import LIMIT", "LIMIT = 99"),
    ],
)
async def test_however_it_is_imported(
    start: Start, upstream: ScriptedUpstream, shop: Path, imports: str, expected: str
) -> None:
    editor = await start(folder=str(shop))
    prompt = await prompt_at(editor, upstream, shop / "main.py", f"{imports}\n\nx = <cursor>\n")
    assert expected in prompt


async def test_what_another_open_file_defines_before_it_is_saved(
    start: Start, upstream: ScriptedUpstream, shop: Path
) -> None:
    editor = await start(folder=str(shop))
    editor.open((shop / "shop" / "prices.py").as_uri(), PRICES.replace("discount: float", "rebate: float"))
    text = "from shop.prices import price_of\n\nx = <cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "main.py", text)
    assert "rebate: float" in prompt
    assert "discount" not in prompt


async def test_a_file_that_was_closed_is_as_the_disk_has_it(
    start: Start, upstream: ScriptedUpstream, shop: Path
) -> None:
    editor = await start(folder=str(shop))
    await editor.server.assistant()
    prices = (shop / "shop" / "prices.py").as_uri()
    editor.open(prices, PRICES.replace("discount: float", "rebate: float"))
    editor.notify("textDocument/didClose", {"textDocument": {"uri": prices}})  # without having been saved
    text = "from shop.prices import price_of\n\nx = <cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "main.py", text)
    assert "discount: float" in prompt


async def test_code_of_an_open_file_that_looks_the_same(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    editor = await start(folder=str(shop))
    first = (
        "def read_orders(path):\n    with open(path) as stream:\n        orders = json.load(stream)\n"
        "    for order in orders:\n        validate_order(order)\n    return orders\n"
    )
    editor.open((shop / "orders.py").as_uri(), first)
    text = (
        "def read_invoices(path):\n    with open(path) as stream:\n        invoices = json.load(stream)\n    <cursor>\n"
    )
    prompt = await prompt_at(editor, upstream, shop / "invoices.py", text)
    assert "# Path: orders.py" in prompt
    assert "#         validate_order(order)" in prompt


async def test_what_was_edited_last_in_another_file(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    editor = await start(folder=str(shop))
    await editor.server.assistant()
    editor.open((shop / "notes.py").as_uri(), "first = 1\nrenamed<cursor> = 2\nlast = 3\n")
    editor.type("_variable")
    prompt = await prompt_at(editor, upstream, shop / "main.py", "x = <cursor>\n")
    assert "# renamed_variable = 2" in prompt


async def test_a_header_of_this_file_that_is_out_of_sight(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    editor = await start(folder=str(shop))
    far = "def distant_relative(first,\n                     second=2):\n    pass\n\n"
    text = far + "filler = 0\n" * 2000 + "value = distant_relative(<cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "long.py", text)
    assert "# def distant_relative(first, second=2)" in prompt


async def test_the_class_and_the_imports_that_are_out_of_sight(
    start: Start, upstream: ScriptedUpstream, shop: Path
) -> None:
    editor = await start(folder=str(shop))
    far = "import decimal\nfrom collections import deque\n\n\nclass DistantCart(Base):\n"
    text = far + "    filler = 0\n" * 1000 + "    def total(self):\n        value = <cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "long.py", text)
    assert "# import decimal\n# from collections import deque\n# class DistantCart(Base):" in prompt


async def test_what_is_excluded_never_appears(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    (shop / ".picodeignore").write_text("shop/prices.py\nprivate_*\n")
    editor = await start(folder=str(shop))
    private = (shop / "private_notes.py").as_uri()
    editor.open(private, "def price_of_everything(article):\n    x = <cursor>\n")
    editor.type("price_of(1)")
    text = "from shop.prices import price_of\nfrom shop.tax import with_tax\n\nx = price_of(<cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "main.py", text)
    assert "with_tax(price, rate=0.19)" in prompt  # what is not excluded is there
    for hidden in ("discount", "prices.py", "private_notes", "price_of_everything", "price_of(1)"):
        assert hidden not in prompt


async def test_a_link_does_not_lead_out_of_the_workspace(
    start: Start, upstream: ScriptedUpstream, shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside.py").write_text("def from_outside(x, y): ...\n")
    (shop / "linked.py").symlink_to(tmp_path / "outside.py")
    editor = await start(folder=str(shop))
    prompt = await prompt_at(editor, upstream, shop / "main.py", "from linked import from_outside\nx = <cursor>\n")
    assert "def from_outside" not in prompt


async def test_the_order_stays_while_somebody_types(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    """Providers keep what they have read of an equal beginning."""
    editor = await start(folder=str(shop))
    text = "from shop.prices import Price, price_of, LIMIT\nfrom shop.tax import with_tax\n\nx = <cursor>\n"
    before = await prompt_at(editor, upstream, shop / "main.py", text)
    for piece in ("with_tax(", "price_of(", "Price(", "LIMIT"):
        editor.type(piece)
        await editor.ask()
        after = upstream.exchanges[-1].prompt
        context, _, _ = before.partition("# Path: main.py")
        assert after.startswith(context)


async def test_what_was_sent_is_explained(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    editor = await start(folder=str(shop))
    text = "from shop.prices import price_of\n\nx = <cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "main.py", text)
    explained: dict[str, Any] = await editor.run("picode.explainSuggestion")
    assert explained["body"]["prompt"] == prompt
    [reason] = [each for each in explained["context"] if each["path"] == "shop/prices.py"]
    assert "price_of is imported and not used yet" in reason["why"]
    assert reason["line"] == 18


@pytest.mark.parametrize("tokens", [0, 40])
async def test_it_keeps_to_the_budget(start: Start, upstream: ScriptedUpstream, shop: Path, tokens: int) -> None:
    settings = {**SCRIPTED, "advanced": {"inline": {"contextTokens": tokens}}}
    editor = await start(settings, folder=str(shop))
    text = "from shop.prices import price_of, Price, LIMIT\nfrom shop.tax import with_tax\n\nx = <cursor>\n"
    prompt = await prompt_at(editor, upstream, shop / "main.py", text)
    context, _, _ = prompt.partition("from shop.prices")
    assert ("with_tax(price" in context) == (tokens > 0)
    assert len(context) <= tokens * 5


async def test_the_budget_is_in_the_models_own_tokens(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    """What a provider reports of a prompt says how many characters a token of its model has."""
    settings = {**SCRIPTED, "advanced": {"inline": {"contextTokens": 100}}}
    editor = await start(settings, folder=str(shop))
    filler = "value = compute(1)\n" * 40
    text = f"from shop.prices import price_of\nfrom shop.tax import with_tax\n\n{filler}x = <cursor>\n"
    usual = (await prompt_at(editor, upstream, shop / "main.py", text)).partition("# Path: main.py")[0]
    assert "with_tax(price" in usual
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 100000, "completion_tokens": 1}}\n\n'
    upstream.will_send(*completion_stream("1")[:-1], usage, b"data: [DONE]\n\n")
    editor.type("a + ")
    await editor.ask()
    editor.type("b + ")
    await editor.ask()
    assert len(upstream.last.prompt.partition("# Path: main.py")[0]) < 0.7 * len(usual)


async def test_slow_files_do_not_keep_a_suggestion_waiting(
    start: Start, upstream: ScriptedUpstream, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from picode.io.source_files import SourceFiles

    disk = threading.Event()
    monkeypatch.setattr(SourceFiles, "stamp", lambda *_: disk.wait(30))
    editor = await start(folder=str(shop))
    upstream.will_say("1")
    editor.open((shop / "main.py").as_uri(), "from shop.prices import price_of\n\nx = <cursor>\n")
    try:
        assert await asyncio.wait_for(editor.ghost(explicit=True), 5) == "1"
        assert "price_of(article" not in upstream.exchanges[-1].prompt
    finally:
        disk.set()


async def test_a_chat_model_is_shown_it_as_well(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    settings = {**SCRIPTED, "providers": {"scripted": {"baseUrl": "http://127.0.0.1:9/v1", "fill": ""}}}
    editor = await start(settings, folder=str(shop))
    with pytest.raises(KeyError):  # its requests have messages instead
        await prompt_at(editor, upstream, shop / "main.py", "from shop.prices import price_of\n\nx = <cursor>\n")
    question = upstream.exchanges[-1].body["messages"][-1]["content"]
    assert question.startswith("From shop/prices.py:\ndef price_of(article: str")


async def test_what_the_editor_reports_near_the_cursor(start: Start, upstream: ScriptedUpstream, shop: Path) -> None:
    editor = await start(folder=str(shop))
    upstream.will_say("1")
    buffer = editor.open((shop / "main.py").as_uri(), "x = <cursor>\n")
    position = buffer.position(buffer.cursor)
    problem = {
        "range": {"start": position, "end": position},
        "severity": 1,
        "message": "Expected\n  expression",
    }
    await editor.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": buffer.uri, "version": 1},
            "position": position,
            "context": {"triggerKind": 1},
            "diagnostics": [problem],
        },
    )
    assert "# Path: problems.txt\n# line 1: error: Expected expression\n# Path: main.py" in upstream.last.prompt
