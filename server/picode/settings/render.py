"""The settings as others want them: JSON Schema for the files, `contributes.configuration` for VS Code."""

from __future__ import annotations

from typing import Any, Final

from picode.settings.section import Trust
from picode.settings.shape import Setting, all_settings, schema_at, whole_schema

VSCODE_TITLE: Final = "PiCode: Assistant"
_PREFIX = "picode."


def json_schema() -> dict[str, Any]:
    """The schema of `config.toml`, `config.json`, `.picode.toml` and `.picode.json` (JSON Schema, draft 2020-12)."""
    schema = whole_schema()
    own = {"$schema": {"description": "Where editors find this schema.", "type": "string"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of PiCode",
        **schema,
        "properties": own | schema["properties"],
    }


def vscode_configuration() -> dict[str, Any]:
    """One element of `contributes.configuration`.

    The scopes are those of https://code.visualstudio.com/api/references/contribution-points#Configuration-schema:
    `machine` can't be set by a folder at all, is not synchronised, and comes from the remote machine in a remote
    window; `window` may be set anywhere. What a folder may set only once it is trusted is named in
    `restricted_configurations` as well.
    """
    return {
        "title": VSCODE_TITLE,
        "properties": {_PREFIX + setting.name: _property(setting, n) for n, setting in enumerate(all_settings(), 1)},
    }


def restricted_configurations() -> list[str]:
    """The settings whose value in a folder VS Code ignores until the folder is trusted
    (https://code.visualstudio.com/api/extension-guides/workspace-trust)."""
    return [_PREFIX + setting.name for setting in all_settings() if setting.trust is Trust.USER]


def _property(setting: Setting, order: int) -> dict[str, Any]:
    schema = dict(schema_at(setting.path))
    described = {"markdownDescription": schema.pop("description")}
    return {**schema, **described, "scope": setting.reach.value, "order": order}
