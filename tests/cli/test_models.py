"""`picode models pull` and `remove`, run as a user runs them: as a process."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from embedded.file_server import FileServer, serve

from .test_commands import picode

CONTENT = b"GGUF" + bytes(range(256)) * 8192
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(CONTENT) as server:
        yield server


def embedded_models() -> dict[str, bool]:
    found = json.loads(picode("models", "list", "--provider", "embedded", "--json").stdout)
    return {each["model"]: each["current"] for each in found if each["available"]}


def test_a_model_is_pulled_listed_chosen_and_removed(server: FileServer) -> None:
    done = picode("models", "pull", server.url, "--sha256", SHA256)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("coder-1.5b is here: ")
    assert "picode config set embedded.modelPath coder-1.5b" in done.stdout
    assert done.stderr == ""
    assert embedded_models() == {"SmolLM2-135M-Instruct": True, "coder-1.5b": False}
    assert picode("config", "set", "inline.model", "coder-1.5b").returncode == 0
    assert embedded_models() == {"SmolLM2-135M-Instruct": False, "coder-1.5b": True}
    done = picode("models", "remove", "coder-1.5b")
    assert (done.returncode, done.stdout) == (0, "Removed coder-1.5b: 2 MB.\n")
    assert picode("models", "remove", "coder-1.5b").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("nothing",), "SmolLM2-135M-Instruct"),
        (("https://models.example/a.gguf",), "--sha256"),
        (("http://models.example/a.gguf", "--sha256", SHA256), "https://"),
    ],
)
def test_what_can_t_be_pulled_says_why(arguments: tuple[str, ...], problem: str) -> None:
    done = picode("models", "pull", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_hash(server: FileServer) -> None:
    done = picode("models", "pull", server.url, "--sha256", "0" * 64)
    assert done.returncode == 1
    assert SHA256 in done.stderr
    assert "coder-1.5b" not in embedded_models()


def test_a_terminal_shows_how_far_it_is(server: FileServer) -> None:
    command = f"{sys.executable} -m picode models pull {server.url} --sha256 {SHA256}"
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    shown, status = pexpect.run(command, withexitstatus=True, encoding="utf-8", env=environ, timeout=60)
    assert status == 0, shown
    assert "Fetching coder-1.5b.gguf" in shown
    assert "2.1/2.1 MB" in shown


def test_ctrl_c_ends_it_and_the_next_time_it_goes_on(server: FileServer) -> None:
    server.length, server.cuts = len(CONTENT), [1_000_000]
    server.stall = True
    child = subprocess.Popen(
        [sys.executable, "-m", "picode", "models", "pull", server.url, "--sha256", SHA256],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = Path(os.environ["PICODE_DATA_DIR"]) / "models"
    until = time.monotonic() + 30
    while not any(file.stat().st_size == 1_000_000 for file in folder.glob("*.part")):
        assert time.monotonic() < until
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, "Traceback" in err) == (130, False)
    server.stall, server.length, server.requests = False, None, []
    assert picode("models", "pull", server.url, "--sha256", SHA256).returncode == 0
    assert server.requests == ["bytes=1000000-"]


@pytest.mark.embedded
def test_a_pulled_model_answers(model: Path, tmp_path: Path) -> None:
    (tmp_path / "series.py").write_text("def double(n):\n    return \n")
    assert picode("models", "pull", str(model), "--name", "mine").returncode == 0
    assert picode("config", "set", "embedded.modelPath", "mine").returncode == 0
    done = picode("complete", "series.py:2:12", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["text"].strip()
    picode("config", "set", "embedded.modelPath", "yours")
    done = picode("complete", "series.py:2:12", cwd=tmp_path)
    assert done.returncode == 1
    assert "There is no model 'yours' here" in done.stderr


@pytest.mark.embedded
@pytest.mark.usefixtures("model")
def test_the_usual_model_is_pulled_by_its_name() -> None:
    done = picode("models", "pull", "smollm2-135m-instruct")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SmolLM2-135M-Instruct is here: ")
