"""What there is room for, and the order that it keeps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from picode.assistant.context.definitions import Entry
from picode.assistant.context.selection import select, size_of


def entry(name: str, score: float, path: str = "a.py", line: int = 0, members: int = 0) -> Entry:
    text = f"class {name}:" + "".join(f"\n    def method_{number}(self): ..." for number in range(members))
    return Entry(path, line, text, score, "", f"class {name}:" if members else "")


def names(entries: list[Entry]) -> list[str]:
    return [each.text.split("\n")[0].removeprefix("class ").rstrip(":") for each in entries]


def test_the_most_wanted_are_shown_in_the_order_of_their_files() -> None:
    entries = [entry("Late", 3, line=9), entry("Early", 2, line=1), entry("Unwanted", 0.1, line=5)]
    room = size_of(entries[:2])
    assert names(select(entries, room, ())) == ["Early", "Late"]


def test_all_in_short_before_one_in_full() -> None:
    entries = [entry("Big", 2, line=1, members=50), entry("Small", 1, line=2, members=50)]
    chosen = select(entries, 200, ())
    assert names(chosen) == ["Big", "Small"]
    assert all("\n" not in each.text for each in chosen)


def test_what_is_surely_wanted_is_shown_in_full() -> None:
    entries = [entry("Sure", 5, line=1, members=3), entry("Other", 1, line=2, members=3)]
    chosen = select(entries, 200, ())
    assert "method_2" in chosen[0].text
    assert "method_2" not in chosen[1].text


def test_what_was_shown_stays_in_front() -> None:
    old = [entry("B", 2, line=5), entry("C", 2, line=9)]
    shown = [each.key for each in select(old, 1000, ())]
    now = [*old, entry("A", 9, line=1)]
    assert names(select(now, 1000, shown)) == ["B", "C", "A"]


def test_what_was_shown_gives_way_only_to_what_is_wanted_more() -> None:
    old, slightly, much = entry("Old", 2, line=5), entry("New", 2.5, line=1), entry("New", 4, line=1)
    room = size_of([old])
    assert names(select([old, slightly], room, [old.key])) == ["Old"]
    assert names(select([old, much], room, [old.key])) == ["New"]


@given(
    st.lists(
        st.builds(
            entry,
            st.text("ABC", min_size=1, max_size=30),
            st.floats(0, 9),
            st.sampled_from(["a.py", "long/path/to/b.py"]),
            st.integers(0, 5),
            st.integers(0, 9),
        ),
        max_size=20,
    ),
    st.integers(0, 600),
)
def test_it_never_takes_more_room_than_there_is(entries: list[Entry], room: int) -> None:
    entries = list({each.key: each for each in entries}.values())
    chosen = select(entries, room, ())
    assert size_of(chosen) <= room
    again = select(entries, room, [each.key for each in chosen])
    assert [each.key for each in again][: len(chosen)] == [each.key for each in chosen]
