"""The embedded model as a PiCode server sees it: an endpoint that is started, joined or restarted when it is asked for.

After a failure it is left alone for a while, so that a broken model is not restarted at every key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from picode.assistant.ports import Endpoint
from picode.core.errors import ModelUnavailable, PiCodeError
from picode.io.embedded import pulled_models
from picode.io.embedded.launch import require_runtime, start_or_join
from picode.io.embedded.lease import Lease
from picode.io.embedded.model_file import BUILT_IN, find_model, is_at_hand, is_named, served_name
from picode.io.embedded.options import PROVIDER, EmbeddedOptions, Progress, inference_threads

if TYPE_CHECKING:
    from picode.settings.model import Network

PROGRESS_SECONDS = 0.1
"""Progress is shown at most so often, and whenever another step begins."""


class EmbeddedModel:
    """One server's access to the model's process, which it shares with the user's other servers.

    `settings_source` and `network` are asked at each use, so that changed settings count. `on_progress` is called in the event
    loop while a start goes on, never otherwise.
    """

    def __init__(
        self,
        settings_source: Callable[[], EmbeddedOptions],
        on_progress: Callable[[Progress], None],
        network: Callable[[], Network | None] = lambda: None,
    ) -> None:
        self._settings_source = settings_source
        self._on_progress = on_progress
        self._network = network
        self._lease: Lease | None = None
        self._served: EmbeddedOptions | None = None
        self._ready_at = 0.0
        self._starting: asyncio.Task[Endpoint] | None = None
        self._starting_with: EmbeddedOptions | None = None
        self._failures = Failures()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process that is held, if there is one; it may have died since."""
        return self._lease.pid if self._lease else None

    @property
    def at_hand(self) -> bool:
        """Whether the model's file is on this machine. Looks at the disk."""
        return is_at_hand(self._settings_source().model_path)

    def serves(self, name: str) -> bool:
        """Whether `name` is a name of the model that the settings choose."""
        return is_named(name, self._settings_source().model_path)

    def refusal(self, name: str) -> ModelUnavailable:
        """Why the model `name`, which is not served, can't be asked. Looks at the disk for those there are."""
        chosen = self._settings_source().model_path
        others = {each.name.lower(): each.name for each in pulled_models.all_of_them()} | {BUILT_IN.lower(): BUILT_IN}
        known = others.get(name.lower().removesuffix(".gguf"))
        if known is None:
            there = dict.fromkeys((served_name(chosen), BUILT_IN, *others.values()))
            return ModelUnavailable(PROVIDER, f"there is no model {name[:80]!r}.", f"There are: {', '.join(there)}.")
        command = "unset embedded.modelPath" if known == BUILT_IN else f"set embedded.modelPath {known}"
        problem = f"serves {served_name(chosen)}, not {known}."
        return ModelUnavailable(PROVIDER, problem, f"Serve that one: picode config {command}")

    async def endpoint(self) -> Endpoint:
        """Where the model is served; starts or joins the process if need be. Concurrent callers share one start.

        A caller that is cancelled does not stop the start: the next one finds it further on. Raises
        `ConfigurationError` or `ProviderError`. After a failure the same error comes again, without a new try, until a
        growing delay is over, the settings have changed or `reset` was called.
        """
        while not self._closed:
            options = self._settings_source()
            wanted = replace(options, idle_seconds=0.0)  # a new idle time needs no new process
            if (running := await self._running(wanted, options.idle_seconds)) is not None:
                return running
            if self._starting is not None and self._starting_with != wanted:
                await asyncio.wait({self._starting})  # the settings have changed meanwhile: look again when it is over
                continue
            if self._starting is None:
                self._failures.check(wanted)
                self._starting_with = wanted
                self._starting = asyncio.create_task(self._start(options, wanted))
                self._starting.add_done_callback(self._started)
            starting = self._starting
            await asyncio.wait({starting})  # not the task itself: it outlives this caller
            if not starting.cancelled():
                return starting.result()
        raise ModelUnavailable(PROVIDER, "PiCode is shutting down.")

    def reset(self) -> None:
        """Forgets failures: the user asks to try again."""
        self._failures = Failures()

    async def close(self) -> None:
        """Lets go. The process ends soon after its last server has."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        self._drop()

    async def _running(self, wanted: EmbeddedOptions, idle_seconds: float) -> Endpoint | None:
        lease = self._lease
        if lease is None:
            return None
        if self._served == wanted:
            try:
                await lease.touch(idle_seconds)
            except ConnectionError:
                if lease is self._lease and not lease.farewell:
                    self._failures.count_death(wanted, time.monotonic() - self._ready_at)
            else:
                return lease.endpoint
        if lease is self._lease:
            self._drop()
        return None

    def _drop(self) -> None:
        if self._lease is not None:
            self._lease.close()
        self._lease = self._served = None

    def _started(self, task: asyncio.Task[Endpoint]) -> None:
        self._starting = None
        if not task.cancelled():
            task.exception()  # marks it as retrieved: every caller may have been cancelled

    async def _start(self, options: EmbeddedOptions, wanted: EmbeddedOptions) -> Endpoint:
        last = Progress("Starting the embedded model")
        shown_at = time.monotonic()

        def report(progress: Progress) -> None:
            nonlocal last, shown_at
            now = time.monotonic()
            if progress.message != last.message or now - shown_at >= PROGRESS_SECONDS:
                shown_at = now
                self._on_progress(progress)
            last = progress

        self._on_progress(last)
        try:
            require_runtime()
            model = await find_model(options.model_path, report, network=self._network())
            threads = options.threads or await asyncio.to_thread(inference_threads)
            lease, endpoint = await start_or_join(
                model, options, threads, lambda done, total: report(Progress(f"Loading {model.name}", done, total))
            )
        except OSError as error:
            failure = ModelUnavailable(PROVIDER, f"it can't be started: {error}.")
            self._failures.count_start(wanted, failure)
            raise failure from error
        except PiCodeError as error:
            self._failures.count_start(wanted, error)
            raise
        finally:
            self._on_progress(replace(last, finished=True))
        self._lease, self._served, self._ready_at = lease, wanted, time.monotonic()
        self._failures.count_success()
        return endpoint


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
