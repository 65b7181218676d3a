"""`docs/settings.md`, from the model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from picode.settings.environment import variable_of
from picode.settings.section import Trust
from picode.settings.shape import ADVANCED, Setting, all_settings, expectation, schema_at, whole_schema

EXAMPLE: Final = """\
[inline]
provider = "workstation"
debounceMs = 50

[inline.languages]
markdown = false

[providers.workstation]
baseUrl = "http://127.0.0.1:8080/v1"
fill = "openai_completions"
keyEnv = "WORKSTATION_KEY"
"""

_INTRODUCTION = """\
# Settings

This page is generated from the settings themselves by `uv run python -m tools.generate`.

```toml
{example}```

## Where they are set

Each place counts more than the ones before it, value by value:

1. the defaults below;
2. your own `config.toml`, then `config.json`, in `~/.config/picode` (Linux), `~/Library/Application Support/picode` (macOS) or
   `%LOCALAPPDATA%\\picode` (Windows), or in the directory that `PICODE_CONFIG_DIR` names; or instead of
   these the one file that `picode --config FILE` or `PICODE_CONFIG_FILE` names;
3. a folder's `.picode.toml`, then `.picode.json`; of several folders, the first counts most;
4. environment variables;
5. your editor: `picode.inline.debounceMs` and so on in VS Code, the same tables in Neovim;
6. the command line.

`picode config show` tells which values are in force and where each comes from, `picode config set` changes your own file, and
`picode config validate` finds what is wrong in one.

Changes take effect at once. A value that can't be used is reported once, and the next weaker one counts; but for
[those that decide where requests go](privacy.md#settings-that-are-wrong): nothing stands in for them. Editors complete and
check the files with [`schemas/settings.schema.json`](../schemas/settings.schema.json): in JSON name it as `"$schema"`, in
TOML in a first line `#:schema`.

## Who may set what

Others wrote what you cloned. Until you trust it, with `picode trust` or your editor's Workspace Trust, its files
decide nothing about where your code and keys go, and can't turn on what you have turned off:

| `Set by` | Before you trust the folder |
| --- | --- |
| {you} | the folder's files can't set it |
| {off} | the folder's files may turn it off, not on |
| {any} | the folder's files may set it |

## In environment variables

Two underscores lead into a table. Lists and whole tables are written as JSON: `PICODE_INLINE__LANGUAGES='{{"*": false}}'`.
A single entry works too, `PICODE_PROVIDERS__WORKSTATION__BASE_URL`; there, an underscore stands for a hyphen in the name.
An empty variable counts as not set.
"""

_MOVED = (
    "Editors do not list them; they can be set in a file, in the environment and on the command line, and in an editor's own "
    "settings file. Earlier releases had them without `advanced.`: such names still count, and one message says where they are."
)

_WHO = {Trust.USER: "you", Trust.NARROWING: "you; any folder, to turn it off", Trust.ANYONE: "any folder"}


def settings_page() -> str:
    """The page, in Markdown."""
    introduction = _INTRODUCTION.format(
        example=EXAMPLE, you=_WHO[Trust.USER], off=_WHO[Trust.NARROWING], any=_WHO[Trust.ANYONE]
    )
    return "\n".join([introduction, *_sections(), *_provider()])


def _sections() -> Iterator[str]:
    top = [setting for setting in all_settings() if len(setting.path) == 1]
    yield from _section("General", "", top)
    for name, schema in whole_schema()["properties"].items():
        inside = [setting for setting in all_settings() if len(setting.path) > 1 and setting.path[0] == name]
        if name == ADVANCED:
            yield from _section("Advanced", f"{schema['description']} {_MOVED}", inside)
        elif inside:
            yield from _section(f"`{name}`", schema["description"], inside)


def _section(title: str, description: str, settings: Iterable[Setting]) -> Iterator[str]:
    yield f"## {title}\n"
    if description:
        yield f"{description}\n"
    for setting in settings:
        schema = schema_at(setting.path)
        yield f"### `{setting.name}`\n"
        yield f"{schema['description']}\n"
        yield f"- Value: {expectation(schema)}"
        yield f"- Default: `{_written(schema['default'])}`"
        yield f"- Set by: {_WHO[setting.trust]}"
        yield f"- Environment: `{variable_of(setting)}`\n"


def _provider() -> Iterator[str]:
    entry = schema_at(("providers", "NAME"))
    yield "## `providers.NAME`\n"
    yield f"{entry['description']}\n"
    for name, schema in entry["properties"].items():
        yield f"### `providers.NAME.{name}`\n"
        yield f"{schema['description']}\n"
        yield f"- Value: {expectation(schema)}\n"


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
