"""The page `docs/commands.md`: all slash commands, rendered from their table."""

from __future__ import annotations

from collections.abc import Iterable

from picode.core.command_text import FIELDS, VARIABLES
from picode.core.slash import COMMANDS, SHOWS

_HEAD = """\
# Slash commands

<!-- Generated from server/picode/core/slash.py: uv run python -m tools.generate -->

Everything that can be asked for by name. In VS Code they are in the palette ("PiCode: …"), in the light bulb and in the chat;
in Neovim `:PiCode /name`; in a terminal `picode command "/name" FILE:RANGE` and inside `picode chat`; in every other editor
among its code actions, or as `picode.slash` (see [the protocol](protocol.md)).

| Command | What it does | Answer |
| --- | --- | --- |
"""

_OUTPUTS = {
    "prose": "text",
    "edit": "an edit",
    "message": "a message",
    "names": "names to choose from",
    "local": "at once, from no model",
}

_REST = """
Without a selection, a command is about the definition that the cursor stands in, else about the file where that is short. In
the words behind a command, `#path/of/a/file` shows that file too. What else the model is shown is listed with its answer.

An answer that is an edit becomes the smallest one: what stays the same is not touched, and one step undoes it. If the document
has moved meanwhile the edit finds its place again, or is refused and shown as text. It is refused, too, where it would add a
syntax error, and in files that could make something run (`.git/`, editors' settings, PiCode's own). How it is shown is the
setting `edits.show`: while it is written, as a preview, or applied at once.

Files that other programs run without a question are edited only when you confirm it, whatever `edits.show` says: workflows of
continuous integration (`.github/workflows/`, …), `.devcontainer/`, hooks (`.husky/`, …), `.gitattributes`, start files of
shells, editors and interpreters, settings of package managers (`.yarnrc.yml`, `pip.conf`, …) and of other assistants
(`.mcp.json`, …). The question names the file, and the real one where it is a link. A `Makefile`, `package.json` or test is
edited like any code: it runs when you say so.

## Examples

| Typed | |
| --- | --- |
"""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_OWN = f"""
## Commands of your own

A Markdown file in `commands/` beside your settings (`picode config path` says where), or in `.picode/commands/` of a folder
that you trust, is a command. It is there as soon as it is saved.

```markdown
---
name: rhyme
description: Turn the comments into verse.
output: edit
---
Rewrite each comment of {{{{selection}}}} as a couplet. {{{{input}}}}
```

Front matter, all of it optional: {_listed(FIELDS)}. The name is the file's unless
it is given, `output` is `prose` or `edit`, `model` is `provider/model`, `input` describes what may be typed behind the command,
and `context` is a list of what is shown beside the selection: {_listed(SHOWS)}.
Variables: {_listed([f"{{{{{name}}}}}" for name in VARIABLES])}.
"""


def slash_page() -> str:
    """The page as Markdown."""
    rows = [f"| `{each.usage}` | {each.help} | {_OUTPUTS[each.output]} |\n" for each in COMMANDS.values()]
    examples = [f"| `{each.example}` | {each.title.rstrip('…')} |\n" for each in COMMANDS.values()]
    return _HEAD + "".join(rows) + _REST + "".join(examples) + _OWN
