"""Metrics: what they say is what a session did."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from prometheus_client import REGISTRY

from picode.assistant.usage.summaries import model_usage, saved
from picode.core.policy import FAILURES_TO_OPEN
from support.editor import FakeEditor
from support.figures import Exposed
from support.upstream import ScriptedUpstream, completion_stream

from .conftest import SCRIPTED, Start

OPTIONS = {**SCRIPTED, "inline": {**SCRIPTED["inline"], "prefetch": False}, "advanced": {"inline": {"retries": 1}}}
PAID = {
    "inline": {"provider": "openai", "model": "gpt-4.1-mini", "debounceMs": 0, "prefetch": False},
    "providers": {"openai": {"baseUrl": "http://127.0.0.1:9/v1", "fill": "openai_completions"}},
}


async def exposed(editor: FakeEditor) -> Exposed:
    text: str = await editor.run("picode.metrics")
    return Exposed(text.encode())


def with_usage(text: str, read: int, cached: int, written: int) -> list[bytes]:
    usage: dict[str, Any] = {"prompt_tokens": read, "completion_tokens": written}
    usage["prompt_tokens_details"] = {"cached_tokens": cached}
    return [*completion_stream(text)[:-1], f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n".encode()]


async def test_a_session_is_counted_as_it_was(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(OPTIONS)
    gate = asyncio.Event()
    upstream.will_say("total = price")
    upstream.will_say("twice", after=gate)
    upstream.will_never_answer()
    buffer = editor.open("a.py", "x = 1; <cursor>\n")
    assert await editor.ghost() == "total = price"  # asked
    editor.type("tot")
    assert await editor.ghost() == "al = price"  # typed along
    editor.edit(buffer.cursor - 3, buffer.cursor, "")
    assert await editor.ghost() == "total = price"  # remembered
    editor.open("b.py", "y = 2; <cursor>\n")
    older = editor.ask(explicit=False)
    await upstream.asked(2)
    editor.type("tw")
    newer = editor.ask(explicit=False)
    await upstream.asked(3)
    gate.set()
    assert await older is None
    item = (await newer)["items"][0]  # under way for an earlier key
    await editor.accept(item)
    found = await exposed(editor)
    assert found.by("picode_cache_lookups_total", "kind") == {
        "none": 1,
        "typed_through": 1,
        "memory": 1,
        "in_flight": 1,
    }
    assert found.of("picode_completions_total", provider="scripted", model="scripted-model", feature="inline") == 2
    assert found.of("picode_completions_total") == found.of("picode_completion_duration_seconds_count") == 2
    assert found.of("picode_time_to_first_token_seconds_count") == 2
    assert found.by("picode_suggestions_total", "outcome") == {"shown": 1, "accepted": 1}
    assert found.of("picode_errors_total") == found.of("picode_retries_total") == 0


async def test_what_another_session_kept_on_the_disk_is_told_apart(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_say("total = price")
    first = await start(OPTIONS)
    first.open("a.py", "x = 1; <cursor>\n")
    assert await first.ghost()
    await first.stop()
    second = await start(OPTIONS)
    await (await second.server.assistant()).answers.info()  # it is open now: nobody waits long for the disk
    second.open("a.py", "x = 1; <cursor>\n")
    assert await second.ghost()
    found = await exposed(second)
    assert found.by("picode_cache_lookups_total", "kind") == {"disk": 1}
    assert found.of("picode_requests_total") == found.of("picode_completions_total") == 0


async def test_tokens_and_cost_are_those_of_the_provider(
    start: Start, upstream: ScriptedUpstream, environ: dict[str, str]
) -> None:
    upstream.will_send(*with_usage("total", read=1000, cached=400, written=20))
    editor = await start(PAID)
    editor.open("a.py", "x = <cursor>\n")
    assert await editor.ghost() == "total"
    found = await exposed(editor)
    assert found.by("picode_tokens_total", "direction") == {"input": 1000, "cached": 400, "output": 20}
    dollars = (600 * 0.40 + 400 * 0.10 + 20 * 1.60) / 1e6
    assert abs(found.of("picode_cost_dollars_total", provider="openai", model="gpt-4.1-mini") - dollars) < 1e-12


async def test_the_user_s_statistics_say_the_same(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_send(*with_usage("total = price", read=1000, cached=400, written=20))
    editor = await start(PAID)
    editor.open("a.py", "x = <cursor>\n")
    assert await editor.ghost() == "total = price"
    editor.type("to")
    assert await editor.ghost() == "tal = price"
    rows = await (await editor.server.assistant()).usage.store.rows(1)
    (line,) = model_usage(rows)
    assert (line.provider, line.model, line.feature) == ("openai", "gpt-4.1-mini", "inline")
    assert (line.requests, line.answers, line.input, line.cached, line.output) == (1, 1, 1000, 400, 20)
    found = saved(rows)
    assert (found.requests, found.asked, found.tokens) == (1, 1, 1020)
    assert found.cost == line.cost > 0


async def test_turned_off_nothing_is_counted_for_the_user(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_say("total")
    editor = await start({**OPTIONS, "statistics": {"enabled": False}})
    editor.open("a.py", "x = <cursor>\n")
    assert await editor.ghost() == "total"
    assert await (await editor.server.assistant()).usage.store.rows(1) == []


async def test_retries_fallbacks_and_errors_are_counted(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_fail(500)
    upstream.will_fail(500)
    upstream.will_say("total")
    spare = {**SCRIPTED["providers"]["scripted"], "model": "spare-model"}
    editor = await start(
        {
            "inline": {**OPTIONS["inline"], "fallback": ["spare"]},
            "providers": {**SCRIPTED["providers"], "spare": spare},
        }
    )
    editor.open("a.py", "x = <cursor>\n")
    assert (await exposed(editor)).of("picode_requests_total") == 0
    assert await editor.ghost() == "total"
    found = await exposed(editor)
    assert found.by("picode_requests_total", "provider") == {"scripted": 1, "spare": 2}
    assert found.by("picode_errors_total", "provider") == {"scripted": 1, "spare": 1}
    assert found.by("picode_errors_total", "error") == {"ServerFailure": 2}
    assert found.by("picode_retries_total", "provider") == {"spare": 1}
    assert found.by("picode_fallbacks_total", "provider") == {"spare": 1}
    assert found.by("picode_completions_total", "model") == {"spare-model": 1}


async def test_a_breaker_that_opens_shows(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_fail(500)
    editor = await start({**OPTIONS, "advanced": {"inline": {"retries": 0}}})
    for number in range(FAILURES_TO_OPEN):
        assert (await exposed(editor)).of("picode_breaker_open") == 0, number
        editor.open(f"{number}.py", f"x{number} = <cursor>\n")
        assert await editor.ghost() == ""
    assert (await exposed(editor)).of("picode_breaker_open", provider="scripted", model="scripted-model") == 1
    editor.open("more.py", "y = <cursor>\n")
    assert await editor.ghost() == ""
    found = await exposed(editor)
    assert found.of("picode_requests_total") == len(upstream.exchanges) == FAILURES_TO_OPEN
    assert found.of("picode_errors_total") == FAILURES_TO_OPEN + 1  # the last one was not sent
    await editor.run("picode.retry")
    assert (await exposed(editor)).of("picode_breaker_open") == 0


async def test_a_model_that_can_t_be_reached_at_all_is_an_error_of_its_own(
    start: Start, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("total")
    inline = {**OPTIONS["inline"], "provider": "missing", "fallback": ["scripted/scripted-model"]}
    editor = await start({**OPTIONS, "inline": inline})
    editor.open("a.py", "x = <cursor>\n")
    assert await editor.ghost() == "total"
    found = await exposed(editor)
    assert found.of("picode_errors_total", provider="missing", error="ProviderNotFound") == 1
    assert found.of("picode_fallbacks_total", provider="scripted") == 1


async def test_nothing_is_in_the_registry_that_all_programs_share(editor: FakeEditor) -> None:
    await editor.server.assistant()
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("picode")]
