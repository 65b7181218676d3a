"""Where in a file a setting is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.settings.lines import line_of

TOML = """\
# comment
enabled = true
inline.candidates = 2

[inline]  # mine
debounceMs = "x"
languages = { markdown = false, "*" = true }

[ providers . "a b" ]
baseUrl = 'x'
  [providers.team.headers]
  X-Team = "[not a table]"

[[odd]]
key = 1
"""

JSON = """\
{
  "enabled": true,
  "inline": { "debounceMs": "x",
    "languages": {"markdown": false,
      "*": "a: {b"} },
  "providers": {
    "team": { "headers": { "X-Team": "\\"[" } }
  },
  "list": [ {"a": 1}, 2 ],
  "last": 1
}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("enabled", 2),
        ("inline.candidates", 3),
        ("inline.debounceMs", 6),
        ("inline.languages", 7),
        ("inline.languages.markdown", 7),
        ("inline.missing", 5),
        ("inline", 5),
        ("providers.a b", 9),
        ("providers.a b.baseUrl", 10),
        ("providers.team.headers.X-Team", 12),
        ("odd.key", 15),
        ("nothing", None),
        ("", None),
    ],
)
def test_in_toml(path: str, line: int | None) -> None:
    assert line_of(TOML, path, json=False) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("enabled", 2),
        ("inline", 3),
        ("inline.debounceMs", 3),
        ("inline.languages.markdown", 4),
        ("inline.languages.*", 5),
        ("inline.languages.missing", 4),
        ("providers.team.headers.X-Team", 7),
        ("last", 10),
        ("nothing", None),
    ],
)
def test_in_json(path: str, line: int | None) -> None:
    assert line_of(JSON, path, json=True) == line


@given(st.text('{}[]",:\n=.#ab ', max_size=80), st.text("ab.", max_size=6), st.booleans())
def test_any_text_gives_a_line_of_it_or_none(text: str, path: str, json: bool) -> None:
    found = line_of(text, path, json)
    assert found is None or 1 <= found <= text.count("\n") + 1
