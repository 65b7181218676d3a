"""Secrets from the environment, or from files that it names, as engines of containers mount them: `NAME`, else `NAME_FILE`."""

from __future__ import annotations

from collections.abc import Mapping

from picode.core.errors import ConfigurationError

LARGEST = 64 * 1024
"""Bytes of the largest file that is taken for a secret."""


def secret_in(environ: Mapping[str, str], name: str) -> str:
    """The value of the variable `name`, or what the file holds that `NAME_FILE` names, without the white space around it; empty
    where neither is set. Raises `ConfigurationError` for a file that can't be read."""
    if (given := environ.get(name, "").strip()) or not (file := environ.get(f"{name}_FILE", "").strip()):
        return given
    try:
        with open(file, "rb") as opened:
            content = opened.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError("it is too large")
        return content.decode("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise ConfigurationError(
            f"{name}_FILE names {file}, which can't be read: {reason}.",
            "Mount the secret there, or unset the variable.",
        ) from None


def variable_of(environ: Mapping[str, str], name: str) -> str:
    """The variable that `secret_in` takes the secret from: `name`, or `NAME_FILE`."""
    return name if environ.get(name, "").strip() else f"{name}_FILE"
