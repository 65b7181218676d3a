"""Environments that are set up wrongly, or unusually: one clear error in terminal, editor and doctor; SOCKS works."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
from pathlib import Path
from typing import Any

import httpx2
import pytest

from picode.core.errors import ConfigurationError, NetworkFailure
from picode.io.embedded import download
from picode.io.proxies import bypasses, proxy_for
from picode.settings.layers import Layer, merge
from picode.settings.model import Network
from support.commands import CommandRunner
from support.faulty import FaultyServer, answers, closed_port, fails
from support.process import ServerProcess

from .asking import Asker

NOWHERE = "https://api.example.invalid/v1"
PASSWORD = "correct-horse-battery"  # of a proxy; it must show nowhere

WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a proxy that is not there": ({"HTTPS_PROXY": "http://127.0.0.1:1"}, "HTTPS_PROXY"),
    "a SOCKS proxy that is not there": ({"ALL_PROXY": "socks5://127.0.0.1:1"}, "ALL_PROXY"),
    "GNOME's spelling": ({"all_proxy": "socks://127.0.0.1:1/"}, "all_proxy"),
    "SOCKS with names resolved there": ({"ALL_PROXY": "socks5h://127.0.0.1:1"}, "ALL_PROXY"),
    "a password": ({"HTTPS_PROXY": f"http://ada:{PASSWORD}@127.0.0.1:1"}, "HTTPS_PROXY"),
    "no scheme": ({"https_proxy": "127.0.0.1:1"}, "https_proxy"),
    "SOCKS 4": ({"ALL_PROXY": "socks4://127.0.0.1:1"}, "ALL_PROXY names a socks4 proxy"),
    "another protocol": ({"HTTPS_PROXY": "ftp://127.0.0.1:1"}, "HTTPS_PROXY names a ftp proxy"),
    "no host": ({"HTTPS_PROXY": "http://"}, "HTTPS_PROXY is no address"),
    "no port's number": ({"HTTPS_PROXY": "http://127.0.0.1:port"}, "HTTPS_PROXY is no address"),
    "a port too high": ({"HTTPS_PROXY": "http://127.0.0.1:99999"}, "HTTPS_PROXY is no address"),
    "half an IPv6 address": ({"HTTPS_PROXY": "http://[::1:8080"}, "HTTPS_PROXY is no address"),
    "a port alone": ({"HTTPS_PROXY": "8080"}, "HTTPS_PROXY is no address"),
    "words": ({"HTTPS_PROXY": "no proxy here"}, "HTTPS_PROXY is no address"),
    "an empty label": ({"HTTPS_PROXY": "http://a..b:80"}, "HTTPS_PROXY is no address"),
    "a label too long": ({"HTTPS_PROXY": f"http://{'a' * 70}.example:80"}, "HTTPS_PROXY is no address"),
    "a line break": ({"HTTPS_PROXY": "http://127.0.0.1:1\r\nx: y"}, "HTTPS_PROXY is no address"),
    "an escape sequence": ({"HTTPS_PROXY": "http://\x1b]0;x\x07:1"}, "HTTPS_PROXY is no address"),
    "a page": ({"HTTPS_PROXY": "http://127.0.0.1:1/proxy.pac"}, "HTTPS_PROXY is no address"),
    "a number that is no address": ({"HTTPS_PROXY": "http://999.1.1.1:80:80"}, "HTTPS_PROXY is no address"),
    "a name without a port's colon": ({"HTTPS_PROXY": "http:127.0.0.1:1"}, "HTTPS_PROXY is no address"),
    "a folder for a proxy": ({"ALL_PROXY": "file:///etc/passwd"}, "ALL_PROXY"),
    "a question": ({"HTTPS_PROXY": "http://127.0.0.1:1?x=1#y"}, "HTTPS_PROXY is no address"),
    "a password that is no UTF-8": ({"HTTPS_PROXY": f"http://a:%ff{PASSWORD}@127.0.0.1:1"}, "HTTPS_PROXY"),
    "SOCKS without a host": ({"ALL_PROXY": "socks5://"}, "ALL_PROXY is no address"),
    "a file of certificates that is not there": (
        {"SSL_CERT_FILE": "/dev/null/nowhere/ca.pem"},
        "SSL_CERT_FILE (/dev/null/nowhere/ca.pem)",
    ),
    "one that is a folder": ({"SSL_CERT_FILE": "/"}, "SSL_CERT_FILE (/)"),
    "one without certificates": ({"SSL_CERT_FILE": "/dev/null"}, "SSL_CERT_FILE (/dev/null)"),
    "a folder of them that is not there": ({"SSL_CERT_DIR": "/dev/null/nowhere"}, "SSL_CERT_DIR (/dev/null/nowhere)"),
    "a log of keys that can't be written": (
        {"SSLKEYLOGFILE": "/dev/null/nowhere/keys", "SSL_CERT_FILE": "/dev/null/nowhere/ca.pem"},
        "SSL_CERT_FILE (/dev/null/nowhere/ca.pem)",
    ),
}
"""What is wrong, the variables, and what the error says. No test leaves this machine: the provider's name leads nowhere by
definition (RFC 6761), should a proxy not be used."""

SHOWN = (
    "a SOCKS proxy that is not there",
    "a password",
    "SOCKS 4",
    "half an IPv6 address",
    "an escape sequence",
    "a file of certificates that is not there",
    "one without certificates",
)
"""Those that commands are run with, which takes long: one of each kind of error."""

HARMLESS: dict[str, dict[str, str]] = {
    "odd exceptions": {
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "NO_PROXY": "[::, ,/, 10.0.0.0/99, :80, ://x, *.invalid\t,\x7f",
    },
    "exceptions alone": {"NO_PROXY": "http://[, *"},
    "an empty proxy": {"HTTPS_PROXY": "", "ALL_PROXY": " "},
    "a proxy for nothing of ours": {"FTP_PROXY": "ftp://[", "ODD_PROXY": "\x01"},
    "a log of keys": {"SSLKEYLOGFILE": "/dev/null/nowhere/keys"},
    "no home": {"HOME": "/dev/null/nowhere"},
    "no folder for temporary files": {"TMPDIR": "/dev/null/nowhere"},
    "plain ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"},
    "a proxy for one host": {"NO_PROXY": "127.0.0.1:port, fe80::1%eth0, 127.0.0.1/x, \u202e"},
    "a locale that is not there": {"LC_ALL": "xx_YY.KOI8", "LANG": "\x1b[31m"},
    "settings that are none": {"PICODE_ODD": "1", "PICODE_INLINE__ODD": "[", "PICODE_": "", "PICODE_LOG": "loud"},
    "a strange terminal": {"TERM": "nonsense", "COLUMNS": "-3", "LINES": "x", "FORCE_COLOR": "1"},
}


@pytest.fixture(autouse=True)
def _no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL"):
            monkeypatch.delenv(name)
    row = {"baseUrl": NOWHERE, "dialect": "openai_chat", "fill": "openai_completions", "model": "m", "keyEnv": "NONE"}
    monkeypatch.setenv("PICODE_PROVIDERS", json.dumps({"team": row}))
    monkeypatch.setenv("PICODE_INLINE__PROVIDER", "team")
    monkeypatch.setenv("PICODE_INLINE__FALLBACK", "[]")
    monkeypatch.setenv("NONE", "not-a-real-key-0123456789")


def sound(said: str) -> None:
    assert "Traceback" not in said
    assert "defect" not in said
    assert PASSWORD not in said
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows can't fork; the errors are the same there")
@pytest.mark.timeout(600)
def test_the_terminal_and_the_doctor_say_what_is_wrong(tmp_path: Path) -> None:
    async def run_all() -> dict[str, str]:
        missing = {}
        async with CommandRunner(tmp_path) as picode:
            for name in SHOWN:
                variables, problem = WRONG[name]
                code, said = await picode("provider", "test", "team", **variables)
                sound(said)
                assert code == 1, said
                doctor_code, doctor = await picode("doctor", "--json", **variables)
                sound(doctor)
                assert doctor_code == 1, doctor
                found = [each for each in json.loads(doctor)["findings"] if each["state"] == "problem"]
                network = [each["text"] + each["fix"] for each in found if each["group"] == "Network"]
                fixes = [each for each in network if problem.split()[0] in each]
                if problem not in said or not fixes:
                    missing[name] = said + json.dumps(found)
        return missing

    assert asyncio.run(run_all()) == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows can't fork; the errors are the same there")
@pytest.mark.timeout(600)
def test_what_is_merely_odd_does_not_disturb(tmp_path: Path) -> None:
    async def run_all() -> dict[str, list[str]]:
        disturbed: dict[str, list[str]] = {}
        async with FaultyServer(answers("42")) as server, CommandRunner(tmp_path) as picode:
            row = {"baseUrl": server.base_url, "fill": "openai_completions", "model": "m"}
            for name, variables in HARMLESS.items():
                changes = {"PICODE_PROVIDERS": json.dumps({"team": row}), **variables}
                for command in (("doctor",), ("config", "show"), ("complete", "a.py:1:5"), ("provider", "list")):
                    code, said = await picode(*command, **changes)
                    if "Traceback" in said or "defect" in said or code not in (0, 1):
                        disturbed.setdefault(name, []).append(said)
        return disturbed

    (tmp_path / "a.py").write_text("x = ")
    assert asyncio.run(run_all()) == {}


@pytest.mark.parametrize("name", WRONG)
async def test_a_request_fails_with_one_error_that_names_the_variable(
    asker: Asker, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    variables, problem = WRONG[name]
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    outcome = await asker.ask(NOWHERE)
    assert isinstance(outcome.failure, ConfigurationError | NetworkFailure)
    sound(str(outcome.failure))
    assert problem in str(outcome.failure)


@pytest.mark.parametrize(
    "value",
    ["ftp://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:port", "http://ada:correct-horse-battery@127.0.0.1:1", 1],
)
async def test_no_request_leaves_past_a_proxy_of_the_settings_that_is_none(
    asker: Asker, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    looked_up: list[object] = []
    lookup = socket.getaddrinfo

    def note(host: object, *rest: Any, **named: Any) -> Any:
        looked_up.append(host)
        return lookup(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", note)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # nor does it fall back on this
    monkeypatch.setenv("NO_PROXY", "*")
    asker.network = merge([Layer("user", "config.toml", {"network": {"proxy": value}})]).settings.network
    outcome = await asker.ask(NOWHERE)
    assert isinstance(outcome.failure, ConfigurationError)
    assert str(outcome.failure).startswith("config.toml: network.proxy should be an address")
    assert "No request leaves this machine until it is corrected." in str(outcome.failure)
    sound(str(outcome.failure))
    with pytest.raises(ConfigurationError, match=r"config\.toml: network\.proxy"):
        async with download.session(asker.network) as client:
            await client.get("https://model.invalid/coder.gguf")
    assert looked_up == []
    async with FaultyServer(answers("42")) as server:
        assert (await asker.ask(server.base_url)).text == "42", "a server on this machine is reached directly"


async def test_a_download_goes_through_the_proxy_of_the_settings() -> None:
    async with FaultyServer(fails(502)) as proxy:
        network = Network(proxy=f"http://127.0.0.1:{proxy.port}")
        async with download.session(network) as client:
            with pytest.raises(httpx2.ProxyError):
                await client.get("https://model.invalid/coder.gguf")
        assert proxy.requests[0].startswith(b"CONNECT model.invalid:443 ")


@pytest.mark.parametrize(
    "name", ["SOCKS 4", "a file of certificates that is not there", "a SOCKS proxy that is not there"]
)
async def test_an_editor_is_told_and_goes_on(tmp_path: Path, name: str) -> None:
    variables, problem = WRONG[name]
    log = tmp_path / "log"
    async with ServerProcess(log=log, **variables) as server:
        await server.initialize()
        uri = server.open(tmp_path / "a.py", "x = ")
        assert (await server.suggest(uri, 0, 4, explicit=True))["result"] in (None, {"items": []})
        status = (await server.request("workspace/executeCommand", {"command": "picode.status"}))["result"]
        assert problem in status["message"]
        assert status["kind"] in ("error", "warning")
    sound(log.read_text())


class Socks:
    """A SOCKS 5 proxy (RFC 1928, RFC 1929) that connects everybody to one port of this machine."""

    def __init__(self, port: int, user: bytes = b"", password: bytes = b"", refuse: int = 0) -> None:
        self._port, self._user, self._password, self._refuse = port, user, password, refuse
        self.asked: list[tuple[bytes, int]] = []

    async def __aenter__(self) -> Socks:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            methods = await reader.readexactly((await reader.readexactly(2))[1])
            wanted = 2 if self._user else 0
            writer.write(bytes([5, wanted if wanted in methods else 255]))
            if wanted:
                user = await reader.readexactly((await reader.readexactly(2))[1])
                password = await reader.readexactly((await reader.readexactly(1))[0])
                writer.write(bytes([1, (user, password) != (self._user, self._password)]))
            kind = (await reader.readexactly(4))[3]
            host = await reader.readexactly((await reader.readexactly(1))[0] if kind == 3 else 4)
            self.asked.append((host, int.from_bytes(await reader.readexactly(2), "big")))
            writer.write(bytes([5, self._refuse, 0, 1, 0, 0, 0, 0, 0, 0]))
            if not self._refuse:
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
                await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
        writer.write_eof()


class TestSocks:
    @pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
    @pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTP_PROXY"])
    async def test_it_is_used_and_the_name_is_resolved_there(
        self, asker: Asker, monkeypatch: pytest.MonkeyPatch, scheme: str, variable: str
    ) -> None:
        async with FaultyServer(answers("42")) as server, Socks(server.port) as socks:
            monkeypatch.setenv(variable, f"{scheme}://127.0.0.1:{socks.port}")
            asker.network = Network(allowed_origins=["http://model.invalid:8000"])
            assert (await asker.ask("http://model.invalid:8000/v1")).text == "42"
            assert socks.asked == [(b"model.invalid", 8000)]

    async def test_with_a_user_name_and_a_password(self, asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
        async with FaultyServer(answers("42")) as server, Socks(server.port, b"ada", b"p@ss/w:rd") as socks:
            asker.network = Network(allowed_origins=["http://model.invalid:8000"])
            monkeypatch.setenv("ALL_PROXY", f"socks5://ada:p%40ss%2Fw%3Ard@127.0.0.1:{socks.port}")
            assert (await asker.ask("http://model.invalid:8000/v1")).text == "42"

    async def test_the_setting_counts_more(self, asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
        async with FaultyServer(answers("42")) as server, Socks(server.port) as socks:
            monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{closed_port()}")
            origin = "http://model.invalid:8000"
            asker.network = Network(allowed_origins=[origin], proxy=f"socks5://127.0.0.1:{socks.port}")
            assert (await asker.ask(f"{origin}/v1")).text == "42"

    @pytest.mark.parametrize(("user", "refuse"), [(b"ada", 0), (b"", 2), (b"", 5)])
    async def test_its_refusal_is_told(
        self, asker: Asker, monkeypatch: pytest.MonkeyPatch, user: bytes, refuse: int
    ) -> None:
        async with Socks(closed_port(), user, b"secret", refuse) as socks:
            monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{socks.port}")
            failure = (await asker.ask(NOWHERE)).failure
            assert isinstance(failure, NetworkFailure)
            assert f"socks5://127.0.0.1:{socks.port} refuses" in str(failure)


BYPASSED: list[tuple[str, str, bool]] = [
    ("api.corp.example", "corp.example", True),
    ("api.corp.example", ".corp.example", True),
    ("api.corp.example", "*.corp.example", True),
    ("corp.example", ".corp.example", True),
    ("evilcorp.example", "corp.example", False),
    ("API.Corp.Example", "corp.EXAMPLE", True),
    ("api.corp.example.", "corp.example", True),
    ("api.corp.example", "other, corp.example", True),
    ("api.corp.example", "other corp.example", True),
    ("api.corp.example", "corp.example:443", True),
    ("api.corp.example", "corp.example:80", False),
    ("anything", "*", True),
    ("10.1.2.3", "10.0.0.0/8", True),
    ("11.1.2.3", "10.0.0.0/8", False),
    ("10.1.2.3", "10.1.2.3", True),
    ("10.1.2.3", "10.1.2.3:443", True),
    ("fd00::1", "fd00::/8", True),
    ("fd00::1", "[fd00::1]", True),
    ("fd00::1", "[fd00::1]:443", True),
    ("fd00::1", "[fd00::1]:80", False),
    ("api.example", "", False),
    ("api.example", ",;, ", False),
    ("api.example", "10.0.0.0/99", False),
    ("api.example", ".", False),
    ("api.example", "*.", False),
    ("api.example", ":443", False),
    ("api.example", "https://api.example", False),
    ("api.example", "[", False),
]


@pytest.mark.parametrize(("host", "no_proxy", "direct"), BYPASSED)
def test_exceptions(host: str, no_proxy: str, direct: bool) -> None:
    assert bypasses(host, 443, no_proxy) is direct
    environ = {"HTTPS_PROXY": "http://proxy.example:80", "NO_PROXY": no_proxy}
    address = f"[{host}]" if ":" in host else host
    assert (proxy_for(f"https://{address}:443/v1", "", environ) is None) is direct


PRECEDENCE: list[tuple[dict[str, str], str | None]] = [
    ({"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "http://b:1"}, "http://a:1"),
    ({"HTTP_PROXY": "http://a:1", "ALL_PROXY": "http://b:1"}, "http://b:1"),
    ({"HTTP_PROXY": "http://a:1"}, None),
    ({"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:1"}, "http://b:1"),
    ({"https_proxy": "", "HTTPS_PROXY": "http://a:1"}, "http://a:1"),
    ({"Https_Proxy": "a"}, "http://a"),
    ({}, None),
]


@pytest.mark.parametrize(("environ", "address"), PRECEDENCE)
def test_which_variable_counts(environ: dict[str, Any], address: str | None) -> None:
    found = proxy_for("https://api.example/v1", "", environ)
    assert (found and found.address) == address
