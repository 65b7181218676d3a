"""Fill-in-the-middle prompts of families that lay out several files in a way of their own."""

from __future__ import annotations

from dataclasses import dataclass

from picode.core.fim import FimTemplate
from picode.core.messages import Fill


@dataclass(frozen=True, slots=True)
class RepositoryTemplate(FimTemplate):
    """A template that also says where other files and the names of files stand.

    `repository` always comes first. Each other file is `file_separator` (a format string with `{path}`), its text and
    `file_end`. `outer_head` stands before the tokens of the file that is filled in and `inner_head` right after the prefix
    token (format strings with `{path}` and `{language}`); without other files they are written only if `always_headed`.
    `files_inside` moves the other files behind the prefix token, too.
    """

    file_end: str = "\n"
    outer_head: str = ""
    inner_head: str = ""
    always_headed: bool = False
    files_inside: bool = False

    def render(self, fill: Fill) -> str:
        """`fill` as one prompt string."""
        files = "".join(
            f"{self.file_separator.format(path=each.path)}{each.text.rstrip()}{self.file_end}" for each in fill.snippets
        )
        outer = inner = ""
        if fill.snippets or (self.always_headed and fill.path):
            outer = self.outer_head.format(path=fill.path, language=fill.language)
            inner = self.inner_head.format(path=fill.path, language=fill.language)
        outside, inside = (outer, files + inner) if self.files_inside else (files + outer, inner)
        before = f"{self.prefix}{inside}{fill.prefix}"
        after = f"{self.suffix}{fill.suffix}"
        return self.repository + outside + (after + before if self.suffix_first else before + after) + self.middle
