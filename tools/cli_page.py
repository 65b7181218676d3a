"""`docs/cli.md`, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from typer.main import get_command

from picode.cli.app import EXIT_CODES, app

_INTRODUCTION: Final = """\
# Commands

This page is generated from the commands themselves by `uv run python -m tools.generate`. `picode COMMAND --help` says the
same in a terminal, and `picode --install-completion` teaches your shell to complete commands and options (bash, zsh, fish,
PowerShell).

{exit_codes} What is data goes to standard output, what is said about it to standard error; with `--json`, data is JSON.
Nothing is coloured or animated where the output is not a terminal, or where `NO_COLOR` is set.

Options of `picode` itself stand before the command: `picode --verbose provider test openai`.
"""


class NoExample(Exception):
    """A command without an example. Give it one: `@app.command(epilog=examples("picode …"))`."""


def cli_page() -> str:
    """The page. Raises `NoExample`."""
    root = get_command(app)
    parts = [_INTRODUCTION.format(exit_codes=EXIT_CODES), *_options(root)]
    for path, command in runnable(root, ("picode",)):
        parts += [
            f"## {' '.join(path)}",
            _help(command),
            _usage(path, command),
            *_options(command),
            *_examples(path, command),
        ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def runnable(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, in the order of `--help`."""
    inner = getattr(command, "commands", None)
    if inner is None or (command.invoke_without_command and len(path) > 1):
        yield path, command
    for name, each in (inner or {}).items():
        if not each.hidden:
            yield from runnable(each, (*path, name))


def _help(command: Any) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in (command.help or "").split("\n\n"))


def _usage(path: tuple[str, ...], command: Any) -> str:
    words = [*path]
    if any(_is_option(each) for each in _shown(command)):
        words.append("[OPTIONS]")
    for each in _shown(command):
        if not _is_option(each):
            name = _metavar(each)
            words.append(name if each.required else f"[{name}]")
            if each.nargs == -1:
                words[-1] += "..."
    return f"```text\n{' '.join(words)}\n```"


def _options(command: Any) -> list[str]:
    rows = [(_written(each), _meaning(each)) for each in _shown(command)]
    if not rows:
        return []
    return ["\n".join(["| Name | Meaning |", "| --- | --- |", *(f"| {name} | {meaning} |" for name, meaning in rows)])]


def examples_of(command: Any) -> list[str]:
    """The command lines at the end of a command's `--help`."""
    lines = (command.epilog or "").splitlines()
    return [each.strip() for each in lines if each.startswith("  ") and "picode " in each]


def _examples(path: tuple[str, ...], command: Any) -> list[str]:
    found = examples_of(command)
    if not found:
        raise NoExample(f"{' '.join(path)} has no example in its --help: see picode.cli.terminal.examples")
    return ["\n".join(("```sh", *found, "```"))]


def _shown(command: Any) -> list[Any]:
    return [each for each in command.params if not getattr(each, "hidden", False) and each.name != "help"]


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _metavar(parameter: Any) -> str:
    name = str(parameter.metavar or parameter.name.upper())
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _written(parameter: Any) -> str:
    if not _is_option(parameter):
        return f"`{_metavar(parameter)}`"
    names = ", ".join(f"`{name}`" for name in sorted(parameter.opts, key=len, reverse=True))
    if parameter.is_flag:
        return names
    choices = parameter.type_descriptor.choices
    value = "\\|".join(str(getattr(each, "value", each)) for each in choices) if choices else _metavar(parameter)
    return f"{names} {value}"


def _meaning(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    default = parameter.default
    if _is_option(parameter) and not parameter.is_flag and default not in (None, "", [], ()):
        text += f" Else `{getattr(default, 'value', default)}`."
    return text
