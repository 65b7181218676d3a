"""The log: its lines, its levels, its file, and the ids of requests in it."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from picode.assistant import request_ids
from picode.io import log_levels, log_lines, logs
from picode.io.log_file import LogFile
from picode.io.log_lines import HumanLines, JsonLines
from support.process import ServerProcess
from support.provider import Provider


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logs.configure("info", directives="")
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def line(form: logging.Formatter, message: str, *args: object, error: Exception | None = None) -> str:
    """One entry as `form` writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(form)
    logger = logging.Logger("picode.test")
    logger.addHandler(handler)
    logger.error(message, *args, exc_info=error)
    return written.getvalue().removesuffix("\n")


def failure(text: str) -> Exception:
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


class TestLinesForPeople:
    def test_they_begin_as_editors_read_them(self) -> None:
        assert re.fullmatch(r"\d\d:\d\d:\d\d ERROR picode\.test: it is 5", line(HumanLines(), "it is %d", 5))

    def test_they_name_the_request(self) -> None:
        with request_ids.request("abcdefghijkl"):
            assert line(HumanLines(), "hello").endswith("picode.test: hello [abcdefgh]")
        assert line(HumanLines(), "hello").endswith("picode.test: hello")

    def test_a_text_from_outside_can_t_look_like_an_entry_of_its_own(self) -> None:
        written = line(HumanLines(), "said: %s", "no\n12:00:00 INFO picode: all is well\r\nreally")
        assert [part[:4] for part in written.split("\n")[1:]] == ["    ", "    "]

    def test_the_lines_of_a_traceback_belong_to_it(self) -> None:
        first, *rest = line(HumanLines(), "failed", error=failure("one\n12:00:00 INFO x: two")).split("\n")
        assert first.endswith("failed")
        assert all(each.startswith("    ") for each in rest)
        assert rest[-2].strip() == "ValueError: one"


class TestLinesForPrograms:
    def test_one_is_one_object(self) -> None:
        with request_ids.request("abcdefghijkl"):
            entry = json.loads(line(JsonLines(), "a %s\nc", "b"))
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
        assert entry == {
            "level": "error",
            "logger": "picode.test",
            "request": "abcdefghijkl",
            "message": "a b\nc",
            "process": os.getpid(),
        }

    def test_an_exception_has_a_field_of_its_own(self) -> None:
        entry = json.loads(line(JsonLines(), "failed", error=failure("why")))
        assert entry["exception"].startswith("Traceback")
        assert entry["exception"].endswith("ValueError: why")
        assert "request" not in entry


@pytest.mark.parametrize("form", [HumanLines(), JsonLines()], ids=["human", "json"])
class TestTheFilter:
    @pytest.mark.parametrize(
        "secret", ["Zq7/canary+Zq7=0123456789", 'quo"ted\\key-0123', "ключ-из-одних-букв", "with space and %"]
    )
    def test_a_key_that_is_known_shows_in_no_form(self, form: logging.Formatter, secret: str) -> None:
        from urllib.parse import quote

        log_lines.hide(secret)
        forms = (secret, json.dumps(secret), repr(secret), quote(secret, safe=""))
        written = line(form, "%s %s %s %s", *forms, error=failure(f"bad key {secret}"))
        assert written.count("[key]") >= 5
        for each in forms:
            assert each.strip("'\"") not in written

    def test_a_word_of_the_language_is_no_key(self, form: logging.Formatter) -> None:
        log_lines.hide("none")
        assert "none" in line(form, "there is none")

    def test_what_looks_like_a_key_is_taken_for_one(self, form: logging.Formatter) -> None:
        assert "abcdef0123456789" not in line(form, "refused sk-proj-abcdef0123456789")

    def test_the_password_of_a_proxy_is_one(self, form: logging.Formatter) -> None:
        written = line(form, "no way through http://ada:correct-horse@proxy.example:8080/")
        assert "correct-horse" not in written
        assert "proxy.example:8080" in written

    @pytest.mark.parametrize(
        ("told", "shown"),
        [
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b]0;owned\x07title", "title"),
            ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x9b2Jcleared", "cleared"),
            ("back\x08\x08space", "backspace"),
            ("\x1b(0line\x1bc", "line"),
            ("bell\x07 \x00nul", "bell nul"),
            ("a\tb", "a\tb"),
        ],
    )
    def test_a_terminal_is_not_steered(self, form: logging.Formatter, told: str, shown: str) -> None:
        written = line(form, "%s|", told)
        text = json.loads(written)["message"] if written.startswith("{") else written
        assert text.endswith(shown + "|")


@pytest.mark.parametrize(
    ("text", "usual", "modules", "problems"),
    [
        ("", None, {}, 0),
        ("debug", logging.DEBUG, {}, 0),
        ("picode.io=debug,info", logging.INFO, {"picode.io": logging.DEBUG}, 0),
        (" INFO , picode.lsp = Warning ", logging.INFO, {"picode.lsp": logging.WARNING}, 0),
        ("info,debug", logging.DEBUG, {}, 0),
        ("picode.io=off", None, {"picode.io": logging.CRITICAL + 10}, 0),
        ("loud", None, {}, 1),
        ("picode.io=loud,error", logging.ERROR, {}, 1),
        ("pygls=debug", None, {}, 1),
        ("httpx2.client=info", None, {}, 1),
        ("pygls=error", None, {"pygls": logging.ERROR}, 0),
        (",,", None, {}, 0),
    ],
)
def test_levels_for_each_module(text: str, usual: int | None, modules: dict[str, int], problems: int) -> None:
    levels = log_levels.parse(text)
    assert (levels.usual, levels.modules, len(levels.problems)) == (usual, modules, problems)


def test_levels_are_taken_back_when_nobody_wants_them_any_more() -> None:
    logs.configure("info", directives="picode.io=debug")
    assert logging.getLogger("picode.io.http").isEnabledFor(logging.DEBUG)
    logs.configure("info", directives="")
    assert not logging.getLogger("picode.io.http").isEnabledFor(logging.DEBUG)


def test_libraries_that_log_bodies_are_silent_whatever_is_asked_for() -> None:
    logs.configure("debug", directives="debug,httpx2=debug,pygls=debug")
    for name in ("httpx2", "httpcore2", "pygls.protocol", "openai", "asyncio"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO), name


def entries(*files: Path) -> list[dict[str, Any]]:
    return [json.loads(each) for file in files for each in file.read_text(encoding="utf-8").splitlines()]


class TestTheFile:
    def test_it_is_the_user_s_alone_and_lies_in_the_state_folder(self) -> None:
        logs.configure("info", file="picode.jsonl")
        logging.getLogger("picode.test").info("hello %s", "there")
        logs.close()
        (file,) = Path(os.environ["XDG_STATE_HOME"]).rglob("picode.jsonl")
        assert [each["message"] for each in entries(file)] == ["hello there"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        logging.getLogger("picode.test").info("nobody hears this")
        assert len(entries(file)) == 1

    @pytest.mark.parametrize("files", [1, 2, 4])
    def test_it_does_not_grow_without_end(self, tmp_path: Path, files: int) -> None:
        handler = LogFile(tmp_path / "log.jsonl", 20_000, files)
        log = logging.Logger("picode.test")
        log.addHandler(handler)
        for number in range(200 * files):  # 50 kB for each file
            log.info("%d %s", number, "x" * 150)
        handler.close()
        found = [each for each in tmp_path.iterdir() if each.suffix != ".lock"]
        assert len(found) == files
        assert all(each.stat().st_size <= 20_000 for each in found)
        assert int(entries(tmp_path / "log.jsonl")[-1]["message"].split()[0]) == 200 * files - 1

    def test_several_servers_share_it(self, tmp_path: Path) -> None:
        file = tmp_path / "log.jsonl"
        code = (
            "import logging, pathlib, sys; from picode.io.log_file import LogFile\n"
            f"handler, log = LogFile(pathlib.Path({str(file)!r}), 200_000, 9), logging.Logger('picode')\n"
            "log.addHandler(handler)\n"
            "for number in range(2000): log.info('%s %d %s', sys.argv[1], number, 'x' * 150)\n"
            "handler.close()\n"
        )
        workers = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("a", "b")]
        assert [worker.wait(60) for worker in workers] == [0, 0]
        older = sorted(tmp_path.glob("log.jsonl.[0-9]"), reverse=True)
        assert len(older) > 2
        told = [entry["message"].split()[:2] for entry in entries(*older, file)]
        for name in ("a", "b"):
            assert [int(number) for who, number in told if who == name] == list(range(2000)), "each, once, in order"

    def test_one_that_can_t_be_written_is_told_once(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "log.jsonl").mkdir()
        logs.configure("info", file=str(tmp_path / "log.jsonl"))
        for _ in range(3):
            logging.getLogger("picode.test").info("hello")
        logs.close()
        assert capfd.readouterr().err.count("can't be written") == 1

    def test_a_folder_that_can_t_be_made_is_told_and_nothing_fails(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").touch()
        logs.configure("info", file=str(tmp_path / "file" / "log.jsonl"))
        assert "There is no log file" in caplog.text


async def test_one_id_leads_from_the_editor_to_the_provider(tmp_path: Path) -> None:
    file, stderr = tmp_path / "log.jsonl", tmp_path / "stderr"
    async with Provider() as provider:
        provider.says = "total"
        options = {
            "inline": {"provider": "own", "model": "m", "debounceMs": 0},
            "providers": {"own": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
            "log": {"file": str(file)},
        }
        async with ServerProcess(log=stderr, PICODE_LOG="picode=debug,info") as server:
            await server.initialize(options)
            uri = server.open(tmp_path / "a.py", "x = \n")
            # The file is there when the settings are read, which is after the first request at the earliest.
            await server.request("workspace/executeCommand", {"command": "picode.status", "arguments": []})
            assert (await server.suggest(uri, 0, 4, explicit=True))["result"]["items"]
            number = server.last_id
            await server.request("shutdown")
            server.notify("exit", None)
            await server.exited(within=10)
    asked = [entry for entry in entries(file) if entry["message"] == f"textDocument/inlineCompletion, number {number}"]
    request = asked[0]["request"]
    served = [entry["message"] for entry in entries(file) if entry.get("request") == request]
    assert any(message.startswith("inline: own m took") for message in served), served
    sent = [each["headers"].get("x-request-id") for each in provider.requests if each["path"].endswith("/completions")]
    assert request in sent
    human = stderr.read_text().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d (DEBUG|INFO|WARNING|ERROR) \S+: |    ", each) for each in human), human
    assert [each for each in human if each.endswith(f"[{request[:8]}]")]


def test_nothing_heavy_is_loaded_before_initialize_is_answered() -> None:
    code = (
        "import sys\nfrom picode.io import logs\nfrom picode.lsp.server import PiCodeServer\n"
        "logs.configure()\nPiCodeServer()\nlogs.log.warning('hello')\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    heavy = {"structlog", "rich", "prometheus_client", "opentelemetry", "httpx2", "pydantic", "logging.handlers"}
    assert heavy & set(done.stdout.split()) == set()
    assert "WARNING picode.io.logs: hello" in done.stderr
