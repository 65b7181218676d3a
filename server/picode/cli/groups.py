"""How the commands of `picode` are loaded and show their help.

A command's module is imported when the command runs or shows its own help: `picode --help` knows each by its row. Help is plain
text: the library that draws boxes takes as long to import as all the rest of a command that asks no model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer._coercion import PassThroughRuntimeParam
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True, slots=True)
class Row:
    """A command: where it is (`module:name`, a function or a `typer.Typer`), the first sentence of its help, and for a function
    the end of its help."""

    target: str
    help: str
    epilog: str = ""

    def load(self, name: str) -> Any:
        """The command itself. Imports its module."""
        module, _, attribute = self.target.partition(":")
        target = getattr(import_module(module), attribute)
        if not isinstance(target, typer.Typer):
            app = App()
            app.command(epilog=self.epilog)(target)
            target = app
        command = get_command(target)
        command.name = name
        lighten(command)
        return command


class _Loaded(MutableMapping[str, Any]):
    """The commands of a group by name; each is loaded when it is looked up."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._rows = rows
        self._commands: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._commands:
            self._commands[name] = self._rows[name].load(name)
        return self._commands[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class _Own:
    """What commands and groups have in common."""

    epilog: str | None

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples stay on lines of their own."""
        _write_epilog(self.epilog, formatter)

    def get_help_option(self, ctx: Any) -> Any:
        """The option `--help`."""
        option = super().get_help_option(ctx)  # type: ignore[misc]  # the classes below are click commands
        return None if option is None else _taken_as_it_is(option)


class Command(_Own, TyperCommand):
    """A command."""


class Group(_Own, TyperGroup):
    """A group of commands that are defined in its own module."""


def lazy_group(rows: Mapping[str, Row]) -> type[Group]:
    """The class of a group whose commands are `rows`."""

    class LazyGroup(Group):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.commands = _Loaded(rows)

        def list_commands(self, ctx: Any) -> list[str]:
            return list(rows)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, row.help) for name, row in rows.items()])

    return LazyGroup


def lighten(command: Any) -> None:
    """Has typer take strings and flags as they are, in `command` and in those below it.

    It would import pydantic to find that a string is one: 0.1 s, before any command runs and even for the help of one.
    """
    for parameter in command.params:
        _taken_as_it_is(parameter)
    if not isinstance(getattr(command, "commands", None), _Loaded):
        for each in getattr(command, "commands", {}).values():
            lighten(each)


def _taken_as_it_is(parameter: Any) -> Any:
    described = parameter.type_descriptor
    if described.annotation in (str, bool) and parameter.nargs == 1 and not parameter.multiple:
        parameter._runtime_param = PassThroughRuntimeParam(
            parameter_info=described.parameter_info, annotation=described.annotation
        )
    return parameter


class App(typer.Typer):
    """A `typer.Typer` whose help is plain text, and whose commands are `Command`s."""

    def __init__(self, **options: Any) -> None:
        own = {"cls": Group, "rich_markup_mode": None, "add_completion": False, "pretty_exceptions_enable": False}
        super().__init__(**{**own, **options})

    def command(self, name: str | None = None, **options: Any) -> Any:
        """As `typer.Typer.command`."""
        return super().command(name, **{"cls": Command, **options})


def _write_epilog(text: str | None, formatter: Any) -> None:
    """Lines that are indented stay as they are; others are filled."""
    if not text:
        return
    formatter.write_paragraph()
    for line in text.splitlines():
        if line.startswith("  "):
            formatter.write(f"{line}\n")
        elif line:
            formatter.write_text(line)
        else:
            formatter.write_paragraph()
