"""User-defined slash commands: a Markdown file: front matter (YAML between lines of `---`), then the instruction.

    ---
    name: rhyme
    description: Turn the code's comments into verse.
    output: edit
    ---
    Rewrite each comment of {{selection}} as a couplet. {{input}}

Unknown fields and variables are errors, so that a typing error does not silently change the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from picode.core.errors import ConfigurationError
from picode.core.slash import COMMANDS, NAME, SHOWS, Command

VARIABLES: Final = ("selection", "file", "language", "diagnostics", "diff", "input")
"""The names in `{{…}}`: the selected code, its file's name and language, the editor's diagnostics, the changes in the
repository, and the arguments that were typed behind the command."""

FIELDS: Final = ("name", "title", "description", "model", "context", "output", "input")
"""The fields of the front matter. `input` describes the command's arguments."""

LARGEST: Final = 20_000
"""Characters of a file."""

_VARIABLE = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")
_FRONT = re.compile(r"---[ \t]*\n(.*?)\n---[ \t]*(?:\n|$)(.*)", re.DOTALL)


def read_command(text: str, stem: str, source: str, read_yaml: Callable[[str], Any]) -> Command:
    """The command of a file. `stem` is the file's name without extension, and the command's name unless the front matter has
    one; `source` is the file's path. Raises `ConfigurationError`."""
    if len(text) > LARGEST:
        raise ConfigurationError(f"{source} is longer than {LARGEST:,} characters.", "Make it shorter.")
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    found = _FRONT.fullmatch(text)
    fields: Mapping[str, Any] = {}
    if found is not None:
        fields = _fields(found[1], source, read_yaml)
    instruction = (found[2] if found else text).strip()
    if not instruction:
        raise ConfigurationError(f"{source} tells the model nothing.", "Write the instruction below the front matter.")
    if unknown := [name for name in _VARIABLE.findall(instruction) if name not in VARIABLES]:
        raise ConfigurationError(
            f"{source} names an unknown variable, {{{{{unknown[0]}}}}}.", f"There are {', '.join(VARIABLES)}."
        )
    name, output = _name(fields, stem, source), _output(fields, source)
    used = set(_VARIABLE.findall(instruction))
    return Command(
        name=name,
        title=_line(fields, "title", source) or name.replace("-", " ").replace("_", " ").capitalize(),
        help=_line(fields, "description", source) or instruction.partition("\n")[0][:120],
        output=output,
        about="code" if output == "edit" or "selection" in used else "anything",
        instruction=instruction,
        words=_line(fields, "input", source) or ("input" if "input" in used else ""),
        example=f"/{name}",
        kind="refactor.rewrite" if output == "edit" else "refactor",
        model=_line(fields, "model", source),
        source=source,
        shows=_shows(fields, source) | (frozenset({"diff"}) if "diff" in used else frozenset()),
    )


def filled(instruction: str, values: Mapping[str, str]) -> str:
    """`instruction` with its variables replaced by `values`; others are left as they are."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), instruction)


def uses(instruction: str, variable: str) -> bool:
    """Whether `instruction` contains that variable."""
    return variable in _VARIABLE.findall(instruction)


def _name(fields: Mapping[str, Any], stem: str, source: str) -> str:
    name = _line(fields, "name", source) or stem.lower()
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{source}: {name!r} is no name for a command.", "Use small letters, digits, - and _, a letter first."
        )
    if name in COMMANDS:
        raise ConfigurationError(f"{source}: /{name} is a command of PiCode's own.", "Choose another name.")
    return name


def _output(fields: Mapping[str, Any], source: str) -> Literal["prose", "edit"]:
    match _line(fields, "output", source) or "prose":
        case ("prose" | "edit") as output:
            return output
        case other:
            raise ConfigurationError(f"{source}: output is {other!r}.", "It can be prose or edit.")


def _fields(text: str, source: str, read_yaml: Callable[[str], Any]) -> Mapping[str, Any]:
    try:
        fields = read_yaml(text)
    except Exception as error:
        raise ConfigurationError(
            f"The front matter of {source} is not valid YAML: {' '.join(str(error).split())}."
        ) from None
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise ConfigurationError(f"The front matter of {source} is no table of fields.", "Write lines as in `name: …`.")
    if unknown := [name for name in fields if name not in FIELDS]:
        raise ConfigurationError(f"{source} has an unknown field, {unknown[0]!r}.", f"There are {', '.join(FIELDS)}.")
    return fields


def _line(fields: Mapping[str, Any], name: str, source: str) -> str:
    value = fields.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or "\n" in str(value):
        raise ConfigurationError(f"{source}: {name} should be one line of text.")
    return str(value).strip()


def _shows(fields: Mapping[str, Any], source: str) -> frozenset[str]:
    value = fields.get("context", ["file", "open", "problems"])
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or any(name not in SHOWS for name in names):
        raise ConfigurationError(f"{source}: context is {value!r}.", f"It is a list of {', '.join(SHOWS)}.")
    return frozenset(names)
