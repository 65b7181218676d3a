"""How long to leave the embedded model alone after it failed, so that a broken one is not restarted at every key."""

from __future__ import annotations

import time

from picode.core.errors import ModelUnavailable, PiCodeError
from picode.io.embedded.options import PROVIDER, EmbeddedOptions

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A process that lived for so long did not die of what killed the one before."""


class Failures:
    """The failed starts and the deaths in a row, under one set of options."""

    def __init__(self) -> None:
        self.hold_off_until = 0.0
        self._options: EmbeddedOptions | None = None
        self._error: PiCodeError | None = None
        self._failed_starts = 0
        self._deaths = 0

    def check(self, options: EmbeddedOptions) -> None:
        """Raises the last error again while its delay lasts. Other options are another matter."""
        if self._error is not None and self._options == options and time.monotonic() < self.hold_off_until:
            raise self._error.with_traceback(None)

    def count_start(self, options: EmbeddedOptions, error: PiCodeError) -> None:
        """A start failed: each one in a row is left alone for twice as long as the one before."""
        self._failed_starts = self._failed_starts + 1 if self._options == options else 1
        self._hold_off(options, error, FIRST_DELAY_SECONDS * 2.0 ** min(self._failed_starts - 1, 10))

    def count_success(self) -> None:
        self._failed_starts = 0
        self.hold_off_until = 0.0

    def count_death(self, options: EmbeddedOptions, lived_seconds: float) -> None:
        """The process died. Once may be an accident, which costs no delay; again and again is a failure."""
        accident = lived_seconds >= STEADY_SECONDS or self._options != options
        self._deaths = 1 if accident else self._deaths + 1
        error = ModelUnavailable(PROVIDER, "its process dies again and again.", "Its log may say why.")
        delay = FIRST_DELAY_SECONDS * 2.0 ** min(self._deaths - 2, 10) if self._deaths > 1 else 0.0
        self._hold_off(options, error, delay)

    def _hold_off(self, options: EmbeddedOptions, error: PiCodeError, seconds: float) -> None:
        self._options, self._error = options, error
        self.hold_off_until = time.monotonic() + min(seconds, LONGEST_DELAY_SECONDS)
