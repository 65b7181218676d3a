"""What `picode doctor` finds: something that is well, something to know, or a problem with its fix."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from picode.io.log_lines import clean

if TYPE_CHECKING:
    from picode.bootstrap import Assistant

State = Literal["well", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` is what was looked at. A problem has a `fix`: what the user can do about it; a note may have one."""

    name: str
    state: State
    text: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        return {key: clean(value) for key, value in asdict(self).items()}


def well(name: str, text: str) -> Finding:
    return Finding(name, "well", text)


def note(name: str, text: str, fix: str = "") -> Finding:
    return Finding(name, "note", text, fix)


def problem(name: str, text: str, fix: str) -> Finding:
    return Finding(name, "problem", text, fix)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the checks may look at."""

    assistant: Assistant
    environ: Mapping[str, str]


Check = Callable[[Circumstances], Awaitable[list[Finding]]]


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that belong together. They have `seconds` in all: one that hangs is a finding too."""

    title: str
    check: Check
    seconds: float

    async def run(self, circumstances: Circumstances) -> list[Finding]:
        """What was found. Never raises: an exception in a check becomes a finding."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self.check(circumstances)
        except TimeoutError:
            return [
                problem(
                    self.title, f"could not be checked within {self.seconds:g} s.", "Try again when less is going on."
                )
            ]
        except Exception as error:
            return [
                problem(
                    self.title,
                    f"could not be checked ({type(error).__name__}: {error}).",
                    "This is a defect of PiCode: please report it.",
                )
            ]
