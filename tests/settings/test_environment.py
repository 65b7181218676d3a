"""Settings from environment variables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picode.settings.environment import environment_layer, variable_of
from picode.settings.layers import Source, merge
from picode.settings.shape import all_settings, expectation, schema_at


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("PICODE_ENABLED", "false", {"enabled": False}),
        ("PICODE_ENABLED", " Off ", {"enabled": False}),
        ("PICODE_INLINE__ENABLED", "1", {"inline": {"enabled": True}}),
        ("PICODE_INLINE__DEBOUNCE_MS", "100", {"inline": {"debounceMs": 100}}),
        ("PICODE_INLINE__TIMEOUT_SECONDS", "2.5", {"inline": {"timeoutSeconds": 2.5}}),
        ("PICODE_INLINE__MODEL", "75", {"inline": {"model": "75"}}),
        ("PICODE_INLINE__LANGUAGES__MARKDOWN", "false", {"inline": {"languages": {"markdown": False}}}),
        ("PICODE_INLINE__LANGUAGES__GIT_COMMIT", "no", {"inline": {"languages": {"git-commit": False}}}),
        ("PICODE_INLINE__LANGUAGES", '{"*": false}', {"inline": {"languages": {"*": False}}}),
        ("PICODE_INLINE", '{"maxTokens": 8}', {"inline": {"maxTokens": 8}}),
        ("PICODE_PROVIDERS__LAB__BASE_URL", "http://lab/v1", {"providers": {"lab": {"baseUrl": "http://lab/v1"}}}),
        ("PICODE_PROVIDERS__LAB", '{"keyEnv": "K"}', {"providers": {"lab": {"keyEnv": "K"}}}),
        ("PICODE_PROVIDERS__LAB__HEADERS__X_TEAM", "a", {"providers": {"lab": {"headers": {"x-team": "a"}}}}),
        ("PICODE_LOG__LEVEL", "debug", {"log": {"level": "debug"}}),
        ("PICODE_INLINE__MODEL", "", {}),
        ("EDITOR", "vi", {}),
        ("picode_enabled", "false", {}),
    ],
)
def test_a_variable_sets_its_setting(name: str, text: str, values: dict[str, Any]) -> None:
    layer = environment_layer({name: text})
    assert layer.values == values
    assert layer.problems == ()
    assert merge([layer]).problems == ()


def test_an_entry_counts_more_than_the_table_it_is_in() -> None:
    layer = environment_layer(
        {"PICODE_INLINE__LANGUAGES__C": "true", "PICODE_INLINE__LANGUAGES": '{"c": false, "go": false}'}
    )
    resolved = merge([layer])
    assert resolved.settings.inline.languages == {"c": True, "go": False}
    assert resolved.origin("inline.languages.c") == Source("environment", "PICODE_INLINE__LANGUAGES__C")
    assert resolved.origin("inline.languages.go") == Source("environment", "PICODE_INLINE__LANGUAGES")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("PICODE_ENABLED", "perhaps", 'enabled should be true or false, not "perhaps". Using true (the default).'),
        (
            "PICODE_INLINE__DEBOUNCE_MS",
            "soon",
            'inline.debounceMs should be a whole number from 0 to 5000, not "soon".',
        ),
        ("PICODE_INLINE__DEBOUNCE_MS", "9000", "inline.debounceMs should be a whole number from 0 to 5000, not 9000."),
        ("PICODE_INLINE__TIMEOUT_SECONDS", "NaN", "inline.timeoutSeconds should be a number from 0.5 to 120, not nan."),
        ("PICODE_INLINE__MAX_TOKENS", "9" * 5000, "inline.maxTokens should be a whole number from 1 to 4096"),
        ("PICODE_INLINE__MODEL", "\udcff", "inline.model is not valid text (UTF-8)."),
        ("PICODE_INLINE__LANGUAGES", "markdown", "inline.languages should be a table as JSON"),
        ("PICODE_INLINE__LANGUAGES", "[" * 100_000, "inline.languages should be a table as JSON"),
        ("PICODE_INLINE__LANGUAGES", '{"c": 5}', "inline.languages.c should be true or false, not 5."),
        ("PICODE_CACHE", "debug", "cache should be a table as JSON"),
        ("PICODE_DEBOUNCE_MS", "5", "is not a setting of PiCode (did you mean PICODE_INLINE__DEBOUNCE_MS?)."),
        ("PICODE_INLINE_DEBOUNCE_MS", "5", "(did you mean PICODE_INLINE__DEBOUNCE_MS?)."),
        ("PICODE_INLINE__ENABLED__NOW", "5", "is not a setting of PiCode"),
        ("PICODE_INLINE__LANGUAGES__", "true", "is not a setting of PiCode"),
        ("PICODE_", "5", "is not a setting of PiCode"),
    ],
)
def test_a_bad_variable_is_one_problem_that_names_it(name: str, text: str, problem: str) -> None:
    resolved = merge([environment_layer({name: text})])
    (found,) = resolved.problems
    assert str(found).startswith(f"{name}: ")
    assert problem in str(found)
    assert resolved.settings == merge([]).settings


def test_a_table_that_is_none_does_not_hide_its_entries() -> None:
    resolved = merge([environment_layer({"PICODE_INLINE": "x", "PICODE_INLINE__MODEL": "m"})])
    assert resolved.settings.inline.model == "m"
    assert len(resolved.problems) == 1


@pytest.mark.parametrize(
    "name", ["PICODE_CONFIG_DIR", "PICODE_RUNTIME_DIR", "PICODE_TEST_SLOW", "PICODE_UPDATE", "PICODE_GATEWAY_API_KEY"]
)
def test_variables_of_other_purposes_are_let_alone(name: str) -> None:
    assert merge([environment_layer({name: "x"})]).problems == ()


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_every_setting_can_be_set_to_its_default_by_its_variable(setting: Any) -> None:
    default = schema_at(setting.path)["default"]
    text = default if isinstance(default, str) else json.dumps(default)
    resolved = merge([environment_layer({variable_of(setting): text})])
    assert resolved.problems == (), expectation(schema_at(setting.path))
    assert resolved.settings == merge([]).settings


_PARTS = st.sampled_from(["INLINE", "LANGUAGES", "PROVIDERS", "X", "BASE_URL", "HEADERS", "ENABLED", "LOG", "", "_"])
_NAMES = st.lists(_PARTS, max_size=5).map(lambda parts: "PICODE_" + "__".join(parts))
_TEXTS = st.text(st.characters()) | st.sampled_from(["{}", '{"x": {}}', '{"enabled": 5}', "null", "1e999", "true"])


@settings(deadline=None)
@given(st.dictionaries(_NAMES, _TEXTS, max_size=8))
def test_no_environment_breaks_the_settings(environ: dict[str, str]) -> None:
    resolved = merge([environment_layer(environ)])
    for problem in resolved.problems:
        assert problem.origin in environ
