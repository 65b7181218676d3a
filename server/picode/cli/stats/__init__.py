"""`picode stats`: what became of suggestions, and what models were used for."""

from __future__ import annotations

import asyncio
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from picode.cli.terminal import print_json, print_text

if TYPE_CHECKING:
    from rich.table import Table as RichTable

    from picode.cli.stats.figures import Figures, Table

_WIDE = 120
"""Columns of the output where it is no terminal."""


def show(days: int, *, as_json: bool, html: Path | None) -> None:
    """Prints the figures of the last `days` days, or writes them to `html` as a page."""
    figures = asyncio.run(_read(days))
    if as_json:
        print_json(figures.as_json())
    if html is not None:
        from picode.cli.stats.page import page

        try:
            html.write_text(page(figures), encoding="utf-8")
        except OSError as error:
            print_text(f"{html} can't be written ({error.strerror}).", err=True)
            raise typer.Exit(1) from None
        print_text(f"Wrote {html}: open it in a browser. Nothing in it is fetched from elsewhere.", err=True)
    if not as_json and html is None:
        _print(figures, days)


async def _read(days: int) -> Figures:
    from picode.cli.session import session
    from picode.cli.stats.figures import Figures

    today = date.today()
    async with session() as assistant:
        return Figures(today - timedelta(days=days - 1), today, await assistant.usage.store.rows(days))


def _print(figures: Figures, days: int) -> None:
    if not figures.rows:
        print_text("Nothing is counted yet: open a file in your editor and type. The counts stay on this machine.")
        return
    from picode.cli.console import Console
    from picode.cli.stats.figures import compact, dollars, model_table, suggestion_table

    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    when = f"of the last {days} days" if days > 1 else "of today"
    for title, table in (("Suggestions", suggestion_table(figures)), ("Models", model_table(figures, compact))):
        if table.rows:
            console.print(_rendered(f"{title} {when}", table))
    if (saved := figures.saved).requests:
        money = f" and {dollars(saved.cost)}" if saved.cost else ""
        console.print(
            f"{saved.requests:,} requests ({saved.share:.0%}) were answered without asking a model: about {saved.tokens:,} "
            f"tokens{money} not spent.",
        )


def _rendered(title: str, table: Table) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable

    from picode.io.log_lines import clean

    found = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for at, name in enumerate(table.heads):
        found.add_column(name, overflow="fold", justify="left" if at < 2 else "right", no_wrap=at >= 2)
    for row in table.rows:
        found.add_row(*map(clean, row))
    return found
