"""Hands each event of usage to all that record it, and writes it to the log."""

from __future__ import annotations

import logging

from picode.assistant.usage.events import Attempt, BreakerChanged, CallEnded, LookupDone, Record, UsageEvent

log = logging.getLogger(__name__)


def ignore(event: UsageEvent) -> None:
    """Records nothing."""


def to_all(*records: Record) -> Record:
    """One `Record` that calls each of `records`. An exception of one of them is logged: it must not cost an answer."""

    def record(event: UsageEvent) -> None:
        for each in records:
            try:
                each(event)
            except Exception:
                log.exception("an event of usage is not recorded because of a defect")

    return record


def log_event(event: UsageEvent) -> None:
    """Writes requests and lookups to the log at debug, and a breaker that opens as a warning."""
    match event:
        case CallEnded() if log.isEnabledFor(logging.DEBUG):
            for each in event.attempts:
                log.debug("%s: %s %s %s", event.feature, each.provider, each.model or "(no model)", _description(each))
        case LookupDone():
            log.debug("%s: found in %s", event.feature, event.where)
        case BreakerChanged(provider, model, is_open=True):
            log.warning("%s %s has failed several times in a row and gets no requests for a while", provider, model)
        case BreakerChanged(provider, model):
            log.info("%s %s gets requests again", provider, model)


def _description(each: Attempt) -> str:
    if not each.asked:
        return f"was not asked ({each.error_class})"
    took = f"took {(each.ended - each.began) * 1000:.0f} ms"
    if each.first_word is not None:
        took += f", {(each.first_word - each.began) * 1000:.0f} ms to the first word"
    took += f", {each.usage.input_tokens} + {each.usage.output_tokens} tokens"
    return f"{took} ({each.error_class})" if each.error is not None else took
