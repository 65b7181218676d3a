"""Lists of models: how old they may be, what is used when nobody answers, and how long anybody waits."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from picode.assistant.routing.model_lists import FRESH, ModelLists, Remembered
from picode.assistant.routing.models import list_choices
from picode.assistant.routing.provider_status import list_provider_status
from picode.assistant.routing.route import provider_named
from picode.core.errors import ModelUnavailable, NetworkFailure
from picode.io.http import HttpTransport
from picode.io.model_cache import ModelCache
from picode.providers.catalog import Provider
from picode.providers.listing import Offer
from picode.settings.model import Settings, read

from .servers import JsonServer, Keys

DAY = FRESH
NOW = 1_800_000_000.0


def offering(*models: str) -> dict[str, Any]:
    return {"GET /v1/models": {"object": "list", "data": [{"id": model} for model in models]}}


def settings_with(**providers: str) -> Settings:
    """Settings in which the known local servers are nowhere, and each of `providers` is at the root that is given."""
    nowhere = dict.fromkeys(("llamacpp", "ollama", "lmstudio", "vllm"), "http://127.0.0.1:9")
    rows = {name: {"baseUrl": f"{root}/v1"} for name, root in (nowhere | providers).items()}
    return read({"inline": {"provider": "mine", "model": "m1"}, "providers": rows})


def row(server: JsonServer, name: str = "mine") -> Provider:
    return provider_named(name, settings_with(**{name: server.root}))


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    await transport.close()


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    return ModelCache(tmp_path / "lists")


class Wall:
    """A clock on the wall that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def lists(transport: HttpTransport, cache: ModelCache, wall: Wall) -> AsyncIterator[ModelLists]:
    lists = ModelLists(Keys(), transport, cache, wall)
    yield lists
    await lists.close()


def names(offers: tuple[Offer, ...]) -> list[str]:
    return [offer.model for offer in offers]


class TestAge:
    async def test_a_list_of_less_than_a_day_is_not_asked_for_again(self, lists: ModelLists, wall: Wall) -> None:
        async with JsonServer(offering("a")) as server:
            assert names((await lists.of(row(server))).offers) == ["a"]
            server.answers = offering("b")
            wall.now += DAY - 1
            listed = await lists.of(row(server))
        assert (names(listed.offers), listed.age, listed.error) == (["a"], DAY - 1, None)
        assert server.asked == ["GET /v1/models"]

    async def test_an_older_one_is(self, lists: ModelLists, wall: Wall) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server))
            server.answers = offering("b")
            wall.now += DAY
            listed = await lists.of(row(server))
        assert (names(listed.offers), listed.age) == (["b"], 0)

    async def test_a_list_from_the_future_is_asked_for_again(self, lists: ModelLists, wall: Wall) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server))
            wall.now -= 3600
            await lists.of(row(server))
        assert len(server.requests) == 2

    async def test_so_is_a_fresh_one_where_the_user_wishes(self, lists: ModelLists) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server))
            await lists.of(row(server), refresh=True)
        assert len(server.requests) == 2

    async def test_it_outlives_the_process(
        self, lists: ModelLists, transport: HttpTransport, cache: ModelCache
    ) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server))
            again = ModelLists(Keys(), transport, cache, Wall())
            assert names((await again.of(row(server))).offers) == ["a"]
        assert len(server.requests) == 1

    async def test_another_address_has_a_list_of_its_own(self, lists: ModelLists) -> None:
        async with JsonServer(offering("a")) as one, JsonServer(offering("b")) as other:
            assert names((await lists.of(row(one))).offers) == ["a"]
            assert names((await lists.of(row(other))).offers) == ["b"]

    async def test_a_server_on_this_machine_is_always_asked(self, lists: ModelLists, cache: ModelCache) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server, "vllm"))
            server.answers = offering("b")
            assert names((await lists.of(row(server, "vllm"))).offers) == ["b"]
            assert cache.read("vllm", f"{server.root}/v1") is None


class TestOffline:
    async def test_an_old_list_is_better_than_none_and_says_its_age(self, lists: ModelLists, wall: Wall) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server))
        wall.now += 3 * DAY
        listed = await lists.of(row(server))
        assert (names(listed.offers), listed.age) == (["a"], 3 * DAY)
        assert isinstance(listed.error, NetworkFailure)

    async def test_without_one_the_error_says_why(self, lists: ModelLists) -> None:
        async with JsonServer() as server:
            pass
        listed = await lists.of(row(server))
        assert (listed.offers, listed.age) == ((), None)
        assert isinstance(listed.error, NetworkFailure)

    async def test_a_provider_that_refuses_is_told_in_its_own_words(self, lists: ModelLists) -> None:
        async with JsonServer({"GET /v1/models": 401}) as server:
            listed = await lists.of(row(server))
        assert "refused the key" in str(listed.error)

    async def test_patience_ends_and_the_answer_still_comes_in_the_background(
        self, lists: ModelLists, wall: Wall, cache: ModelCache
    ) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server))
            wall.now += 2 * DAY
            server.answers = offering("b")
            asked = lists.of(row(server), wait_s=0)
            assert names((await asked).offers) == ["a"]
            async with asyncio.timeout(5):
                while (kept := cache.read("mine", f"{server.root}/v1")) is None or kept.at < wall.now:
                    await asyncio.sleep(0.01)
        assert names(kept.offers) == ["b"]

    async def test_many_who_ask_at_once_make_one_request(self, lists: ModelLists) -> None:
        async with JsonServer(offering("a")) as server:
            await asyncio.gather(*(lists.of(row(server), refresh=True) for _ in range(20)))
        assert len(server.requests) == 1


class TestFiles:
    """What lies on the disk may be anything."""

    BASE_URL = "https://models.example/v1"
    REMEMBERED = Remembered((Offer("m", 4096, 0.5, 1.5), Offer("n")), NOW)

    @pytest.fixture
    def file(self, cache: ModelCache, tmp_path: Path) -> Path:
        cache.write("mine", self.BASE_URL, self.REMEMBERED)
        (file,) = (tmp_path / "lists").iterdir()
        return file

    def test_what_is_written_is_read(self, cache: ModelCache, file: Path) -> None:
        assert cache.read("mine", self.BASE_URL) == self.REMEMBERED
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"\x00", b"[", b"[]", b"null", b"5", b'{"version": 1}', b"\xff\xfe", b"[" * 100_000,
            b'{"version": 1, "baseUrl": "https://models.example/v1", "at": "today", "models": []}',
            b'{"version": 2, "baseUrl": "https://models.example/v1", "at": 5, "models": []}',
            b'{"version": 1, "baseUrl": "https://other.example/v1", "at": 5, "models": []}',
        ],
    )  # fmt: skip
    def test_a_broken_file_is_no_list_and_is_replaced(self, cache: ModelCache, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        assert cache.read("mine", self.BASE_URL) is None
        cache.write("mine", self.BASE_URL, self.REMEMBERED)
        assert cache.read("mine", self.BASE_URL) == self.REMEMBERED

    def test_items_that_are_none_are_left_out(self, cache: ModelCache, file: Path) -> None:
        value = json.loads(file.read_text())
        value["models"] = [None, 5, {}, {"id": 5}, {"id": "m", "window": "x", "input": "x"}]
        file.write_text(json.dumps(value))
        assert cache.read("mine", self.BASE_URL) == Remembered((Offer("m"),), NOW)

    def test_a_folder_that_can_t_be_written_costs_nothing_but_the_list(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        cache = ModelCache(tmp_path / "file" / "lists")
        cache.write("mine", self.BASE_URL, self.REMEMBERED)
        assert cache.read("mine", self.BASE_URL) is None

    @pytest.mark.parametrize("name", ["../../evil", "a/b", "/etc/passwd", "ÄÖ", "x" * 500, ".", ""])
    def test_no_name_leads_out_of_the_folder(self, cache: ModelCache, tmp_path: Path, name: str) -> None:
        cache.write(name, self.BASE_URL, self.REMEMBERED)
        (file,) = tmp_path.rglob("*.json")
        assert file.parent == tmp_path / "lists"
        assert cache.read(name, self.BASE_URL) == self.REMEMBERED

    async def test_no_key_is_in_them(self, lists: ModelLists, tmp_path: Path) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.of(row(server))
            assert server.requests[0][1]["authorization"] == "Bearer k-123"
        assert "k-123" not in "".join(file.read_text() for file in (tmp_path / "lists").iterdir())


class TestFirst:
    async def test_it_is_the_first_that_fills_in(self, lists: ModelLists) -> None:
        async with JsonServer(offering("llama3.1:8b", "qwen2.5-coder:1.5b", "codellama:7b")) as server:
            assert await lists.first(row(server, "vllm")) == "qwen2.5-coder:1.5b"

    async def test_else_the_first(self, lists: ModelLists) -> None:
        async with JsonServer(offering("llama3.1:8b", "phi4")) as server:
            assert await lists.first(row(server, "vllm")) == "llama3.1:8b"

    async def test_it_stays_until_it_is_forgotten(self, lists: ModelLists) -> None:
        async with JsonServer(offering("a")) as server:
            await lists.first(row(server))
            server.answers = offering("b")
            assert await lists.first(row(server)) == "a"
            lists.forget()
            assert await lists.first(row(server)) == "b"

    async def test_a_server_without_models_says_what_to_do(self, lists: ModelLists) -> None:
        async with JsonServer(offering()) as server:
            with pytest.raises(ModelUnavailable, match="Load one"):
                await lists.first(row(server))


class TestChoices:
    async def test_the_current_one_comes_first_then_the_rest_of_the_provider_s_list(self, lists: ModelLists) -> None:
        async with JsonServer(offering("m0", "m1")) as server:
            choices = await list_choices(settings_with(mine=server.root), lists, Keys(None))
        assert [(each.model, each.available, each.current) for each in choices if each.provider == "mine"] == [
            ("m1", True, True),
            ("m0", True, False),
        ]
        assert choices[0].model == "m1"

    async def test_everybody_hangs_and_the_user_waits_a_second_and_a_half_at_most(self, lists: ModelLists) -> None:
        async with JsonServer(hangs=True) as server:
            hanging = {f"p{number}": server.root for number in range(20)}
            local = dict.fromkeys(("llamacpp", "ollama", "lmstudio", "vllm"), server.root)
            settings = settings_with(mine=server.root, **hanging, **local)
            began = time.monotonic()
            choices = await list_choices(settings, lists, Keys())
            assert time.monotonic() - began < 1.5
        mine = next(each for each in choices if each.provider == "mine")
        assert (mine.model, mine.available, mine.current) == ("m1", False, True)
        assert "has not sent its list yet" in mine.detail

    async def test_a_list_of_days_ago_says_so(self, lists: ModelLists, wall: Wall) -> None:
        async with JsonServer(offering("m1")) as server:
            await lists.of(row(server))
        wall.now += 3 * DAY
        (mine,) = await list_choices(settings_with(mine=server.root), lists, Keys(), only="mine")
        assert (mine.available, mine.detail) == (True, "as of 3 days ago")

    async def test_a_model_that_is_not_in_the_list_is_shown_as_such(self, lists: ModelLists) -> None:
        async with JsonServer(offering("m2")) as server:
            choices = await list_choices(settings_with(mine=server.root), lists, Keys(), only="mine")
        assert [(each.model, each.available) for each in choices] == [("m1", False), ("m2", True)]

    async def test_what_lacks_a_key_says_so_and_is_not_asked(self, lists: ModelLists) -> None:
        (choice,) = await list_choices(settings_with(), lists, Keys(None), only="anthropic")
        assert (choice.model, choice.available, choice.detail) == ("claude-haiku-5-5", False, "no key")

    async def test_a_provider_without_a_list_offers_its_documented_models(self, lists: ModelLists) -> None:
        choices = await list_choices(settings_with(), lists, Keys(), only="perplexity")
        assert [each.model for each in choices][:2] == ["sonar", "sonar-pro"]

    async def test_servers_on_this_machine_are_found_and_those_that_do_not_run_left_out(
        self, lists: ModelLists
    ) -> None:
        async with JsonServer(offering("qwen2.5-coder-7b")) as server:
            choices = await list_choices(settings_with(vllm=server.root), lists, Keys(None))
        found = {(each.provider, each.model, each.detail) for each in choices if each.detail == "on this machine"}
        assert found == {("vllm", "qwen2.5-coder-7b", "on this machine")}
        assert not {"ollama", "llamacpp", "lmstudio"} & {each.provider for each in choices}

    async def test_a_stranger_on_a_usual_port_is_no_model_server(self, lists: ModelLists) -> None:
        async with JsonServer({"GET /v1/models": b"<html>Welcome!</html>"}) as server:
            choices = await list_choices(settings_with(vllm=server.root), lists, Keys(None))
        assert "vllm" not in {each.provider for each in choices}


async def test_a_survey_tells_which_servers_run_and_asks_nobody_else(lists: ModelLists) -> None:
    async with JsonServer(offering("a", "b")) as running, JsonServer(offering("c")) as remote:
        settings = settings_with(vllm=running.root, mine=remote.root)
        rows = [provider_named(name, settings) for name in ("embedded", "vllm", "ollama", "mine", "anthropic")]
        found = {each.provider.name: each for each in await list_provider_status(rows, lists, Keys(None))}
    assert (found["vllm"].running, found["vllm"].models) == (True, ("a", "b"))
    assert found["ollama"].running is False
    assert (found["mine"].running, found["embedded"].running) == (None, None)
    assert found["anthropic"].missing == "no key"
    assert remote.requests == []
