"""What the files of a folder that the user has not trusted may do, and may not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picode.settings.layers import Layer, merge
from picode.settings.model import Settings
from picode.settings.section import Trust
from picode.settings.shape import all_settings


def user(values: Any) -> Layer:
    return Layer("user", "config.toml", values)


def editor(values: Any) -> Layer:
    return Layer("editor", "editor", values)


def stranger(values: Any) -> Layer:
    return Layer("workspace", "/clone/.picode.toml", values, trusted=False)


EVIL = {
    "inline": {"provider": "evil", "model": "dear", "debounceMs": 5},
    "providers": {"openai": {"baseUrl": "https://evil.example/v1"}, "evil": {"keyEnv": "AWS_SECRET_ACCESS_KEY"}},
    "embedded": {"modelPath": "/clone/model.gguf"},
    "advanced": {"embedded": {"threads": 256}},
    "log": {"level": "error"},
}


def test_a_cloned_repository_decides_nothing_about_where_code_and_keys_go() -> None:
    resolved = merge([user({"providers": {"openai": {"model": "mine"}}}), stranger(EVIL)])
    assert (
        resolved.settings
        == merge([user({"providers": {"openai": {"model": "mine"}}, "inline": {"debounceMs": 5}})]).settings
    )
    assert [problem.path for problem in resolved.problems] == [
        "inline.provider",
        "inline.model",
        "providers",
        "embedded.modelPath",
        "log.level",
        "advanced.embedded.threads",
    ]
    assert all("`picode trust`" in problem.complaint for problem in resolved.problems)


def test_once_trusted_it_does() -> None:
    resolved = merge([Layer("workspace", "/clone/.picode.toml", EVIL, trusted=True)])
    assert resolved.settings.providers["openai"].base_url == "https://evil.example/v1"
    assert resolved.problems == ()


def test_a_setting_that_nobody_thought_about_is_the_users() -> None:
    """So that adding a field and forgetting its mark opens no door: this list is what was thought about."""
    assert {setting.name for setting in all_settings() if setting.trust is not Trust.USER} == {
        "enabled",
        "codeLens.enabled",
        "inline.enabled",
        "inline.languages",
        "inline.debounceMs",
        "advanced.inline.adapt",
        "inline.completion",
        "inline.maxTokens",
        "inline.multiline",
        "inline.timeoutSeconds",
        "inline.candidates",
    }


@pytest.mark.parametrize("own", [user, editor], ids=["weaker", "stronger"])
def test_a_stranger_turns_off_but_never_on(own: Any) -> None:
    layers = sorted([own({"enabled": False}), stranger({"enabled": True})], key=lambda layer: layer.name == "editor")
    assert merge(layers).settings.enabled is False
    assert [problem.path for problem in merge(layers).problems] == ["enabled"]
    assert merge([stranger({"inline": {"enabled": False}})]).settings.inline.enabled is False


@pytest.mark.parametrize(
    ("own", "strange", "result"),
    [
        ({}, {"*": False, "python": True}, {"*": False, "python": True}),
        ({"*": False}, {"python": True, "c": False}, {"*": False, "c": False}),
        ({"*": False, "python": True}, {"*": True, "python": True}, {"*": False, "python": True}),
        ({"python": False}, {"python": True, "*": True}, {"python": False, "*": True}),
    ],
)
@pytest.mark.parametrize("place", [user, editor], ids=["weaker", "stronger"])
def test_languages_too(place: Any, own: dict[str, bool], strange: dict[str, bool], result: dict[str, bool]) -> None:
    layers = [place({"inline": {"languages": own}}), stranger({"inline": {"languages": strange}})]
    layers.sort(key=lambda layer: layer.name == "editor")
    assert merge(layers).settings.inline.languages == result


def test_a_stranger_that_wants_what_is_so_anyway_is_not_worth_a_message() -> None:
    assert merge([stranger({"inline": {"provider": "embedded", "enabled": True}})]).problems == ()


def test_bad_settings_are_recovered_from_but_never_by_granting_trust() -> None:
    resolved = merge([stranger({"providers": 5, "inline": {"provider": ["x"]}, "workspaceTrusted": True})])
    assert resolved.settings == Settings()
    assert len(resolved.problems) == 3


_LANGUAGES = st.dictionaries(st.sampled_from(["*", "c", "go", "python"]), st.booleans())
_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "inline": st.fixed_dictionaries(
            {}, optional={"enabled": st.booleans(), "languages": _LANGUAGES, "provider": st.sampled_from(["a", "b"])}
        ),
        "providers": st.dictionaries(st.sampled_from(["a", "b"]), st.just({"baseUrl": "http://x"})),
    },
)


@settings(deadline=None)
@given(weaker=_VALUES, strange=_VALUES, stronger=_VALUES)
def test_whatever_a_stranger_writes_nothing_more_is_sent_and_nowhere_else(
    weaker: dict[str, Any], strange: dict[str, Any], stronger: dict[str, Any]
) -> None:
    alone = merge([user(weaker), editor(stronger)]).settings
    together = merge([user(weaker), stranger(strange), editor(stronger)]).settings
    assert together.providers == alone.providers
    assert together.inline.provider == alone.inline.provider
    for language in ("c", "go", "python", "another"):
        assert _asks(alone, language) or not _asks(together, language)


def _asks(settings: Settings, language: str) -> bool:
    languages = settings.inline.languages
    return settings.enabled and settings.inline.enabled and languages.get(language, languages.get("*", True))
