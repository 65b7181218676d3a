"""The settings as JSON Schema, as VS Code's settings, and as a page of documentation."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from picode.settings.layers import Layer, merge
from picode.settings.schema import json_schema
from picode.settings.shape import all_settings
from tools.settings_page import EXAMPLE, settings_page
from tools.vscode_manifest import restricted_configurations, vscode_configuration


def nodes(schema: Any) -> Any:
    """A schema and every schema in it."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


@pytest.mark.parametrize("rendered", [json_schema(), vscode_configuration()], ids=["schema", "vscode"])
def test_a_schema_holds_nothing_that_the_settings_editor_of_vscode_cannot_show(rendered: dict[str, Any]) -> None:
    for node in nodes(rendered):
        assert not {"$ref", "$defs", "anyOf"} & set(node)


def test_vscode_has_every_setting_with_its_bounds_and_its_meaning() -> None:
    properties = vscode_configuration()["properties"]
    shown = [setting for setting in all_settings() if setting.path[0] not in ("advanced", "gateway")]
    assert list(properties) == [f"picode.{setting.name}" for setting in shown]
    assert len(shown) < 50
    assert [found["order"] for found in properties.values()] == list(range(1, len(properties) + 1))
    assert properties["picode.inline.debounceMs"] == {
        "type": "integer",
        "default": 25,
        "minimum": 0,
        "maximum": 5000,
        "markdownDescription": "How long typing must pause before a suggestion is asked for in the middle of a line, in "
        "milliseconds. A fast typist gets one now and then without a pause, and asking for one by hand never waits.",
        "scope": "window",
        "order": 7,
    }
    address = properties["picode.providers"]["additionalProperties"]["properties"]["baseUrl"]
    assert address["type"] == ["string", "null"]


def test_what_names_a_place_on_a_machine_cannot_come_from_a_folder_in_vscode() -> None:
    properties = vscode_configuration()["properties"]
    assert {name for name, found in properties.items() if found["scope"] == "machine"} == {
        "picode.providers",
        "picode.embedded.modelPath",
        "picode.conversations.enabled",
        "picode.conversations.days",
        "picode.cache.enabled",
        "picode.cache.sizeMb",
        "picode.cache.days",
        "picode.cache.url",
        "picode.statistics.enabled",
        "picode.privacy.allow",
        "picode.privacy.audit",
        "picode.privacy.redactSecrets",
        "picode.log.file",
        "picode.tracing.endpoint",
        "picode.network.proxy",
        "picode.network.caFile",
        "picode.network.allowedOrigins",
    }


def test_vscode_ignores_what_is_the_users_in_a_restricted_window() -> None:
    restricted = restricted_configurations()
    assert {"picode.providers", "picode.inline.provider", "picode.inline.model"} <= set(restricted)
    machine = {name for name, found in vscode_configuration()["properties"].items() if found["scope"] == "machine"}
    assert machine <= set(restricted)
    assert "picode.enabled" not in restricted, "turning it off for one folder works there too"


def test_every_line_of_text_in_the_schema_is_a_sentence_for_users() -> None:
    for node in nodes(json_schema()["properties"]):
        description = node.get("description")
        if isinstance(description, str):
            assert re.fullmatch(r"[A-Z`].*\.", description), description


def test_the_example_of_the_documentation_works() -> None:
    resolved = merge([Layer("user", "config.toml", tomllib.loads(EXAMPLE))])
    assert resolved.problems == ()
    assert resolved.settings.inline.provider in resolved.settings.providers


def test_the_documentation_has_a_row_for_every_setting() -> None:
    page = settings_page()
    for setting in all_settings():
        assert f"\n### `{setting.name}`\n" in page


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"$schema": "../settings.schema.json"},
    {"inline": {"debounceMs": 75.0, "languages": {"*": False}}},
    {"providers": {"lab": {"baseUrl": "https://lab:1/v1", "keyEnv": None, "headers": {"X-Team": "a b"}}}},
]
REFUSED: list[dict[str, Any]] = [
    {"enabled": 1},
    {"inline": {"debounce_ms": 5}},
    {"inline": {"debounceMs": 5001}},
    {"inline": {"debounceMs": True}},
    {"inline": {"provider": ""}},
    {"log": {"level": "loud"}},
    {"providers": {"": {}}},
    {"providers": {"lab": {"baseUrl": "http://me:pw@lab"}}},
    {"providers": {"lab": {"keyEnv": "sk-1"}}},
    {"providers": {"lab": {"headers": {"a b": "c"}}}},
]


def test_the_schema_and_the_program_agree_on_what_is_valid() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    jsonschema.Draft202012Validator.check_schema(json_schema())
    validator = jsonschema.Draft202012Validator(json_schema())
    for values in ACCEPTED:
        assert validator.is_valid(values), values
    for values in REFUSED:
        assert not validator.is_valid(values), values


@pytest.mark.parametrize("values", ACCEPTED, ids=json.dumps)
def test_the_program_accepts_what_the_schema_accepts(values: dict[str, Any]) -> None:
    own = {key: value for key, value in values.items() if key != "$schema"}  # which the file's reader takes out
    assert merge([Layer("user", "config.json", own)]).problems == ()


@pytest.mark.parametrize("values", REFUSED, ids=json.dumps)
def test_the_program_refuses_what_the_schema_refuses(values: dict[str, Any]) -> None:
    assert len(merge([Layer("user", "config.json", values)]).problems) == 1
