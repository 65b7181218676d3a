"""The server as a process on standard streams, driven by pytest-lsp as two kinds of editors would."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient

from support.provider import Provider

SERVER = ClientServerConfig(server_command=[sys.executable, "-m", "picode", "lsp"])


def options(provider: Provider) -> dict[str, Any]:
    return {
        "inline": {"provider": "local", "model": "m", "debounceMs": 0},
        "providers": {"local": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
    }


@pytest_lsp.fixture(config=SERVER, params=["visual-studio-code", "neovim"])
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient) -> AsyncIterator[None]:
    capabilities = pytest_lsp.client_capabilities(request.param)
    assert capabilities.text_document is not None
    capabilities.text_document.inline_completion = types.InlineCompletionClientCapabilities(dynamic_registration=False)
    lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: None)
    async with Provider() as provider:
        lsp_client.provider = provider  # a fixture of its own would be set up in the wrong event loop
        await lsp_client.initialize_session(
            types.InitializeParams(capabilities, initialization_options=options(provider))
        )
        yield
        await lsp_client.shutdown_session()


def request_at(uri: str, line: int, character: int) -> types.InlineCompletionParams:
    return types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
        types.TextDocumentIdentifier(uri),
        types.Position(line, character),
    )


async def test_ghost_text_comes_through_a_real_socket(client: LanguageClient, tmp_path: Path) -> None:
    provider: Provider = client.provider
    uri = (tmp_path / "sum.py").as_uri()
    text = "def add(a, b):\n    ret"
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text)))
    provider.says = "urn a + b"
    answer = await client.text_document_inline_completion_async(request_at(uri, 1, 7))
    assert isinstance(answer, types.InlineCompletionList)
    assert [item.insert_text for item in answer.items] == ["    return a + b"]
    await client.workspace_execute_command_async(
        types.ExecuteCommandParams("picode.accepted", answer.items[0].command.arguments)
    )
    assert provider.requests[0]["path"] == "/v1/completions"


async def test_a_cancelled_request_closes_the_socket_upstream(client: LanguageClient, tmp_path: Path) -> None:
    provider: Provider = client.provider
    provider.hangs = True
    uri = (tmp_path / "a.py").as_uri()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, "x = ")))
    pending = client.protocol.send_request(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, request_at(uri, 0, 4), msg_id="to-be-cancelled"
    )
    await provider.asked()
    client.cancel_request(types.CancelParams("to-be-cancelled"))
    assert await provider.left() < 1.0
    with pytest.raises(JsonRpcException) as cancelled:
        await asyncio.wait_for(asyncio.wrap_future(pending), 1.0)
    assert cancelled.value.code == -32800
