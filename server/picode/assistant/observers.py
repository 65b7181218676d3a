"""Whoever counts what happens: nobody, or several at once. For the port `Observer`."""

from __future__ import annotations

import logging
from collections.abc import Callable

from picode.assistant.ports import Observer
from picode.assistant.report import Found, Report

log = logging.getLogger(__name__)


class Unobserved:
    """Nobody counts."""

    def asked(self, report: Report) -> None:
        """Nothing."""

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """Nothing."""

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """Nothing."""


class Observers:
    """All of `each` hear of everything. A defect in one of them is for the log: it must not cost an answer."""

    def __init__(self, *each: Observer) -> None:
        self._each = each

    def asked(self, report: Report) -> None:
        self._tell(lambda observer: observer.asked(report))

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        self._tell(lambda observer: observer.found(provider, model, feature, where))

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        self._tell(lambda observer: observer.breaker(provider, model, is_open=is_open))

    def _tell(self, what: Callable[[Observer], None]) -> None:
        for observer in self._each:
            try:
                what(observer)
            except Exception:
                log.exception("something is not counted because of a defect")
