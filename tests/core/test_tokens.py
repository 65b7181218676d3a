"""How long a text is for a model."""

from __future__ import annotations

from picode.core.tokens import USUAL, Rates


def test_a_model_that_has_said_nothing_counts_as_usual() -> None:
    assert Rates().characters("any", 1000) == int(1000 * USUAL)


def test_it_learns_from_what_a_provider_counts() -> None:
    rates = Rates()
    for _ in range(20):
        rates.learn("wordy", 4000, 2000)
    assert rates.characters("wordy", 1000) == 2000
    assert rates.characters("other", 1000) == int(1000 * USUAL)


def test_one_odd_count_moves_it_only_a_little() -> None:
    rates = Rates()
    rates.learn("m", 3000, 1000)
    rates.learn("m", 3000, 600)
    assert 3000 < rates.characters("m", 1000) < 3500


def test_what_can_not_be_is_not_believed() -> None:
    rates = Rates()
    rates.learn("m", 4000, 0)
    rates.learn("m", 100, 90)  # mostly template
    assert rates.characters("m", 1000) == int(1000 * USUAL)
    rates.learn("m", 1_000_000, 1)
    assert rates.characters("m", 1000) == 6000
