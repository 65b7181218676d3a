"""Why an answer is empty, or not whole, as a sentence for the user that also says what to do."""

from __future__ import annotations

from picode.core.errors import NetworkFailure, NotReady, ProviderError, ProviderTimeout, RateLimited
from picode.core.messages import Finish

REPEATS = "The model began to repeat itself, and was stopped."


def explain_ending(finish: Finish, text: str, reasoning: str, limit: int, *, by_window: bool = False) -> str:
    """The sentence for an answer that ended with `finish`; empty for one that is whole.

    `limit` is the largest number of tokens that the answer could have. `by_window`: the model's context window, and not the
    setting, limits it.
    """
    empty = not text.strip()
    if finish is Finish.REFUSED:
        return _refused(empty=empty)
    if finish is Finish.LENGTH:
        remedy = (
            "Ask about less code, or choose a model with a larger context window."
            if by_window
            else "Raise picode.advanced.chat.maxTokens."
        )
        if not empty:
            return f"The answer was cut at its longest length ({limit:,} tokens). {remedy}"
        if reasoning.strip():
            return f"The model used all {limit:,} tokens for its reasoning and wrote no answer. {remedy}"
        reached = f"The model reached its longest length ({limit:,} tokens) without an answer"
        return f"{reached}: it may have reasoned unseen. {remedy}"
    if not empty:
        return ""
    if reasoning.strip():
        return "The model ended after its reasoning and wrote no answer. Try again, or choose another model."
    return "The model's answer was empty. Try again, or choose another model."


def _refused(*, empty: bool) -> str:
    if empty:
        return (
            "The model's or the provider's content filter gave no answer. Put the question in other words, or choose another"
            " model."
        )
    return (
        "The model declined to answer, or a content filter ended the answer. Put the question in other words, or choose"
        " another model."
    )


def reason_to_wait(error: ProviderError) -> str:
    """Why a model is asked again later, in a few words."""
    if isinstance(error, RateLimited):
        return f"rate limit of {error.provider}"
    if isinstance(error, NotReady):
        return f"{error.provider} loads the model"
    if isinstance(error, NetworkFailure | ProviderTimeout):
        return (
            f"no connection to {error.provider}" if isinstance(error, NetworkFailure) else f"{error.provider} is slow"
        )
    return f"{error.provider} has failed"


def waiting(reason: str, seconds: float) -> str:
    """A report of progress: why nothing comes, and in how many seconds the model is asked again."""
    return f"waiting {max(1, round(seconds))} s: {reason}"
