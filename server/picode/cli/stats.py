"""`picode stats`: what became of suggestions."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict


def show(days: int, as_json: bool) -> None:
    """Prints the counts of the last `days` days."""
    from picode.assistant.statistics import Summary, summarise
    from picode.cli.session import session

    async def read() -> list[Summary]:
        async with session() as assistant:
            return summarise(await assistant.tallies.read(days))

    found = asyncio.run(read())
    if as_json:
        print(json.dumps([asdict(each) for each in found], indent=2))
    elif not found:
        print("Nothing is counted yet: open a file in your editor and type. The counts stay on this machine.")
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(title=f"Suggestions of the last {days} days" if days > 1 else "Suggestions of today")
        for name in ("language", "model"):
            table.add_column(name)
        for name in ("shown", "taken", "of these whole", "still there", "median", "95 %"):
            table.add_column(name, justify="right")
        for each in found:
            taken, looked = each.accepted + each.partly, each.kept + each.changed
            table.add_row(
                each.language or "(none)",
                f"{each.provider} {each.model}".strip(),
                str(each.shown),
                f"{taken / each.shown:.0%}" if each.shown else "",
                str(each.accepted),
                f"{each.kept / looked:.0%}" if looked else "",
                _milliseconds(each.median),
                _milliseconds(each.late),
            )
        Console().print(table)


def _milliseconds(bound: int | None) -> str:
    return "" if bound is None else f"≤ {bound} ms"
