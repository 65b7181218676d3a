"""Reasoning in any spelling is told from the answer, however the answer is cut into pieces."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picode.core.reasoning import ReasoningSplitter, Split, split_reasoning

CASES: dict[str, tuple[str, str, str]] = {
    # name: (answer, text, reasoning)
    "none": ("It adds.\n", "It adds.\n", ""),
    "think": ("<think>\na sum\n</think>\n\nIt adds.", "It adds.", "a sum"),
    "blanks before it": ("\n\n<think>a sum</think>It adds.", "It adds.", "a sum"),
    "thinking": ("<thinking>a sum</thinking>\nIt adds.", "It adds.", "a sum"),
    "closed otherwise": ("<think>a sum</thinking>\nIt adds.", "It adds.", "a sum"),
    "opened by the template": ("a sum, or not\n</think>\n\nIt adds.", "It adds.", "a sum, or not"),
    "opened by the template, thought": ("a sum</thought>It adds.", "It adds.", "a sum"),
    "empty": ("<think>\n\n</think>\n\nIt adds.", "It adds.", ""),
    "never ended": ("<think>\na sum, and then", "", "a sum, and then"),
    "thought": ("<thought>a sum</thought>\nIt adds.", "It adds.", "a sum"),
    "seed": ("<seed:think>a sum</seed:think>It adds.", "It adds.", "a sum"),
    "capitals in brackets": ("[THINK]a sum[/THINK]It adds.", "It adds.", "a sum"),
    "kimi": ("◁think▷a sum◁/think▷It adds.", "It adds.", "a sum"),
    "cohere": (
        "<|START_THINKING|>a sum<|END_THINKING|><|START_RESPONSE|>It adds.<|END_RESPONSE|>",
        "It adds.",
        "a sum",
    ),
    "sky": (
        "<|begin_of_thought|>a sum<|end_of_thought|>\n\n<|begin_of_solution|>It adds.<|end_of_solution|>",
        "It adds.",
        "a sum",
    ),
    "harmony": (
        "<|channel|>analysis<|message|>a sum<|end|><|start|>assistant<|channel|>final<|message|>It adds.<|return|>",
        "It adds.",
        "a sum",
    ),
    "harmony, comments between": (
        "<|channel|>analysis<|message|>a <b><|end|><|start|>assistant<|channel|>commentary<|message|> sum<|end|>"
        "<|start|>assistant<|channel|>final<|message|>It adds.",
        "It adds.",
        "a <b> sum",
    ),
    "harmony, cut": ("<|channel|>analysis<|message|>a sum, and", "", "a sum, and"),
    "harmony, the end marks left out": (
        "<|channel|>analysis<|message|>a sum<|channel|>final<|message|>It adds.",
        "It adds.",
        "a sum",
    ),
    "harmony, special tokens dropped": ("analysisWe need a sum.assistantfinalIt adds.", "It adds.", "We need a sum."),
    "two blocks": ("<think>a</think><think> b</think>It adds.", "It adds.", "a b"),
    "between": ("First.\n<think>\na sum\n</think>\nSecond.\n", "First.\n\nSecond.\n", "a sum"),
    "a word that begins like a channel": ("analysis of the sum", "analysis of the sum", ""),
    "said in code": ("The `</think>` tag ends `<think>`.", "The `</think>` tag ends `<think>`.", ""),
    "said in a fence": ("So:\n```html\n<think>\nx\n</think>\n```\n", "So:\n```html\n<think>\nx\n</think>\n```\n", ""),
    "said in a longer fence": ("````\n```\n</think>\n````\n", "````\n```\n</think>\n````\n", ""),
    "a tag in a sentence": ("Use <think> here.", "Use <think> here.", ""),
    "a second closing tag": ("<think>a</think>Then </think> ends it.", "Then </think> ends it.", "a"),
    "tags within reasoning": ("<think>if a < b: <br> [x]</think>It adds.", "It adds.", "if a < b: <br> [x]"),
    "comparison signs": ("a < b, c [d], <t", "a < b, c [d], <t", ""),
    "only blanks": ("  \n", "  \n", ""),
}


def fed(pieces: Iterable[str], literal: str = "", *, holds: bool = False) -> tuple[str, str]:
    """What a reader of the pieces has at the end."""
    splitter, text, reasoning = ReasoningSplitter(literal, holds=holds), "", ""
    for split in (*map(splitter.feed, pieces), splitter.close()):
        if split.retracts:
            assert not holds
            text, reasoning = "", reasoning + text
        text, reasoning = text + split.text, reasoning + split.reasoning
    return text, reasoning.strip()


def whole(answer: str) -> tuple[str, str]:
    split = split_reasoning(answer)
    return split.text, split.reasoning


@pytest.mark.parametrize("name", CASES)
def test_the_spellings(name: str) -> None:
    answer, text, reasoning = CASES[name]
    assert whole(answer) == (text, reasoning)


@pytest.mark.parametrize("name", CASES)
def test_every_cutting_into_two_says_the_same(name: str) -> None:
    answer, text, reasoning = CASES[name]
    for cut in range(len(answer) + 1):
        assert fed((answer[:cut], answer[cut:])) == (text, reasoning), cut


@pytest.mark.parametrize("name", CASES)
def test_character_by_character(name: str) -> None:
    answer, text, reasoning = CASES[name]
    assert fed(answer) == (text, reasoning)


PARTS = st.sampled_from(
    [
        *"<think> </think> <thought> [THINK] [/THINK] <|channel|> <|message|> <|start|> <|end|> analysis final".split(),
        *"assistantfinal ``` ` < [ ◁think▷ <|START_THINKING|> <|END_THINKING|> <|START_RESPONSE|> word A".split(),
        *("\n", " ", "\n\n"),
    ]
)


@settings(max_examples=500)
@given(st.lists(PARTS, max_size=14), st.data())
def test_no_cutting_changes_the_result(parts: list[str], data: st.DataObject) -> None:
    answer = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=6)))
    pieces = [answer[start:end] for start, end in itertools.pairwise((0, *cuts, len(answer)))]
    assert fed(pieces) == fed(pieces, holds=True) == fed((answer,))


@given(st.text(alphabet=st.characters(exclude_characters="<[◁"), max_size=200))
def test_text_without_a_tag_is_given_as_it_is(answer: str) -> None:
    if not answer.startswith("analysis"):
        assert fed(answer)[0] == answer


def test_text_is_given_out_at_once() -> None:
    splitter = ReasoningSplitter()
    assert splitter.feed("It adds ") == Split("It adds ")
    assert splitter.feed("a < ") == Split("a < ")
    assert splitter.feed("b <") == Split("b ")
    assert splitter.close() == Split("<")


def test_a_retraction_comes_once_for_all_that_was_given_out() -> None:
    splitter = ReasoningSplitter()
    assert splitter.feed("a sum\n") == Split("a sum\n")
    assert splitter.feed("or not</think>\nIt adds.") == Split("It adds.", "or not", retracts=True)


def test_a_reader_that_can_not_take_text_back_gets_none_too_early() -> None:
    splitter = ReasoningSplitter(holds=True)
    assert splitter.feed("a sum\n") == Split()
    assert splitter.feed("or not</think>\nIt ") == Split("It ", "a sum\nor not")
    assert splitter.feed("adds.") == Split("adds.")
    plain = ReasoningSplitter(holds=True)
    assert plain.feed("It adds.") == Split()
    assert plain.close() == Split("It adds.")


def test_tags_that_the_code_has_are_code() -> None:
    code = "<thought>\n  <p/>\n</thought>\n"
    assert fed((code,), literal=code) == (code, "")
    assert fed(("<think>hm</think>\n" + code,), literal=code) == (code, "hm")
