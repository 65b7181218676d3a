"""The table of slash commands as a Lua module, for a client that has to know them before the server runs."""

from __future__ import annotations

from collections.abc import Iterable

from picode.core.slash import COMMANDS, Command

_HEAD = """\
--- The slash commands that PiCode brings along. Generated from server/picode/core/slash.py: change it there.

---@class picode.SlashCommand
---@field name string
---@field title string how menus call it
---@field help string one sentence
---@field words string what may be typed behind its name
---@field mustSay boolean whether it must be
---@field output 'prose'|'edit'|'message'|'names'|'local'
---@field about 'code'|'changes'|'anything'
---@field example string
---@field source? string the file of a user's own command

---@type picode.SlashCommand[]
return {
"""


def slash_lua(commands: Iterable[Command] = COMMANDS.values()) -> str:
    """The module's source, with the field names of the server command `picode.commands`."""
    return _HEAD + "".join(map(_row, commands)) + "}\n"


def _row(command: Command) -> str:
    fields = {
        "name": _quoted(command.name),
        "title": _quoted(command.title),
        "help": _quoted(command.help),
        "words": _quoted(command.words),
        "mustSay": "true" if command.args_required else "false",
        "output": _quoted(command.output),
        "about": _quoted(command.about),
        "example": _quoted(command.example),
    }
    return "  {\n" + "".join(f"    {name} = {value},\n" for name, value in fields.items()) + "  },\n"


def _quoted(text: str) -> str:
    """A Lua string.

    >>> print(_quoted("it's"))
    'it\\'s'
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
