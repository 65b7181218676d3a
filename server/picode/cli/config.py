"""`picode config`: the settings in force, where each comes from, and the user's own file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from picode.cli import completion
from picode.cli.groups import App
from picode.cli.session import here, resolved_here
from picode.cli.terminal import examples, print_json, print_text

if TYPE_CHECKING:
    from picode.settings.model import Settings
    from picode.settings.problem import Problem
    from picode.settings.shape import Path as Place

app = App(
    help="The settings: which are in force here, where each comes from, and how to change them.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[
    str,
    typer.Argument(metavar="SETTING", help="Its name, such as inline.debounceMs.", autocompletion=completion.settings),
]


@app.command(epilog=examples("picode config show", "picode config show inline --json", "picode config show --changed"))
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[SETTING]", help="Only this setting, or those of this table.", autocompletion=completion.settings
        ),
    ] = "",
    changed: Annotated[bool, typer.Option("--changed", help="Only what is not as it comes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the settings in force in this folder, and where each value comes from."""
    resolved = resolved_here()
    place = _place(name) if name else ()
    rows = [
        (path, value, resolved.origin(path))
        for path, value in _leaves(resolved.settings.model_dump(by_alias=True, exclude_none=True, warnings=False), ())
        if path[: len(place)] == place
    ]
    if changed:
        rows = [row for row in rows if row[2].layer != "default"]
    if as_json:
        found = [
            {"name": ".".join(path), "value": value, "layer": source.layer, "origin": source.origin}
            for path, value, source in rows
        ]
        print_json(found)
    elif rows:
        from picode.cli.session import columns
        from picode.settings.problem import dotted

        print_text(columns([(dotted(path), _shown(value), source.origin) for path, value, source in rows]))
    for problem in resolved.problems:
        print_text(str(problem), err=True)


@app.command(epilog=examples("picode config get inline.provider", "picode config get inline.debounceMs --json"))
def get(name: Name, as_json: AsJson = False) -> None:
    """Print the value of one setting in force here."""
    resolved = resolved_here()
    place = _place(name)
    value: Any = resolved.settings.model_dump(by_alias=True, exclude_none=True, warnings=False)
    for key in place:
        if key not in value:
            print_text(f"{name} is not set.", err=True)
            raise typer.Exit(1)
        value = value[key]
    source = resolved.origin(place)
    if as_json:
        print_json({"name": name, "value": value, "layer": source.layer, "origin": source.origin})
    else:
        print_text(value if isinstance(value, str) else json.dumps(value))


@app.command(
    "set",
    epilog=examples(
        "picode config set inline.debounceMs 50",
        "picode config set inline.languages.markdown false",
        """picode config set inline.fallback '["ollama", "mistral/codestral-latest"]'""",
    ),
)
def set_(
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Its value; lists and tables as JSON.")],
) -> None:
    """Set a setting in your own settings file. What could not be used is refused; comments stay."""
    from picode.settings.environment import value_from_text
    from picode.settings.shape import type_at

    place = _place(name)
    meant = value_from_text(value, type_at(place))
    _check(place, meant)
    from picode.core.errors import ConfigurationError
    from picode.io.config_editing import set_value, unset_value
    from picode.settings.moved import former_paths

    try:
        file = set_value(place, meant)
        for former in former_paths(place):
            unset_value(former)
    except ConfigurationError as error:
        _fail(str(error))
    print_text(f"{name} is {_shown(meant)} now ({file}).")
    resolved = resolved_here()
    source = resolved.origin(place)
    if source.origin != str(file):
        print_text(f"It has no effect in this folder: {source.origin} says otherwise, and counts more.", err=True)
    if place in (("inline", "provider"), ("chat", "provider")) and (
        model := getattr(resolved.settings, place[0]).model
    ):
        print_text(
            f"{place[0]}.model is {model}: if {meant} has no such model, picode config unset {place[0]}.model", err=True
        )


@app.command(epilog=examples("picode config unset inline.debounceMs"))
def unset(name: Name) -> None:
    """Take a setting out of your own settings file, so that it is as it comes."""
    from picode.core.errors import ConfigurationError
    from picode.io.config_editing import unset_value
    from picode.settings.moved import former_paths

    place = _place(name)
    before = _own_value(place)
    try:
        files = [file for each in (place, *former_paths(place)) for file in unset_value(each)]
    except ConfigurationError as error:
        _fail(str(error))
    if not files:
        _fail(f"Your settings files say nothing of {name}.")
    print_text(f"{name} is not set any more ({', '.join(map(str, files))}).")
    if before is not None:
        print_text(f"It was {_shown(before)}.", err=True)


@app.command(epilog=examples('"$EDITOR" "$(picode config path)"', "picode config path --all"))
def path(
    everything: Annotated[
        bool, typer.Option("--all", help="All files that are looked for here, the weakest first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the path of your own settings file, whether it is there or not."""
    from picode.io.config_files import WORKSPACE_FILES, ConfigFiles

    files = ConfigFiles()
    rows = [{"path": str(file), "layer": "user", "exists": file.exists(), "trusted": True} for file in files.user_files]
    for folder in here():
        trusted = files.trusted_folders.is_trusted(folder)
        rows += [
            {"path": str(file), "layer": "workspace", "exists": file.exists(), "trusted": trusted}
            for file in (Path(folder, name) for name in WORKSPACE_FILES)
        ]
    if as_json:
        print_json(rows)
    elif everything:
        from picode.cli.session import columns

        print_text(columns([(str(row["path"]), _state(row)) for row in rows]))
    else:
        print_text(str(rows[0]["path"]))


@app.command(epilog=examples("picode config schema > picode.schema.json"))
def schema() -> None:
    """Print the JSON Schema of the settings files, for editors that check and complete them."""
    from picode.settings.schema import json_schema

    print_json(json_schema())


@app.command(epilog=examples("picode config validate", "picode config validate .picode.toml"))
def validate(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="The file to check; without one, all that counts in this folder.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check settings, and print every problem with its line. The exit code is 1 if there is one."""
    found = _problems_of(Path(file)) if file else _problems_here()
    rows = [
        {
            "origin": each.origin,
            "line": _line(each),
            "setting": each.path,
            "problem": each.complaint,
            "instead": each.instead,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
    for each, row in zip(found, rows, strict=True):
        if not as_json:
            line = f":{row['line']}" if row["line"] else ""
            print_text(str(each).replace(each.origin, f"{each.origin}{line}", 1))
    if found:
        raise typer.Exit(1)
    if not as_json:
        print_text(f"{file or os.environ.get('PICODE_CONFIG_FILE') or 'The settings'}: no problems.")


def _own_value(place: Place) -> Any:
    """What the user's own settings files say at `place`; None where they say nothing."""
    from picode.io.config_files import ConfigFiles

    found: Any = None
    for layer in ConfigFiles().user_layers():
        value: Any = layer.values
        for key in place:
            value = value.get(key) if isinstance(value, dict) else None
        found = found if value is None else value
    return found


def _unknown(settings: Settings) -> Iterator[tuple[str, str]]:
    """Settings that name a provider which there is neither in them nor in those of this folder, and what is wrong with each."""
    from picode.assistant.routing.route import providers, unknown_providers
    from picode.core.errors import ProviderNotFound

    known = {**providers(resolved_here().settings), **providers(settings)}
    for setting, name in unknown_providers(settings).items():
        if name not in known:
            yield setting, str(ProviderNotFound(name, known)).removesuffix(".")


def _problems_of(file: Path) -> tuple[Problem, ...]:
    from picode.io.config_files import ConfigFiles
    from picode.settings.layers import merge
    from picode.settings.problem import Problem

    layer = ConfigFiles().layer_of(file.absolute())
    if layer is None:
        _fail(f"There is no file {file}.", 2)
    found = merge([layer])
    return (*found.problems, *(Problem(at, str(file), f"is wrong: {why}") for at, why in _unknown(found.settings)))


def _problems_here() -> tuple[Problem, ...]:
    from picode.settings.problem import Problem

    found = resolved_here()
    unknown = _unknown(found.settings)
    return (*found.problems, *(Problem(at, found.origin(at).origin, f"is wrong: {why}") for at, why in unknown))


def _line(problem: Problem) -> int | None:
    """Where a problem of a file lies in it; None where that is not known, or the problem says so itself."""
    from picode.settings.lines import line_of

    try:
        text = Path(problem.origin).read_text("utf-8-sig")
    except (OSError, ValueError):
        return None
    return line_of(text, problem.path, problem.origin.endswith(".json")) if problem.path else None


def _place(name: str) -> Place:
    """The path of a setting that there can be. Ends the program where there can't."""
    from picode.settings.layers import Layer, merge
    from picode.settings.moved import current_path
    from picode.settings.shape import type_at

    named = tuple(name.removeprefix("picode.").split("."))
    place = current_path(named)
    if place != named:
        print_text(f"{name} is {'.'.join(place)} now.", err=True)
    if type_at(place) is None:
        problems = merge([Layer("command line", "the command line", _nested(place, None))]).problems
        complaint = f"{problems[0].path} {problems[0].complaint}" if problems else f"{name} is not a setting"
        _fail(f"{complaint}. See picode config show.")
    return place


def _nested(place: Place, value: Any) -> Any:
    for key in reversed(place):
        value = {key: value}
    return value


def _check(place: Place, value: Any) -> None:
    """Ends the program where `value` could not be used."""
    from picode.settings.layers import Layer, merge

    checked = merge([Layer("command line", "the command line", _nested(place, value))])
    if checked.problems:
        _fail(" ".join(f"{each.path} {each.complaint}." for each in checked.problems))
    for _, why in _unknown(checked.settings):
        _fail(f"{why}.")


def _leaves(values: Mapping[str, Any], above: Place) -> Iterator[tuple[Place, Any]]:
    """Every value, by path. An empty table is a value, so that it is seen."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _shown(value: Any) -> str:
    """A value as people write it; what looks like a key is not shown."""
    from picode.core.errors import redact

    return redact(json.dumps(value, ensure_ascii=False)) if not isinstance(value, str) or not value else redact(value)


def _state(row: Mapping[str, Any]) -> str:
    if not row["exists"]:
        return "not there"
    return "read" if row["trusted"] else "read, but not trusted: see picode trust"


def _fail(message: str, code: int = 1) -> NoReturn:
    print_text(message, err=True)
    raise typer.Exit(code)
