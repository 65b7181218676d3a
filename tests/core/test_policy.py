"""What follows a failure: tables, and what holds whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.errors import (
    AuthenticationError,
    BadRequest,
    ConfigurationError,
    ContextTooLong,
    ModelUnavailable,
    NetworkFailure,
    NotReady,
    ProviderError,
    ProviderTimeout,
    RateLimited,
    ServerFailure,
    StreamingNotSupported,
    Truncated,
)
from picode.core.policy import (
    CHAT,
    FAILURES_TO_OPEN,
    INLINE,
    OPEN_SECONDS,
    Breaker,
    GiveUp,
    NextTarget,
    Retry,
    RetryBudget,
    Step,
    counts_as_failure,
    explain_detour,
    first_word_timeout,
    hedge_after,
    is_retryable,
    next_step,
    quantile,
    wait_before_retry,
)


def failure(kind: Callable[..., ProviderError], **told: Any) -> ProviderError:
    return kind("Scripted", "said no.", **told)


def step(
    error: ProviderError,
    history: Sequence[ProviderError] = (),
    terms: RetryBudget = INLINE,
    elapsed: float = 0.0,
    others: bool = False,
    jitter: float = 0.0,
) -> Step:
    return next_step(history, error, terms, elapsed, others=others, jitter=jitter)


OVERLOADED = failure(ServerFailure, status=503)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (failure(NetworkFailure), True),
        (failure(NetworkFailure, retryable=False), False),  # a certificate that can't be trusted
        (failure(ProviderTimeout), True),
        (failure(ProviderTimeout, status=408), True),
        (failure(BadRequest, status=409), True),
        (failure(RateLimited, status=429), True),
        (failure(RateLimited, status=429, retryable=False), False),  # a spent account
        (failure(ServerFailure, status=500), True),
        (failure(ServerFailure, status=502), True),
        (failure(ServerFailure, status=503), True),
        (failure(ServerFailure, status=529), True),
        (failure(ServerFailure, status=500, retryable=False), False),  # x-should-retry: false
        (failure(BadRequest, status=400, retryable=True), True),  # x-should-retry: true
        (failure(ServerFailure), True),  # said within a stream
        (failure(ServerFailure, status=307), False),
        (failure(Truncated), True),
        (failure(BadRequest, status=400), False),
        (failure(AuthenticationError, status=401), False),
        (failure(AuthenticationError, status=403), False),
        (failure(AuthenticationError), False),
        (failure(ModelUnavailable, status=404), False),
        (failure(BadRequest, status=422), False),
    ],
    ids=lambda value: f"{type(value).__name__}-{value.status}" if isinstance(value, ProviderError) else str(value),
)
def test_what_is_tried_again(error: ProviderError, again: bool) -> None:
    assert is_retryable(error) is again
    assert step(error) == (Retry(0.5) if again else GiveUp())


@pytest.mark.parametrize(
    ("asked", "tries", "jitter", "wait"),
    [
        (1.0, 0, 0.9, 1.0),
        (0.25, 1, 0.0, 0.25),
        (None, 0, 0.0, 0.5),
        (None, 1, 0.0, 1.0),
        (None, 3, 0.0, 4.0),
        (None, 4, 0.0, 8.0),
        (None, 1000, 0.0, 8.0),
        (None, 0, 1.0, 0.375),
        (0.0, 0, 0.0, 0.5),
        (-5.0, 0, 0.0, 0.5),
        (float("nan"), 0, 0.0, 0.5),
    ],
)
def test_how_long_to_wait(asked: float | None, tries: int, jitter: float, wait: float) -> None:
    assert wait_before_retry(failure(RateLimited, retry_after=asked), tries, jitter) == wait


@pytest.mark.parametrize("asked", [3.1, 120.0, 1e9, 1e308, float("inf")])
def test_a_wait_beyond_the_budget_is_not_waited_for(asked: float) -> None:
    assert step(failure(RateLimited, status=429, retry_after=asked)) == GiveUp()


def test_a_suggestion_is_tried_once_more_and_a_chat_twice() -> None:
    assert isinstance(step(OVERLOADED), Retry)
    assert step(OVERLOADED, [OVERLOADED]) == GiveUp()
    assert step(OVERLOADED, [OVERLOADED], CHAT) == Retry(1.0)
    assert step(OVERLOADED, [OVERLOADED, OVERLOADED], CHAT) == GiveUp()


def test_a_model_that_is_being_loaded_is_asked_as_long_as_there_is_time_and_nobody_else_to_ask() -> None:
    loading = failure(NotReady, status=503)
    assert step(loading, [loading] * 4, elapsed=2.5) == Retry(0.5)
    assert step(loading, [loading] * 5, elapsed=2.6) == GiveUp()
    assert step(loading, others=True) == NextTarget()
    assert step(loading, terms=RetryBudget(retries=0, seconds=3.0, longest_pause=0.0)) == GiveUp(), (
        "nobody wants to be asked again"
    )
    assert step(failure(NotReady, status=503, retry_after=20.0)) == GiveUp()
    assert step(OVERLOADED, [loading] * 3) == Retry(0.5), "that counts for no try"


def test_a_limit_with_its_end_is_waited_out_more_often_than_other_failures() -> None:
    limited = failure(RateLimited, status=429, retry_after=3.0)
    assert step(limited, [limited] * 5, CHAT) == Retry(3.0)
    assert step(limited, [limited] * 6, CHAT) == GiveUp()
    assert step(limited, [limited] * 2, CHAT, elapsed=57.1) == GiveUp(), "there is no time left"
    assert step(failure(RateLimited, status=429), [limited] * 2, CHAT) == GiveUp(), "it does not say when"


def test_no_retry_begins_when_the_budget_is_used_up() -> None:
    assert step(OVERLOADED, elapsed=2.5) == Retry(0.5)
    assert step(OVERLOADED, elapsed=2.6) == GiveUp()


@pytest.mark.parametrize(
    ("terms", "error", "expected"),
    [
        (INLINE, OVERLOADED, NextTarget()),
        (INLINE, failure(AuthenticationError, status=401), NextTarget()),
        (CHAT, OVERLOADED, Retry(0.5)),
        (CHAT, failure(RateLimited, status=429, retry_after=2.0), Retry(2.0)),
        (CHAT, failure(RateLimited, status=429, retry_after=2.1), NextTarget()),
        (CHAT, failure(NetworkFailure), NextTarget()),
    ],
)
def test_nobody_waits_long_while_somebody_else_could_answer(
    terms: RetryBudget, error: ProviderError, expected: Step
) -> None:
    assert step(error, terms=terms, others=True) == expected


@pytest.mark.parametrize(("kind", "change"), [(ContextTooLong, "shorter"), (StreamingNotSupported, "whole")])
@pytest.mark.parametrize("others", [True, False])
def test_a_request_that_could_be_another_is_changed_once_at_once_and_beside_the_retries(
    kind: type[ProviderError], change: Any, others: bool
) -> None:
    error = failure(kind, status=400)
    assert step(error, others=others) == Retry(0.0, change)
    assert step(error, [error], others=others) == (NextTarget() if others else GiveUp())
    assert step(OVERLOADED, [error]) == Retry(0.5)
    assert step(error, [OVERLOADED]) == Retry(0.0, change)


_FAILURES = st.builds(
    failure,
    st.sampled_from([RateLimited, ServerFailure, NetworkFailure, ContextTooLong, StreamingNotSupported, BadRequest]),
    status=st.none() | st.integers(300, 599),
    retry_after=st.none() | st.floats(),
    retryable=st.none() | st.booleans(),
)


@given(
    first=_FAILURES,
    then=st.lists(_FAILURES, min_size=12, max_size=12),
    terms=st.sampled_from([INLINE, CHAT]),
    jitter=st.floats(0, 1),
    others=st.booleans(),
)
def test_whatever_fails_trying_ends_within_the_budget(
    first: ProviderError, then: list[ProviderError], terms: RetryBudget, jitter: float, others: bool
) -> None:
    history: list[ProviderError] = []
    waited = 0.0
    for error in [first, *then]:
        following = step(error, history, terms, waited, others, jitter)
        if not isinstance(following, Retry):
            assert following == (NextTarget() if others else GiveUp())
            break
        assert following.after >= 0
        waited += following.after
        history.append(error)
    else:
        pytest.fail("it never ends")
    assert waited <= terms.seconds
    assert len(history) <= terms.retries + 2 + 4


class TestWaitingForFirstWords:
    def test_each_gets_an_equal_share_of_what_is_left(self) -> None:
        assert first_word_timeout(INLINE, 0.0, 2) == 1.0
        assert first_word_timeout(INLINE, 1.0, 1) == 1.0
        assert first_word_timeout(INLINE, 2.0, 0) is None

    def test_even_late_there_is_time_for_a_word(self) -> None:
        assert first_word_timeout(INLINE, 100.0, 1) == 0.25

    def test_a_race_waits_as_long_as_the_first_usually_takes(self) -> None:
        times = [0.2] * 95 + [0.9] * 5
        assert hedge_after(times, 1.5) == 0.2
        assert hedge_after([*times, 0.9], 1.5) == 0.9
        assert hedge_after([0.001] * 50, 1.5) == 0.05
        assert hedge_after([30.0] * 50, 1.5) == 1.5

    def test_or_six_tenths_of_a_second_where_that_is_not_known(self) -> None:
        assert hedge_after([], 1.5) == hedge_after([0.1] * 4, 1.5) == 0.6
        assert hedge_after([], 0.25) == 0.25

    @given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.01, 1))
    def test_a_quantile_is_one_of_the_times_and_has_its_part_at_or_below_it(
        self, times: list[float], part: float
    ) -> None:
        found = quantile(times, part)
        assert found in times
        assert sum(time <= found for time in times) >= part * len(times)
        assert sum(time < found for time in times) < part * len(times) + 1e-9


class TestBreaker:
    @staticmethod
    def opened(now: float = 100.0) -> Breaker:
        breaker = Breaker()
        for _ in range(FAILURES_TO_OPEN):
            assert breaker.wait(now) == 0
            breaker = breaker.asked(now).failed(now)
        return breaker

    def test_five_failures_in_a_row_open_it(self) -> None:
        assert self.opened(100.0).wait(100.0) == OPEN_SECONDS
        assert self.opened(100.0).wait(129.0) == 1.0

    def test_an_answer_in_between_breaks_the_row(self) -> None:
        breaker = Breaker()
        for _ in range(20):
            for _ in range(FAILURES_TO_OPEN - 1):
                breaker = breaker.failed(100.0)
            breaker = breaker.answered()
        assert breaker.wait(100.0) == 0

    def test_after_half_a_minute_one_probe_goes_alone(self) -> None:
        breaker = self.opened(100.0)
        assert breaker.wait(130.0) == 0
        assert breaker.is_open
        assert breaker.asked(130.0).wait(130.0) == OPEN_SECONDS

    def test_the_probe_closes_it_or_opens_it_again(self) -> None:
        probed = self.opened(100.0).asked(130.0)
        assert probed.answered() == Breaker()
        assert probed.failed(131.0).wait(131.0) == OPEN_SECONDS

    def test_a_cancelled_probe_has_found_out_nothing(self) -> None:
        breaker = self.opened(100.0).asked(130.0).abandoned(131.0)
        assert breaker.wait(131.0) == 0
        assert breaker.is_open

    def test_cancelling_anything_else_changes_nothing(self) -> None:
        assert Breaker(3).abandoned(100.0) == Breaker(3)

    @pytest.mark.parametrize(("asked", "rest"), [(20.0, 20.0), (1e9, 60.0), (float("inf"), 60.0), (0.0, 0.0)])
    def test_who_asks_for_a_pause_gets_it_for_a_minute_at_most(self, asked: float, rest: float) -> None:
        assert Breaker().limited(100.0, asked).wait(100.0) == rest

    def test_no_number_is_no_wish(self) -> None:
        assert Breaker().limited(100.0, float("nan")) == Breaker()

    @pytest.mark.parametrize(
        ("error", "counts"),
        [
            (failure(NetworkFailure), True),
            (failure(ProviderTimeout), True),
            (failure(Truncated), True),
            (failure(ServerFailure), True),
            (failure(ServerFailure, status=500), True),
            (failure(ServerFailure, status=529), True),
            (failure(NotReady, status=503), False),
            (failure(ServerFailure, status=307), False),
            (failure(ProviderTimeout, status=408), False),
            (failure(RateLimited, status=429), False),
            (failure(AuthenticationError, status=401), False),
            (failure(AuthenticationError), False),
        ],
        ids=lambda value: f"{type(value).__name__}-{value.status}" if isinstance(value, ProviderError) else str(value),
    )
    def test_what_counts(self, error: ProviderError, counts: bool) -> None:
        assert counts_as_failure(error) is counts


def test_a_detour_is_explained_in_a_sentence() -> None:
    assert explain_detour([], "Mistral") == ""
    causes = [
        RateLimited("OpenAI", "too many requests."),
        RateLimited("OpenAI", "too many requests."),
        ProviderTimeout("Groq", "nothing came for 1 s."),
        AuthenticationError("xAI", "no key is known."),
        ConfigurationError("The provider 'x' has no address."),
    ]
    assert explain_detour(causes, "Mistral") == (
        "OpenAI limits requests, Groq is slow, xAI has no key, The provider 'x' has no address; answered by Mistral."
    )
