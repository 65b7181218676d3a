"""An answer that is used again says what a fresh look at the same answer would say, and never contradicts what was typed."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from picode import postprocess
from picode.assistant.completion.session_cache import ModelAnswer, SessionCache
from picode.core.anchor import Anchor, CursorText
from picode.core.document import Position, Snapshot, split_lines

URI = "file:///a.py"
TAG = ("provider",)

WORDS = st.sampled_from(
    ["total", "x", "return ", " = ", "(", ")", "a.b", "if x:", "\n", "\n    ", "\n        ", ", ", '"s"', "# é\n", "}"]
)
CODE = st.lists(WORDS, max_size=12).map("".join)


def snapshot_of(before: str, after: str) -> Snapshot:
    lines = split_lines(before + after)
    return Snapshot(URI, lines, Position(len(split_lines(before)) - 1, len(split_lines(before)[-1])))


def place_of(snapshot: Snapshot) -> postprocess.CursorContext:
    return postprocess.describe(snapshot)


def asked(before: str, after: str, raw: str) -> tuple[SessionCache, ModelAnswer]:
    """A store with one answer, which was asked for between `before` and `after`."""
    snapshot = snapshot_of(before, after)
    place = place_of(snapshot)
    answer = ModelAnswer(raw, postprocess.normalize(raw, place), place, id="only")
    recall = SessionCache()
    recall.put(URI, TAG, Anchor.of(CursorText.at(snapshot)), answer)
    return recall, answer


def reused(recall: SessionCache, before: str, after: str) -> list[str]:
    """What the store has for this cursor, as it would be shown, the nearest first."""
    snapshot = snapshot_of(before, after)
    found = []
    for answer, typed in recall.find(URI, TAG, CursorText.at(snapshot)):
        rest = answer.rest(typed)
        if rest:
            found.append(as_shown(rest, snapshot))
    return found


def as_shown(text: str, snapshot: Snapshot) -> str:
    """The line's rest and the suggestion as they would stand, with what the suggestion replaces left out."""
    fitted = postprocess.fit_to_cursor(text, place_of(snapshot), snapshot)
    return fitted.text and f"{fitted.text}│{snapshot.line_suffix[fitted.replaced_after :]}"


def shown_at(before: str, after: str, text: str) -> str:
    """What is shown of `text` there."""
    return as_shown(text, snapshot_of(before, after))


@given(CODE, CODE, CODE)
def test_where_it_was_asked_it_is_a_fresh_trim(before: str, after: str, raw: str) -> None:
    recall, answer = asked(before, after, raw)
    snapshot = snapshot_of(before, after)
    fresh = as_shown(postprocess.normalize(raw, answer.cursor), snapshot)
    assert not fresh or fresh in reused(recall, before, after)


@given(CODE, CODE, CODE, st.integers(0, 40))
def test_typed_through_it_is_the_rest(before: str, after: str, raw: str, count: int) -> None:
    recall, answer = asked(before, after, raw)
    typed = answer.text[:count]
    expected = shown_at(before + typed, after, answer.text[count:])
    assert not expected or expected in reused(recall, before + typed, after)


@given(CODE, CODE, CODE, st.integers(0, 40), st.integers(0, 40))
def test_after_going_back_it_is_as_before(before: str, after: str, raw: str, there: int, back: int) -> None:
    recall, answer = asked(before, after, raw)
    typed = answer.text[:there]
    reused(recall, before + typed, after)
    shorter = typed[: max(0, len(typed) - back)]
    expected = shown_at(before + shorter, after, answer.text[len(shorter) :])
    assert not expected or expected in reused(recall, before + shorter, after)


@given(
    CODE, CODE, CODE, st.sampled_from(["", "  ", "    ", "        "]), st.sampled_from(["", "  ", "    ", "        "])
)
def test_on_a_line_indented_anew_it_is_a_fresh_trim_of_the_same_answer(
    before: str, after: str, raw: str, indent: str, anew: str
) -> None:
    above = before.rstrip(" ") + "\n" if before else ""
    recall, _ = asked(above + indent, "\n" + after, raw)
    snapshot = snapshot_of(above + anew, "\n" + after)
    fresh = as_shown(postprocess.normalize(raw, place_of(snapshot)), snapshot)
    shown = reused(recall, above + anew, "\n" + after)
    assert not fresh or fresh in shown
    assert all(each == fresh for each in shown if each)


@given(CODE, CODE, CODE, CODE)
def test_what_contradicts_it_gets_nothing_of_it(before: str, after: str, raw: str, typed: str) -> None:
    recall, answer = asked(before, after, raw)
    assume(before.strip() and not before.endswith(("\n", " ")))
    assume(typed and not answer.text.startswith(typed))
    longer = before + typed
    for answer_again, said in recall.find(URI, TAG, CursorText.at(snapshot_of(longer, after))):
        if said == typed:
            assert answer_again.rest(said) is None


@given(CODE, CODE, st.sampled_from(["call(", "f(a, g(", "[", "{", "d["]))
def test_with_the_brackets_of_an_editor_it_is_the_same_place(after: str, rest: str, opening: str) -> None:
    """An editor that adds `)` behind a typed `(` has not moved the cursor elsewhere."""
    before = "x = "
    recall, answer = asked(before, "\n" + after, opening + rest)
    assume(answer.text.startswith(opening))
    closers = "".join({"(": ")", "[": "]", "{": "}"}.get(character, "") for character in reversed(opening))
    closed = closers + "\n" + after
    expected = shown_at(before + opening, closed, answer.text[len(opening) :])
    assert not expected or expected in reused(recall, before + opening, closed)
