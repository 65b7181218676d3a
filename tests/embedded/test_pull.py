"""Models that the user brings to this machine, from servers that drop, lie and change their minds."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.file_server import FileServer, serve
from picode.core.errors import ConfigurationError, ModelUnavailable, NetworkFailure, ProviderError, ServerFailure
from picode.core.origins import is_loopback
from picode.io.embedded import pulled_models
from picode.io.embedded.model_file import find_model
from picode.io.embedded.options import Progress
from picode.io.embedded.pull import pull, remove
from picode.io.embedded.pulled_models import PulledModel

CONTENT = b"GGUF" + bytes(range(256)) * 8192
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(CONTENT) as server:
        yield server


async def fetch(
    server: FileServer, sha256: str = SHA256, name: str = "", seen: list[Progress] | None = None
) -> PulledModel:
    return await pull(server.url, (seen if seen is not None else []).append, name=name, sha256=sha256)


def left() -> list[str]:
    """What lies in the folder beside the locks."""
    folder = pulled_models.folder()
    return sorted(file.name for file in folder.iterdir() if file.suffix != ".lock") if folder.is_dir() else []


def part() -> Path:
    return pulled_models.folder() / f"{SHA256[:16]}.part"


class TestFromTheWeb:
    async def test_it_is_there_under_its_name_with_its_hash_and_source(self, server: FileServer) -> None:
        seen: list[Progress] = []
        model = await fetch(server, seen=seen)
        assert model == PulledModel("coder-1.5b", model.path, len(CONTENT), SHA256, server.url.partition("?")[0])
        assert model.path.read_bytes() == CONTENT
        assert left() == ["coder-1.5b.gguf", "coder-1.5b.json"]
        assert stat.S_IMODE(pulled_models.folder().stat().st_mode) == 0o700
        assert [seen[-1].done, seen[-1].total] == [len(CONTENT)] * 2
        assert "coder-1.5b.gguf" in seen[-1].message
        assert pulled_models.all_of_them() == [model]
        assert pulled_models.find("Coder-1.5B") == model

    async def test_a_second_time_it_is_there_already(self, server: FileServer) -> None:
        assert await fetch(server) == await fetch(server, sha256=f"sha256:{SHA256.upper()}")
        assert len(server.requests) == 1

    async def test_several_at_once_fetch_it_once(self, server: FileServer) -> None:
        models = await asyncio.gather(*(fetch(server) for _ in range(3)))
        assert models[0] == models[1] == models[2]
        assert len(server.requests) == 1

    async def test_a_connection_that_drops_goes_on_where_it_stopped(self, server: FileServer) -> None:
        server.cuts = [300_000, 500_000]
        assert (await fetch(server)).path.read_bytes() == CONTENT
        assert server.requests == ["", "bytes=300000-", "bytes=800000-"]

    async def test_what_an_earlier_run_left_is_used(self, server: FileServer) -> None:
        server.cuts = [0] * 5 + [123_456, 0, 0, 0]
        with pytest.raises(NetworkFailure):
            await fetch(server)
        server.cuts = [123_456, 0, 0, 0]
        with pytest.raises(NetworkFailure) as failure:
            await fetch(server)
        assert "what has arrived is kept" in failure.value.remedy
        assert left() == [part().name]
        server.cuts, server.requests = [], []
        assert (await fetch(server)).path.read_bytes() == CONTENT
        assert server.requests == ["bytes=123456-"]

    async def test_a_whole_file_that_only_lacks_its_name_is_not_fetched_again(self, server: FileServer) -> None:
        part().parent.mkdir(mode=0o700, parents=True)
        part().write_bytes(CONTENT)
        assert (await fetch(server)).path.read_bytes() == CONTENT
        assert server.requests == [f"bytes={len(CONTENT)}-"]

    async def test_a_part_that_is_longer_than_the_file_is_thrown_away(self, server: FileServer) -> None:
        part().parent.mkdir(mode=0o700, parents=True)
        part().write_bytes(CONTENT + b"more")
        assert (await fetch(server)).path.read_bytes() == CONTENT

    async def test_a_server_that_ignores_where_to_go_on_is_read_from_the_beginning(self, server: FileServer) -> None:
        server.ranges, server.cuts = False, [300_000]
        assert (await fetch(server)).path.read_bytes() == CONTENT
        assert server.requests == ["", "bytes=300000-"]

    async def test_another_file_than_was_meant_is_not_kept(self, server: FileServer) -> None:
        with pytest.raises(ModelUnavailable, match="is not the file it should be: its SHA-256 is"):
            await fetch(server, sha256="0" * 64)
        assert left() == []
        assert pulled_models.all_of_them() == []

    async def test_a_file_that_changes_between_two_attempts_is_not_kept(self, server: FileServer) -> None:
        server.cuts = [300_000, 0, 0, 0]
        with pytest.raises(NetworkFailure):
            await fetch(server)
        server.content, server.cuts = b"GGUF" + b"x" * (len(CONTENT) - 4), []
        with pytest.raises(ModelUnavailable, match="Nothing of it was kept"):
            await fetch(server)
        assert left() == []

    async def test_one_that_says_it_is_longer_than_it_is(self, server: FileServer) -> None:
        """What has arrived is whole by its hash, whatever the server said."""
        server.length = len(CONTENT) + 1000
        assert (await fetch(server)).path.read_bytes() == CONTENT
        assert server.requests == ["", f"bytes={len(CONTENT)}-"]

    async def test_one_that_says_it_is_shorter_than_it_is(self, server: FileServer) -> None:
        server.length = 1000
        with pytest.raises(ModelUnavailable, match="is not the file it should be"):
            await fetch(server)
        assert left() == []

    async def test_one_that_does_not_say_how_long_it_is(self, server: FileServer) -> None:
        server.says_length = False
        seen: list[Progress] = []
        assert (await fetch(server, seen=seen)).path.read_bytes() == CONTENT
        assert seen[-1].fraction is None

    async def test_one_that_is_larger_than_the_disk_is_not_begun(self, server: FileServer) -> None:
        server.length = 10**17
        with pytest.raises(ModelUnavailable, match=r"100000000\.0 GB are needed"):
            await fetch(server)
        assert left() == []

    async def test_what_is_no_model_is_not_kept(self, server: FileServer) -> None:
        server.content = b"<html>" * 1000
        with pytest.raises(ConfigurationError, match="is no GGUF file"):
            await fetch(server, sha256=hashlib.sha256(server.content).hexdigest())
        assert left() == []

    @pytest.mark.parametrize(("status", "kind"), [(404, ModelUnavailable), (500, ServerFailure), (403, ProviderError)])
    async def test_a_server_that_refuses(self, server: FileServer, status: int, kind: type[Exception]) -> None:
        server.status = status
        with pytest.raises(kind, match=f"answered {status}"):
            await fetch(server)

    async def test_a_redirect_away_from_this_machine_without_encryption_is_not_followed(
        self, server: FileServer
    ) -> None:
        server.redirect = "http://models.example/coder.gguf"
        with pytest.raises(ModelUnavailable, match="without encryption"):
            await fetch(server)

    async def test_the_name_and_the_password_in_an_address_are_not_noted(self, server: FileServer) -> None:
        url = server.url.replace("http://", "http://me:canary@")
        model = await pull(url, lambda _: None, sha256=SHA256)
        assert "canary" not in model.source
        assert "canary" not in pulled_models.note_of(model.path).read_text()

    @pytest.mark.parametrize(
        ("source", "sha256", "problem"),
        [
            ("http://models.example/a.gguf", SHA256, "https://"),
            ("ftp://models.example/a.gguf", SHA256, "https://"),
            ("http://127.0.0.1.example/a.gguf", SHA256, "https://"),
            ("https://[broken/a.gguf", SHA256, "https://"),
            ("https://models.example/a.gguf", "", "--sha256"),
            ("https://models.example/a.gguf", "123", "64 hexadecimal digits"),
            ("https://models.example/", SHA256, "--name"),
            ("https://models.example/%2e%2e%2fa.gguf", SHA256, "--name"),
            ("nothing-of-that-name", "", "SmolLM2-135M-Instruct"),
        ],
    )
    async def test_what_could_not_be_meant_is_refused_before_anybody_is_asked(
        self, source: str, sha256: str, problem: str
    ) -> None:
        with pytest.raises(ConfigurationError) as refusal:
            await pull(source, lambda _: None, sha256=sha256)
        assert problem in str(refusal.value)
        assert left() == []

    async def test_two_models_of_one_name(self, server: FileServer) -> None:
        await fetch(server)
        server.content = CONTENT + b"another"
        sha256 = hashlib.sha256(server.content).hexdigest()
        with pytest.raises(ConfigurationError, match="There is another model"):
            await fetch(server, sha256=sha256)
        assert (await fetch(server, sha256=sha256, name="coder-2")).name == "coder-2"
        assert [each.name for each in pulled_models.all_of_them()] == ["coder-1.5b", "coder-2"]


class TestFromAFile:
    async def test_it_is_taken_without_changing_it(self, tmp_path: Path) -> None:
        file = tmp_path / "own.gguf"
        file.write_bytes(CONTENT)
        model = await pull(str(file), lambda _: None, name="mine")
        assert (model.name, model.sha256, model.source) == ("mine", SHA256, str(file))
        file.unlink()
        assert model.path.read_bytes() == CONTENT

    async def test_one_that_is_no_model_or_another(self, tmp_path: Path) -> None:
        file = tmp_path / "own.gguf"
        file.write_text("text")
        with pytest.raises(ConfigurationError, match="is not a GGUF file"):
            await pull(str(file), lambda _: None)
        file.write_bytes(CONTENT)
        with pytest.raises(ConfigurationError, match="its SHA-256 is"):
            await pull(str(file), lambda _: None, sha256="0" * 64)


class TestUse:
    async def test_its_name_stands_for_its_path(self, server: FileServer) -> None:
        model = await fetch(server)
        assert await find_model("coder-1.5b", lambda _: None) == model.path
        assert await find_model("CODER-1.5b.gguf", lambda _: None) == model.path

    async def test_a_name_that_is_not_there_says_how_to_get_it(self) -> None:
        with pytest.raises(ConfigurationError) as missing:
            await find_model("coder-7b", lambda _: None)
        assert "picode models pull" in missing.value.remedy

    async def test_removing(self, server: FileServer) -> None:
        model = await fetch(server)
        assert remove("coder-1.5B") == model
        assert left() == []
        with pytest.raises(ConfigurationError, match="There is no model"):
            remove("coder-1.5b")

    @pytest.mark.parametrize("name", ["../coder", "/etc/passwd", "", ".", "a/b"])
    def test_no_name_leads_elsewhere(self, name: str) -> None:
        assert pulled_models.find(name) is None
        with pytest.raises(ConfigurationError):
            remove(name)

    async def test_a_note_that_is_damaged_costs_only_what_it_says(self, server: FileServer) -> None:
        model = await fetch(server)
        pulled_models.note_of(model.path).write_text("{")
        assert pulled_models.all_of_them() == [PulledModel("coder-1.5b", model.path, len(CONTENT))]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1.example", False),
        ("localhost.example", False),
        ("", False),
        ("10.0.0.1", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, local: bool) -> None:
    assert is_loopback(host) is local
