"""What a model is shown of a document: a window around the cursor, as a fill-in-the-middle prompt or a conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from picode.core.comments import as_comment
from picode.core.document import Snapshot, text_after
from picode.core.messages import Chat, Fill, Message
from picode.core.token_healing import healed_end


@dataclass(frozen=True, slots=True)
class Window:
    """How much of the document a model is shown, in characters.

    The prefix is between `minimum` and `minimum + step` long: its start moves in steps of `step`, so that prompts begin with
    the same text while the user types. Providers and llama.cpp do not read again what two prompts begin with: on a small
    machine, that makes the difference between 50 ms and a second.
    """

    minimum: int
    step: int
    suffix: int
    one_line: bool = False
    """Whether the model is so slow that only the rest of a line is requested."""

    @classmethod
    def within(cls, tokens: int) -> Window:
        """The window for a model with a context window of `tokens`, with room left for the answer.

        It reckons with three characters to a token; tokenizers of code models average 3 to 4.
        """
        return SMALL if tokens <= _SMALL else cls.of(min(tokens * 3 // 2, 12_000))

    @classmethod
    def of(cls, characters: int) -> Window:
        """A window of at most `characters`."""
        return cls(minimum=characters // 4, step=characters // 2, suffix=characters // 4)

    def quartered(self) -> Window:
        """A quarter of it, for a model that found the prompt too long."""
        return replace(self, minimum=self.minimum // 4, step=self.step // 4, suffix=self.suffix // 4)


_SMALL = 2048
SMALL = Window(minimum=400, step=800, suffix=0, one_line=True)
"""For a model on the user's own processor, which reads about 250 tokens a second."""


def build_fill(snapshot: Snapshot, window: Window, path: str = "", *, healed: str = "", typed_ahead: int = 0) -> Fill:
    """The code around the cursor, cut to `window`. `healed` is the line's end that is left out (`core.token_healing`).

    With `typed_ahead` it begins where it will begin after so many more typed characters.
    """
    prefix = _stable_prefix(snapshot, window, typed_ahead).removesuffix(healed)
    suffix = text_after(snapshot.lines, snapshot.cursor, window.suffix) if window.suffix else ""
    return Fill(prefix, suffix, path=path, language=snapshot.language)


def healed_fill(
    snapshot: Snapshot, window: Window, path: str = "", *, word: bool, typed_ahead: int = 0
) -> tuple[Fill, str]:
    """`build_fill` with token healing: the fill, and the end of the cursor's line that it leaves out."""
    healed = healed_end(snapshot.line_prefix, word=word)
    return build_fill(snapshot, window, path, healed=healed, typed_ahead=typed_ahead), healed


def _stable_prefix(snapshot: Snapshot, window: Window, typed_ahead: int) -> str:
    lines, row = snapshot.lines, snapshot.cursor.line
    before = len("".join(lines[:row]))  # twice as fast as to add up the lengths
    skip = max(0, (before + snapshot.cursor.column + typed_ahead - window.minimum) // window.step * window.step)
    head = snapshot.line_prefix
    if skip > before:  # the cursor's line alone overfills the window: it is cut in its middle
        return head[skip - before :]
    first, start = row, before
    while first and start - len(lines[first - 1]) >= skip:
        first -= 1
        start -= len(lines[first])
    return "".join(lines[first:row]) + head


def trimmed(fill: Fill, characters: int) -> Fill:
    """`fill` in at most `characters`: other files go first, the foremost of them first, then what is far from the cursor, of
    the suffix down to a quarter of the room."""
    snippets, room = list(fill.snippets), max(0, characters)
    own = len(fill.prefix) + len(fill.suffix)
    while snippets and own + sum(len(each.text) + len(each.path) for each in snippets) > room:
        del snippets[0]
    suffix = fill.suffix[: max(room // 4, room - len(fill.prefix))]
    left = room - len(suffix)
    prefix = fill.prefix[len(fill.prefix) - left :] if len(fill.prefix) > left else fill.prefix
    return replace(fill, prefix=prefix, suffix=suffix, snippets=tuple(snippets))


def fold(fill: Fill) -> Fill:
    """`fill` with its snippets as comments before the prefix, for models whose template has no place for other files."""
    if not fill.snippets:
        return fill
    blocks = [as_comment(f"Path: {each.path}\n{each.text.rstrip()}", fill.language) for each in fill.snippets]
    if fill.path:
        blocks.append(as_comment(f"Path: {fill.path}", fill.language))
    return replace(fill, prefix="\n".join([*blocks, fill.prefix]), snippets=(), elsewhere=tuple(blocks))


_INSTRUCTION = """\
You complete code inside an editor. The user message holds a part of a file with the marker {marker} at the cursor. Answer \
with the cursor's line from its first character, completed, and with the lines that belong behind it, if any: no \
explanation, no Markdown fences, nothing that already stands after the marker. Keep the file's indentation and style. If \
nothing fits, answer with nothing."""

MARKER = "<|cursor|>"

_LONGEST = 200
"""Characters of the longest line that is given to the model as the beginning of its answer."""


def ask_to_fill(fill: Fill) -> Chat:
    """`fill` as a conversation, for models without a fill-in-the-middle template.

    Such models are bad at continuing in the middle of a word, so they are asked for the whole line, and what is typed of it is
    removed again (`postprocess.normalize`). The line's beginning is the assistant's last message, for models that continue it
    (prefill); for others the dialects leave it out.
    """
    where = f"File: {fill.path}\n" if fill.path else ""
    language = f"Language: {fill.language}\n" if fill.language else ""
    others = "".join(f"From {each.path}:\n{each.text.rstrip()}\n\n" for each in fill.snippets)
    question = f"{others}{where}{language}\n{fill.prefix}{MARKER}{fill.suffix}"
    begun = fill.prefix.rpartition("\n")[2].strip()
    return Chat(
        (
            Message("system", _INSTRUCTION.format(marker=MARKER)),
            *_EXAMPLES,
            Message("user", question, (others,) if others else ()),
            *((Message("assistant", begun),) if 1 < len(begun) <= _LONGEST else ()),
        )
    )


_EXAMPLES = (
    Message("user", f"Language: python\n\ndef area(width, height):\n    ret{MARKER}\n"),
    Message("assistant", "return width * height"),
    Message("user", f'Language: javascript\n\nconst names = users.map({MARKER});\nconsole.log(names.join(", "));\n'),
    Message("assistant", "const names = users.map((user) => user.name"),
    Message("user", f"Language: go\n\nfunc max(a, b int) int {{\n\t{MARKER}\n}}\n"),
    Message("assistant", "if a > b {\n\t\treturn a\n\t}\n\treturn b"),
)
