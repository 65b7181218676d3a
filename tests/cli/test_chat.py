"""`picode chat` and `picode command`, in a real terminal and in pipes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from support.model_server import Model

PICODE = [sys.executable, "-m", "picode"]
TIMEOUT = 100


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Model]:
    model = Model()
    config = tmp_path / "config"
    config.mkdir()
    (config / "config.toml").write_text(
        f'[inline]\nprovider = "local"\nmodel = "m"\n[providers.local]\nbaseUrl = "{model.address}"\n'
    )
    monkeypatch.setenv("PICODE_CONFIG_DIR", str(config))
    yield model
    model.close()


def run(*arguments: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PICODE, *arguments],
        cwd=cwd,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def terminal(*arguments: str, cwd: Path, columns: int = 100) -> pexpect.spawn[str]:
    # pexpect is no terminal that tells where its cursor stands.
    environment = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    for size in ("COLUMNS", "LINES"):  # of the terminal that the tests run in
        environment.pop(size, None)
    return pexpect.spawn(
        PICODE[0],
        [*PICODE[1:], *arguments],
        cwd=str(cwd),
        env=environment,
        timeout=TIMEOUT,
        encoding="utf-8",
        dimensions=(30, columns),
    )


def ready(child: pexpect.spawn[str]) -> None:
    """Waits until something can be typed."""
    child.expect(r"\x1b\[0m>")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>]|\r", "", text)


class TestPipes:
    def test_what_is_piped_in_is_asked_about(self, model: Model, project: Path) -> None:
        model.says = ["It is ", "**fine**."]
        done = run("chat", "review this", cwd=project, stdin="-x = 1\n+x = 2\n")
        assert (done.returncode, done.stdout, done.stderr) == (0, "It is **fine**.\n", "")
        assert "+x = 2" in model.asked[0]
        assert model.asked[0].endswith("review this")

    def test_a_question_can_be_piped_in_whole(self, model: Model, project: Path) -> None:
        assert run("chat", cwd=project, stdin="why?\n").stdout == "ok\n"
        assert model.asked[0].endswith("why?")

    def test_nothing_to_say(self, model: Model, project: Path) -> None:
        done = run("chat", cwd=project)
        assert done.returncode == 2
        assert "nothing to say" in done.stderr

    def test_no_colours_and_no_escapes_where_there_is_no_terminal(self, model: Model, project: Path) -> None:
        model.says = ["a\x1b[31", "mred\x1b]0;title\x07", "b\u202ec"]
        assert run("chat", "hello", cwd=project).stdout == "aredbc\n"

    def test_a_failure_says_what_to_do(self, model: Model, project: Path) -> None:
        model.status = 401
        done = run("chat", "hello", cwd=project)
        assert (done.returncode, done.stdout) == (1, "")
        assert "bad key" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_conversation_is_resumed(self, model: Model, project: Path) -> None:
        run("chat", "one", cwd=project)
        assert run("chat", "--resume", "last", "two", cwd=project).returncode == 0
        listed = json.loads(run("conversations", "list", "--json", cwd=project).stdout)
        assert len(listed) == 1
        shown = run("conversations", "show", "last", cwd=project).stdout
        assert "one" in shown
        assert "two" in shown
        unknown = run("chat", "--resume", "zzzz", "three", cwd=project)
        assert unknown.returncode == 1
        assert "no conversation 'zzzz'" in unknown.stderr


ENDS = {
    # name: (reasoning, answer, finish reason, exit code, words on standard error)
    "whole": ([], ["It adds."], "stop", 0, ""),
    "cut": ([], ["It"], "length", 3, "cut at its longest length"),
    "all tokens for reasoning": (["Hm."], [], "length", 1, "for its reasoning and wrote no answer"),
    "filtered": ([], [], "content_filter", 1, "content filter"),
    "filtered later": ([], ["It"], "content_filter", 3, "declined"),
    "empty": ([], [], "stop", 1, "was empty"),
}


class TestEndings:
    @pytest.mark.parametrize("name", ENDS)
    @pytest.mark.parametrize("command", [("chat", "add?"), ("command", "add?")], ids=["chat", "command"])
    def test_an_answer_in_a_pipe_that_is_not_whole(
        self, model: Model, project: Path, name: str, command: tuple[str, ...]
    ) -> None:
        model.reasons, model.says, model.finish, code, says = ENDS[name]
        done = run(*command, cwd=project)
        assert (done.returncode, done.stdout.strip()) == (code, "".join(model.says))
        assert says in done.stderr
        assert bool(done.stderr) == bool(says)

    def test_a_cut_commit_message_and_a_cut_edit(self, model: Model, project: Path) -> None:
        (project / "a.py").write_text("x = (1)\n")
        model.says, model.finish = ["```python\nx = (2"], "length"
        done = run("command", "/fix", "a.py", cwd=project)
        assert done.returncode == 1
        assert "cut at its longest length" in done.stderr

    def test_json_says_why(self, model: Model, project: Path) -> None:
        model.says, model.finish = ["It"], "length"
        done = run("command", "add?", "--json", cwd=project)
        assert done.returncode == 3
        assert "longest length" in json.loads(done.stdout)["problem"]

    @pytest.mark.parametrize("says", [["<thi", "nk>Hm.</think>\n", "It adds."], ["Hm.\n", "</think>", "\n\nIt adds."]])
    def test_reasoning_is_not_in_a_pipe(self, model: Model, project: Path, says: list[str]) -> None:
        model.says = says
        done = run("chat", "add?", "--model", "qwq", cwd=project)
        assert (done.returncode, done.stdout, done.stderr) == (0, "It adds.\n", "")

    def test_a_terminal_says_how_long_the_model_thought(self, model: Model, project: Path) -> None:
        model.reasons, model.says = ["Hm."], ["It adds."]
        child = terminal("chat", cwd=project)
        ready(child)
        child.send("add?\r")
        child.expect(r"Thought for \d+ s\.")
        child.expect(r"It adds\.")
        assert "Hm." not in plain(child.before or "")
        ready(child)
        child.sendeof()
        child.expect(pexpect.EOF)

    def test_a_failed_question_is_not_sent_with_the_next_one(self, model: Model, project: Path) -> None:
        child = terminal("chat", cwd=project)
        ready(child)
        child.send("one?\r")
        child.expect("ok")
        ready(child)
        model.status = 500
        child.send("two?\r")
        child.expect("bad key")
        ready(child)
        model.status = 200
        child.send("three?\r")
        child.expect("ok")
        ready(child)
        child.sendeof()
        child.expect(pexpect.EOF)
        said = [message["content"] for message in model.conversations[-1] if message["role"] != "system"]
        assert [each.rpartition("\n")[2] for each in said] == ["one?", "ok", "three?"]


class TestCommand:
    SOURCE = "def add(a, b):\n    return a - b\n\n\nprint(add(1, 2))\n"

    def write(self, project: Path) -> Path:
        file = project / "a.py"
        file.write_text(self.SOURCE)
        return file

    def test_prose_is_about_the_lines_that_are_named(self, model: Model, project: Path) -> None:
        self.write(project)
        done = run("command", "/explain", "a.py:2", cwd=project)
        assert (done.returncode, done.stdout) == (0, "ok\n")
        assert "The selected code, `a.py`, line 2:\n```python\n    return a - b\n```" in model.asked[0]

    def test_an_edit_is_a_diff_that_patch_takes(self, model: Model, project: Path) -> None:
        file = self.write(project)
        model.says = ["```python\n    return a + b\n```"]
        done = run("command", "/fix", "a.py:2", cwd=project)
        assert done.returncode == 0, done.stderr
        assert file.read_text() == self.SOURCE, "it is only shown"
        assert "-    return a - b\n+    return a + b\n" in done.stdout
        subprocess.run(["git", "apply", "-"], cwd=project, input=done.stdout, text=True, check=True)
        assert file.read_text() == self.SOURCE.replace("-", "+")

    def test_an_edit_is_written_where_that_is_wanted(self, model: Model, project: Path) -> None:
        file = self.write(project)
        file.chmod(0o750)
        model.says = ["```python\n    return a + b\n```"]
        done = run("command", "/fix", "a.py:2", "--write", cwd=project)
        assert (done.returncode, done.stderr) == (0, "Written.\n")
        assert file.read_text() == self.SOURCE.replace("-", "+")
        assert file.stat().st_mode & 0o777 == 0o750

    def test_an_answer_that_is_no_edit_is_shown(self, model: Model, project: Path) -> None:
        file = self.write(project)
        model.says = ["I would rather not change this function, because it is used in many other places."]
        done = run("command", "/fix", "a.py:2", "--write", cwd=project)
        assert done.returncode == 1
        assert "Nothing was changed." in done.stderr
        assert "I would rather not" in done.stdout
        assert file.read_text() == self.SOURCE

    def test_a_link_to_a_protected_file_is_not_written_through(self, model: Model, project: Path) -> None:
        hook = project / ".vscode" / "tasks.json"
        hook.parent.mkdir(parents=True)
        hook.write_text("x = 1\n")
        (project / "a.py").symlink_to(hook)
        model.says = ["```python\nx = 2\n```"]
        done = run("command", "/edit x is two", "a.py", "--write", cwd=project)
        assert "never edits files of Git" in done.stderr
        assert hook.read_text() == "x = 1\n"

    def test_an_edit_of_a_file_that_runs_by_itself_is_confirmed_in_a_terminal(
        self, model: Model, project: Path
    ) -> None:
        file = project / ".github" / "workflows" / "ci.py"
        file.parent.mkdir(parents=True)
        (project / "a.py").symlink_to(file)
        for name in (str(file), "a.py"):
            model.says = ["```python\nx = 2\n```"]
            file.write_text("x = 1\n")
            done = run("command", "/edit x is two", name, "--write", cwd=project)
            assert done.returncode == 1
            assert f"{file} is run by other programs" in done.stderr
            for answer, text in (("n", "x = 1\n"), ("y", "x = 2\n")):
                window = terminal("command", "/edit x is two", name, "--write", cwd=project)
                window.expect("Write the edit into it")
                window.sendline(answer)
                window.expect(pexpect.EOF)
                window.close()
                assert file.read_text() == text

    def test_standard_input_is_code(self, model: Model, project: Path) -> None:
        model.says = ["```python\nx = 2\n```"]
        done = run("command", "/edit x is two", "-", "--language", "python", cwd=project, stdin="x = 1\n")
        assert "-x = 1\n+x = 2\n" in done.stdout

    def test_json(self, model: Model, project: Path) -> None:
        self.write(project)
        model.says = ["```python\n    return a + b\n```"]
        fields = json.loads(run("command", "/fix", "a.py:2", "--json", cwd=project).stdout)
        assert (fields["command"], fields["model"], fields["finish"]) == ("fix", "m", "stop")
        assert "+    return a + b" in fields["edit"]["diff"]

    def test_a_commit_message(self, model: Model, project: Path) -> None:
        file = self.write(project)
        subprocess.run(["git", "init", "-q"], cwd=project, check=True)
        subprocess.run(["git", "add", file.name], cwd=project, check=True)
        model.says = ["```\nAdd `add`\n```"]
        untrusted = run("command", "/commit", cwd=project)
        assert untrusted.returncode == 1
        assert f"run `picode trust {project}`" in untrusted.stderr
        run("trust", cwd=project)
        assert run("command", "/commit", cwd=project).stdout == "Add `add`\n"
        assert "+    return a - b" in model.asked[0]

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["/explain", "missing.py"], "missing.py can't be read"),
            (["/explain", "a.py:9-10"], "no lines 9-10"),
            (["/explain", "."], "is a folder"),
            (["/fixx", "a.py"], "Did you mean /fix"),
            (["/explain", "a.py", "--write"], "--write is for edits"),
            (["/explain", ".env"], "holds secrets"),
        ],
    )
    def test_what_is_wrong_is_said(self, model: Model, project: Path, arguments: list[str], says: str) -> None:
        self.write(project)
        (project / ".env").write_text("KEY=1\n")
        done = run("command", *arguments, cwd=project)
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr
        assert not model.asked


class TestTerminal:
    def test_an_answer_is_formatted_and_ctrl_c_stops_it_and_not_us(self, model: Model, project: Path) -> None:
        model.says, model.hangs = ["Some **bold** words.\n\n", "And then"], True
        child = terminal("chat", cwd=project)
        ready(child)
        child.send("hello\r")
        child.expect("And then")
        child.sendintr()
        child.expect("Stopped")
        assert model.left.wait(5), "the model was not hung up on"
        shown = plain(child.before or "")
        assert "**" not in shown
        model.says, model.hangs = ["Still here."], False
        ready(child)
        child.send("again\r")
        child.expect("Still here")
        ready(child)
        child.sendeof()
        child.expect("picode chat --resume")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0

    def test_a_smaller_window_is_no_trouble(self, model: Model, project: Path) -> None:
        model.says = ["word " * 60, "\n\nlast"]
        child = terminal("chat", cwd=project)
        ready(child)
        child.setwinsize(10, 40)
        time.sleep(0.3)
        child.send("hello\r")
        child.expect("last")
        child.expect("local/m")
        ready(child)
        child.sendeof()
        child.expect(pexpect.EOF)

    def test_lines_and_slash_commands(self, model: Model, project: Path) -> None:
        child = terminal("chat", cwd=project)
        ready(child)
        child.send("one\x1b\rtwo\r")
        child.expect("local/m")
        assert model.asked[0].endswith("one\ntwo")
        ready(child)
        child.send("/nothing\r")
        child.expect("no command /nothing")
        ready(child)
        child.send("/exit\r")
        child.expect(pexpect.EOF)

    def test_a_hostile_answer_does_nothing_to_the_terminal(self, model: Model, project: Path) -> None:
        model.says = ["\x1b]0;owned\x07\x1b[2J", "[click](command:evil) ![x](http://evil.example/x)"]
        child = terminal("chat", "hello", cwd=project)
        child.expect("local/m")
        shown = child.before or ""
        assert "owned" not in shown
        assert "\x1b[2J" not in shown
        assert "\x1b]8" not in shown
        child.expect(pexpect.EOF)
