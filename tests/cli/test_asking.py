"""Whom `picode chat` asks, what it says of that, and what is typed while it answers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from picode.cli.typeahead import edited
from support.model_server import Model

from .test_chat import model, plain, ready, run, terminal

__all__ = ["model"]


@pytest.fixture
def other(model: Model) -> Iterator[Model]:
    """Another provider, whose model has a slash in its name."""
    other = Model()
    other.says = ["from the other"]
    config = Path(os.environ["PICODE_CONFIG_DIR"]) / "config.toml"
    config.write_text(config.read_text() + f'[providers.other]\nbaseUrl = "{other.address}"\nmodel = "m2"\n')
    yield other
    other.close()


class TestWhoIsAsked:
    @pytest.mark.parametrize(
        ("arguments", "asked"),
        [
            (("--model", "other/m3"), "other/m3"),
            (("--model", "other/org/m3"), "other/org/m3"),
            (("--model", "other"), "other/m2"),
            (("--model", "local/m"), "local/m"),
            (("--model", "m9"), "local/m9"),
            (("--provider", "other", "--model", "local/m"), "other/local/m"),
        ],
    )
    @pytest.mark.parametrize("command", ["chat", "command"])
    def test_a_provider_in_front_of_the_model_is_who_is_asked(
        self, model: Model, other: Model, project: Path, command: str, arguments: tuple[str, ...], asked: str
    ) -> None:
        done = run(command, "hello", *arguments, "--json", cwd=project)
        assert done.returncode == 0, done.stderr
        fields = json.loads(done.stdout)
        assert f"{fields['provider']}/{fields['model']}" == asked
        assert (len(model.asked), len(other.asked)) == ((0, 1) if asked.startswith("other") else (1, 0))

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--model", "opnai/gpt-5"),
            ("--model", "org/m"),
            ("--provider", "opnai"),
            ("--provider", "opnai", "--model", "m"),
        ],
    )
    @pytest.mark.parametrize("command", ["chat", "command"])
    def test_a_provider_that_there_is_not_is_refused(
        self, model: Model, project: Path, command: str, arguments: tuple[str, ...]
    ) -> None:
        done = run(command, "hello", *arguments, cwd=project)
        assert (done.returncode, done.stdout) == (1, "")
        assert arguments[1].partition("/")[0] in done.stderr
        assert "openai" in done.stderr, "those that there are"
        assert model.asked == []

    def test_a_model_that_the_embedded_provider_has_not_is_refused(self, model: Model, project: Path) -> None:
        done = run("chat", "hello", "--model", "embedded/foo", cwd=project)
        assert (done.returncode, done.stdout) == (1, "")
        assert "there is no model 'foo'. There are: SmolLM2-135M-Instruct" in done.stderr

    def test_where_the_proxy_is_none_nothing_is_asked_and_that_is_said_once(self, model: Model, project: Path) -> None:
        config = Path(os.environ["PICODE_CONFIG_DIR"]) / "config.toml"
        config.write_text(
            '[chat]\nprovider = "far"\n[providers.far]\nbaseUrl = "https://far.invalid/v1"\nmodel = "m"\n'
            '[network]\nproxy = "proxy.example:8080"\n'
        )
        done = run("chat", "hello", cwd=project)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("network.proxy should be an address") == 1
        assert "No request leaves this machine until it is corrected." in done.stderr

    def test_model_counts_more_than_the_command_line(self, model: Model, other: Model, project: Path) -> None:
        child = terminal("chat", "--model", "local/m", cwd=project)
        ready(child)
        child.send("/model other/m4\r")
        child.expect("From now on")
        ready(child)
        child.send("hello\r")
        child.expect("from the other")
        assert model.asked == []
        child.close(force=True)

    @pytest.mark.parametrize("command", ["chat", "command"])
    def test_a_fallback_that_answers_is_said_on_standard_error(
        self, model: Model, other: Model, project: Path, command: str
    ) -> None:
        config = Path(os.environ["PICODE_CONFIG_DIR"]) / "config.toml"
        config.write_text(f'[chat]\nfallback = ["other/m2"]\n{config.read_text()}')
        model.status = 401
        done = run(command, "hello", cwd=project)
        assert (done.returncode, done.stdout) == (0, "from the other\n")
        assert "answered by other" in done.stderr
        told = json.loads(run(command, "hello", "--json", cwd=project).stdout)
        assert "answered by other" in told["note"]


class TestOptions:
    def test_json_has_the_answer_and_who_gave_it(self, model: Model, project: Path) -> None:
        model.says = ["a\x1b[31m", "b"]
        done = run("chat", "hello", "--json", cwd=project)
        fields = json.loads(done.stdout)
        assert (fields["text"], fields["model"], fields["finish"]) == ("a\x1b[31mb", "m", "stop")
        assert fields["conversation"]
        assert run("chat", "--json", cwd=project).returncode == 2

    def test_a_system_prompt_of_ones_own(self, model: Model, project: Path) -> None:
        run("chat", "hello", "--system", "Answer in verse.", cwd=project)
        first = model.conversations[-1][0]
        assert first["role"] == "system"
        assert first["content"].startswith("You are PiCode")
        assert first["content"].endswith("Answer in verse.")

    def test_an_answer_that_is_shown_when_it_is_whole(self, model: Model, project: Path) -> None:
        model.says = ["One ", "two."]
        model.may_end.clear()
        child = terminal("chat", "hello", "--no-stream", cwd=project)
        child.expect("Waiting for the model")
        while not model.asked:
            assert child.isalive()
        assert child.expect(["One", pexpect.TIMEOUT], timeout=1) == 1
        model.may_end.set()
        child.expect(r"One two\.")
        child.expect(pexpect.EOF)


class TestOnATerminal:
    def test_one_question_is_answered_and_that_is_all(self, model: Model, project: Path) -> None:
        child = terminal("chat", "hello", cwd=project)
        child.expect("Waiting for the model")
        child.expect("ok")
        child.expect("picode chat --resume")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0

    @pytest.mark.parametrize(
        ("typed", "asked"),
        [("one\rtwo\rthree\r", "one\ntwo\nthree"), ("\x1b[200~one\rtwo\x1b[201~\r", "one\ntwo"), ("onx\x7fe\r", "one")],
        ids=["lines", "bracketed", "deleted"],
    )
    def test_what_is_pasted_while_an_answer_streams_is_one_question(
        self, model: Model, project: Path, typed: str, asked: str
    ) -> None:
        model.says = ["First.\n\n", "Last."]
        model.may_end.clear()
        child = terminal("chat", cwd=project)
        ready(child)
        child.send("hello\r")
        child.expect("First")
        child.send(typed)
        child.expect(["three", pexpect.TIMEOUT], timeout=1)
        assert "two" not in plain(child.before or ""), "it is not shown in the middle of the answer"
        model.may_end.set()
        child.expect("Last")
        child.expect("Last", timeout=60)
        assert len(model.asked) == 2
        assert model.asked[1].endswith(asked)
        child.close(force=True)

    def test_a_question_that_has_no_end_yet_waits_for_it(self, model: Model, project: Path) -> None:
        model.says = ["First.\n\n", "Last."]
        model.may_end.clear()
        child = terminal("chat", cwd=project)
        ready(child)
        child.send("hello\r")
        child.expect("First")
        child.send("half a")
        model.may_end.set()
        child.expect("Last")
        child.expect("half a")
        child.send(" question\r")
        child.expect("Last")
        assert model.asked[1].endswith("half a question")
        child.close(force=True)

    def test_the_conversation_that_goes_on_is_shown(self, model: Model, project: Path) -> None:
        model.says = ["It is a list."]
        run("chat", "what is this?", cwd=project)
        child = terminal("chat", "--resume", "last", cwd=project)
        child.expect("Going on with")
        child.expect("what is this")
        child.expect("It is a list")
        ready(child)
        child.close(force=True)

    def test_no_line_of_the_log_stands_in_a_conversation(self, model: Model, project: Path) -> None:
        config = Path(os.environ["PICODE_CONFIG_DIR"]) / "config.toml"
        config.write_text(config.read_text() + "[inline.nothing]\nx = 1\n")
        child = terminal("chat", "hello", cwd=project)
        child.expect(pexpect.EOF)
        shown = plain(child.before or "")
        assert "ok" in shown
        assert shown.count("inline.nothing") == 1, "it is said once, and not logged too"
        assert "WARNING" not in shown.upper()

    def test_words_are_not_broken(self, model: Model, project: Path) -> None:
        child = terminal("chat", "--model", "opnai/gpt-5", "hello", cwd=project, columns=60)
        child.expect(pexpect.EOF)
        lines = plain(child.before or "").splitlines()
        assert max(map(len, lines)) <= 60
        assert len(lines) > 3


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("a\r\nb", "a\nb"),
        ("\x7f\x7fa", "a"),
        ("a\n\x7fb", "a\nb"),
        ("\x1b[A\x1bOP\x04\x01a\x1b", "a"),
        ("a\tb", "a\tb"),
        ("日本\x7f", "日"),
    ],
)
def test_keys_that_were_typed_ahead(typed: str, text: str) -> None:
    assert edited(typed) == text
