"""`picode doctor`: is everything as it should be, and if not, what is to be done?

It contacts only the providers that the user has chosen, and changes nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import typer

from picode.cli.doctor import editors, installation, keyring, network, places, providers
from picode.cli.doctor.finding import Circumstances, Finding, Group, State
from picode.cli.terminal import print_json, print_text

GROUPS = (
    Group("PiCode", installation.check, 30),
    Group("Providers", providers.check, 60),
    Group("Network", network.check, 10),
    Group("Keys", keyring.check, 40),
    Group("Folders", places.check, 10),
    Group("Editors", editors.check, 30),
)

_MARKS: dict[State, tuple[str, str, str]] = {
    "well": ("✓", "ok", typer.colors.GREEN),
    "note": ("·", "--", typer.colors.BRIGHT_BLACK),
    "problem": ("✗", "!!", typer.colors.RED),
}


def examine(*, as_json: bool) -> int:
    """Prints what is found, and gives the exit code: 1 if there is a problem."""
    found = asyncio.run(_examine())
    problems = sum(each.state == "problem" for findings in found.values() for each in findings)
    if as_json:
        print_json(_as_json(found, problems))
    else:
        _show(found, problems)
    return 1 if problems else 0


async def _examine() -> dict[str, list[Finding]]:
    from picode.cli.session import session

    async with session(tells=False) as assistant:
        circumstances = Circumstances(assistant, os.environ)
        found = await asyncio.gather(*(group.run(circumstances) for group in GROUPS))
    return {group.title: findings for group, findings in zip(GROUPS, found, strict=True)}


def _as_json(found: dict[str, list[Finding]], problems: int) -> dict[str, Any]:
    findings = [{"group": title, **each.as_json()} for title, group in found.items() for each in group]
    return {"problems": problems, "findings": findings}


def _show(found: dict[str, list[Finding]], problems: int) -> None:
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    for title, group in found.items():
        print_text(title, bold=True)
        for each in group:
            mark, letters, colour = _MARKS[each.state]
            told = each.as_json()
            print_text("  ", end="")
            print_text(letters if plain else mark, fg=colour, end="")
            print_text(f" {told['name']}: {told['text']}", column=4)
            if told["fix"]:
                print_text(f"    {'->' if plain else '→'} ", end="")
                print_text(told["fix"], column=6)
    print_text("")
    print_text("All is well." if not problems else "1 problem." if problems == 1 else f"{problems} problems.")
