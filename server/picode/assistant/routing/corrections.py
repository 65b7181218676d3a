"""What was learnt of the parameters that each model refuses, so that it is asked in its own way from then on."""

from __future__ import annotations

import logging

from picode.assistant.routing.health import account_key
from picode.assistant.routing.upstream import Target
from picode.wire.corrections import Correction

log = logging.getLogger(__name__)


class Corrections:
    """By provider, address and model."""

    def __init__(self) -> None:
        self._learnt: dict[tuple[str, str], tuple[Correction, ...]] = {}

    def of(self, target: Target) -> tuple[Correction, ...]:
        """What to change in every request to this model."""
        return self._learnt.get(account_key(target), ())

    def learn(self, target: Target, correction: Correction) -> None:
        """Remembers one more."""
        log.info("%s: %s wants %r otherwise", target.provider.name, target.model, correction.field)
        self._learnt[account_key(target)] = (*self.of(target), correction)
