"""Answers as each API sends them, written after its documentation (named at each dialect), and what they mean.

Every dialect has every case of `CASES`; where a format has no such thing, `ABSENT` says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from picode.core.errors import BadRequest, NotReady, ProviderError, RateLimited, ServerFailure
from picode.core.messages import Finish, Usage
from picode.wire.dialect import Framing

CASES = (
    "streamed",
    "plain",
    "length",
    "unicode",
    "empty",
    "reasoning",
    "refused",
    "truncated",
    "error before",
    "error mid-stream",
)

ABSENT = {
    ("openai_completions", "reasoning"): "raw completions have no place for it",
    ("mistral_fim", "reasoning"): "code models that fill in don't reason",
    ("llamacpp_infill", "reasoning"): "raw completions have no place for it",
    ("llamacpp_infill", "refused"): "the server filters nothing",
    ("ollama", "refused"): "the server filters nothing",
}


@dataclass(frozen=True)
class Recording:
    """A body and what it means. `error` is raised after `text` was given out."""

    dialect: str
    case: str
    body: bytes
    text: str = ""
    finish: Finish | None = Finish.STOP
    reasoning: str = ""
    usage: Usage | None = None
    error: type[ProviderError] | None = None
    framing: Framing = "sse"

    def __str__(self) -> str:
        return f"{self.dialect}: {self.case}"


def lines(*values: Any) -> bytes:
    """Unnamed server-sent events: strings as they are, other values as JSON."""
    return "".join(f"data: {each if isinstance(each, str) else dumped(each)}\n\n" for each in values).encode()


def named(*values: dict[str, Any]) -> bytes:
    """Server-sent events named by the `type` of their data."""
    return "".join(f"event: {each['type']}\ndata: {dumped(each)}\n\n" for each in values).encode()


def ndjson(*values: Any) -> bytes:
    return "".join(f"{dumped(each)}\n" for each in values).encode()


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------ openai_chat
# https://platform.openai.com/docs/api-reference/chat/streaming, .../chat/object


def chat(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def usage_only(usage: dict[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": usage}


def whole_chat(message: dict[str, Any], finish: str = "stop", **more: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return dumped({"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], **more}).encode()


CHAT_USAGE = {
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
ROLE = chat({"role": "assistant", "content": "", "refusal": None})

OPENAI_CHAT = [
    Recording(
        "openai_chat",
        "streamed",
        lines(
            ROLE,
            chat({"content": "Hello"}, usage=None),
            chat({"content": "!"}),
            chat({}, "stop"),
            usage_only(CHAT_USAGE),
            "[DONE]",
        ),
        "Hello!",
        usage=Usage(19, 10, 8),
    ),
    Recording(
        "openai_chat",
        "plain",
        whole_chat({"content": "Hello!", "refusal": None, "annotations": []}, usage=CHAT_USAGE),
        "Hello!",
        usage=Usage(19, 10, 8),
        framing="json",
    ),
    Recording(
        "openai_chat", "length", lines(ROLE, chat({"content": "a"}), chat({}, "length"), "[DONE]"), "a", Finish.LENGTH
    ),
    Recording(
        "openai_chat", "unicode", lines(chat({"content": "é€"}), chat({"content": "😀"}, "stop"), "[DONE]"), "é€😀"
    ),
    Recording("openai_chat", "empty", lines(ROLE, chat({}, "stop"), "[DONE]")),
    # https://api-docs.deepseek.com/guides/reasoning_model
    Recording(
        "openai_chat",
        "reasoning",
        lines(
            chat({"role": "assistant", "content": None, "reasoning_content": "Let me"}),
            chat({"content": None, "reasoning_content": " see."}),
            chat({"content": "4", "reasoning_content": None}),
            chat({"content": "", "reasoning_content": None}, "stop"),
            "[DONE]",
        ),
        "4",
        reasoning="Let me see.",
    ),
    # https://openrouter.ai/docs/use-cases/reasoning-tokens; the comment is its keep-alive
    Recording(
        "openai_chat",
        "reasoning",
        b": OPENROUTER PROCESSING\n\n"
        + lines(
            chat({"content": "", "reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]}),
            chat({"content": "4"}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 2, "cost": 0.1}),
            "[DONE]",
        ),
        "4",
        reasoning="Hm",
        usage=Usage(3, 2),
    ),
    # https://docs.mistral.ai/capabilities/reasoning
    Recording(
        "openai_chat",
        "reasoning",
        whole_chat(
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                    {"type": "text", "text": "4"},
                ]
            }
        ),
        "4",
        reasoning="Hm",
        framing="json",
    ),
    Recording(
        "openai_chat",
        "refused",
        lines(ROLE, chat({"refusal": "I can't "}), chat({"refusal": "do that."}), chat({}, "stop"), "[DONE]"),
        "I can't do that.",
        Finish.REFUSED,
    ),
    Recording(
        "openai_chat",
        "refused",
        whole_chat({"content": None, "refusal": "No."}),
        "No.",
        Finish.REFUSED,
        framing="json",
    ),
    # https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming
    Recording(
        "openai_chat",
        "refused",
        lines(
            {"id": "", "object": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
            chat({"content": "I"}, content_filter_results={}),
            chat({}, "content_filter"),
            "[DONE]",
        ),
        "I",
        Finish.REFUSED,
    ),
    Recording("openai_chat", "truncated", lines(ROLE, chat({"content": "Hel"})), "Hel", None),
    Recording("openai_chat", "error before", b'{"error":{"message":"x","type":"server_error"}}', error=ServerFailure),
    # https://openrouter.ai/docs/api-reference/errors (errors within a stream)
    Recording(
        "openai_chat",
        "error mid-stream",
        lines(
            chat({"content": "Hel"}),
            chat({"content": ""}, "error", error={"code": "server_error", "message": "Provider disconnected"}),
        ),
        "Hel",
        None,
        error=ServerFailure,
    ),
    # vLLM: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    Recording(
        "openai_chat",
        "error mid-stream",
        lines(
            chat({"content": "a"}),
            {"object": "error", "message": "boom", "type": "BadRequestError", "code": 400},
            "[DONE]",
        ),
        "a",
        None,
        error=BadRequest,
    ),
    # No finish reason, but an end: some servers send no more than that.
    Recording("openai_chat", "streamed", lines(chat({"content": "a"}), "[DONE]"), "a"),
    # https://console.groq.com/docs/api-reference#chat-create: usage beside the choices
    Recording(
        "openai_chat",
        "streamed",
        lines(chat({"content": "a"}), chat({}, "stop", x_groq={"usage": {"prompt_tokens": 4, "completion_tokens": 1}})),
        "a",
        usage=Usage(4, 1),
    ),
]

# ----------------------------------------------------------------------------------------- openai_completions
# https://platform.openai.com/docs/api-reference/completions/object


def completion(text: str, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": finish}
    return {"id": "cmpl-1", "object": "text_completion", "choices": [choice], **more}


OPENAI_COMPLETIONS = [
    Recording(
        "openai_completions",
        "streamed",
        lines(completion("return a"), completion(" + b"), completion("", "stop"), usage_only(CHAT_USAGE), "[DONE]"),
        "return a + b",
        usage=Usage(19, 10, 8),
    ),
    Recording(
        "openai_completions",
        "plain",
        dumped(completion("return a + b", "stop", usage={"prompt_tokens": 5, "completion_tokens": 7})).encode(),
        "return a + b",
        usage=Usage(5, 7),
        framing="json",
    ),
    Recording("openai_completions", "length", lines(completion("a", "length"), "[DONE]"), "a", Finish.LENGTH),
    Recording("openai_completions", "unicode", lines(completion("é€😀", "stop"), "[DONE]"), "é€😀"),
    Recording("openai_completions", "empty", lines(completion("", "stop"), "[DONE]")),
    Recording("openai_completions", "refused", lines(completion("", "content_filter"), "[DONE]"), "", Finish.REFUSED),
    Recording("openai_completions", "truncated", lines(completion("retu")), "retu", None),
    Recording(
        "openai_completions", "error before", b'{"error":{"code":503,"message":"Loading model"}}', error=NotReady
    ),
    Recording(
        "openai_completions",
        "error mid-stream",
        lines(completion("re"), {"error": {"code": 500, "message": "decode failed", "type": "server_error"}}),
        "re",
        None,
        error=ServerFailure,
    ),
]

# ------------------------------------------------------------------------------- mistral_chat and mistral_fim
# https://docs.mistral.ai/api/#tag/chat, https://docs.mistral.ai/api/#tag/fim

MISTRAL_USAGE = {"prompt_tokens": 8, "total_tokens": 99, "completion_tokens": 91}


def mistral(dialect: str) -> list[Recording]:
    return [
        Recording(
            dialect,
            "streamed",
            lines(
                chat({"role": "assistant", "content": ""}),
                chat({"content": "a +"}),
                chat({"content": " b"}, "stop", usage=MISTRAL_USAGE),
                "[DONE]",
            ),
            "a + b",
            usage=Usage(8, 91),
        ),
        Recording(
            dialect,
            "plain",
            whole_chat({"content": "a + b", "tool_calls": None}, usage=MISTRAL_USAGE),
            "a + b",
            usage=Usage(8, 91),
            framing="json",
        ),
        Recording(dialect, "length", lines(chat({"content": "a"}, "model_length"), "[DONE]"), "a", Finish.LENGTH),
        Recording(dialect, "unicode", lines(chat({"content": "é€😀"}, "stop"), "[DONE]"), "é€😀"),
        Recording(dialect, "empty", lines(chat({"content": ""}, "stop"), "[DONE]")),
        Recording(dialect, "refused", lines(chat({}, "content_filter"), "[DONE]"), "", Finish.REFUSED),
        Recording(dialect, "truncated", lines(chat({"content": "a"})), "a", None),
        Recording(
            dialect,
            "error before",
            b'{"object":"error","message":"Service tier capacity exceeded for this model.",'
            b'"type":"service_tier_capacity_exceeded","param":null,"code":"3505"}',
            error=RateLimited,
        ),
        Recording(
            dialect,
            "error mid-stream",
            lines(
                chat({"content": "a"}),
                {"object": "error", "message": "Internal error", "type": "internal_server_error"},
            ),
            "a",
            None,
            error=ServerFailure,
        ),
    ]


MISTRAL = [
    *mistral("mistral_chat"),
    *mistral("mistral_fim"),
    Recording(
        "mistral_chat",
        "reasoning",
        lines(
            chat({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}),
            chat({"content": "4"}, "stop"),
            "[DONE]",
        ),
        "4",
        reasoning="Hm",
    ),
]

# ------------------------------------------------------------------------------------------- openai_responses
# https://platform.openai.com/docs/api-reference/responses-streaming


def response(status: str, output: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "status": status, "error": None, "output": output, **more}


def output_message(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": list(parts)}


def output_delta(kind: str, delta: str) -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": delta}


RESPONSE_USAGE = {
    "input_tokens": 37,
    "input_tokens_details": {"cached_tokens": 5},
    "output_tokens": 11,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 48,
}
HI = {"type": "output_text", "text": "Hi!", "annotations": []}
CREATED = {"type": "response.created", "sequence_number": 0, "response": response("in_progress", [], usage=None)}

OPENAI_RESPONSES = [
    Recording(
        "openai_responses",
        "streamed",
        named(
            CREATED,
            {"type": "response.in_progress", "response": response("in_progress", [])},
            {"type": "response.output_item.added", "output_index": 0, "item": output_message()},
            {"type": "response.content_part.added", "part": {"type": "output_text", "text": "", "annotations": []}},
            output_delta("output_text", "Hi"),
            output_delta("output_text", "!"),
            {"type": "response.output_text.done", "text": "Hi!"},
            {"type": "response.content_part.done", "part": HI},
            {"type": "response.output_item.done", "item": output_message(HI)},
            {
                "type": "response.completed",
                "response": response("completed", [output_message(HI)], usage=RESPONSE_USAGE),
            },
        ),
        "Hi!",
        usage=Usage(37, 11, 5),
    ),
    Recording(
        "openai_responses",
        "plain",
        dumped(
            response(
                "completed",
                [
                    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Easy."}]},
                    output_message(HI),
                ],
                usage=RESPONSE_USAGE,
            )
        ).encode(),
        "Hi!",
        reasoning="Easy.",
        usage=Usage(37, 11, 5),
        framing="json",
    ),
    Recording(
        "openai_responses",
        "length",
        named(
            output_delta("output_text", "H"),
            {
                "type": "response.incomplete",
                "response": response("incomplete", [], incomplete_details={"reason": "max_output_tokens"}),
            },
        ),
        "H",
        Finish.LENGTH,
    ),
    Recording(
        "openai_responses",
        "unicode",
        named(
            output_delta("output_text", "é€"),
            output_delta("output_text", "😀"),
            {"type": "response.completed", "response": response("completed", [])},
        ),
        "é€😀",
    ),
    Recording(
        "openai_responses",
        "empty",
        named(CREATED, {"type": "response.completed", "response": response("completed", [])}),
    ),
    Recording(
        "openai_responses",
        "reasoning",
        named(
            output_delta("reasoning_summary_text", "Hm"),
            output_delta("reasoning_text", "."),
            output_delta("output_text", "4"),
            {"type": "response.completed", "response": response("completed", [])},
        ),
        "4",
        reasoning="Hm.",
    ),
    Recording(
        "openai_responses",
        "refused",
        named(
            output_delta("refusal", "I can't "),
            output_delta("refusal", "do that."),
            {"type": "response.refusal.done", "refusal": "I can't do that."},
            {
                "type": "response.completed",
                "response": response("completed", [output_message({"type": "refusal", "refusal": "I can't do that."})]),
            },
        ),
        "I can't do that.",
        Finish.REFUSED,
    ),
    Recording(
        "openai_responses",
        "refused",
        dumped(response("completed", [output_message({"type": "refusal", "refusal": "No."})])).encode(),
        "No.",
        Finish.REFUSED,
        framing="json",
    ),
    Recording(
        "openai_responses",
        "refused",
        named(
            {
                "type": "response.incomplete",
                "response": response("incomplete", [], incomplete_details={"reason": "content_filter"}),
            }
        ),
        "",
        Finish.REFUSED,
    ),
    Recording("openai_responses", "truncated", named(CREATED, output_delta("output_text", "H")), "H", None),
    Recording(
        "openai_responses",
        "error before",
        named({"type": "error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None}),
        error=RateLimited,
    ),
    Recording(
        "openai_responses",
        "error mid-stream",
        named(
            output_delta("output_text", "H"),
            {
                "type": "response.failed",
                "response": response("failed", [])
                | {"error": {"code": "server_error", "message": "The model failed."}},
            },
        ),
        "H",
        None,
        error=ServerFailure,
    ),
]

# ----------------------------------------------------------------------------------------- anthropic_messages
# https://docs.claude.com/en/docs/build-with-claude/streaming


def started(**usage: int) -> dict[str, Any]:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "usage": usage,
    }
    return {"type": "message_start", "message": message}


def block(kind: str, key: str, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, key: ""}}


def delta(kind: str, key: str, value: str, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: value}}


def stopped(reason: str, output_tokens: int = 15) -> dict[str, Any]:
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"output_tokens": output_tokens},
    }


BLOCK_STOP = {"type": "content_block_stop", "index": 0}
MESSAGE_STOP = {"type": "message_stop"}


def whole_message(content: list[dict[str, Any]], reason: str = "end_turn") -> bytes:
    usage = {"input_tokens": 25, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 15}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": content, "stop_reason": reason}
    return dumped(message | {"usage": usage}).encode()


ANTHROPIC = [
    Recording(
        "anthropic_messages",
        "streamed",
        named(
            started(input_tokens=25, cache_creation_input_tokens=5, cache_read_input_tokens=20, output_tokens=1),
            block("text", "text"),
            {"type": "ping"},
            delta("text_delta", "text", "Hello"),
            delta("text_delta", "text", "!"),
            BLOCK_STOP,
            stopped("end_turn"),
            MESSAGE_STOP,
        ),
        "Hello!",
        usage=Usage(50, 15, 20),
    ),
    Recording(
        "anthropic_messages",
        "plain",
        whole_message([{"type": "text", "text": "Hello!"}]),
        "Hello!",
        usage=Usage(50, 15, 20),
        framing="json",
    ),
    Recording(
        "anthropic_messages",
        "length",
        named(delta("text_delta", "text", "H"), stopped("max_tokens"), MESSAGE_STOP),
        "H",
        Finish.LENGTH,
        usage=Usage(0, 15),
    ),
    Recording(
        "anthropic_messages",
        "unicode",
        named(delta("text_delta", "text", "é€"), delta("text_delta", "text", "😀"), MESSAGE_STOP),
        "é€😀",
    ),
    Recording(
        "anthropic_messages",
        "empty",
        named(started(input_tokens=9), stopped("stop_sequence", 1), MESSAGE_STOP),
        usage=Usage(9, 1),
    ),
    Recording(
        "anthropic_messages",
        "reasoning",
        named(
            started(input_tokens=9),
            block("thinking", "thinking"),
            delta("thinking_delta", "thinking", "Let me "),
            delta("thinking_delta", "thinking", "see."),
            delta("signature_delta", "signature", "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"),
            BLOCK_STOP,
            block("text", "text", 1),
            delta("text_delta", "text", "4", 1),
            stopped("end_turn", 7),
            MESSAGE_STOP,
        ),
        "4",
        reasoning="Let me see.",
        usage=Usage(9, 7),
    ),
    Recording(
        "anthropic_messages",
        "reasoning",
        whole_message(
            [
                {"type": "thinking", "thinking": "Hm", "signature": "EqQ"},
                {"type": "redacted_thinking", "data": "Eno"},
                {"type": "text", "text": "4"},
            ]
        ),
        "4",
        reasoning="Hm",
        usage=Usage(50, 15, 20),
        framing="json",
    ),
    Recording(
        "anthropic_messages",
        "refused",
        named(delta("text_delta", "text", "I"), stopped("refusal", 1), MESSAGE_STOP),
        "I",
        Finish.REFUSED,
        usage=Usage(0, 1),
    ),
    Recording("anthropic_messages", "truncated", named(delta("text_delta", "text", "H"), BLOCK_STOP), "H", None),
    Recording(
        "anthropic_messages",
        "error before",
        named({"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}),
        error=RateLimited,
    ),
    Recording(
        "anthropic_messages",
        "error mid-stream",
        named(
            delta("text_delta", "text", "H"),
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        ),
        "H",
        None,
        error=ServerFailure,
    ),
]

# ----------------------------------------------------------------------------------------------------- gemini
# https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/thinking


def candidate(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        fields["finishReason"] = finish
    return {"candidates": [fields], "modelVersion": "gemini-2.5-flash", "responseId": "r", **more}


def counted(prompt: int, answer: int, **more: int) -> dict[str, Any]:
    return {"usageMetadata": {"promptTokenCount": prompt, "candidatesTokenCount": answer, **more}}


BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **counted(8, 0)}
GEMINI = [
    Recording(
        "gemini",
        "streamed",
        lines(
            candidate({"text": "Hel"}, **counted(8, 1)),
            candidate({"text": "lo"}, {"text": "!"}, finish="STOP", **counted(8, 3, cachedContentTokenCount=4)),
        ),
        "Hello!",
        usage=Usage(8, 3, 4),
    ),
    Recording(
        "gemini",
        "plain",
        dumped(candidate({"text": "Hello!"}, finish="STOP", **counted(8, 3))).encode(),
        "Hello!",
        usage=Usage(8, 3),
        framing="json",
    ),
    # Without alt=sse a stream is one array.
    Recording(
        "gemini",
        "plain",
        dumped([candidate({"text": "Hel"}), candidate({"text": "lo"}, finish="STOP")]).encode(),
        "Hello",
    ),
    Recording("gemini", "length", lines(candidate({"text": "H"}, finish="MAX_TOKENS")), "H", Finish.LENGTH),
    Recording("gemini", "unicode", lines(candidate({"text": "é€"}), candidate({"text": "😀"}, finish="STOP")), "é€😀"),
    Recording("gemini", "empty", lines({"candidates": [{"finishReason": "STOP", "index": 0}]})),
    Recording(
        "gemini",
        "reasoning",
        lines(
            candidate({"text": "Hm", "thought": True}),
            candidate({"text": "4", "thoughtSignature": "abc"}, finish="STOP", **counted(5, 1, thoughtsTokenCount=30)),
        ),
        "4",
        reasoning="Hm",
        usage=Usage(5, 31),
    ),
    Recording("gemini", "refused", lines(candidate({"text": "I"}), candidate(finish="SAFETY")), "I", Finish.REFUSED),
    Recording("gemini", "refused", lines(BLOCKED), "", Finish.REFUSED, usage=Usage(8)),
    Recording("gemini", "refused", dumped(BLOCKED).encode(), "", Finish.REFUSED, usage=Usage(8), framing="json"),
    Recording("gemini", "truncated", lines(candidate({"text": "H"})), "H", None),
    Recording(
        "gemini",
        "error before",
        b'[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}]',
        error=RateLimited,
    ),
    Recording(
        "gemini",
        "error mid-stream",
        lines(
            candidate({"text": "H"}),
            {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}},
        ),
        "H",
        None,
        error=ServerFailure,
    ),
]

# ----------------------------------------------------------------------------------------------------- ollama
# https://github.com/ollama/ollama/blob/main/docs/api.md


def generated(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "created_at": "2023-08-04T08:52:19.385406455-07:00", "response": text, "done": False, **more}


def spoken(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", "content": text, **more}, "done": False}


ENDED = {"done": True, "done_reason": "stop", "total_duration": 5, "prompt_eval_count": 26, "eval_count": 8}
OLLAMA = [
    Recording(
        "ollama",
        "streamed",
        ndjson(generated("a"), generated(" + b"), generated("", context=[1, 2, 3], **ENDED)),
        "a + b",
        usage=Usage(26, 8),
        framing="ndjson",
    ),
    Recording(
        "ollama",
        "streamed",
        ndjson(spoken("a"), spoken("b"), spoken("") | ENDED),
        "ab",
        usage=Usage(26, 8),
        framing="ndjson",
    ),
    Recording(
        "ollama", "plain", dumped(generated("a + b", **ENDED)).encode(), "a + b", usage=Usage(26, 8), framing="json"
    ),
    Recording("ollama", "plain", dumped(spoken("ab") | ENDED).encode(), "ab", usage=Usage(26, 8), framing="json"),
    Recording(
        "ollama",
        "length",
        ndjson(generated("a"), generated("", done=True, done_reason="length")),
        "a",
        Finish.LENGTH,
        framing="ndjson",
    ),
    Recording(
        "ollama",
        "unicode",
        ndjson(generated("é€"), generated("😀"), generated("", done=True)),
        "é€😀",
        framing="ndjson",
    ),
    Recording("ollama", "empty", ndjson(generated("", done=True, done_reason="stop")), framing="ndjson"),
    Recording(
        "ollama",
        "reasoning",
        ndjson(spoken("", thinking="Hm"), spoken("4"), spoken("") | {"done": True}),
        "4",
        reasoning="Hm",
        framing="ndjson",
    ),
    Recording("ollama", "truncated", ndjson(generated("a")), "a", None, framing="ndjson"),
    Recording(
        "ollama",
        "error before",
        b'{"error":"llama runner process has terminated"}',
        error=ServerFailure,
        framing="ndjson",
    ),
    Recording(
        "ollama",
        "error mid-stream",
        ndjson(generated("a"), {"error": "an error was encountered while running the model: unexpected EOF"}),
        "a",
        None,
        error=ServerFailure,
        framing="ndjson",
    ),
]

# -------------------------------------------------------------------------------------------- llamacpp_infill
# https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md


def infilled(content: str, stop: bool = False, **more: Any) -> dict[str, Any]:
    return {"index": 0, "content": content, "tokens": [], "stop": stop, "id_slot": 0, **more}


FINAL = {"tokens_predicted": 5, "tokens_evaluated": 40, "tokens_cached": 44, "timings": {"cache_n": 32, "prompt_n": 8}}
INFILL = [
    Recording(
        "llamacpp_infill",
        "streamed",
        lines(infilled("a"), infilled(" + b"), infilled("", stop=True, stop_type="eos", stopping_word="", **FINAL)),
        "a + b",
        usage=Usage(40, 5, 32),
    ),
    Recording(
        "llamacpp_infill",
        "plain",
        dumped(infilled("a + b", stop=True, stop_type="word", stopping_word="\n", **FINAL)).encode(),
        "a + b",
        usage=Usage(40, 5, 32),
        framing="json",
    ),
    Recording(
        "llamacpp_infill",
        "length",
        lines(infilled("a"), infilled("", stop=True, stop_type="limit")),
        "a",
        Finish.LENGTH,
    ),
    Recording("llamacpp_infill", "length", lines(infilled("a", stop=True, stopped_limit=True)), "a", Finish.LENGTH),
    Recording("llamacpp_infill", "unicode", lines(infilled("é€"), infilled("😀", stop=True)), "é€😀"),
    Recording("llamacpp_infill", "empty", lines(infilled("", stop=True, stop_type="eos"))),
    Recording("llamacpp_infill", "truncated", lines(infilled("a")), "a", None),
    Recording(
        "llamacpp_infill",
        "error before",
        b'{"error":{"code":501,"message":"Infill is not supported by this model","type":"not_supported_error"}}',
        error=BadRequest,
    ),
    Recording(
        "llamacpp_infill",
        "error mid-stream",
        lines(infilled("a"), {"error": {"code": 500, "message": "Compute error.", "type": "server_error"}}),
        "a",
        None,
        error=ServerFailure,
    ),
]

# ----------------------------------------------------------------------------------------------------- cohere
# https://docs.cohere.com/v2/reference/chat-stream


def content_delta(**content: str) -> dict[str, Any]:
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": content}}}


def message_end(reason: str, **more: Any) -> dict[str, Any]:
    usage = {
        "billed_units": {"input_tokens": 17, "output_tokens": 9},
        "tokens": {"input_tokens": 83, "output_tokens": 12},
        "cached_tokens": 64,
    }
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": usage, **more}}


COHERE_START = {"type": "message-start", "id": "29f14a5a", "delta": {"message": {"role": "assistant", "content": []}}}
COHERE_CONTENT = {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}
COHERE = [
    Recording(
        "cohere",
        "streamed",
        named(
            COHERE_START,
            COHERE_CONTENT,
            content_delta(text="Hel"),
            content_delta(text="lo"),
            {"type": "content-end", "index": 0},
            message_end("COMPLETE"),
        )
        + lines("[DONE]"),
        "Hello",
        usage=Usage(83, 12, 64),
    ),
    Recording(
        "cohere",
        "plain",
        dumped(
            {
                "id": "c14c80c3",
                "finish_reason": "COMPLETE",
                "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
                "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 418}},
            }
        ).encode(),
        "Hello",
        usage=Usage(5, 418),
        framing="json",
    ),
    Recording(
        "cohere",
        "length",
        named(content_delta(text="H"), message_end("MAX_TOKENS")),
        "H",
        Finish.LENGTH,
        usage=Usage(83, 12, 64),
    ),
    Recording(
        "cohere",
        "unicode",
        named(content_delta(text="é€"), content_delta(text="😀"), message_end("STOP_SEQUENCE")),
        "é€😀",
        usage=Usage(83, 12, 64),
    ),
    Recording("cohere", "empty", named(COHERE_START, message_end("COMPLETE")), usage=Usage(83, 12, 64)),
    Recording(
        "cohere",
        "reasoning",
        named(content_delta(thinking="Hm"), content_delta(text="4"), message_end("COMPLETE")),
        "4",
        reasoning="Hm",
        usage=Usage(83, 12, 64),
    ),
    Recording("cohere", "refused", named(message_end("ERROR_TOXIC")), "", Finish.REFUSED, usage=Usage(83, 12, 64)),
    Recording("cohere", "truncated", named(COHERE_START, content_delta(text="H")), "H", None),
    Recording("cohere", "error before", b'{"id":"x","message":"too many requests, rate limit"}', error=RateLimited),
    Recording(
        "cohere",
        "error mid-stream",
        named(content_delta(text="H"), message_end("ERROR", error="internal failure")),
        "H",
        None,
        error=ServerFailure,
    ),
]

RECORDINGS: Iterable[Recording] = (
    *OPENAI_CHAT,
    *OPENAI_COMPLETIONS,
    *OPENAI_RESPONSES,
    *MISTRAL,
    *ANTHROPIC,
    *GEMINI,
    *OLLAMA,
    *INFILL,
    *COHERE,
)
