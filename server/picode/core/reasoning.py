"""Reasoning in a model's answer, kept apart from the answer itself.

Most dialects have a field for it; many servers pass it through in the text, in the spelling of the model's chat template. What
counts as reasoning: a block at the beginning of the answer or after another one, a tag on a line of its own outside of fenced
code, and everything before a closing tag whose opening tag was in the prompt's template.

Sources of the spellings: the chat templates of DeepSeek R1, Qwen 3, QwQ (`<think>`, also opened by the template), EXAONE Deep
and Gemini's OpenAI-compatible API (`<thought>`), Magistral (`[THINK]`), Seed-OSS (`<seed:think>`), Kimi (`◁think▷`), Command A
(`<|START_THINKING|>`), Sky-T1 (`<|begin_of_thought|>`), and https://cookbook.openai.com/articles/openai-harmony for gpt-oss.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

_TAGS = ("think", "thinking", "thought", "thoughts", "reason", "reasoning", "seed:think", "reflection", "scratchpad")
_BLOCKS: Final[dict[str, tuple[str, ...]]] = {
    **{f"<{tag}>": (f"</{tag}>",) for tag in _TAGS},
    "<think>": ("</think>", "</thinking>"),
    "<thinking>": ("</thinking>", "</think>"),
    "[think]": ("[/think]",),
    "[reasoning]": ("[/reasoning]",),
    "◁think▷": ("◁/think▷",),
    "<|start_thinking|>": ("<|end_thinking|>",),
    "<|begin_of_thought|>": ("<|end_of_thought|>",),
    "<|begin_of_thinking|>": ("<|end_of_thinking|>",),
}
"""Opening tags in lower case, and what closes each."""

_CLOSINGS: Final = tuple(dict.fromkeys(each for closings in _BLOCKS.values() for each in closings))

_WRAPPERS: Final = ("<|start_response|>", "<|begin_of_solution|>", "<|end_response|>", "<|end_of_solution|>")
"""Tokens around the answer behind reasoning: they are in no text."""

_HEADERS: Final = ("<|channel|>", "<|start|>")
_HARMONY_ENDS: Final = ("<|end|>", "<|return|>", "<|call|>")
_MESSAGE: Final = "<|message|>"
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)")
_LONGEST_HEADER = 200

_BARE_CHANNEL: Final = "analysis"
"""Servers that drop Harmony's special tokens leave `analysisWe need …assistantfinalHello`."""
_BARE_FINAL: Final = "assistantfinal"

_MARKERS: Final = (*_BLOCKS, *_CLOSINGS, *_WRAPPERS, *_HEADERS, *_HARMONY_ENDS)
_LONGEST = max(map(len, (*_MARKERS, _BARE_FINAL)))
_FIRST_CHARACTERS: Final = re.compile("[" + re.escape("".join({marker[0] for marker in _MARKERS})) + "]")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Split:
    """A piece of an answer. `retracts`: all text of the earlier pieces was reasoning, since the prompt had opened it."""

    text: str = ""
    reasoning: str = ""
    retracts: bool = False


_Mode = Literal["start", "text", "reasoning", "header"]


class ReasoningSplitter:
    """Splits one answer while it arrives; the result does not depend on how the answer is cut into pieces.

    `literal` is code that the answer is to be like: the spellings that stand in it are text. With `holds`, no text is given
    out before it is certain that it is no reasoning, which for an answer without reasoning is at its end: for readers that
    can't take text back.
    """

    def __init__(self, literal: str = "", *, holds: bool = False) -> None:
        self.holds = holds
        self._kept = ""
        """Text that `holds` keeps back."""
        lowered = literal.lower()
        self._literal = frozenset(marker for marker in _MARKERS if marker in lowered)
        self._held = ""
        self._mode: _Mode = "start"
        self._closings: tuple[str, ...] = ()
        self._seen = False
        """Whether there was reasoning: then no later closing tag can be one whose opening was in the prompt."""
        self._given = False
        """Whether earlier calls gave out any text."""
        self._said = False
        """Whether the answer has text so far."""
        self._line = ""
        """The last line of the text so far."""
        self._fence = ""
        """The mark of the fence that is open in the text."""
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._retracts = False

    def feed(self, text: str) -> Split:
        """The split of what `text` completes. Text that may be the beginning of a tag is held back."""
        return self._run(text, ended=False)

    def close(self) -> Split:
        """The rest, at the answer's end."""
        return self._run("", ended=True)

    def _run(self, text: str, *, ended: bool) -> Split:
        self._held += text
        self._text, self._reasoning, self._retracts = [], [], False
        while self._step(ended):
            pass
        said = self._kept + "".join(self._text)
        self._kept = ""
        if self.holds and not self._seen and not ended:
            self._kept, said = said, ""
        self._given = self._given or bool(said)
        return Split(said, "".join(self._reasoning), self._retracts)

    def _step(self, ended: bool) -> bool:
        """One step; false if more must arrive first."""
        if not self._held:
            return False
        match self._mode:
            case "start":
                return self._begin(ended)
            case "reasoning":
                return self._reason(ended)
            case "header":
                return self._read_header(ended)
            case "text":
                return self._say(ended)

    def _begin(self, ended: bool) -> bool:
        """At the answer's beginning, or behind reasoning: whether (more) reasoning begins."""
        rest = self._held.lstrip()
        lowered = rest.lower()
        for marker in (*_HARMONY_ENDS, *_WRAPPERS):
            if lowered.startswith(marker) and marker not in self._literal:
                self._held = rest[len(marker) :]
                return True
        if self._opens(rest, lowered):
            return True
        waits = not rest or self._may_begin(lowered) or self._may_be_bare(rest)
        if waits and not ended:
            return False
        if self._seen and not self._said:
            self._held = rest  # the blank lines between reasoning and answer
        self._line, self._mode = "", "text"
        return bool(self._held)

    def _opens(self, rest: str, lowered: str) -> bool:
        """Whether `rest` begins with an opening tag, which is then taken off."""
        for marker, closings in _BLOCKS.items():
            if lowered.startswith(marker) and marker not in self._literal:
                self._enter(rest[len(marker) :], closings)
                return True
        if any(lowered.startswith(marker) and marker not in self._literal for marker in _HEADERS):
            self._held, self._mode = rest, "header"
            return True
        bare = len(rest) > len(_BARE_CHANNEL) and rest.startswith(_BARE_CHANNEL) and rest[len(_BARE_CHANNEL)].isupper()
        if bare and not self._seen:
            self._enter(rest[len(_BARE_CHANNEL) :], (_BARE_FINAL,))
        return bare

    def _enter(self, rest: str, closings: tuple[str, ...]) -> None:
        self._held, self._mode, self._closings, self._seen = rest, "reasoning", closings, True

    def _may_be_bare(self, rest: str) -> bool:
        return not self._seen and len(rest) <= len(_BARE_CHANNEL) and _BARE_CHANNEL.startswith(rest)

    def _may_begin(self, lowered: str) -> bool:
        """Whether `lowered` is the beginning of a marker."""
        return any(marker.startswith(lowered) for marker in _MARKERS if marker not in self._literal)

    def _reason(self, ended: bool) -> bool:
        lowered = self._held.lower()
        found = [(at, closing) for closing in self._closings if (at := lowered.find(closing)) >= 0]
        if found:
            at, closing = min(found)
            self._reasoning.append(self._held[:at])
            header = closing in _HEADERS  # belongs to the next message
            self._held = self._held[at if header else at + len(closing) :]
            self._mode = "start"
            return bool(self._held)
        keep = 0 if ended else _partial(lowered, self._closings)
        self._reasoning.append(self._held[: len(self._held) - keep])
        self._held = self._held[len(self._held) - keep :]
        return False

    def _read_header(self, ended: bool) -> bool:
        """`<|start|>assistant<|channel|>analysis<|message|>`: the channel says what follows."""
        at = self._held.find(_MESSAGE)
        if at < 0 and not ended and len(self._held) <= _LONGEST_HEADER:
            return False
        if at < 0 or at > _LONGEST_HEADER:
            self._mode = "text"
            if at < 0 and ended:
                self._held = ""  # a header without a message
            return bool(self._held) and self._take(1)
        channel = _CHANNEL.search(self._held[:at])
        rest = self._held[at + len(_MESSAGE) :]
        self._seen = True
        if channel is None or channel[1] == "final":
            self._held, self._mode = rest, "text"
        else:
            self._enter(rest, (*_HARMONY_ENDS, *_HEADERS))
        return bool(self._held)

    def _say(self, ended: bool) -> bool:
        """Gives out text up to the next marker that counts there."""
        held = self._held
        for found in _FIRST_CHARACTERS.finditer(held):
            at, lowered = found.start(), held[found.start() : found.start() + _LONGEST].lower()
            before = held[:at]
            marker = next((each for each in _MARKERS if lowered.startswith(each)), "")
            if not marker and not ended and len(held) - at < _LONGEST and self._may_begin(lowered):
                return self._take(at) and False
            if not marker or marker in self._literal or not self._counts(marker, before):
                continue
            if marker in _BLOCKS:
                # A tag within the answer stands on a line of its own.
                rest = held[at + len(marker) :]
                if not rest.lstrip(" \t\r")[:1] and not ended:
                    return self._take(at) and False
                if not rest.lstrip(" \t\r").startswith("\n"):
                    continue
            self._take(at)
            return self._meet(marker)
        self._take(len(held))
        return False

    def _counts(self, marker: str, before: str) -> bool:
        """Whether a marker behind `before`, the text that is not given out yet, is one here, and not text."""
        line, fence = self._after(before)
        if fence or line.count("`") % 2:
            return False
        if marker in _BLOCKS:
            return not line.strip()
        if marker in _CLOSINGS:
            return not self._seen
        return self._seen if marker in (*_WRAPPERS, *_HARMONY_ENDS) else True

    def _meet(self, marker: str) -> bool:
        """The held text begins with a marker that counts."""
        rest = self._held[len(marker) :]
        if marker in _BLOCKS:
            self._enter(rest, _BLOCKS[marker])
        elif marker in _CLOSINGS:
            self._reasoning.insert(0, self._kept + "".join(self._text))
            self._text.clear()
            self._kept = ""
            self._retracts, self._said = self._given, False
            self._held, self._mode, self._seen = rest, "start", True
        elif marker in _HEADERS:
            self._mode = "header"
        else:
            self._held, self._mode = rest, "start" if marker in _HARMONY_ENDS else "text"
        return bool(self._held)

    def _take(self, length: int) -> bool:
        """Gives out the first `length` held characters as text."""
        taken, self._held = self._held[:length], self._held[length:]
        self._line, self._fence = self._after(taken)
        self._said = self._said or bool(taken.strip())
        self._text.append(taken)
        return True

    def _after(self, text: str) -> tuple[str, str]:
        """The last line and the open fence behind `text`, which is not given out yet."""
        fence = self._fence
        *lines, last = (self._line + text).split("\n")
        for line in lines:
            found = _FENCE.match(line)
            if not found:
                continue
            if not fence:
                fence = found[1]
            elif found[1][0] == fence[0] and len(found[1]) >= len(fence) and not line[found.end() :].strip():
                fence = ""
        return last, fence


def split_reasoning(answer: str, literal: str = "") -> Split:
    """A whole answer as its text and its reasoning, without the blanks around either.

    >>> split_reasoning("<think>It is a sum.</think>\\n\\nIt adds.")
    Split(text='It adds.', reasoning='It is a sum.', retracts=False)
    """
    splitter = ReasoningSplitter(literal)
    first, last = splitter.feed(answer), splitter.close()
    if last.retracts:
        return Split(last.text, (first.text + first.reasoning + last.reasoning).strip())
    reasoning = first.reasoning + last.reasoning
    return Split(first.text + last.text, reasoning.strip())


def _partial(text: str, markers: tuple[str, ...]) -> int:
    """The length of the longest end of `text` that is the beginning of one of `markers`."""
    for length in range(min(_LONGEST, len(text)), 0, -1):
        end = text[-length:]
        if any(marker.startswith(end) for marker in markers):
            return length
    return 0
