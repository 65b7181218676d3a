"""How users name models: `provider/model`, a provider alone, or the model of a provider that is named beside it.

The same for `--model`, `/model`, `chat.fallback`, `inline.fallback` and the `model` of the user's own commands.
"""

from __future__ import annotations

from collections.abc import Collection

from picode.core.errors import ProviderNotFound


def split_model(text: str) -> tuple[str, str]:
    """Provider and model (empty: its usual one) of a name such as `mistral/codestral-latest`.

    >>> split_model("openrouter/openai/gpt-4.1"), split_model(" ollama ")
    (('openrouter', 'openai/gpt-4.1'), ('ollama', ''))
    """
    provider, _, model = text.strip().partition("/")
    return provider.strip(), model.strip()


def parse_model(text: str, known: Collection[str]) -> tuple[str, str]:
    """As `split_model`. Raises `ProviderNotFound` for a provider that is not in `known`."""
    provider, model = split_model(text)
    if provider not in known:
        raise ProviderNotFound(provider, known, f"Write provider/model with one of: {', '.join(sorted(known))}.")
    return provider, model


def chosen_model(provider: str, model: str, known: Collection[str]) -> tuple[str, str]:
    """Which provider and model a request is for, where the user names a provider, a model or both; empty parts are left to the
    settings. Beside a provider, the model's name is taken as it is: `openai/gpt-4.1` is a model of OpenRouter.

    Raises `ProviderNotFound`, also for a model whose first part is no provider: it would go to the
    provider of the settings, which may not be who is meant.
    """
    if provider:
        if provider not in known:
            raise ProviderNotFound(provider, list(known))
        return provider, model
    if "/" not in model:
        return (model, "") if model in known else ("", model)
    first, rest = split_model(model)
    if first in known:
        return first, rest
    raise ProviderNotFound(
        first,
        known,
        f"If {model!r} is the whole name of a model, write its provider in front of it, as in openrouter/{model}. "
        f"Providers: {', '.join(sorted(known))}.",
    )
