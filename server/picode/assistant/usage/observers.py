"""Whoever counts what happens: nobody, or several at once. For the port `Observer`."""

from __future__ import annotations

import logging
from collections.abc import Callable

from picode.assistant.ports import Observer
from picode.assistant.usage.report import Attempt, Found, Report

log = logging.getLogger(__name__)


class Unobserved:
    """Nobody counts."""

    def asked(self, report: Report) -> None:
        """Nothing."""

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """Nothing."""

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """Nothing."""


class Logged:
    """Writes every request to a model into the log, at debug: how long it took and what it used."""

    def asked(self, report: Report) -> None:
        """See `picode.assistant.ports.Observer`."""
        if log.isEnabledFor(logging.DEBUG):
            for each in report.tries:
                log.debug("%s: %s %s %s", report.feature, each.provider, each.model or "(no model)", _words(each))

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """See `picode.assistant.ports.Observer`."""
        log.debug("%s: found in %s", feature, where)

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """See `picode.assistant.ports.Observer`."""
        if is_open:
            log.warning("%s %s has failed several times in a row and is left alone for a while", provider, model)
        else:
            log.info("%s %s is asked again", provider, model)


def _words(each: Attempt) -> str:
    if not each.asked:
        return f"was not asked ({each.error_class})"
    took = f"took {(each.ended - each.began) * 1000:.0f} ms"
    if each.first_word is not None:
        took += f", {(each.first_word - each.began) * 1000:.0f} ms to the first word"
    took += f", {each.usage.input_tokens} + {each.usage.output_tokens} tokens"
    return f"{took} ({each.error_class})" if each.error is not None else took


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
