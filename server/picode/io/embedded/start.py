"""Joins the model's process if it runs, else starts it: once, however many servers try at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from picode.assistant.ports import Endpoint
from picode.core.errors import ModelUnavailable, ProviderTimeout
from picode.io.embedded.launch import Launched, make_key, tail_of
from picode.io.embedded.lease import Lease, LoadFailed, try_lease
from picode.io.embedded.options import PROVIDER, EmbeddedOptions
from picode.io.embedded.process import Parameters
from picode.io.embedded.registry import read_registration, registry_path
from picode.io.folders import runtime_folder, state_folder
from picode.io.lock import locked

_JOINS = 3


async def start_or_join(
    model: Path, options: EmbeddedOptions, threads: int, on_loading: Callable[[int, int], None]
) -> tuple[Lease, Endpoint]:
    """A lease on the process, and where it serves. `on_loading(done, total)` gets the bytes of the model read so far.

    Raises `ConfigurationError` if its folders can't be used, `ModelUnavailable` and `ProviderTimeout` if it does not
    come up.
    """
    log = await asyncio.to_thread(state_folder) / "embedded.log"
    folder = await asyncio.to_thread(runtime_folder)
    registry = await asyncio.to_thread(registry_path, folder, model, options.context, threads)
    for _ in range(_JOINS):
        launched: Launched | None = None
        async with locked(registry.with_suffix(".lock")):
            lease = await try_lease(read_registration(registry), options.idle_seconds)
            if lease is None:
                launched = Launched(log)
                await launched.start(
                    Parameters(
                        model=str(model),
                        context=options.context,
                        threads=threads,
                        registry=str(registry),
                        key=make_key(),
                    )
                )
                lease = await try_lease(read_registration(registry), options.idle_seconds)
        if lease is None:
            raise ModelUnavailable(PROVIDER, "its process went away while it started.", f"See {log}.")
        try:
            return lease, await lease.until_ready(on_loading)
        except ConnectionError as error:
            lease.close()
            if launched is not None:
                raise ModelUnavailable(PROVIDER, await _account_of_death(launched), _remedy(options, log)) from error
            # It was on its way out when it was joined. The next round finds or starts another one.
        except LoadFailed as error:
            lease.close()
            if str(error).startswith("ImportError"):  # the wheel wants a library of the system, such as libgomp
                problem, remedy = f"llama.cpp can't be started: {error}.", "Install the library that it names."
            else:
                problem = f"the model {model.name} can't be loaded. {tail_of(log) or error}"
                remedy = _remedy(options, log)
            raise ModelUnavailable(PROVIDER, problem, remedy) from error
        except TimeoutError:
            lease.close()
            if launched is not None:
                launched.kill()
            raise ProviderTimeout(PROVIDER, f"the model {model.name} does not load.", _remedy(options, log)) from None
        except BaseException:
            lease.close()
            raise
    raise ModelUnavailable(PROVIDER, "its process ends whenever it is joined.", f"See {log}.")


async def _account_of_death(launched: Launched) -> str:
    try:
        async with asyncio.timeout(5.0):
            code = await launched.ended
    except TimeoutError:
        return "its process let go while it loaded the model."
    how = f"signal {-code}" if code < 0 else f"status {code}"
    return f"its process died while it loaded the model ({how}). {tail_of(launched.log)}".strip()


def _remedy(options: EmbeddedOptions, log: Path) -> str:
    own = "Check the file, or clear `embedded.modelPath` to use PiCode's own model. " if options.model_path else ""
    return f"{own}The log is {log}."
