"""Token healing: the end of the cursor's line that a prompt leaves out, for the model to write again.

Tokens are whole words with the space before them. A prompt that ends in space, or in the middle of a word, ends where no token
does, and small models answer it with nonsense. So its last space is left out, and also the word at the cursor where the model
can be made to begin with it, by a grammar. See https://github.com/guidance-ai/guidance ("token healing").
"""

from __future__ import annotations

import json
import re

_LONGEST = 40
"""Characters left out at most."""
_WORD = re.compile(r"\w+[ \t]?")
_SPACE = re.compile(r"[ \t]+")


def healed_end(line_prefix: str, *, word: bool) -> str:
    """The end of `line_prefix` to leave out: space, and with `word` the beginning of a word and one space before it.

    Of a blank line it is the last character only: the user decides how deep the line begins.
    """
    end = line_prefix[-_LONGEST - 1 :]
    if not line_prefix.strip():
        return end[-1:]
    backwards = end[::-1]
    found = (_WORD.match(backwards) if word else None) or _SPACE.match(backwards)
    return found[0][::-1] if found and len(found[0]) <= _LONGEST else ""


def grammar_of(beginning: str) -> str:
    """A grammar for answers that begin with `beginning`, in llama.cpp's notation (GBNF).

    Source: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md. `[^\\x00]*` matches any text: a model
    writes no NUL.
    """
    return f"root ::= {json.dumps(beginning, ensure_ascii=False)} [^\\x00]*"
