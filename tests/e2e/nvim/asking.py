"""Slash commands as the fake server sees them, and what it says of its answers."""

from __future__ import annotations

from typing import Any

from e2e.nvim.neovim import Neovim, eventually


def asked(nvim: Neovim) -> list[dict[str, Any]]:
    """The arguments of the slash commands so far."""
    return nvim.lua("return vim.tbl_map(function(ask) return ask.argument end, Fake.asked)")


def answers(nvim: Neovim, question: str, number: int = 1) -> str:
    """The server has the command of that number, and says so. The answer's id."""
    eventually(lambda: len(asked(nvim)) >= number, explain=lambda: nvim.evidence)
    argument = asked(nvim)[number - 1]
    identifier = f"answer-{argument['workDoneToken']}"
    say(nvim, identifier, "asked", question=question, token=argument["workDoneToken"], command=_name(argument["text"]))
    return identifier


def say(nvim: Neovim, identifier: str, state: str, **more: Any) -> None:
    """One `picode/answer`."""
    params = {"id": identifier, "state": state, "title": "", "conversation": "", **more}
    nvim.lua("Fake.say('picode/answer', ...)", params)


def edit(nvim: Neovim, identifier: str, state: str, lines: list[str], row: int, **more: Any) -> None:
    """One `picode/edit` of the current file; a line is its kind and its text."""
    nvim.lua(
        "local params = ... params.uri = vim.uri_from_bufnr(0) params.version = vim.b.changedtick "
        "Fake.say('picode/edit', params)",
        {
            "id": identifier,
            "title": "Fix",
            "state": state,
            "range": {"start": {"line": row, "character": 0}, "end": {"line": row + len(lines), "character": 0}},
            "lines": [{"kind": line[0], "text": line[1:]} for line in lines],
            "reason": "",
            **more,
        },
    )


def reply(nvim: Neovim, number: int = 1, **result: Any) -> None:
    """The result of the slash command of that number."""
    nvim.lua("local number, result = ... Fake.asked[number].reply(result)", number, result)


def _name(text: str) -> str:
    return text[1:].split()[0] if text.startswith("/") else "ask"


def close_answer(nvim: Neovim) -> None:
    """Leaves the window of the answer, and waits until it is gone."""
    windows = len(nvim.lua("return vim.api.nvim_list_wins()"))
    nvim.keys("q")
    eventually(lambda: len(nvim.lua("return vim.api.nvim_list_wins()")) == windows - 1)
