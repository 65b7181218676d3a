"""Fill-in-the-middle: how a model family wants to see the code before and after a cursor."""

from __future__ import annotations

from dataclasses import dataclass

from picode.core.messages import Fill


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """The tokens around prefix and suffix.

    `suffix_first` is the order that its papers call SPM (suffix, prefix, middle); otherwise PSM. `file_separator` is a
    format string with `{path}` that stands before each file of a multi-file prompt (empty: the family has none), and
    `repository` stands once at the very start of such a prompt.
    """

    prefix: str
    suffix: str
    middle: str
    suffix_first: bool = False
    file_separator: str = ""
    repository: str = ""

    def render(self, fill: Fill) -> str:
        """`fill` as one prompt string."""
        files = ""
        if self.file_separator and fill.snippets:
            heads = [(self.file_separator.format(path=each.path), each.text) for each in fill.snippets]
            others = "".join(f"{head}{text.rstrip()}\n" for head, text in heads)
            files = self.repository + others + self.file_separator.format(path=fill.path)
        before = f"{self.prefix}{fill.prefix}"
        after = f"{self.suffix}{fill.suffix}"
        return files + (after + before if self.suffix_first else before + after) + self.middle
