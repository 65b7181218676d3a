"""`picode provider key` as a process: what is typed and piped, what is said, and how it ends."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keys.backends import MemoryKeyring
from picode.cli.app import app

CANARY = "Zq7-canary-Zq7"
PASSPHRASE = "correct horse"
COMMAND = (sys.executable, "-m", "picode", "provider", "key")
NAME = "openai@https://api.openai.com"

at_a_terminal = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")


class Shell:
    """Runs the command with a keyring and folders of its own, and remembers all that it has printed."""

    def __init__(self, folder: Path) -> None:
        self.data, self.keyring = folder / "data", folder / "keyring.json"
        self.printed = ""
        self.environ = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PYTHON_KEYRING_BACKEND": "keys.backends.FileKeyring",
            "TEST_KEYRING": str(self.keyring),
            "PICODE_DATA_DIR": str(self.data),
            "PICODE_CONFIG_DIR": str(folder / "config"),
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
        self.folder = folder / "work"
        self.folder.mkdir()

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[bytes]:
        """Without a terminal: `start_new_session` takes away the one of whoever runs the tests."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environ, **environ},
            cwd=self.folder,
            start_new_session=True,
        )

    def run(self, *arguments: str, piped: bytes = b"", **environ: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **environ)
        output, errors = (text.decode() for text in process.communicate(piped, timeout=60))
        self.printed += output + errors
        assert "Traceback" not in errors
        return process.returncode, output, errors

    def state(self, provider: str = "openai") -> dict[str, object]:
        _, output, _ = self.run("status", provider, "--json")
        (state,) = json.loads(output)
        return state

    def entries(self) -> dict[str, str]:
        return json.loads(self.keyring.read_text()) if self.keyring.exists() else {}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_key_is_piped_into_the_keyring_found_and_deleted(shell: Shell) -> None:
    assert shell.run("status", "openai")[:2] == (1, "openai  https://api.openai.com  none\n")
    assert shell.run("set", "openai", piped=f"\ufeff {CANARY}\r\n".encode()) == (
        0, "The key for openai at https://api.openai.com is in the system keyring now.\n", ""
    )  # fmt: skip
    assert shell.entries() == {NAME: CANARY}
    assert shell.run("status", "openai") == (0, "openai  https://api.openai.com  keyring\n", "")
    assert shell.run("delete", "openai")[0] == 0
    assert shell.entries() == {}
    assert shell.run("delete", "openai") == (1, "", "No key is stored for openai at https://api.openai.com.\n")
    assert shell.state()["place"] == "none"
    assert CANARY not in shell.printed


def test_the_vault_takes_it_where_there_is_no_keyring(shell: Shell) -> None:
    shell.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    status, output, errors = shell.run("set", "openai", piped=CANARY.encode())
    assert (status, output) == (1, "")
    assert "missing on this machine" in errors
    assert "--vault" in errors

    status, output, errors = shell.run("set", "openai", "--vault", piped=CANARY.encode())
    assert status == 1
    assert "Set PICODE_VAULT_PASSPHRASE" in errors

    assert shell.run("set", "openai", "--vault", piped=CANARY.encode(), PICODE_VAULT_PASSPHRASE=PASSPHRASE)[0] == 0
    assert shell.state()["place"] == "vault"
    assert CANARY.encode() not in (shell.data / "vault.json").read_bytes()
    wrong = shell.run("set", "groq", "--vault", piped=CANARY.encode(), PICODE_VAULT_PASSPHRASE="wrong")
    assert wrong[0] == 1
    assert "does not open the vault" in wrong[2]
    assert shell.run("delete", "openai")[0] == 0
    assert shell.state()["place"] == "none"
    assert CANARY not in shell.printed


def test_a_variable_is_named_and_comes_first(shell: Shell) -> None:
    shell.environ["OPENAI_API_KEY"] = CANARY
    assert shell.state() == {
        "provider": "openai", "origin": "https://api.openai.com", "place": "environment", "variable": "OPENAI_API_KEY",
        "flaw": "", "needed": True, "used": True,
    }  # fmt: skip
    status, _, errors = shell.run("set", "openai", piped=b"sk-2")
    assert (status, errors) == (0, "OPENAI_API_KEY is set in the environment and comes first for openai.\n")
    status, _, errors = shell.run("delete", "openai")
    assert (status, errors) == (0, "OPENAI_API_KEY is set in the environment, where only you can delete it.\n")
    shell.environ["OPENAI_API_KEY"] = f"{CANARY} {CANARY}"
    status, output, _ = shell.run("status", "openai")
    assert status == 1
    assert output.endswith("environment (OPENAI_API_KEY); it holds a space\n")
    assert CANARY not in shell.printed


def test_status_lists_every_provider_and_keys_that_are_not_in_use(shell: Shell) -> None:
    shell.run("set", "openai", piped=b"sk-1")
    shell.run("set", "openai", "--origin", "https://gateway.example/v1/chat", piped=b"sk-2")
    status, output, _ = shell.run("status")
    assert status == 0
    lines = {tuple(line.split(maxsplit=2)) for line in output.splitlines()}
    assert ("openai", "https://api.openai.com", "keyring") in lines
    assert ("openai", "https://gateway.example", "keyring; not in use") in lines
    assert ("ollama", "http://127.0.0.1:11434", "none, and none needed") in lines
    assert ("groq", "https://api.groq.com", "none") in lines
    assert shell.entries() == {NAME: "sk-1", "openai@https://gateway.example": "sk-2"}


def test_a_key_is_stored_for_the_address_that_the_settings_name(shell: Shell) -> None:
    config = Path(shell.environ["PICODE_CONFIG_DIR"])
    config.mkdir()
    (config / "config.toml").write_text('[providers.openai]\nbaseUrl = "https://gateway.example/v1"\n')
    (shell.folder / ".picode.toml").write_text('[providers.openai]\nbaseUrl = "https://evil.example/v1"\n')
    _, output, _ = shell.run("set", "openai", piped=CANARY.encode())
    assert "https://gateway.example" in output, "the folder is not trusted"
    assert list(shell.entries()) == ["openai@https://gateway.example"]


def test_a_broken_vault_is_reported_and_the_rest_is_shown(shell: Shell) -> None:
    shell.data.mkdir()
    (shell.data / "vault.json").write_text("{")
    shell.environ["OPENAI_API_KEY"] = CANARY
    status, output, errors = shell.run("status")
    assert status == 0
    assert errors.count("is not valid JSON") == 1
    assert "environment (OPENAI_API_KEY)" in output
    assert "unknown" in output
    assert shell.run("status", "groq")[0] == 1
    assert (shell.data / "vault.json").read_text() == "{"


def test_processes_that_store_at_the_same_time_lose_nothing(shell: Shell) -> None:
    names = ["openai", "groq", "mistral"]
    running = [shell.start("set", name, "--vault", PICODE_VAULT_PASSPHRASE=PASSPHRASE) for name in names]
    for process in running:
        process.communicate(CANARY.encode(), timeout=60)
    assert [process.returncode for process in running] == [0, 0, 0]
    assert [shell.state(name)["place"] for name in names] == ["vault"] * 3


def test_a_keyring_that_hangs_is_waited_for_aloud_and_can_be_left(shell: Shell) -> None:
    process = shell.start("set", "openai", PYTHON_KEYRING_BACKEND="keys.backends.HangingKeyring")
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(CANARY.encode())
    process.stdin.close()
    process.stdin = None
    assert b"Waiting for the system keyring" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode not in (0, 2)
    assert b"Traceback" not in errors
    assert CANARY.encode() not in errors


class TestInOneProcess:
    """Tables of mistakes. The same command, without the half second that a process takes to start."""

    @pytest.fixture(autouse=True)
    def _own_folders(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: MemoryKeyring) -> None:
        monkeypatch.setenv("PICODE_DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("PICODE_CONFIG_DIR", str(tmp_path / "config"))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.chdir(tmp_path)

    def fail(self, *arguments: str, piped: bytes = CANARY.encode()) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["provider", "key", *arguments], input=piped)
        assert result.stdout == ""
        assert CANARY not in result.output + repr(result.exception)
        return result.exit_code, result.stderr

    @pytest.mark.parametrize(
        ("arguments", "status", "words"),
        [
            (("set",), 2, "Missing argument"),
            (("set", "openai", CANARY), 2, "never an argument"),
            (("set", "openai", "--vault", CANARY), 2, "never an argument"),
            (("set", "openai", "--origin", "api.openai.com"), 2, "is no address"),
            (("set", "openai", "--origin", "ftp://x"), 2, "is no address"),
            (("set", "openai", "--origin", "https://x:99999"), 2, "is no address"),
            (("set", "opnai"), 1, "no provider named 'opnai'"),
            (("set", "embedded"), 1, "needs no key"),
            (("set", "openai-compatible"), 1, "has no address"),
            (("status", "opnai"), 1, "no provider named 'opnai'"),
            (("delete", "opnai"), 1, "no provider named 'opnai'"),
        ],
    )
    def test_a_mistake_is_explained(self, arguments: tuple[str, ...], status: int, words: str) -> None:
        found, errors = self.fail(*arguments)
        assert found == status
        assert words in errors

    @pytest.mark.parametrize(
        ("piped", "words"),
        [
            (b"", "is empty"),
            (b"\n \n", "is empty"),
            (f"{CANARY}\n{CANARY}\n".encode(), "line end"),
            (f"Bearer {CANARY}".encode(), "space"),
            (f"\u201c{CANARY}\u201d".encode(), "not ASCII"),
            (CANARY.encode("utf-16"), "not ASCII"),
            (CANARY.encode() * 1000, "longer than"),
            (b"\xff" * 100_000, "longer than"),
        ],
    )
    def test_an_odd_key_is_refused_and_not_shown(self, backend: MemoryKeyring, piped: bytes, words: str) -> None:
        status, errors = self.fail("set", "openai", piped=piped)
        assert status == 1
        assert words in errors
        assert backend.entries == {}


class Terminal:
    """The command at a terminal of its own, which shows what is echoed."""

    def __init__(self, shell: Shell, *arguments: str) -> None:
        self.shown = ""
        import pty  # which Windows does not have

        self._pid, self._handle = pty.fork()
        if self._pid == 0:
            os.chdir(shell.folder)
            os.execve(sys.executable, [*COMMAND, *arguments], shell.environ)

    def answer(self, prompt: str, text: str) -> None:
        """Types `text` when the prompt is there."""
        already = self.shown.count(prompt)
        self._read(lambda: self.shown.count(prompt) > already)
        os.write(self._handle, text.encode())

    def ended(self) -> int:
        self._read(lambda: False)
        os.close(self._handle)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self, enough: object) -> None:
        until = time.monotonic() + 60
        while not enough():  # type: ignore[operator]
            ready, _, _ = select.select([self._handle], [], [], until - time.monotonic())
            assert ready, f"nothing more came after {self.shown!r}"
            try:
                piece = os.read(self._handle, 4096)
            except OSError:  # how Linux tells that the other side is closed
                return
            if not piece:
                return
            self.shown += piece.decode()


@at_a_terminal
def test_a_key_that_is_typed_is_not_echoed(shell: Shell) -> None:
    terminal = Terminal(shell, "set", "openai")
    terminal.answer("Key for openai at https://api.openai.com: ", f"{CANARY}\n")
    assert terminal.ended() == 0
    assert shell.entries() == {NAME: CANARY}
    assert CANARY not in terminal.shown


@at_a_terminal
def test_a_new_vault_asks_twice_and_an_old_one_once(shell: Shell) -> None:
    terminal = Terminal(shell, "set", "openai", "--vault")
    terminal.answer("New passphrase", f"{PASSPHRASE}\n")
    terminal.answer("The same again", f"{PASSPHRASE}\n")
    terminal.answer("Key for openai", f"{CANARY}\n")
    assert terminal.ended() == 0
    assert CANARY not in terminal.shown
    assert PASSPHRASE not in terminal.shown

    terminal = Terminal(shell, "set", "groq", "--vault")
    terminal.answer("Passphrase of the vault", "wrong\n")
    assert terminal.ended() == 1
    assert "does not open the vault" in terminal.shown
    assert "again:" not in terminal.shown


@at_a_terminal
def test_two_passphrases_that_differ_make_no_vault(shell: Shell) -> None:
    terminal = Terminal(shell, "set", "openai", "--vault")
    terminal.answer("New passphrase", "one\n")
    terminal.answer("The same again", "other\n")
    assert terminal.ended() == 1
    assert "differ" in terminal.shown
    assert not (shell.data / "vault.json").exists()


@at_a_terminal
def test_a_prompt_can_be_left(shell: Shell) -> None:
    terminal = Terminal(shell, "set", "openai")
    terminal.answer("Key for openai", "\x03")
    assert terminal.ended() not in (0, 2)
    assert "Traceback" not in terminal.shown
    assert shell.entries() == {}
