"""Folders, registry files, package index pages and delays: the small parts that need no model."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from picode.core.errors import ConfigurationError, ModelUnavailable, PiCodeError
from picode.io.embedded import download
from picode.io.embedded.control import Registration, read_registration, remove_registration, write_registration
from picode.io.embedded.options import EmbeddedOptions, Progress, inference_threads
from picode.io.embedded.shared import Failures
from picode.io.folders import private_folder, runtime_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


# Folders


@posix
def test_the_runtime_folder_is_for_the_user_alone(tmp_path: Path) -> None:
    folder = runtime_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(runtime_folder().stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("place", ["link", "file", "foreign", "open/folder"])
def test_a_folder_that_others_could_have_prepared_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    folder = tmp_path / place
    if place == "foreign":
        if os.getuid() == 0:
            folder.mkdir()
            os.chown(folder, 12345, 12345)
        else:
            folder = Path("/usr")
    with pytest.raises(ConfigurationError) as caught:
        private_folder(folder, "PICODE_RUNTIME_DIR")
    assert "set PICODE_RUNTIME_DIR to a folder of your own" in caught.value.remedy


# Registry


def test_a_registration_is_read_as_it_was_written_and_removed_by_its_own_process_only(tmp_path: Path) -> None:
    path = tmp_path / "embedded.json"
    write_registration(path, Registration(1, 2, "old"))
    write_registration(path, Registration(3, 4, "new"))
    assert read_registration(path) == Registration(3, 4, "new")
    remove_registration(path, pid=1)
    assert read_registration(path) is not None
    remove_registration(path, pid=3)
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_registry_that_is_open_to_others_or_a_link_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "embedded.json"
    write_registration(path, Registration(1, 2, "key"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    link = tmp_path / "link.json"
    link.symlink_to(path)
    assert read_registration(link) is None
    path.chmod(0o640)
    assert read_registration(path) is None


def test_a_registration_does_not_show_its_key() -> None:
    assert "canary" not in repr(Registration(1, 2, "canary"))


# Package index


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "https://pypi.org/simple"),
        ({"PIP_INDEX_URL": "https://pip.example/simple"}, "https://pip.example/simple"),
        ({"UV_INDEX_URL": "https://uv.example/", "PIP_INDEX_URL": "https://pip.example/"}, "https://uv.example/"),
        ({"UV_DEFAULT_INDEX": "https://new.example/", "UV_INDEX_URL": "https://uv.example/"}, "https://new.example/"),
        ({"UV_DEFAULT_INDEX": "company=https://new.example/"}, "https://new.example/"),
        ({"UV_DEFAULT_INDEX": "  ", "PIP_INDEX_URL": "https://pip.example/"}, "https://pip.example/"),
    ],
)
def test_the_index_is_the_one_that_the_user_set(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert download.index_url() == expected


@pytest.mark.parametrize(
    ("page", "kind", "expected"),
    [
        ('{"files": [{"filename": "a-1.whl", "url": "https://files.example/x/a-1.whl"}]}', "application/json", "abs"),
        (
            '{"files": [{"filename": "a-1.whl", "url": "../../x/a-1.whl"}]}',
            "application/vnd.pypi.simple.v1+json",
            "rel",
        ),
        ('{"files": [{"filename": "a-2.whl", "url": "/x/a-2.whl"}, 1, {}]}', "application/json", None),
        ('<a href="https://files.example/x/a-1.whl#sha256=00">a</a>', "text/html; charset=utf-8", "abs"),
        ('<a name="x"></a><a href="../../x/a-1.whl">a</a>', "text/html", "rel"),
        ('<a href="a-1.whl">a</a>', "text/html", "beside"),
        ('<html><a href="/x/a-2.whl">a</a></html>', "text/html", None),
        ('<html><a href="/x/not-a-1.whl">a</a></html>', "text/html", None),
    ],
)
def test_a_file_is_found_in_either_form_of_an_index_page(page: str, kind: str, expected: str | None) -> None:
    urls = {
        "abs": "https://files.example/x/a-1.whl",
        "rel": "https://index.example/x/a-1.whl",
        "beside": "https://index.example/simple/a/a-1.whl",
        None: None,
    }
    assert download.find_link(page, kind, "https://index.example/simple/a/", "a-1.whl") == urls[expected]


@pytest.mark.parametrize(
    ("page", "kind"), [("[]", "application/json"), ("<", "application/json"), ("please log in", "text/html")]
)
def test_what_is_no_index_page_is_refused(page: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        download.find_link(page, kind, "https://index.example/", "a-1.whl")


def test_urls_are_normalized_and_shown_without_credentials() -> None:
    assert download.project_url("https://me:pw@i.example/simple", "Tiny_.Model") == (
        "https://me:pw@i.example/simple/tiny-model/"
    )
    assert download.without_credentials("https://me:pw@i.example:8/simple/?token=x") == ("https://i.example:8/simple/")


# Delays after failures


def test_each_failure_in_a_row_is_left_alone_for_longer_up_to_a_minute() -> None:
    failures, options, error = Failures(), EmbeddedOptions(), PiCodeError("broken")
    delays = []
    for _ in range(9):
        failures.count_start(options, error)
        delays.append(round(failures.hold_off_until - time.monotonic()))
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    with pytest.raises(PiCodeError, match="broken"):
        failures.check(options)
    failures.check(EmbeddedOptions(threads=1))
    failures.count_success()
    failures.check(options)
    failures.count_start(options, error)
    assert round(failures.hold_off_until - time.monotonic()) == 1


def test_a_first_death_and_one_after_a_long_life_cost_no_delay() -> None:
    failures, options = Failures(), EmbeddedOptions()
    for lived, held in [(1.0, False), (1.0, True), (1000.0, False), (1.0, True)]:
        failures.count_death(options, lived)
        if held:
            with pytest.raises(ModelUnavailable):
                failures.check(options)
        else:
            failures.check(options)


# Start


@pytest.mark.parametrize(("done", "total", "expected"), [(0, 0, None), (1, 4, 0.25), (5, 4, 1.0)])
def test_a_fraction_is_known_only_with_a_total(done: int, total: int, expected: float | None) -> None:
    assert Progress("x", done, total).fraction == expected


def test_it_computes_with_at_least_one_core_and_at_most_four() -> None:
    assert 1 <= inference_threads() <= min(4, os.cpu_count() or 1)
    assert inference_threads(limit=1) == 1


def test_without_the_extra_the_error_names_the_command_and_nothing_is_fetched(tmp_path: Path) -> None:
    code = """
import asyncio, sys
sys.modules["xllamacpp"] = None
from picode.io.embedded.options import EmbeddedOptions
from picode.io.embedded.shared import EmbeddedModel
try:
    asyncio.run(EmbeddedModel(EmbeddedOptions, lambda progress: None).endpoint())
except Exception as error:
    print(type(error).__name__, error)
"""
    environment = os.environ | {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/", "PICODE_CACHE_DIR": str(tmp_path / "cache")}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=environment)
    assert said.stdout.startswith("ConfigurationError")
    assert re.search(r"Run `.+ pip install .*'xllamacpp>=[\d.]+'`, then restart", said.stdout)
    assert "picode[" not in said.stdout, "that name is on no index, or another's there"
    assert not (tmp_path / "cache").exists()


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, picode.io.embedded.shared; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    heavy = {"httpx2", "zipfile", "html.parser", "xllamacpp", "platformdirs", "psutil"}
    assert heavy & set(said.stdout.split()) == set()
