"""The settings as a tree: what lies where, who may set it, and in words what a value should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from picode.settings.model import Settings
from picode.settings.section import Failure, Reach, Section, Trust

ADVANCED: Final = "advanced"
"""The table of settings that hardly anyone changes. Editors do not list them."""

Path = tuple[str, ...]
"""Where a value lies, in the names that files use: `("inline", "debounceMs")`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the documentation. A table such as `providers` is one setting, whatever its entries hold."""

    path: Path
    annotation: Any
    trust: Trust
    reach: Reach

    @property
    def name(self) -> str:
        return ".".join(self.path)


@cache
def all_settings() -> tuple[Setting, ...]:
    """Every setting, in the order of the model."""
    return tuple(_walk(Settings, ()))


def _walk(section: type[Section], above: Path) -> Iterator[Setting]:
    for name, field in section.model_fields.items():
        path = (*above, field.alias or name)
        if inner := section_of(field.annotation):
            yield from _walk(inner, path)
        else:
            trust = next((mark for mark in field.metadata if isinstance(mark, Trust)), Trust.USER)
            reach = next((mark for mark in field.metadata if isinstance(mark, Reach)), Reach.WINDOW)
            yield Setting(path, field.annotation, trust, reach)


def bare(annotation: Any) -> Any:
    """A type without its `Annotated` and its `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(member for member in get_args(annotation) if member is not NoneType)
        else:
            return annotation


def section_of(annotation: Any) -> type[Section] | None:
    """The section that a type is, if it is one."""
    plain = bare(annotation)
    return plain if isinstance(plain, type) and issubclass(plain, Section) else None


def below(annotation: Any, key: str) -> Any | None:
    """The type of what lies under `key`; None where nothing can."""
    if section := section_of(annotation):
        return next((field.annotation for field in section.model_fields.values() if field.alias == key), None)
    plain = bare(annotation)
    return get_args(plain)[1] if get_origin(plain) is dict else None


def type_at(path: Path) -> Any | None:
    """The type of the value at a path; None where there is no such setting."""
    annotation: Any = Settings
    for key in path:
        annotation = below(annotation, key)
        if annotation is None:
            return None
    return annotation


def keys_at(path: Path) -> list[str]:
    """The names that may stand in the section at a path; none where any may."""
    section = section_of(type_at(path))
    return [field.alias or name for name, field in section.model_fields.items()] if section else []


def closed_at(path: Path) -> list[Path]:
    """The settings at a path, or in the table there, of which a wrong value lets nothing else count (`Failure.CLOSED`)."""
    if section_of(type_at(path)):
        return [found for name in keys_at(path) for found in closed_at((*path, name))]
    above = section_of(type_at(path[:-1])) if path else None
    fields = above.model_fields.values() if above else ()
    return [path for field in fields if field.alias == path[-1] and Failure.CLOSED in field.metadata]


@cache
def whole_schema() -> dict[str, Any]:
    """The JSON Schema of the settings, as pydantic derives it and as editors like it: every `$ref` replaced by what it
    refers to (VS Code resolves none in `contributes.configuration`), descriptions of one line, no invented titles."""
    schema = Settings.model_json_schema(by_alias=True)
    return _plain(schema, schema.pop("$defs", {}))


def _plain(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        node = {**definitions[node["$ref"].rpartition("/")[2]], **node}
    plain: dict[str, Any] = {}
    for key, value in node.items():
        match key, value:
            case (("$ref" | "title"), _):
                pass
            case (("properties" | "patternProperties"), dict()):
                plain[key] = {name: _plain(inner, definitions) for name, inner in value.items()}
            case "anyOf", list():
                plain[key] = [_plain(inner, definitions) for inner in value]
            case (("additionalProperties" | "propertyNames"), dict()):
                plain[key] = _plain(value, definitions)
            case "description", str():
                plain[key] = " ".join(value.split())
            case "default", float():
                plain[key] = int(value) if value.is_integer() else value
            case _:
                plain[key] = value
    if "patternProperties" in plain:
        plain["additionalProperties"] = False
    return _nullable(plain)


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """`anyOf: [x, null]` as a list of types, which the settings editor of VS Code can show (it shows no `anyOf`)."""
    match node.get("anyOf"):
        case [{"type": str(kind)} as inner, {"type": "null"}]:
            rest = {key: value for key, value in node.items() if key != "anyOf"}
            return {**inner, "type": [kind, "null"], **rest}
    return node


def schema_at(path: Path) -> dict[str, Any]:
    """The JSON Schema of the value at a path that exists."""
    node = whole_schema()
    for key in path:
        inner = node.get("properties", {}).get(key) or node.get("additionalProperties")
        node = inner if isinstance(inner, dict) else next(iter(node["patternProperties"].values()))
    return node


def expectation(schema: dict[str, Any]) -> str:
    """What a value should be, in words: "a whole number from 0 to 5000"."""
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return f"{expectation({**schema, 'type': kind[0]})} or null"
    if choices := schema.get("enum"):
        return "one of " + ", ".join(str(choice) for choice in choices)
    if kind == "array":
        return f"a list (each {demand(schema['items'])})"
    word = _WORDS[kind]
    if schema.get("minLength"):
        return f"{word} that is not empty"
    if "minimum" in schema:
        return f"{word} from {schema['minimum']:g} to {schema['maximum']:g}"
    return word


def demand(schema: dict[str, Any]) -> str:
    """What to say of a value that is not as it should be: "should be true or false"."""
    return str(schema.get("patternErrorMessage") or f"should be {expectation(schema)}")


_WORDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "object": "a table",
}
