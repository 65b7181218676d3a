"""Names that a model proposes for something in code."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_NAME: Final = r"(?:[^\W\d]|\$)[\w$]{0,99}"
_LISTED = re.compile(
    r"\s*+(?:(?:[-*+•]|\d{1,2}[.)])\s*+)?"
    rf"(?P<mark>\*{{0,2}}`?)(?P<name>{_NAME})(?P=mark)?[`*]{{0,3}}(?:\s*+[-–—:]++\s++(?P<reason>.*))?"
)
_MOST: Final = 8
_LONGEST_REASON: Final = 200


class ProposedName(NamedTuple):
    """A name, and why it fits; `reason` may be empty."""

    name: str
    reason: str


def names_in(answer: str, old: str) -> tuple[ProposedName, ...]:
    """The names that `answer`, a list of them, proposes in place of `old`, each once.

    >>> names_in("1. `unit_price` - what one costs\\n- **cost**\\n\\nI like the first one.", "price")
    (ProposedName(name='unit_price', reason='what one costs'), ProposedName(name='cost', reason=''))
    """
    found: dict[str, ProposedName] = {}
    for line in answer.splitlines():
        listed = _LISTED.fullmatch(line)
        if listed is not None and listed["name"] != old:
            reason = (listed["reason"] or "").strip()[:_LONGEST_REASON]
            found.setdefault(listed["name"], ProposedName(listed["name"], reason))
    return tuple(found.values())[:_MOST]
