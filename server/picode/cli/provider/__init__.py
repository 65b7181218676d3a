"""`picode provider`: the providers and their keys."""

from __future__ import annotations

from picode.cli.groups import App
from picode.cli.provider import editing, key, listing, testing
from picode.cli.terminal import examples

app = App(help="The providers of models, and their keys.", no_args_is_help=True)
app.add_typer(key.app, name="key")
app.command("list", epilog=examples("picode provider list", "picode provider list --json"))(listing.list_)
app.command(epilog=examples("picode provider show deepseek"))(listing.show)
app.command(
    epilog=examples(
        "picode provider add team --base-url https://models.example/v1 --key-env TEAM_KEY",
        "picode provider add box --base-url http://127.0.0.1:8080/v1 --model qwen2.5-coder-7b",
    )
)(editing.add)
app.command(epilog=examples("picode provider remove team"))(editing.remove)
app.command("test", epilog=examples("picode provider test openai"))(testing.try_out)
