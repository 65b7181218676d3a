"""`picode provider`: the providers and their keys."""

from __future__ import annotations

import typer

from picode.cli.provider import editing, key, listing, testing

app = typer.Typer(help="The providers of models, and their keys.", no_args_is_help=True)
app.add_typer(key.app, name="key")
app.command("list")(listing.list_)
app.command()(listing.show)
app.command()(editing.add)
app.command()(editing.remove)
app.command("test")(testing.try_out)
