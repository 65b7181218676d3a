"""The commands that need no model: `/help` and `/model`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from picode.assistant.routing.models import Choice
from picode.core.errors import PiCodeError
from picode.core.slash import Command, UnknownCommand

_MODELS = 60
"""Rows of the longest list of models."""


def help_text(commands: Mapping[str, Command], args: str = "") -> str:
    """Markdown: a table of all commands, or the description of the one that `args` names. Raises `UnknownCommand`."""
    name = args.strip().removeprefix("/").lower()
    if not name:
        rows = [f"| `{each.usage}` | {_cell(each.help)} |" for each in commands.values()]
        return "\n".join(["| Command | What it does |", "| --- | --- |", *rows])
    if name not in commands:
        raise UnknownCommand(name, commands)
    command = commands[name]
    about = {
        "code": "It is about the selected code, or what the cursor stands in.",
        "changes": "It is about staged changes.",
    }
    lines = [
        f"`{command.usage}` — {command.help}",
        "",
        about.get(command.about, ""),
        "",
        f"Example: `{command.example}`",
    ]
    if command.source:
        lines += ["", f"Your own, from `{command.source}`."]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Asked:
    """The model that would be asked; empty names if there is none. `problem` is why it can't be asked, as far as that is known
    without a request."""

    provider: str = ""
    title: str = ""
    model: str = ""
    problem: PiCodeError | None = None

    def __str__(self) -> str:
        """`provider/model`, or the provider alone if its model is not known."""
        return "/".join(filter(None, (self.provider, self.model)))


def models_text(choices: Sequence[Choice], asked: Asked) -> str:
    """Markdown: a list of the models to choose from; `asked` is the current one."""
    there = [f"{each.provider}/{each.model}" for each in choices if each.available and each.model]
    now = f"Asked now: `{asked}`." if asked.provider else ""
    lines = [" ".join(filter(None, (now, asked.problem.problem if asked.problem else ""))), ""]
    lines += [f"- `{name}`" for name in there[:_MODELS]]
    if len(there) > _MODELS:
        lines.append(f"- … and {len(there) - _MODELS} more: `picode models` lists them all")
    missing = [f"- {each.title}: {each.detail}" for each in choices if not each.available and each.detail]
    if missing:
        lines += ["", "Not at hand:", "", *missing[:20]]
    return "\n".join([*lines, "", "Choose one with `/model provider/model`."])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
