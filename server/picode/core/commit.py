"""Commit messages out of a model's answers."""

from __future__ import annotations


def commit_message(answer: str) -> str:
    """The message that `answer` means."""
    lines = [line for line in answer.strip().splitlines() if not line.startswith("```")]
    return "\n".join(lines).strip()
