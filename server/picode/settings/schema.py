"""The JSON Schema of the settings files."""

from __future__ import annotations

import copy
from typing import Any

from picode.settings.moved import moved_settings
from picode.settings.shape import schema_at, whole_schema


def json_schema() -> dict[str, Any]:
    """The schema of `config.toml`, `config.json`, `.picode.toml` and `.picode.json` (JSON Schema, draft 2020-12).

    Former names of settings are in it, marked as deprecated: editors strike them through and say where the setting is.
    """
    schema = copy.deepcopy(whole_schema())
    tables = schema["properties"]
    for (*above, key), path in moved_settings().items():
        table = tables
        for step in above:
            table = table[step]["properties"]
        table[key] = {**schema_at(path), "description": f"Has moved to `{'.'.join(path)}`.", "deprecated": True}
    own = {"$schema": {"description": "Where editors find this schema.", "type": "string"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of PiCode",
        **schema,
        "properties": own | tables,
    }
