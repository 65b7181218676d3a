"""The optional parts of the installation (`[project.optional-dependencies]` in pyproject.toml), and how to install one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from picode.core.errors import ConfigurationError
from picode.io.installation import command_to_add

EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "embedded": ("xllamacpp",),
    "gateway": ("fastapi", "starlette", "uvicorn", "prometheus_client"),
    "redis": ("redis",),
    "tracing": ("opentelemetry", "requests"),
}
"""By extra: the modules that only it installs."""


def is_installed(extra: str) -> bool:
    """Whether all modules of `extra` can be imported. Imports none of them."""
    return all(find_spec(module) for module in EXTRAS[extra])


def require(extra: str, problem: str) -> None:
    """Raises `ConfigurationError` with `problem`, a sentence, and the command to run where `extra` is not installed."""
    if not is_installed(extra):
        raise ConfigurationError(problem, f"Run `{command_to_add(extra)}`, then restart PiCode.")
