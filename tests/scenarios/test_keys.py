"""Keys from the system keyring, as the user meets them: in the request, or in a message that says what to do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from keys.backends import HangingKeyring, MemoryKeyring
from picode.core.keys import Key
from picode.io.keys import chain
from picode.io.keys.chain import Keychain
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

OPENAI = {"inline": {"provider": "openai", "debounceMs": 0}}
NAME = "openai@https://api.openai.com"
CANARY = "Zq7-canary-Zq7"


working = pytest.mark.parametrize("backend", [MemoryKeyring], indirect=True)
hanging = pytest.mark.parametrize("backend", [HangingKeyring], indirect=True)


@working
async def test_a_key_of_the_keyring_goes_to_its_provider_and_nowhere_else(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring
) -> None:
    backend.holds(NAME, CANARY)
    upstream.will_say("1")
    for options in (OPENAI, {**OPENAI, "providers": {"openai": {"baseUrl": "https://gateway.example/v1"}}}):
        editor = await start(options)
        editor.open("a.py", "x = <cursor>")
        assert await editor.ghost() == "1"
    ours, others = (exchange.request for exchange in upstream.exchanges)
    assert ours.url.startswith("https://api.openai.com/")
    assert ours.headers["authorization"] == f"Bearer {CANARY}"
    assert others.url.startswith("https://gateway.example/")
    assert CANARY not in str(others.headers)


@working
async def test_a_gateway_gets_the_key_that_was_stored_for_it(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring, data: Path
) -> None:
    await Keychain.of_user({}, data).store("team@https://gateway.example", Key(CANARY), in_vault=False)
    upstream.will_say("1")
    team = {"baseUrl": "https://gateway.example/v1", "model": "m"}
    editor = await start({"inline": {"provider": "team", "debounceMs": 0}, "providers": {"team": team}})
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    assert upstream.last.request.headers["authorization"] == f"Bearer {CANARY}"


@working
async def test_a_key_of_the_vault_needs_the_passphrase_of_the_environment(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring, data: Path, environ: dict[str, str]
) -> None:
    passphrase = {"PICODE_VAULT_PASSPHRASE": "correct horse"}
    await Keychain.of_user(passphrase, data).store(NAME, Key(CANARY), in_vault=True)
    upstream.will_say("1")
    editor = await start(OPENAI)
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == ""
    (message,) = editor.messages()
    assert "Set PICODE_VAULT_PASSPHRASE" in message

    environ.update(passphrase)
    editor = await start(OPENAI)
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    assert upstream.last.request.headers["authorization"] == f"Bearer {CANARY}"
    assert editor.messages() == [], "the variable is no setting, and no mistake either"


@working
async def test_a_variable_named_for_another_address_is_the_only_key_it_gets(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring, environ: dict[str, str]
) -> None:
    backend.holds(NAME, CANARY)
    environ.update(OPENAI_API_KEY=CANARY, GATEWAY_TOKEN="of-gateway")
    upstream.will_say("1")
    openai = {"baseUrl": "https://gateway.example/v1", "keyEnv": "GATEWAY_TOKEN"}
    editor = await start({**OPENAI, "providers": {"openai": openai}})
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    assert upstream.last.request.headers["authorization"] == "Bearer of-gateway"


@working
async def test_a_key_that_is_stored_while_the_editor_runs_is_used_on_the_next_try(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring, data: Path
) -> None:
    upstream.will_say("1")
    editor = await start(OPENAI)
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == ""
    await editor.until(editor.messages, "the message")
    (message,) = editor.messages()
    assert "Set OPENAI_API_KEY, or run `picode provider key set openai`." in message
    await Keychain.of_user({}, data).store(NAME, Key(CANARY), in_vault=False)
    await editor.run("picode.retry")
    assert await editor.ghost() == "1"


@working
@pytest.mark.parametrize("in_vault", [False, True])
async def test_suggestions_begin_by_themselves_when_a_key_is_stored_in_a_terminal(
    start: Start,
    upstream: ScriptedUpstream,
    backend: MemoryKeyring,
    data: Path,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    in_vault: bool,
) -> None:
    monkeypatch.setattr(chain, "INTERVAL", 0.02)
    environ["PICODE_VAULT_PASSPHRASE"] = "correct horse"
    upstream.will_say("1")
    editor = await start(OPENAI)
    editor.open("a.py", "x = <cursor>")
    for _ in range(2):
        assert await editor.ghost() == ""
    assert editor.statuses()[-1]["kind"] == "error"
    assert len(editor.messages()) == 1
    await Keychain.of_user(environ, data).store(NAME, Key(CANARY), in_vault=in_vault)
    await editor.until(lambda: editor.statuses()[-1]["kind"] == "normal", "the server to notice")
    assert await editor.ghost() == "1"


@working
async def test_a_retry_looks_for_the_key_anew(start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring) -> None:
    """Another program may have put it into the keyring."""
    upstream.will_say("1")
    editor = await start(OPENAI)
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == ""
    backend.holds(NAME, CANARY)
    await editor.run("picode.retry")
    assert await editor.ghost() == "1"


@hanging
async def test_a_keyring_that_hangs_delays_nobody_who_needs_no_key(
    start: Start, upstream: ScriptedUpstream, backend: HangingKeyring
) -> None:
    upstream.will_say("1")
    editor = await start(SCRIPTED)
    editor.open("a.py", "x = <cursor>")
    began = time.monotonic()
    assert await editor.ghost() == "1"
    assert time.monotonic() - began < 1
    assert backend.asked == []


@hanging
async def test_a_keyring_that_hangs_is_given_up_after_two_seconds_once(
    start: Start, upstream: ScriptedUpstream, backend: HangingKeyring
) -> None:
    editor = await start(OPENAI)
    editor.open("a.py", "x = <cursor>")
    for limit in (3, 0.5, 0.5):
        began = time.monotonic()
        assert await editor.ghost(explicit=True) == ""
        assert time.monotonic() - began < limit
    (message,) = editor.messages()
    assert "OPENAI_API_KEY" in message
    assert "picode provider key set openai" in message
    assert editor.statuses()[-1]["kind"] == "error"
    assert backend.asked == [NAME]
    assert upstream.exchanges == []


@hanging
async def test_a_variable_needs_no_keyring(
    start: Start, upstream: ScriptedUpstream, backend: HangingKeyring, environ: dict[str, str]
) -> None:
    environ["OPENAI_API_KEY"] = CANARY
    upstream.will_say("1")
    editor = await start(OPENAI)
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "1"
    assert backend.asked == []


@working
async def test_the_list_of_models_counts_a_stored_key(
    start: Start, upstream: ScriptedUpstream, backend: MemoryKeyring, data: Path
) -> None:
    async def available(editor: object) -> bool:
        choices = await editor.run("picode.models")  # type: ignore[attr-defined]
        return any(choice["available"] for choice in choices if choice["provider"] == "openai")

    upstream.will_fail(404)  # whatever is asked beside `GET /models`
    editor = await start(SCRIPTED)
    assert not await available(editor)
    await Keychain.of_user({}, data).store(NAME, Key(CANARY), in_vault=False)
    assert await available(editor)
