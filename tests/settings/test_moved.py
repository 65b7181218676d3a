"""Settings that have moved into `advanced`: former names count in every place, with one message that names the new ones."""

from __future__ import annotations

from typing import Any

import pytest

from picode.settings.environment import environment_layer
from picode.settings.layers import Layer, merge
from picode.settings.model import Settings, read
from picode.settings.moved import current_path, former_paths, moved_settings
from picode.settings.shape import type_at

MOVED: list[tuple[str, Any]] = [
    ("inline.adapt", False),
    ("inline.contextTokens", 100),
    ("inline.retries", 0),
    ("chat.maxTokens", 9),
    ("chat.contextTokens", 300),
    ("chat.retries", 4),
    ("embedded.idleMinutes", 1.5),
    ("embedded.threads", 2),
    ("log.format", "json"),
    ("log.fileMb", 7),
    ("log.files", 4),
]


def nested(name: str, value: Any) -> dict[str, Any]:
    for key in reversed(name.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]


def test_the_table_is_whole() -> None:
    assert {tuple(name.split(".")) for name, _ in MOVED} == set(moved_settings())
    for name, _ in MOVED:
        path = tuple(name.split("."))
        assert type_at(path) is None
        assert current_path(path) == ("advanced", *path)
        assert former_paths(("advanced", *path)) == [path]


@pytest.mark.parametrize(("name", "value"), MOVED)
@pytest.mark.parametrize("place", ["user", "editor"])
def test_a_former_name_counts_and_one_message_names_the_new_place(name: str, value: Any, place: str) -> None:
    resolved = merge([Layer(place, "config.toml", nested(name, value))])
    assert resolved.settings == read({"advanced": nested(name, value)}) != Settings()
    (problem,) = resolved.problems
    assert str(problem) == (
        f"config.toml: uses names of earlier releases, which still count: {name} is advanced.{name} now."
    )
    assert resolved.origin(f"advanced.{name}").origin == "config.toml"


@pytest.mark.parametrize(
    ("variable", "text", "name"),
    [
        ("PICODE_INLINE__ADAPT", "false", "inline.adapt"),
        ("PICODE_CHAT__MAX_TOKENS", "9", "chat.maxTokens"),
        ("PICODE_EMBEDDED__IDLE_MINUTES", "2", "embedded.idleMinutes"),
        ("PICODE_LOG__FORMAT", "json", "log.format"),
    ],
)
def test_a_former_variable_too(variable: str, text: str, name: str) -> None:
    now = variable.replace("PICODE_", "PICODE_ADVANCED__")
    former, current = (merge([environment_layer({each: text})]) for each in (variable, now))
    assert former.settings == current.settings != Settings()
    assert current.problems == ()
    assert [str(problem) for problem in former.problems] == [
        f"{variable}: uses names of earlier releases, which still count: {name} is advanced.{name} now."
    ]


def test_all_of_one_file_are_one_message() -> None:
    values = {"inline": {"adapt": False, "retries": 0, "provider": "openai"}, "log": {"files": 9}}
    resolved = merge([Layer("user", "config.toml", values)])
    (problem,) = resolved.problems
    assert all(
        f"{name} is advanced.{name} now" in str(problem) for name in ("inline.adapt", "inline.retries", "log.files")
    )
    assert resolved.settings.inline.provider == "openai"
    assert values["log"] == {"files": 9}, "what was given is left as it is"


def test_the_current_name_counts_more_than_the_former_one_of_the_same_place() -> None:
    values = {"inline": {"retries": 0}, "advanced": {"inline": {"retries": 2}}}
    assert merge([Layer("user", "config.toml", values)]).settings.advanced.inline.retries == 2
    own = Layer("user", "config.toml", {"advanced": {"inline": {"retries": 2}}})
    layers = [own, environment_layer({"PICODE_INLINE__RETRIES": "0"})]
    assert merge(layers).settings.advanced.inline.retries == 0, (
        "but a stronger place counts more, whatever name it uses"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"inline": {"retries": "many"}},
        {"inline": {"retries": 0}, "advanced": 5},
        {"inline": {"retries": 0}, "advanced": {"inline": [1]}},
        {"inline": {"retries": None}},
        {"inline": {"adapt": {"deep": {"deeper": {}}}}},
    ],
)
def test_what_is_wrong_under_a_former_name_falls_back(values: Any) -> None:
    resolved = merge([Layer("user", "config.toml", values)])
    assert resolved.settings == Settings()
    assert len(resolved.problems) == 2


def test_a_folder_that_is_not_trusted_gains_nothing_by_a_former_name() -> None:
    layer = Layer(
        "workspace", "/clone/.picode.toml", {"embedded": {"threads": 9}, "inline": {"adapt": False}}, trusted=False
    )
    resolved = merge([layer])
    assert resolved.settings == read({"advanced": {"inline": {"adapt": False}}})
    assert [problem.path for problem in resolved.problems] == ["", "advanced.embedded.threads"]
