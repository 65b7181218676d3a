"""Secrets become placeholders, and placeholders in an answer become secrets again, however the answer is cut."""

from __future__ import annotations

import re
from itertools import pairwise

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
