"""Why an answer ended, in each dialect's words, as the sentence that the user reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from picode.core.endings import explain_ending
from picode.core.messages import Finish
from picode.wire import DIALECTS
from picode.wire.reading import AnswerReader

WHOLE = ""
CUT = "cut at its longest length (500 tokens). Raise picode.advanced.chat.maxTokens."
THOUGHT = "used all 500 tokens for its reasoning and wrote no answer. Raise picode.advanced.chat.maxTokens."
UNSEEN = "without an answer: it may have reasoned unseen. Raise picode.advanced.chat.maxTokens."
FILTERED = "content filter gave no answer"
DECLINED = "declined to answer, or a content filter ended the answer"
EMPTY = "answer was empty"
REASONED = "ended after its reasoning and wrote no answer"


def chat(reason: str, text: str = "", reasoning: str = "") -> list[dict[str, Any]]:
    delta = {"content": text, "reasoning_content": reasoning}
    return [{"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}]


def messages(reason: str, text: str = "", reasoning: str = "") -> list[dict[str, Any]]:
    deltas = [{"type": "text_delta", "text": text}, {"type": "thinking_delta", "thinking": reasoning}]
    return [
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "message_delta", "delta": {"stop_reason": reason}},
    ]


def gemini(reason: str, text: str = "", reasoning: str = "") -> list[dict[str, Any]]:
    parts = [{"text": reasoning, "thought": True}, {"text": text}]
    return [{"candidates": [{"content": {"parts": parts}, "finishReason": reason}]}]


def ollama(reason: str, text: str = "", reasoning: str = "") -> list[dict[str, Any]]:
    return [{"message": {"content": text, "thinking": reasoning}, "done": True, "done_reason": reason}]


def responses(reason: str, text: str = "", reasoning: str = "") -> list[dict[str, Any]]:
    end: dict[str, Any] = {"status": "completed"}
    if reason != "stop":
        end = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    deltas = [("output_text", text), ("reasoning_summary_text", reasoning)]
    return [
        *({"type": f"response.{kind}.delta", "delta": delta} for kind, delta in deltas),
        {"type": "response.completed" if reason == "stop" else "response.incomplete", "response": end},
    ]


def cohere(reason: str, text: str = "", reasoning: str = "") -> list[dict[str, Any]]:
    content = [{"thinking": reasoning, "type": "thinking"}, {"text": text, "type": "text"}]
    return [
        *({"type": "content-delta", "delta": {"message": {"content": part}}} for part in content),
        {"type": "message-end", "delta": {"finish_reason": reason}},
    ]


CASES = [
    # dialect, events, sentence
    ("openai_chat", chat("stop", "It adds."), WHOLE),
    ("openai_chat", chat("length", "It"), CUT),
    ("openai_chat", chat("length", "", "Hm."), THOUGHT),
    ("openai_chat", chat("length"), UNSEEN),
    ("openai_chat", chat("content_filter"), FILTERED),
    ("openai_chat", chat("content_filter", "It"), DECLINED),
    ("openai_chat", chat("stop"), EMPTY),
    ("openai_chat", chat("stop", "", "Hm."), REASONED),
    ("mistral_chat", chat("model_length", "It"), CUT),
    ("anthropic_messages", messages("end_turn", "It adds."), WHOLE),
    ("anthropic_messages", messages("max_tokens", "It"), CUT),
    ("anthropic_messages", messages("max_tokens", "", "Hm."), THOUGHT),
    ("anthropic_messages", messages("model_context_window_exceeded", "It"), CUT),
    ("anthropic_messages", messages("refusal"), FILTERED),
    ("anthropic_messages", messages("end_turn"), EMPTY),
    ("gemini", gemini("STOP", "It adds."), WHOLE),
    ("gemini", gemini("MAX_TOKENS", "It"), CUT),
    ("gemini", gemini("MAX_TOKENS", "", "Hm."), THOUGHT),
    ("gemini", [{"candidates": [{"finishReason": "MAX_TOKENS"}]}], UNSEEN),
    ("gemini", gemini("SAFETY"), FILTERED),
    ("gemini", gemini("RECITATION", "It"), DECLINED),
    ("gemini", [{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}], FILTERED),
    ("gemini", gemini("STOP"), EMPTY),
    ("ollama", ollama("stop", "It adds."), WHOLE),
    ("ollama", ollama("length", "It"), CUT),
    ("ollama", ollama("length", "", "Hm."), THOUGHT),
    ("ollama", ollama("stop"), EMPTY),
    ("openai_responses", responses("stop", "It adds."), WHOLE),
    ("openai_responses", responses("max_output_tokens", "It"), CUT),
    ("openai_responses", responses("max_output_tokens", "", "Hm."), THOUGHT),
    ("openai_responses", responses("max_output_tokens"), UNSEEN),
    ("openai_responses", responses("content_filter"), FILTERED),
    ("openai_responses", responses("stop"), EMPTY),
    ("cohere", cohere("COMPLETE", "It adds."), WHOLE),
    ("cohere", cohere("MAX_TOKENS", "It"), CUT),
    ("cohere", cohere("MAX_TOKENS", "", "Hm."), THOUGHT),
    ("cohere", cohere("ERROR_TOXIC"), FILTERED),
    ("cohere", cohere("COMPLETE"), EMPTY),
]


@pytest.mark.parametrize(("dialect", "events", "says"), CASES)
def test_the_sentence_for_an_ending(dialect: str, events: list[dict[str, Any]], says: str) -> None:
    framing = "ndjson" if dialect == "ollama" else "sse"
    reader = AnswerReader(DIALECTS[dialect], framing, "Example")
    lines = [json.dumps(event) + "\n" if framing == "ndjson" else f"data: {json.dumps(event)}\n\n" for event in events]
    chunks = [*reader.feed("".join(lines).encode()), *reader.close()]
    text, reasoning = "".join(each.text for each in chunks), "".join(each.reasoning for each in chunks)
    finish = next(each.finish for each in chunks if each.finish)
    sentence = explain_ending(finish, text, reasoning, 500)
    assert says in sentence
    assert bool(sentence) == bool(says)


def test_the_remedy_is_one_that_helps() -> None:
    by_window = explain_ending(Finish.LENGTH, "It", "", 500, by_window=True)
    assert "larger context window" in by_window
    assert "maxTokens" not in by_window
