"""From a model's answer to the edit of a selection that it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from picode.core.document import Position, text_between
from picode.core.edits.answer import extract_code
from picode.core.edits.changes import Line, diff_lines, hunks_of
from picode.core.edits.fitting import fit
from picode.core.edits.hunks import Hunk, invert
from picode.core.edits.patch import Change, apply_patch, fill_document, parse_patch
from picode.core.edits.refusal import CUT_OFF, ELIDED, LINE_ENDS, OUTSIDE, UNCHANGED, Refused
from picode.core.edits.region import Region


@dataclass(frozen=True, slots=True)
class Proposal:
    """The edit of what is selected from `start` to `end`: what it becomes (`text`), and the `hunks` that make it so."""

    start: Position
    end: Position
    text: str
    hunks: tuple[Hunk, ...]
    diff: tuple[Line, ...]

    @property
    def added(self) -> int:
        """Lines that come; one that changes both comes and goes."""
        return sum(kind == "+" for kind, _ in self.diff)

    @property
    def removed(self) -> int:
        """Lines that go."""
        return sum(kind == "-" for kind, _ in self.diff)

    @property
    def undo(self) -> tuple[Hunk, ...]:
        """The edit that takes it back."""
        return invert(self.hunks)


def propose(region: Region, answer: str, language: str = "", *, cut_off: bool = False) -> Proposal | Refused:
    """The edit of `region` that `answer` means, or why there is none. `cut_off`: the model reached its longest length."""
    changes = parse_patch(answer, language, region.text)
    if changes is not None:
        text = CUT_OFF if cut_off else _patched(changes, region, language)
        return text if isinstance(text, Refused) else edit_to(text, region)
    code = extract_code(answer, language, region.text)
    if isinstance(code, Refused):
        return code
    if cut_off and not code.closed:
        return CUT_OFF
    text = fit(code.text, region, language)
    if text in (ELIDED, OUTSIDE) and not isinstance(
        whole := fill_document(code.text.split("\n"), region, language), Refused
    ):
        text = whole
    return text if isinstance(text, Refused) else edit_to(text, region)


def _patched(changes: Sequence[Change], region: Region, language: str) -> str | Refused:
    """The selection's text after a patch. One that only adds lines is code for the cursor, where nothing is selected."""
    if len(changes) == 1 and not region.text.strip() and not any(line.strip() for line in changes[0].old):
        return fit("\n".join(changes[0].new), region, language)
    return apply_patch(changes, region)


def edit_to(text: str, region: Region) -> Proposal | Refused:
    """The edit that makes the selection `text`, whose line ends are `\\n`."""
    hunks = hunks_of(region, text)
    if hunks is None:
        return LINE_ENDS
    if not hunks:
        return UNCHANGED
    return Proposal(region.start, region.end, _result(region, hunks), hunks, tuple(diff_lines(region, text)))


def _result(region: Region, hunks: Sequence[Hunk]) -> str:
    """What the selection becomes."""
    parts: list[str] = []
    at = region.start
    for hunk in hunks:
        parts += [text_between(region.lines, at, hunk.start), hunk.text]
        at = hunk.end
    return "".join([*parts, text_between(region.lines, at, region.end)])
