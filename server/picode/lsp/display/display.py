"""What all displays of an answer have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from picode.lsp.answers import Answer


class Display(Protocol):
    """Shows one answer. None of its methods waits for the client, or fails."""

    def asked(self, question: str) -> None:
        """The user has asked: `question` is their turn as Markdown."""
        ...

    def began(self, *, show: bool) -> None:
        """A model has begun to answer. `show`: the answer is to be read, and not (only) carried out. Called again where that
        turns out later."""
        ...

    def grew(self, *, thinking: bool = False) -> None:
        """There is more of the answer; or the model thinks aloud, which is no part of it."""
        ...

    async def ended(self) -> None:
        """The answer is whole, or will never be. Returns when all of it is shown."""
        ...


def heading(answer: Answer) -> str:
    """What stands above an answer where the client shows nothing but a document."""
    about = answer.inquiry.selection
    place = f" — line {about.start.line + 1}" if about is not None else ""
    return f"# {answer.title}{place}\n\n"


def footer(answer: Answer) -> str:
    """What stands below it at its end."""
    lines: list[str] = []
    if answer.state == "stopped":
        lines.append("*You have stopped the answer here.*")
    elif answer.state == "cut":
        lines.append(f"*{answer.problem or 'The answer has reached its longest length (`picode.chat.maxTokens`).'}*")
    elif answer.state == "failed":
        lines.append(f"*The answer broke off: {answer.problem}*")
    if answer.edit is not None and answer.edit.state == "refused":
        lines.append(f"*The code was not changed: {answer.edit.reason}*")
    seen = ", ".join(answer.shown)
    by = "/".join(filter(None, (answer.provider, answer.model)))
    if seen:
        lines.append(f"*{by} was shown: {seen}.*")
    elif by:
        lines.append(f"*Answered by {by}.*")
    return "\n\n---\n\n" + "\n\n".join(lines) + "\n" if lines else "\n"
