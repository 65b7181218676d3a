"""The gate in front of every request."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from picode.assistant.ports import Endpoint
from picode.assistant.privacy import Outgoing, Privacy
from picode.assistant.routing.upstream import Target
from picode.core.asking import ChatContext, Excerpt, build_chat
from picode.core.errors import Truncated
from picode.core.messages import Chat, Chunk, Fill, Finish, Message, Request, Snippet, Usage
from picode.core.prompt import ask_to_fill, fold
from picode.core.secrets import Placeholders
from picode.core.slash import COMMANDS
from picode.providers.catalog import CATALOG
from picode.wire import DIALECTS
from picode.wire.dialect import Profile

KEY = "sk-proj-Qz7canary4fS8aQ2wE6rT9yU3iO7p"
OURS = Placeholders(b"key")
NAME = OURS.of(KEY)


def target(provider: str = "openai") -> Target:
    row = CATALOG[provider]
    return Target(row, Endpoint("https://x/v1", "k"), "m", Profile("m"), DIALECTS["openai_completions"], False)


def asked(prefix: str, suffix: str = "", beginning: str = "", *snippets: Snippet) -> Request:
    return Request("m", Fill(prefix, suffix, snippets=snippets), 8, beginning=beginning)


def prepare(request: Request, provider: str = "openai") -> Outgoing:
    return Privacy(OURS).prepare(request, target(provider))


def test_every_part_of_a_prompt_passes_it() -> None:
    outgoing = prepare(asked(f"a = '{KEY}'\n", f"\nb = '{KEY}'", "", Snippet("c.py", f"c = '{KEY}'")))
    assert outgoing.request.prompt == Fill(
        f"a = '{NAME}'\n", f"\nb = '{NAME}'", snippets=(Snippet("c.py", f"c = '{NAME}'"),)
    )
    assert (outgoing.secrets, outgoing.kinds, outgoing.keepable) == ({NAME: KEY}, {"provider key": 3}, False)
    talk = Request(
        "m", Chat((Message("system", KEY), Message("user", f"is {KEY} good?"), Message("assistant", "x = "))), 8
    )
    sent = prepare(talk).request.prompt
    assert isinstance(sent, Chat)
    assert [message.text for message in sent.messages] == [NAME, f"is {NAME} good?", "x = "]


def test_without_a_secret_the_very_request_goes_out() -> None:
    request = asked("x = ", "\ny = 2")
    assert prepare(request).request is request
    assert prepare(request).keepable


def test_a_model_on_this_machine_gets_it_as_it_is_but_nothing_is_kept() -> None:
    request = asked(f"a = '{KEY}'\n")
    outgoing = prepare(request, "ollama")
    assert (outgoing.request, dict(outgoing.secrets), outgoing.keepable) == (request, {}, False)


@pytest.mark.parametrize("at", range(1, len(KEY)))
def test_a_secret_around_the_marker_of_a_conversation_leaves_in_no_half(at: int) -> None:
    text = f"fill in:\na = '{KEY[:at]}<|cursor|>{KEY[at:]}'\n"
    sent = prepare(Request("m", Chat((Message("user", text),)), 8)).request.prompt
    assert isinstance(sent, Chat)
    assert sent.messages[0].text == f"fill in:\na = '{NAME}<|cursor|>'\n"


@pytest.mark.parametrize("held", [1, 4, 10, len(KEY)])
async def test_where_the_held_word_is_in_a_secret_the_answer_begins_with_it_all_the_same(held: int) -> None:
    """What llama.cpp is held to begin with (`core.token_healing`) would be a piece of the secret."""
    outgoing = prepare(asked(f"a = '{KEY[:-held]}", "'\n", KEY[-held:]))
    assert outgoing.request.prompt == Fill(f"a = '{NAME}", "'\n")
    assert outgoing.request.beginning == ""
    chunks = [chunk async for chunk in outgoing.restored(says("'", "", finish=True))]
    assert "".join(chunk.text for chunk in chunks) == KEY[-held:] + "'"


async def says(*texts: str, finish: bool = False) -> AsyncGenerator[Chunk]:
    for text in texts:
        yield Chunk(text)
    if finish:
        yield Chunk(finish=Finish.STOP, usage=Usage(1, 2))
    else:
        raise Truncated("Test", "is cut off.")


@pytest.mark.parametrize("size", range(1, 20))
async def test_an_answer_is_whole_again_however_it_is_cut(size: int) -> None:
    outgoing = prepare(asked(f"a = '{KEY}'\nb = "))
    answer = f"'{NAME}' + SECRET_KEY  # {NAME}"
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    chunks = [chunk async for chunk in outgoing.restored(says(*pieces, finish=True))]
    assert "".join(chunk.text for chunk in chunks) == f"'{KEY}' + SECRET_KEY  # {KEY}"
    assert (chunks[-1].finish, chunks[-1].usage) == (Finish.STOP, Usage(1, 2))
    assert all(chunk != Chunk() for chunk in chunks)


async def test_what_waits_when_an_answer_breaks_off_is_not_lost() -> None:
    outgoing = prepare(asked(f"a = '{KEY}'\nb = "))
    arriving = outgoing.restored(says("x = SECRET_A"))
    assert [(await anext(arriving)).text, (await anext(arriving)).text] == ["x = ", "SECRET_A"]
    with pytest.raises(Truncated):
        await anext(arriving)


def test_a_prompt_is_looked_at_once_for_all_who_ask() -> None:
    privacy = Privacy(OURS)
    request = asked(f"a = '{KEY}'\n")
    assert privacy.prepare(request, target()) is privacy.prepare(replace(request), target())


def test_nothing_shows_a_secret_by_accident() -> None:
    assert KEY not in repr(prepare(asked(f"a = '{KEY}'\n")))
    assert "key" not in repr(OURS)


OTHER = "ghp_" + "q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE1uIo"
CONTEXT = (Snippet("secrets.py", f"TOKEN = '{OTHER}'\n"),)
EXCERPT = Excerpt("secrets.py", f"TOKEN = '{OTHER}'\n", "python")
OWN = Excerpt("a.py", f"KEY = '{KEY}'\n", "python", 1)
ASK = ChatContext(COMMANDS["fix"], code=OWN)
PROMPTS: dict[str, Fill | Chat] = {
    "a fill": Fill(f"KEY = '{KEY}'\n", snippets=CONTEXT),
    "a fill, with snippets as comments": fold(Fill(f"KEY = '{KEY}'\n", language="python", snippets=CONTEXT)),
    "a conversation that fills in": ask_to_fill(Fill(f"KEY = '{KEY}'\n", language="python", snippets=CONTEXT)),
    "a command, a related file": build_chat(replace(ASK, others=(EXCERPT,))),
    "a command, a file that is named": build_chat(replace(ASK, named=(EXCERPT,))),
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
async def test_a_secret_of_another_file_is_not_put_back(prompt: Fill | Chat) -> None:
    outgoing = prepare(Request("m", prompt, 8))
    sent = repr(outgoing.request)
    assert KEY not in sent
    assert OTHER not in sent
    answer = f"a = '{NAME}', b = '{OURS.of(OTHER)}'"
    chunks = [chunk async for chunk in outgoing.restored(says(answer, finish=True))]
    assert "".join(chunk.text for chunk in chunks) == f"a = '{KEY}', b = '{OURS.of(OTHER)}'"


@pytest.mark.parametrize(
    "prompt",
    [
        Fill(f"T = '{OTHER}'\n", snippets=CONTEXT),
        fold(Fill(f"T = '{OTHER}'\n", language="python", snippets=CONTEXT)),
        build_chat(replace(ASK, code=replace(OWN, text=f"T = '{OTHER}'\n"), others=(EXCERPT,))),
        build_chat(replace(ASK, code=None, named=(EXCERPT,))),
        build_chat(replace(ASK, others=(EXCERPT,), args=f"use {OTHER} here")),
    ],
    ids=["a fill", "comments", "the code", "the file is the subject", "the user's own words"],
)
async def test_a_secret_that_stands_in_the_document_too_is_put_back(prompt: Fill | Chat) -> None:
    outgoing = prepare(Request("m", prompt, 8))
    chunks = [chunk async for chunk in outgoing.restored(says(f"'{OURS.of(OTHER)}'", finish=True))]
    assert "".join(chunk.text for chunk in chunks) == f"'{OTHER}'"
