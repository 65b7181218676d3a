"""What the command line says about itself: help, examples, completion in a real shell, exit codes."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from typer.main import get_command

from picode.cli.app import app
from tools.cli_page import examples_of, runnable

from .test_commands import picode

ROOT = get_command(app)
COMMANDS = {" ".join(path): command for path, command in runnable(ROOT, ("picode",))}
EXAMPLES = [line for command in (*COMMANDS.values(), ROOT) for line in examples_of(command)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_shows_how(name: str) -> None:
    assert COMMANDS[name].help
    lines = examples_of(COMMANDS[name])
    assert lines
    assert all(name in line for line in lines), "an example is one of another command"


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_a_command_that_there_is_with_options_that_it_has(line: str) -> None:
    """It is parsed to its end, not carried out."""
    inner = re.search(r"\$\((picode [^)]*)\)", line)
    tokens = shlex.split(inner[1] if inner else line)
    words = list(itertools.takewhile(lambda token: token not in "|<>", tokens[tokens.index("picode") + 1 :]))
    context, command = None, ROOT
    while True:
        context = command.make_context(command.name, words, parent=context)
        if not getattr(command, "commands", None) or not (rest := [*context._protected_args, *context.args]):
            return
        _, command, words = command.resolve_command(context, rest)


def test_help_ends_with_examples_and_exit_codes() -> None:
    done = picode("--help")
    assert done.returncode == 0
    assert "2 for a command that can't be" in " ".join(done.stdout.split())
    assert "picode --verbose provider test openai" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "arguments", [("nothing",), ("--nothing",), ("stats", "--days", "x"), ("conversations", "show")]
)
def test_a_command_that_can_t_be_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = picode(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_with_130() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "picode", "complete", "x.py:1", "--stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    status = Path(f"/proc/{child.pid}/wchan")
    until = time.monotonic() + 30
    while status.exists() and "pipe" not in status.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.0 if status.exists() else 2.0)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, "Traceback" in err) == (130, False)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("config get inline.deb", ["inline.debounceMs"]),
        ("config show advanced.chat.max", ["advanced.chat.maxTokens"]),
        ("provider test open", ["openai", "openrouter", "openai-compatible"]),
        ("provider key set te", ["team"]),
        ("models list --provider mis", ["mistral"]),
        ("chat --provider mis", ["mistral"]),
        ("models pull Smol", ["SmolLM2-135M-Instruct"]),
        ("models remove co", ["coder"]),
        ("conversations export --format ", ["markdown", "json"]),
    ],
)
def test_a_shell_offers_what_there_is(words: str, offered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICODE_PROVIDERS", '{"team": {"baseUrl": "https://models.example/v1"}}')
    models = Path(os.environ["PICODE_DATA_DIR"]) / "models"
    models.mkdir(parents=True)
    (models / "coder.gguf").touch()
    monkeypatch.setenv("_PICODE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"picode {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" "))))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("picode"))], capture_output=True, text=True, timeout=60, check=False
    )
    assert (sorted(done.stdout.split()), done.stderr) == (sorted(offered), "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_completion_works_in_a_real_shell_once_it_is_installed(tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent
    environ = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "PS1": "ready> ",
        "INPUTRC": "/dev/null",
        "TERM": "dumb",
    }
    shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], env=environ, encoding="utf-8", timeout=60)
    shell.setwinsize(50, 200)
    shell.expect("ready> ")
    shell.sendline("picode --install-completion")
    shell.expect("bash completion installed")
    shell.expect("ready> ")
    shell.sendline("source ~/.bashrc")
    shell.expect("ready> ")
    shell.send("picode conv\t")
    shell.expect("picode conversations")
    shell.send("exp\t")
    shell.expect("export")
    shell.send("--outp\t")
    shell.expect("--output")
    shell.close(force=True)
