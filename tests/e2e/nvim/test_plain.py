"""Neovim without the plugin's client: set up as docs/editors.md says, as any server and in the place of Copilot's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.editors.conftest import recipe
from e2e.nvim.conftest import SERVER, Start, lua
from e2e.nvim.neovim import Neovim, eventually
from support.model_server import Model

pytestmark = [pytest.mark.editor, pytest.mark.timeout(120)]

COPILOT = recipe("Clients of GitHub Copilot's language server")
PLAIN = recipe("Neovim without the plugin")


def settings(model: Model) -> dict[str, object]:
    both = {"provider": "scripted", "model": "scripted-model"}
    return {
        "cache": {"enabled": False},
        "inline": both,
        "chat": both,
        "providers": {"scripted": {"baseUrl": model.address, "fill": "openai_completions"}},
    }


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    server = Model()
    yield server
    server.close()


@pytest.fixture(scope="module")
def plain(start: Start, model: Model) -> Neovim:
    """Both configurations, with the tests' server and model in the place of the user's."""
    ours = f"{{ cmd = {lua(SERVER)}, init_options = {lua(settings(model))} }}"
    both = f"vim.lsp.config('copilot', {ours})\nvim.lsp.config('picode-plain', {ours})"
    return start(f"{COPILOT}\n{PLAIN}\n{both}")


@pytest.fixture
def nvim(plain: Neovim, tmp_path: Path) -> Neovim:
    plain.edit(tmp_path / "sums.py", "def add(left, right):\n    return left - right\n")
    for name in ("copilot", "picode-plain"):
        ready = f"return #vim.lsp.get_clients({{ bufnr = 0, name = '{name}' }}) > 0"
        eventually(lambda ready=ready: plain.lua(ready), 60, lambda: str(plain.screen.now))
    return plain


def request(nvim: Neovim, method: str, params: object) -> object:
    """The result of a request of the configuration for Copilot's server."""
    asked = (
        "local client = vim.lsp.get_clients({ bufnr = 0, name = 'copilot' })[1] "
        "local answer, problem = client:request_sync(..., 20000, 0) "
        "return answer and answer.result or vim.inspect(answer or problem)"
    )
    code = asked.replace("...", f"{json.dumps(method)}, vim.json.decode({json.dumps(json.dumps(params))})")
    return nvim.lua(code)


def test_neovims_own_configuration_of_copilot(nvim: Neovim, model: Model) -> None:
    model.fills = ["urn 2 * x"]
    assert request(nvim, "signIn", {"_": 1}) == {"status": "AlreadySignedIn", "user": "PiCode"}
    nvim.keys("Godef double(x):<CR>ret")
    eventually(lambda: nvim.line.endswith(b"ret"))
    row, column = nvim.cursor
    place = {
        "textDocument": {"uri": nvim.lua("return vim.uri_from_bufnr(0)")},
        "position": {"line": row - 1, "character": column},
        "context": {"triggerKind": 2},
    }

    def suggested() -> list[str]:
        answer = request(nvim, "textDocument/inlineCompletion", place)
        assert isinstance(answer, dict), answer
        return [item["insertText"].strip() for item in answer["items"]]

    eventually(lambda: suggested() == ["return 2 * x"], 60, lambda: f"{model.asked} {nvim.text}")
    nvim.keys("<Esc>")
    assert not [each for each in nvim.messages if "PiCode" in each]


def test_an_answer_opens_as_a_file_when_it_is_whole(nvim: Neovim, model: Model) -> None:
    model.says = ["It subtracts,\n\n", "since there is a minus."]
    nvim.lua(  # both servers offer it
        "local chosen vim.lsp.buf.code_action({ apply = true, filter = function(action) "
        "chosen = chosen or action.title == 'PiCode: Explain' and action or nil return action == chosen end })"
    )
    shown = "since there is a minus."
    eventually(
        lambda: shown in "\n".join(_all_lines(nvim)),
        30,
        lambda: f"{nvim.messages} {model.conversations} {nvim.screen.now}",
    )


def _all_lines(nvim: Neovim) -> list[str]:
    return nvim.lua(
        "local lines = {} for _, window in ipairs(vim.api.nvim_list_wins()) do "
        "vim.list_extend(lines, vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)) end return lines"
    )
