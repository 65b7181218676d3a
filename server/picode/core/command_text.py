"""A slash command of the user's own, as a Markdown file: front matter (YAML between lines of `---`), then the instruction.

    ---
    name: rhyme
    description: Turn the code's comments into verse.
    output: edit
    ---
    Rewrite each comment of {{selection}} as a couplet. {{input}}

Unknown fields and variables are refused, so that a typing error is not a silent change of what a model is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from picode.core.errors import ConfigurationError
from picode.core.slash import COMMANDS, NAME, SHOWS, Command, Output

VARIABLES: Final = ("selection", "file", "language", "diagnostics", "diff", "input")
"""What `{{…}}` may stand for: the selected code, its file's name and language, what the editor reports, the changes in the
repository, and what was typed behind the command."""

FIELDS: Final = ("name", "title", "description", "model", "context", "output", "input")
"""What front matter may hold. `input` describes what may be typed behind the command."""

LARGEST: Final = 20_000
"""Characters."""

_VARIABLE = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")
_FRONT = re.compile(r"---[ \t]*\n(.*?)\n---[ \t]*(?:\n|$)(.*)", re.DOTALL)


def read_command(text: str, stem: str, source: str, read_yaml: Callable[[str], Any]) -> Command:
    """The command of a file named `stem` (which is its name where the text gives none). Raises `ConfigurationError`."""
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
    name = _word(fields, "name", source) or stem.lower()
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{source}: {name!r} is no name for a command.", "Use small letters, digits, - and _, a letter first."
        )
    if name in COMMANDS:
        raise ConfigurationError(f"{source}: /{name} is a command of PiCode's own.", "Choose another name.")
    output = _word(fields, "output", source) or "prose"
    if output not in ("prose", "edit"):
        raise ConfigurationError(f"{source}: output is {output!r}.", "It can be prose or edit.")
    used = set(_VARIABLE.findall(instruction))
    return Command(
        name=name,
        title=_word(fields, "title", source) or name.replace("-", " ").replace("_", " ").capitalize(),
        help=_word(fields, "description", source) or instruction.partition("\n")[0][:120],
        output=_output(output),
        about="code" if output == "edit" or "selection" in used else "anything",
        instruction=instruction,
        words=_word(fields, "input", source) or ("input" if "input" in used else ""),
        example=f"/{name}",
        kind="refactor.rewrite" if output == "edit" else "refactor",
        model=_word(fields, "model", source),
        source=source,
        shows=_shows(fields, source) | (frozenset({"diff"}) if "diff" in used else frozenset()),
    )


def filled(instruction: str, values: Mapping[str, str]) -> str:
    """`instruction` with its variables replaced; what `values` does not have is left as it is."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), instruction)


def uses(instruction: str, variable: str) -> bool:
    """Whether the instruction has a place for that variable."""
    return variable in _VARIABLE.findall(instruction)


def _output(text: str) -> Output:
    return next(each for each in get_args(Output) if each == text)


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


def _word(fields: Mapping[str, Any], name: str, source: str) -> str:
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
