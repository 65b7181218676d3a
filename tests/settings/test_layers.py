"""What several layers come to: values, where they come from, and what is said of those that can't be used."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from picode.settings.layers import DEFAULT, Layer, Source, merge
from picode.settings.model import ProviderSettings, Settings, read
from picode.settings.shape import all_settings


def user(values: Any) -> Layer:
    return Layer("user", "config.toml", values)


def editor(values: Any) -> Layer:
    return Layer("editor", "editor", values)


def problems(*layers: Layer) -> list[str]:
    return [str(problem) for problem in merge(layers).problems]


def test_without_layers_everything_is_as_by_default() -> None:
    resolved = merge([])
    assert resolved.settings == Settings()
    assert resolved.problems == ()
    assert resolved.origin("inline.debounceMs") == DEFAULT


def test_a_stronger_layer_wins_value_by_value() -> None:
    resolved = merge(
        [
            user({"inline": {"debounceMs": 10, "maxTokens": 20, "languages": {"c": False, "go": False}}}),
            editor({"inline": {"debounceMs": 30, "languages": {"c": True, "*": False}}}),
        ]
    )
    inline = resolved.settings.inline
    assert (inline.debounce_ms, inline.max_tokens) == (30, 20)
    assert inline.languages == {"c": True, "go": False, "*": False}


def test_a_provider_is_put_together_from_several_layers() -> None:
    resolved = merge(
        [
            user({"providers": {"lab": {"baseUrl": "http://lab:1/v1", "headers": {"A": "1", "B": "2"}}, "bare": {}}}),
            editor({"providers": {"lab": {"model": "big", "baseUrl": None, "headers": {"B": "3"}}}}),
        ]
    )
    assert resolved.settings.providers == {
        "lab": ProviderSettings(model="big", headers={"A": "1", "B": "3"}),
        "bare": ProviderSettings(),
    }
    assert resolved.problems == ()


def test_every_value_knows_where_it_comes_from() -> None:
    resolved = merge(
        [
            user({"inline": {"debounceMs": 10, "maxTokens": 20}, "providers": {"my.lab": {"model": "m"}}}),
            Layer("workspace", "/w/.picode.toml", {"inline": {"maxTokens": 30}}),
            Layer(
                "environment",
                "the environment",
                {"inline": {"languages": {"c": False}}},
                origins={("inline", "languages"): "PICODE_INLINE__LANGUAGES"},
            ),
        ]
    )
    assert resolved.origin("inline.debounceMs") == Source("user", "config.toml")
    assert resolved.origin("inline.maxTokens") == Source("workspace", "/w/.picode.toml")
    assert resolved.origin("inline.languages.c") == Source("environment", "PICODE_INLINE__LANGUAGES")
    assert resolved.origin(("providers", "my.lab", "model")) == Source("user", "config.toml")
    assert resolved.origin("inline.candidates") == DEFAULT


def test_a_table_comes_from_the_strongest_layer_in_it() -> None:
    first = user({"inline": {"maxTokens": 10}})
    second = Layer("workspace", "/w/.picode.toml", {"inline": {"debounceMs": 20}})
    assert merge([first, second]).origin("inline").layer == "workspace"
    assert merge([first, second, editor({"inline": {"maxTokens": 30}})]).origin("inline").layer == "editor"


def test_a_bad_value_leaves_the_next_weaker_one_in_force_and_is_reported_once() -> None:
    resolved = merge([user({"inline": {"debounceMs": 200}}), editor({"inline": {"debounceMs": 9000, "maxTokens": 8}})])
    assert resolved.settings.inline.debounce_ms == 200
    assert resolved.settings.inline.max_tokens == 8
    assert resolved.origin("inline.debounceMs").layer == "user"
    assert [str(problem) for problem in resolved.problems] == [
        "editor: inline.debounceMs should be a whole number from 0 to 5000, not 9000. Using 200 (config.toml)."
    ]


def test_a_bad_value_under_a_good_one_is_reported_too() -> None:
    resolved = merge([user({"log": {"level": "loud"}}), editor({"log": {"level": "error"}})])
    assert resolved.settings.log.level == "error"
    assert [problem.instead for problem in resolved.problems] == ['Using "error" (editor).']


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"enabled": "yes"}, 'enabled should be true or false, not "yes". Using true (the default).'),
        ({"enabled": 1}, "enabled should be true or false, not 1. Using true (the default)."),
        ({"enabled": None}, "enabled should be true or false, not null. Using true (the default)."),
        ({"inline": {"debounceMs": True}}, "inline.debounceMs should be a whole number from 0 to 5000, not true."),
        ({"inline": {"debounceMs": 7.5}}, "inline.debounceMs should be a whole number from 0 to 5000, not 7.5."),
        ({"inline": {"debounceMs": "75"}}, 'inline.debounceMs should be a whole number from 0 to 5000, not "75".'),
        ({"inline": {"debounceMs": 10**5000}}, "should be a whole number from 0 to 5000, not a number that large."),
        ({"inline": {"timeoutSeconds": float("nan")}}, "timeoutSeconds should be a number from 0.5 to 120, not nan."),
        ({"inline": {"timeoutSeconds": 0.1}}, "inline.timeoutSeconds should be a number from 0.5 to 120, not 0.1."),
        ({"inline": {"timeoutSeconds": 10**400}}, "should be a number from 0.5 to 120, not a number that large."),
        ({"inline": {"provider": ""}}, 'inline.provider should be text that is not empty, not "".'),
        ({"inline": {"model": ["a"]}}, "inline.model should be text, not a list."),
        ({"inline": {"model": "\ud800"}}, "inline.model is not valid text (UTF-8)."),
        ({"inline": {"languages": {"c": "off"}}}, 'inline.languages.c should be true or false, not "off".'),
        ({"inline": {"languages": {"\ud800": True}}}, "inline.languages.\\ud800 is not the name of a setting."),
        ({"inline": 5}, "inline should be a table, not 5."),
        ({"log": {"level": "loud"}}, 'log.level should be one of debug, info, warning, error, not "loud".'),
        ({"providers": {"": {}}}, "providers. has a name that is not allowed there."),
        ({"providers": {"": {"[key]": None}}}, "providers. has a name that is not allowed there."),
        ({"providers": {"x": {"[key]": None}}}, "providers.x.[key] is not a setting."),
        ({"inline": {"languages": {"[key]": 5}}}, "inline.languages.[key] should be true or false, not 5."),
        ({"providers": {"x": 5}}, "providers.x should be a table."),
        ({"providers": {"x": {"baseUrl": "lab:80"}}}, "providers.x.baseUrl should be an address that begins with http"),
        ({"providers": {"x": {"baseUrl": "http://me:pw@lab"}}}, "without user name, password and query."),
        ({"providers": {"x": {"baseUrl": "http://lab:99999/"}}}, "providers.x.baseUrl should be an address"),
        ({"providers": {"x": {"headers": {"a b": "c"}}}}, "headers.a b has a name that is not allowed there."),
        ({"providers": {"x": {"headers": {"A": "b\r\nC: d"}}}}, "headers.A should be text of one line in ASCII."),
        ({"inline": {"debounce_ms": 5}}, "inline.debounce_ms is not a setting (did you mean debounceMs?)."),
        ({"inline": {"provder": "x"}}, "inline.provder is not a setting (did you mean provider?)."),
        ({"debounceMs": 5}, "debounceMs is not a setting (did you mean inline.debounceMs?)."),
        ({"picode.inline.model": "x"}, "is not a setting (a dot means a table: write model in the table inline)."),
        ({"zzz": 5}, "zzz is not a setting."),
        ({5: True}, "5 is not the name of a setting."),
        ({"red\x1b[31m\n": 1}, "red\\x1b[31m\\n is not a setting."),
        ([1], "config.toml: should be a table of settings, not a list."),
    ],
)
def test_what_is_wrong_is_said_in_words_and_changes_nothing(values: Any, complaint: str) -> None:
    resolved = merge([user(values)])
    assert len(resolved.problems) == 1
    assert complaint in str(resolved.problems[0])
    assert resolved.settings.model_copy(update={"providers": {}}) == Settings()


@pytest.mark.parametrize(
    "provider",
    [
        {"keyEnv": "sk-proj-0123456789"},
        {"apiKey": "sk-proj-0123456789"},
        {"headers": {"Authorization": "Bearer sk-proj-0123456789\n"}},
        {"baseUrl": "https://sk-proj-0123456789@host"},
        {"sk-proj-0123456789": True},
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(provider: dict[str, Any]) -> None:
    (said,) = problems(user({"providers": {"x": provider}}))
    assert "0123456789" not in said


def test_neither_is_the_secret_that_stays_in_force() -> None:
    good = {"providers": {"x": {"headers": {"Authorization": "Basic cGljb2Rl"}}}}
    (said,) = problems(user(good), editor({"providers": {"x": {"headers": {"Authorization": 5}}}}))
    assert "cGljb2Rl" not in said


def test_no_message_can_command_a_terminal() -> None:
    layer = Layer("workspace", "/clone\x1b[2J/.picode.toml", {"inline": {"model": 5}, "a\x1b[2J": 5})
    assert all(str(problem).isprintable() for problem in merge([layer]).problems)


def test_a_key_is_shown_the_way_to_the_environment() -> None:
    (said,) = problems(user({"providers": {"x": {"api_key": "s"}}}))
    assert "name that variable in keyEnv" in said


def test_nonsense_by_the_thousand_is_reported_in_a_few_lines() -> None:
    found = problems(user({f"key{number}": number for number in range(10_000)}))
    assert len(found) == 21
    assert found[-1] == "config.toml: has 9980 more settings that can't be used."


def test_what_the_client_keeps_under_the_same_name_is_not_an_unknown_setting() -> None:
    assert problems(editor({"server": {"command": ["x"]}, "trace": {"server": "off"}, "workspaceTrusted": True})) == []


def test_an_editor_that_has_nothing_to_say_says_null() -> None:
    assert problems(editor(None)) == []


def test_whole_numbers_may_come_as_floats_as_some_editors_send_them() -> None:
    resolved = merge([editor({"inline": {"debounceMs": 50.0, "timeoutSeconds": 5}})])
    assert resolved.problems == ()
    assert json.dumps(resolved.settings.inline.debounce_ms) == "50"


# What JSON, TOML and JSON-RPC can carry: also under the names of settings, so that not everything is "unknown".
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just(10**400)
_NAMES = st.sampled_from(
    sorted({key for setting in all_settings() for key in setting.path} | {"*", "python", "baseUrl", "headers", "[key]"})
)
_KEYS = _NAMES | st.text(st.characters(), max_size=5) | st.integers() | st.none() | st.tuples(st.integers())
GARBAGE = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=12
)
_SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "enabled": GARBAGE,
        "inline": st.dictionaries(_KEYS, GARBAGE, max_size=4),
        "providers": st.dictionaries(_KEYS, st.dictionaries(_KEYS, GARBAGE, max_size=3), max_size=3),
        "embedded": GARBAGE,
    },
)


@settings(deadline=None)
@given(st.lists(st.tuples(GARBAGE | _SHAPED, st.booleans()), max_size=4))
def test_no_layer_however_odd_breaks_the_settings(stack: list[tuple[Any, bool]]) -> None:
    layers = [Layer("some", "somewhere", values, trusted) for values, trusted in stack]
    resolved = merge(layers)
    if not resolved.refused:  # what fails closed is no value that could be read
        assert read(resolved.settings.model_dump(by_alias=True)) == resolved.settings
    for problem in resolved.problems:
        assert str(problem).isprintable()
        assert len(str(problem)) < 600


@settings(deadline=None)
@given(_SHAPED)
def test_values_that_pydantic_accepts_as_a_whole_come_out_as_pydantic_reads_them(values: dict[str, Any]) -> None:
    try:
        expected = read(values)
    except ValidationError:
        assert merge([user(values)]).problems
        return
    resolved = merge([user(values)])
    if not resolved.problems:  # half a surrogate pair is text to pydantic, and refused by us
        assert resolved.settings == expected
