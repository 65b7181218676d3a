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
    from rich.table import Table

    from picode.cli.stats.figures import Figures

_WIDE = 120
"""Columns where there is no terminal to say how many it has."""


def show(days: int, *, as_json: bool, html: Path | None) -> None:
    """Prints the figures of the last `days` days, or writes a page of them."""
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

    async with session() as assistant:
        tallies, uses = await asyncio.gather(assistant.tallies.read_by_day(days), assistant.tallies.read_uses(days))
    today = date.today()
    return Figures(today - timedelta(days=days - 1), today, tallies, uses)


def _print(figures: Figures, days: int) -> None:
    if figures.empty:
        print_text("Nothing is counted yet: open a file in your editor and type. The counts stay on this machine.")
        return
    from picode.cli.console import Console

    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    when = f"of the last {days} days" if days > 1 else "of today"
    if figures.suggestions:
        console.print(_suggestions(figures, f"Suggestions {when}"))
    if figures.spent:
        console.print(_spent(figures, f"Models {when}"))
    if (saved := figures.saved).requests:
        from picode.cli.stats.figures import dollars

        money = f" and {dollars(saved.cost)}" if saved.cost else ""
        console.print(
            f"{saved.requests:,} requests ({saved.share:.0%}) were answered without asking a model: about {saved.tokens:,} "
            f"tokens{money} not spent.",
        )


def _suggestions(figures: Figures, title: str) -> Table:
    from picode.cli.stats.figures import milliseconds, share

    table = _table(title, ("language", "model"), ("shown", "taken", "whole", "typed", "kept", "median", "95 %"))
    for each in figures.suggestions:
        table.add_row(
            _text(each.language or "(none)"),
            _text(f"{each.provider} {each.model}".strip()),
            str(each.shown),
            share(each.accepted + each.partly, each.shown),
            str(each.accepted),
            str(each.typed),
            share(each.kept, each.kept + each.changed),
            milliseconds(each.median),
            milliseconds(each.late),
        )
    return table


def _spent(figures: Figures, title: str) -> Table:
    from picode.cli.stats.figures import compact, dollars, milliseconds

    numbers = ("asked", "failed", "in", "out", "cost", "median", "95 %")
    table = _table(title, ("model", "for"), numbers)
    for each in figures.spent:
        table.add_row(
            _text(f"{each.provider} {each.model}".strip()),
            _text(each.feature),
            compact(each.requests),
            compact(each.errors) if each.errors else "",
            compact(each.input),
            compact(each.output),
            dollars(each.cost, each.unpriced),
            milliseconds(each.median),
            milliseconds(each.late),
        )
    return table


def _text(name: str) -> str:
    """A name from outside, without keys."""
    from picode.io.log_lines import clean

    return clean(name)


def _table(title: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in words:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
