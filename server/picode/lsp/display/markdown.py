"""An answer as the text of a Markdown document."""

from __future__ import annotations

import re

from picode.core.markdown import sanitize
from picode.lsp.answers import FINAL_STATES, CommandAnswer


def file_name(answer: CommandAnswer) -> str:
    """The name of the answer's document."""
    return re.sub(r"[^\w .-]+", "", answer.title).strip()[:60] + ".md"


def document_text(answer: CommandAnswer) -> str:
    """The document as the answer is now; an ellipsis at the end says that more is expected."""
    selection = answer.request.selection
    place = f" — line {selection.start.line + 1}" if selection is not None else ""
    end = footer(answer) if answer.state in FINAL_STATES else "\n\n…\n"
    return f"# {answer.title}{place}\n\n{sanitize(answer.text)}{end}"


def footer(answer: CommandAnswer) -> str:
    """What stands below an answer that has reached a final state: how it ended, and what the model was shown."""
    lines = endings(answer)
    by = "/".join(filter(None, (answer.provider, answer.model)))
    if answer.shown:
        lines.append(f"*{by} was shown: {', '.join(answer.shown)}.*")
    elif by:
        lines.append(f"*Answered by {by}.*")
    return "\n\n---\n\n" + "\n\n".join(lines) + "\n" if lines else "\n"


def endings(answer: CommandAnswer) -> list[str]:
    """Why the answer is not whole, or its edit not made: a sentence each."""
    lines: list[str] = []
    if answer.state == "stopped":
        lines.append("*You have stopped the answer here.*")
    elif answer.state == "failed" and answer.text.strip():
        lines.append(f"*The answer broke off: {answer.problem}*")
    elif answer.state in ("cut", "refused", "failed"):
        lines.append(f"*{answer.problem}*")
    if answer.edit is not None and answer.edit.state == "refused":
        lines.append(f"*The code was not changed: {answer.edit.reason}*")
    return lines
