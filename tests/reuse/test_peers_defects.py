"""Defects that were read in the code of other programs of this kind, each as a test that this one does not have it.

Continue (continuedev/continue), Cody (sourcegraph/cody-public-snapshot), Tabby (TabbyML/tabby), llama.vim and llama.vscode
(ggml-org), as of 2025.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode import postprocess
from picode.assistant.completion.session_cache import LIMIT
from picode.assistant.context.definitions import Entry
from picode.assistant.context.selection import select
from picode.core.debounce import debounce_delay, debounce_for, stream_timeout
from picode.core.document import Position, Snapshot
from picode.core.messages import Fill
from picode.core.prompt import SMALL, Window, build_fill
from picode.providers.profiles import profile_of
from scenarios.conftest import SCRIPTED
from support.editor import FakeEditor
from support.upstream import ScriptedUpstream

MODELS = (
    "qwen2.5-coder:7b deepseek-coder-v2 codestral-latest starcoder2-3b codellama-7b codegemma granite-code seed-coder mellum-4b"
    " qwen3-coder gpt-5 claude-sonnet-4 gemini-2.5-pro unknown"
).split()


def test_continue_1_an_answer_is_found_under_the_key_that_it_was_kept_under(tmp_path: Path) -> None:
    """There the cache is read with the pruned prefix and written with the whole prompt, so with any snippet it never hits."""
    (tmp_path / "prices.py").write_text("def price_of(article): ...\n")
    upstream = ScriptedUpstream()
    upstream.will_say("price_of(1)")

    async def session() -> None:
        from picode.lsp.server import PiCodeServer, build_assistant

        editor = FakeEditor(PiCodeServer(lambda ls: build_assistant(ls, environ={}, transport=upstream)))
        await editor.start(SCRIPTED, None, str(tmp_path))
        uri = (tmp_path / "cart.py").as_uri()
        editor.open(uri, "from prices import price_of\n\nx = <cursor>\n")
        assistant = await editor.server.assistant()
        await editor.ask(explicit=False)
        while (looking := assistant.context.looking(uri)) is not None:
            await looking
        editor.type("y + ")
        assert await editor.ghost() == "price_of(1)"
        await editor.stop()

    asyncio.run(session())
    prompt = upstream.last.prompt
    assert "price_of(article)" in prompt
    asyncio.run(session())  # another session, with what the first one has left on the disk
    assert [exchange.prompt for exchange in upstream.exchanges].count(prompt) == 1


@given(st.permutations(range(8)))
def test_continue_2_the_order_of_context_does_not_depend_on_chance(order: list[int]) -> None:
    """There snippets are shuffled, so that no two prompts begin alike."""
    entries = [Entry(f"file{number % 3}.py", number, f"def f{number}(): ...", 1.0, "") for number in range(8)]
    shuffled = [entries[number] for number in order]
    assert select(shuffled, 10_000, ()) == select(entries, 10_000, ())


def shown(raw: str, snapshot: Snapshot, stops: tuple[str, ...] = ()) -> str:
    where = postprocess.describe(snapshot, stops=stops)
    return postprocess.fit_to_cursor(postprocess.normalize(raw, where), where, snapshot).text


def test_continue_3_a_stop_token_cuts_and_is_not_deleted() -> None:
    snapshot = Snapshot("file:///a.py", ["x = "], Position(0, 4))
    assert shown("y<eos>junk", snapshot, stops=("<eos>",)) == "y"


def test_continue_3_a_second_equal_line_may_be_meant() -> None:
    snapshot = Snapshot("file:///a.py", [""], Position(0, 0))
    assert shown("next(it)\nnext(it)\nlast(it)", snapshot) == "next(it)\nnext(it)\nlast(it)"


@pytest.mark.parametrize("model", MODELS)
def test_continue_4_and_cody_5_no_stop_is_code_and_none_is_two(model: str) -> None:
    """There DeepSeek stops at `//`, and two of its stops are written as one string."""
    for stop in profile_of(model).stops:
        assert stop not in ("//", "/*", "#", "\n\n\n")
        assert stop.count("<｜") + stop.count("<|") <= 1


def test_continue_4_seed_coder_reads_the_suffix_first() -> None:
    template = profile_of("seed-coder-8b-base").fim
    assert template is not None
    prompt = template.render(Fill("before", "after"))
    assert prompt.index("after") < prompt.index("before")


def test_continue_4_mellum_is_known() -> None:
    template = profile_of("JetBrains/Mellum-4b-base").fim
    assert template is not None
    assert template.render(Fill("before", "after")).index("after") < len("<filename><fim_suffix>")


def test_cody_5_qwen_coder_is_known_to_fill_in_the_middle() -> None:
    """There only `code-qwen` is looked for, and `qwen2.5-coder` gets a prompt without the suffix."""
    for name in ("qwen2.5-coder:7b", "Qwen/Qwen2.5-Coder-1.5B", "codeqwen-1.5"):
        assert profile_of(name).fim is not None


def test_cody_5_the_rest_of_the_line_is_part_of_the_suffix() -> None:
    snapshot = Snapshot("file:///a.py", ["f(a, b)\n", "g()"], Position(0, 2))
    assert build_fill(snapshot, Window.within(8192)).suffix == "a, b)\ng()"


@pytest.mark.parametrize("length", [1, 20, 200])
def test_tabby_6_one_suggestion_takes_one_place_in_the_store(length: int) -> None:
    """There a suggestion of fifty characters fills half of the cache, with a key for each of its characters."""
    from picode.assistant.completion.session_cache import ModelAnswer, SessionCache
    from picode.core.anchor import Anchor, CursorText

    recall = SessionCache()
    where = postprocess.describe(Snapshot("file:///a.py", ["x = "], Position(0, 4)), multiline=False)
    for number in range(LIMIT):
        anchor = Anchor.of(CursorText(f"x{number} = ", ""))
        recall.put("file:///a.py", (), anchor, ModelAnswer("y" * length, "y" * length, where))
    assert recall.get("file:///a.py", (), Anchor.of(CursorText("x0 = ", ""))) is not None


@pytest.mark.parametrize("metered", [True, False])
def test_tabby_6_a_slow_model_is_not_asked_more_often(metered: bool) -> None:
    """There the pause becomes shorter while answers take longer."""
    pace = debounce_for(metered=metered, local=False, delay_s=0.025)
    pauses = {debounce_delay("x = ", "", pace, 0.0) for _ in (0.1, 1.0, 5.0)}
    assert len(pauses) == 1
    timeout_s = [stream_timeout((seconds,) * 5, local=False) for seconds in (0.1, 0.5, 1.0, 3.0)]
    assert timeout_s == sorted(timeout_s)


def test_llama_vscode_7_the_window_is_not_cut_to_a_few_hundred_characters() -> None:
    """There a number of lines is taken for a number of characters, with one kind of provider."""
    lines = [f"value_{number} = {number}\n" for number in range(2000)]
    snapshot = Snapshot("file:///a.py", [*lines, ""], Position(2000, 0))
    for window in (SMALL, Window.within(8192), Window.within(128_000)):
        assert len(build_fill(snapshot, window).prefix) >= window.minimum >= 400


async def test_llama_vim_8_nothing_is_asked_while_a_suggestion_is_typed(tmp_path: Path) -> None:
    from picode.lsp.server import PiCodeServer, build_assistant

    upstream = ScriptedUpstream()
    upstream.will_say("urn left + right")
    editor = FakeEditor(PiCodeServer(lambda ls: build_assistant(ls, environ={}, transport=upstream)))
    settings = {**SCRIPTED, "inline": {**SCRIPTED["inline"], "prefetch": False}}
    await editor.start(settings, None, str(tmp_path))
    editor.open((tmp_path / "a.py").as_uri(), "def add(left, right):\n    ret<cursor>\n")
    assert await editor.ghost() == "urn left + right"
    for typed in range(1, len("urn left")):
        editor.type("urn left"[typed - 1])
        assert await editor.ghost() == "urn left + right"[typed:]
    assert len(upstream.exchanges) == 1
    await editor.stop()


def test_a_block_is_decided_without_the_model() -> None:
    """llama.vim leaves it to the server's `n_indent`, minuet to the model."""
    line = Snapshot("file:///a.py", ["x = \n"], Position(0, 4), language="python")
    block = Snapshot("file:///a.py", ["def f():\n", "    \n"], Position(1, 4), language="python")
    assert shown("1\ny = 2", line) == "1"
    assert shown("    x = 1\n    return x", block) == "x = 1\n    return x"
