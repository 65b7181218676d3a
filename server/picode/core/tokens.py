"""How long a text is for a model: tokens are estimated from characters, and the estimate learns from what providers report."""

from __future__ import annotations

from collections.abc import Hashable

USUAL = 3.2
"""Characters to a token in code, on the safe side: tokenizers of code models average 3 to 4."""

_FEWEST, _MOST = 1.5, 6.0
_WEIGHT = 0.2
_ENOUGH = 400


class Rates:
    """Characters to a token, for each model."""

    def __init__(self) -> None:
        self._rates: dict[Hashable, float] = {}

    def rate(self, model: Hashable) -> float:
        """About how many characters of `model` are a token."""
        return self._rates.get(model, USUAL)

    def characters(self, model: Hashable, tokens: int) -> int:
        """About how many characters fill `tokens` of `model`."""
        return int(tokens * self.rate(model))

    def learn(self, model: Hashable, characters: int, tokens: int) -> None:
        """A prompt of so many characters was so many tokens. Short prompts say little: their template weighs too much."""
        if characters < _ENOUGH or tokens <= 0:
            return
        seen = min(_MOST, max(_FEWEST, characters / tokens))
        known = self._rates.get(model)
        self._rates[model] = seen if known is None else known + _WEIGHT * (seen - known)
