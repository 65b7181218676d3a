"""The official SDKs of OpenAI and Anthropic, with the embedded model behind the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from picode.assistant.ports import Deadlines, HttpRequest
from picode.io.http import HttpTransport
from support.gateway import Gateway, running

pytestmark = pytest.mark.embedded

QUESTION = "Name a colour."


class Counting(HttpTransport):
    """Knows how many requests are under way."""

    live = 0

    @asynccontextmanager
    async def send(self, request: HttpRequest, provider: str, deadlines: Deadlines) -> AsyncIterator[Any]:
        self.live += 1
        try:
            async with super().send(request, provider, deadlines) as response:
                yield response
        finally:
            self.live -= 1

    async def idle(self) -> None:
        """Waits until none is."""
        async with asyncio.timeout(2):
            while self.live:
                await asyncio.sleep(0.01)


@pytest.fixture
def transport() -> Counting:
    return Counting()


@pytest.fixture
async def embedded(tmp_path: Path, model: Path, transport: Counting) -> AsyncIterator[Gateway]:
    settings = {"inline": {"provider": "embedded"}, "embedded": {"modelPath": str(model)}}
    async with running(tmp_path, settings, transport) as found:
        yield found


@pytest.fixture
async def of_openai(embedded: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{embedded.url}/v1", api_key=embedded.token, max_retries=0) as client:
        yield client


@pytest.fixture
async def of_anthropic(embedded: Gateway) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=embedded.url, api_key=embedded.token, max_retries=0) as client:
        yield client


class TestOpenAI:
    async def test_it_chats(self, of_openai: openai.AsyncOpenAI) -> None:
        answer = await of_openai.chat.completions.create(
            model="default", messages=[{"role": "user", "content": QUESTION}], max_tokens=8, temperature=0
        )
        assert answer.choices[0].message.content
        assert answer.choices[0].finish_reason in ("stop", "length")
        assert answer.model.startswith("embedded/")
        assert answer.usage is not None
        assert 0 < answer.usage.completion_tokens <= 8

    async def test_it_streams(self, of_openai: openai.AsyncOpenAI) -> None:
        stream = await of_openai.chat.completions.create(
            model="embedded",
            messages=[{"role": "user", "content": QUESTION}],
            max_tokens=8,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert chunks[-1].usage is not None
        assert 0 < chunks[-1].usage.completion_tokens <= 8

    async def test_it_completes(self, of_openai: openai.AsyncOpenAI) -> None:
        answer = await of_openai.completions.create(
            model="default", prompt="def add(a, b):\n    return a +", max_tokens=4, temperature=0, stop=["\n"]
        )
        assert "b" in answer.choices[0].text
        stream = await of_openai.completions.create(
            model="default", prompt="def add(a, b):\n    return a +", max_tokens=4, temperature=0.1, stream=True
        )
        assert "b" in "".join([chunk.choices[0].text async for chunk in stream])

    async def test_it_lists_models(self, of_openai: openai.AsyncOpenAI) -> None:
        names = [model.id async for model in of_openai.models.list()]
        assert "default" in names
        own = next(name for name in names if name.startswith("embedded/"))
        assert (await of_openai.models.retrieve(own)).owned_by == "embedded"

    async def test_it_cancels(self, of_openai: openai.AsyncOpenAI, transport: Counting) -> None:
        stream = await of_openai.chat.completions.create(
            model="default", messages=[{"role": "user", "content": "Tell a long story."}], max_tokens=1000, stream=True
        )
        await anext(aiter(stream))
        assert transport.live == 1
        await stream.close()
        await transport.idle()

    async def test_its_errors_are_its_own(self, of_openai: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.NotFoundError) as missing:
            await of_openai.chat.completions.create(model="no-such", messages=[{"role": "user", "content": QUESTION}])
        assert missing.value.code == "model_not_found"
        with pytest.raises(openai.AuthenticationError):
            await of_openai.with_options(api_key="wrong").models.list()


class TestAnthropic:
    async def test_it_chats(self, of_anthropic: anthropic.AsyncAnthropic) -> None:
        answer = await of_anthropic.messages.create(
            model="default", messages=[{"role": "user", "content": QUESTION}], max_tokens=8
        )
        assert answer.content[0].type == "text"
        assert answer.content[0].text
        assert answer.stop_reason in ("end_turn", "max_tokens")
        assert 0 < answer.usage.output_tokens <= 8

    async def test_it_streams(self, of_anthropic: anthropic.AsyncAnthropic) -> None:
        async with of_anthropic.messages.stream(
            model="default", messages=[{"role": "user", "content": QUESTION}], max_tokens=8
        ) as stream:
            text = "".join([piece async for piece in stream.text_stream])
            message = await stream.get_final_message()
        assert text
        assert message.content[0].type == "text"
        assert message.content[0].text == text
        assert message.usage.output_tokens > 0

    async def test_it_stops_where_it_is_told_to(self, of_anthropic: anthropic.AsyncAnthropic) -> None:
        answer = await of_anthropic.messages.create(
            model="default",
            messages=[{"role": "user", "content": "Write a long story about the sea."}],
            max_tokens=200,
            stop_sequences=["e"],
        )
        assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "e")
        assert all(block.type == "text" and "e" not in block.text for block in answer.content)

    async def test_it_lists_models_and_counts_tokens(self, of_anthropic: anthropic.AsyncAnthropic) -> None:
        names = [model.id async for model in await of_anthropic.models.list()]
        assert "default" in names
        counted = await of_anthropic.messages.count_tokens(
            model="default", messages=[{"role": "user", "content": QUESTION}]
        )
        assert counted.input_tokens > 0

    async def test_it_cancels(self, of_anthropic: anthropic.AsyncAnthropic, transport: Counting) -> None:
        async with of_anthropic.messages.stream(
            model="default", messages=[{"role": "user", "content": "Tell a long story."}], max_tokens=1000
        ) as stream:
            await anext(stream.text_stream)
            assert transport.live == 1
        await transport.idle()

    async def test_its_errors_are_its_own(self, of_anthropic: anthropic.AsyncAnthropic) -> None:
        with pytest.raises(anthropic.NotFoundError):
            await of_anthropic.messages.create(
                model="no-such", messages=[{"role": "user", "content": QUESTION}], max_tokens=8
            )
        with pytest.raises(anthropic.AuthenticationError):
            await of_anthropic.with_options(api_key="wrong").models.list()
