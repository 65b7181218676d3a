"""`picode audit`: what was sent where."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from picode.cli.terminal import print_json, print_text

if TYPE_CHECKING:
    from picode.io.audit import Entry

_HEADS = (
    "time",
    "feature",
    "provider",
    "model",
    "to",
    "file",
    "others",
    "characters",
    "tokens",
    "redacted",
    "outcome",
    "took",
    "cost",
)


def show(days: int, provider: str, as_json: bool) -> None:
    """Prints the requests of the last `days` days, the oldest first."""
    from picode.core.errors import ConfigurationError
    from picode.io.audit import AuditLog
    from picode.io.folders import state_folder

    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        entries = AuditLog(state_folder).read((midnight - timedelta(days=days - 1)).timestamp())
    except ConfigurationError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    entries = [entry for entry in entries if provider in ("", entry.provider)]
    if as_json:
        print_json([_as_json(entry) for entry in entries])
    elif not entries:
        whom = provider or "anybody"
        print_text(
            f"Nothing was sent to {whom} {'today' if days == 1 else f'in the last {days} days'}, as far as is written down."
        )
    else:
        from picode.cli.session import columns

        print_text(columns([_HEADS, *map(_cells, entries)]))


def _as_json(entry: Entry) -> dict[str, Any]:
    from pydantic.alias_generators import to_camel

    values = {to_camel(name): value for name, value in asdict(entry).items()}
    return values | {"at": datetime.fromtimestamp(entry.at).astimezone().isoformat(timespec="milliseconds")}


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        datetime.fromtimestamp(entry.at).strftime("%Y-%m-%d %H:%M:%S"),
        entry.feature,
        entry.provider,
        entry.model,
        entry.origin,
        entry.path or "-",
        str(len(entry.files)),
        f"{entry.characters:,}",
        f"{entry.tokens_in:,}+{entry.tokens_out:,}",
        ", ".join(f"{count} {kind}" for kind, count in entry.redacted.items()) or "-",
        entry.outcome,
        f"{entry.seconds:.2f} s",
        "-" if entry.cost is None else f"${entry.cost:.4f}",
    )
