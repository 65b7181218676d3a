"""What of the cursor's line a prompt leaves out, because models write it better than they go on from it.

Tokens are whole words with the space before them. A prompt that ends in space, or in the middle of a word, is cut where no
token ends, and small models answer it with nonsense. So the last space is left out, and also the word at the cursor where the
model can be held to begin with it (token healing, as github.com/guidance-ai/guidance calls it).
"""

from __future__ import annotations

import json
import re

_LONGEST = 40
_WORD = re.compile(r"\w+[ \t]?")
_SPACE = re.compile(r"[ \t]+")


def held_back(line_prefix: str, *, word: bool) -> str:
    """The end of `line_prefix` that is left out: space, and with `word` the beginning of a word and one space before it.

    Of indentation only the last character: how deep the line begins is for the user to say.
    """
    end = line_prefix[-_LONGEST - 1 :]
    if not line_prefix.strip():
        return end[-1:]
    backwards = end[::-1]
    found = (_WORD.match(backwards) if word else None) or _SPACE.match(backwards)
    return found[0][::-1] if found and len(found[0]) <= _LONGEST else ""


def grammar_of(beginning: str) -> str:
    """A grammar that answers must follow which begin so, in llama.cpp's notation (GBNF).

    Source: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md. Any character may follow: NUL stands for
    one that never comes.
    """
    return f"root ::= {json.dumps(beginning, ensure_ascii=False)} [^\\x00]*"
