"""`picode audit`: what was sent where."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from picode.cli.terminal import print_json, print_text

if TYPE_CHECKING:
    from picode.assistant.usage.rows import UsageRow

_HEADS = tuple("time feature provider model to file others characters tokens redacted outcome took cost".split())
_JSON = {"tokensIn": "input", "tokensOut": "output"} | {
    name: name
    for name in "feature provider model origin path files characters redacted outcome seconds cost request".split()
}


def show(days: int, provider: str, as_json: bool) -> None:
    """Prints the requests of the last `days` days, the oldest first."""
    from picode.core.errors import ConfigurationError
    from picode.io.folders import state_folder
    from picode.io.usage_store import UsageStore

    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        folder = state_folder()
    except ConfigurationError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    store = UsageStore(lambda: folder)
    rows = [
        row for row in store.sent((midnight - timedelta(days=days - 1)).timestamp()) if provider in ("", row.provider)
    ]
    store.close()
    if as_json:
        print_json([_as_json(row) for row in rows])
    elif not rows:
        whom, when = provider or "anybody", "today" if days == 1 else f"in the last {days} days"
        print_text(f"Nothing was sent to {whom} {when}, as far as is written down.")
    else:
        from picode.cli.session import columns

        print_text(columns([_HEADS, *map(_cells, rows)]))


def _as_json(row: UsageRow) -> dict[str, Any]:
    at = datetime.fromtimestamp(row.at or 0).astimezone().isoformat(timespec="milliseconds")
    return {"at": at, **{name: getattr(row, field) for name, field in _JSON.items()}}


def _cells(row: UsageRow) -> tuple[str, ...]:
    return (
        datetime.fromtimestamp(row.at or 0).strftime("%Y-%m-%d %H:%M:%S"),
        row.feature,
        row.provider,
        row.model,
        row.origin,
        row.path or "-",
        str(len(row.files)),
        f"{row.characters:,}",
        f"{row.input:,}+{row.output:,}",
        ", ".join(f"{count} {kind}" for kind, count in row.redacted.items()) or "-",
        row.outcome,
        f"{row.seconds:.2f} s",
        "-" if row.cost is None else f"${row.cost:.4f}",
    )
