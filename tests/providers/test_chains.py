"""Whom a feature asks, in which order, by what the settings say."""

from __future__ import annotations

from typing import Any

import pytest

from picode.assistant.routing.route import Chain, Router, chat_options, inline_options
from picode.core.errors import AllProvidersFailed, PiCodeError, ProviderNotFound
from picode.providers.catalog import CATALOG
from picode.settings.model import Settings, read

from .servers import Keys
from .test_requests import _Silent

MISTRAL, DEEPSEEK = CATALOG["mistral"].model, CATALOG["deepseek"].model
CHATTY: dict[str, Any] = {"chat": {"provider": "openai", "model": "gpt-5", "fallback": ["mistral/large", "deepseek"]}}


def router() -> Router:
    return Router(Keys("a-key-of-the-test"), _Silent())


async def asked(chain: Chain) -> list[tuple[str, str]]:
    """Provider and model of each link, located as its turn would come."""
    return [(found.provider.name, found.model) for found in [await link.locate() for link in chain.candidates]]


@pytest.mark.parametrize(
    ("values", "provider", "model", "expected"),
    [
        ({"inline": {"provider": "mistral", "model": "codestral"}}, "", "", [("mistral", MISTRAL)]),
        (
            {"inline": {"provider": "own", "model": "m"}, "providers": {"own": {"baseUrl": "http://127.0.0.1:9/v1"}}},
            "",
            "",
            [("own", "m")],
        ),
        ({"inline": {"provider": "mistral"}, "chat": {"model": "small"}}, "", "", [("mistral", "small")]),
        (CHATTY, "", "", [("openai", "gpt-5"), ("mistral", "large"), ("deepseek", DEEPSEEK)]),
        (CHATTY, "openai", "gpt-5", [("openai", "gpt-5"), ("mistral", "large"), ("deepseek", DEEPSEEK)]),
        (CHATTY, "openai", "", [("openai", "gpt-5"), ("mistral", "large"), ("deepseek", DEEPSEEK)]),
        (CHATTY, "", "o9", [("openai", "o9")]),
        (CHATTY, "mistral", "", [("mistral", MISTRAL)]),
        (CHATTY, "mistral", "small", [("mistral", "small")]),
    ],
    ids=[
        "as inline",
        "inline's model where no usual one is known",
        "own model",
        "fallback",
        "the usual by name",
        "its provider by name",
        "model",
        "provider",
        "both",
    ],
)
async def test_a_conversation_asks_whom_the_settings_say_or_alone_whom_the_user_chose(
    values: dict[str, Any], provider: str, model: str, expected: list[tuple[str, str]]
) -> None:
    assert await asked(await router().chat_chain(read(values), provider, model)) == expected


async def test_a_fallback_that_is_there_leads_where_the_first_is_not_and_the_first_is_still_named_if_all_fail() -> None:
    settings = read({"chat": {"provider": "no-such", "fallback": ["openai/gpt-5"]}})
    chain = await router().chat_chain(settings)
    assert (chain.lead.provider.name, len(chain.candidates)) == ("openai", 2)
    with pytest.raises(ProviderNotFound):
        await chain.candidates[0].locate()


async def test_where_nobody_can_be_located_the_error_says_why_of_each() -> None:
    with pytest.raises(ProviderNotFound):
        await router().chat_chain(Settings(), "no-such")
    with pytest.raises(AllProvidersFailed) as failed:
        await router().chat_chain(read({"chat": {"provider": "no-such", "fallback": ["nor-this"]}}))
    assert all(isinstance(cause, PiCodeError) for cause in failed.value.causes)
    assert "no-such" in str(failed.value)
    assert "nor-this" in str(failed.value)


def test_each_feature_has_its_own_time_and_names_its_own_setting() -> None:
    settings = read(
        {
            "chat": {"timeoutSeconds": 90},
            "inline": {"timeoutSeconds": 2},
            "advanced": {"chat": {"retries": 3}, "inline": {"retries": 0}},
        }
    )
    chat, inline = chat_options(settings), inline_options(settings)
    assert (chat.deadlines.total, chat.deadlines.idle, chat.retry.retries) == (90, 90, 3)
    assert (inline.deadlines.total, inline.retry.retries, inline.retry.seconds) == (2, 0, 2)
    assert (chat.deadlines.setting, inline.deadlines.setting) == ("chat.timeoutSeconds", "inline.timeoutSeconds")
