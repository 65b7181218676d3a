"""Answers with tool calls, signed reasoning, refusals and probabilities, as each API sends them: streamed, and whole.

Written after the documentation that the modules of `picode.wire` name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from picode.wire.dialect import Framing
from wire.recordings import lines, named

CALL = {"path": "a.py"}
OTHER = {"path": "b.py"}


@dataclass(frozen=True)
class Said:
    """What a model says: words or a refusal's, calls (id, name, arguments), thoughts with their proof, and whether the token
    `4` has its probability."""

    text: str = ""
    refusal: str = ""
    calls: tuple[tuple[str, str, dict[str, str]], ...] = ()
    reasoning: str = ""
    signature: str = ""
    encrypted: str = ""
    logprobs: bool = False


Bodies = dict[Framing, bytes]


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


TOKEN = {"token": "4", "logprob": -0.5, "bytes": [52], "top_logprobs": [{"token": "4", "logprob": -0.5, "bytes": [52]}]}


def openai_chat(said: Said) -> Bodies:
    def event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        return {
            "id": "c",
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **more}],
        }

    logprobs = {"logprobs": {"content": [TOKEN], "refusal": None}} if said.logprobs else {}
    finish = "tool_calls" if said.calls else "stop"
    events = [event({"role": "assistant", "content": ""})]
    events += [event({"reasoning_content": said.reasoning})] if said.reasoning else []
    events += [event({"content": said.text}, **logprobs)] if said.text else []
    events += [event({"refusal": said.refusal})] if said.refusal else []
    calls = []
    for at, (identifier, name, arguments) in enumerate(said.calls):
        extra = {"extra_content": {"google": {"thought_signature": said.signature}}} if said.signature else {}
        begun = {
            "index": at,
            "id": identifier,
            "type": "function",
            "function": {"name": name, "arguments": ""},
            **extra,
        }
        text = dumped(arguments)
        events += [event({"tool_calls": [begun]})]
        events += [
            event({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}) for piece in (text[:5], text[5:])
        ]
        calls.append({"id": identifier, "type": "function", "function": {"name": name, "arguments": text}, **extra})
    message = {"role": "assistant", "content": said.text or None}
    message |= {"reasoning_content": said.reasoning} if said.reasoning else {}
    message |= {"refusal": said.refusal} if said.refusal else {}
    message |= {"tool_calls": calls} if calls else {}
    choice = {"index": 0, "message": message, "finish_reason": finish, **logprobs}
    return {
        "sse": lines(*events, event({}, finish), "[DONE]"),
        "json": dumped({"object": "chat.completion", "choices": [choice]}).encode(),
    }


def anthropic_messages(said: Said) -> Bodies:
    blocks: list[dict[str, Any]] = []
    usage = {"input_tokens": 9, "output_tokens": 1}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": None, "usage": usage}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {**head, "content": []}}]

    def block(whole: dict[str, Any], start: dict[str, Any], *deltas: dict[str, Any]) -> None:
        index = len(blocks)
        blocks.append(whole)
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events.extend({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        events.append({"type": "content_block_stop", "index": index})

    if said.reasoning:
        thought = {"type": "thinking", "thinking": said.reasoning, "signature": said.signature}
        signed = {"type": "signature_delta", "signature": said.signature}
        start = {"type": "thinking", "thinking": "", "signature": ""}
        block(thought, start, {"type": "thinking_delta", "thinking": said.reasoning}, signed)
    if said.encrypted:
        hidden = {"type": "redacted_thinking", "data": said.encrypted}
        block(hidden, hidden)
    if words := said.text + said.refusal:
        block({"type": "text", "text": words}, {"type": "text", "text": ""}, {"type": "text_delta", "text": words})
    for identifier, name, arguments in said.calls:
        begun = {"type": "tool_use", "id": identifier, "name": name, "input": {}}
        pieces = [{"type": "input_json_delta", "partial_json": each} for each in ("", *dumped(arguments).split(" ", 1))]
        block({**begun, "input": arguments}, begun, *pieces)
    reason = "tool_use" if said.calls else "refusal" if said.refusal else "end_turn"
    events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}})
    events.append({"type": "message_stop"})
    whole = {**head, "content": blocks, "stop_reason": reason}
    return {"sse": named(*events), "json": dumped(whole).encode()}


def gemini(said: Said) -> Bodies:
    parts: list[dict[str, Any]] = [{"text": said.reasoning, "thought": True}] if said.reasoning else []
    parts += [{"text": said.text}] if said.text else []
    for at, (identifier, name, arguments) in enumerate(said.calls):
        signed = {"thoughtSignature": said.signature} if said.signature and at == 0 else {}
        parts.append({"functionCall": {"id": identifier, "name": name, "args": arguments}, **signed})
    if said.signature and not said.calls:
        parts.append({"text": "", "thoughtSignature": said.signature})
    end: dict[str, Any] = {"finishReason": "PROHIBITED_CONTENT" if said.refusal else "STOP"}
    if said.logprobs:
        chosen = {"token": "4", "tokenId": 19, "logProbability": -0.5}
        end["logprobsResult"] = {"topCandidates": [{"candidates": [chosen]}], "chosenCandidates": [chosen]}
    events = [{"candidates": [{"content": {"role": "model", "parts": [part]}}]} for part in parts]
    whole = {"candidates": [{"content": {"role": "model", "parts": parts}, **end}]}
    return {"sse": lines(*events, {"candidates": [{"content": {"parts": []}, **end}]}), "json": dumped(whole).encode()}


def ollama(said: Said) -> Bodies:
    calls = [{"function": {"name": name, "arguments": arguments}} for _, name, arguments in said.calls]
    token = {"logprobs": [TOKEN]} if said.logprobs else {}
    messages: list[dict[str, Any]] = (
        [{"role": "assistant", "content": "", "thinking": said.reasoning}] if said.reasoning else []
    )
    words = said.text + said.refusal  # the server filters nothing
    messages += [{"role": "assistant", "content": words}] if words else []
    messages += [{"role": "assistant", "content": "", "tool_calls": [call]} for call in calls]
    rows = [{"model": "m", "message": message, "done": False, **token} for message in messages]
    end = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    message = {"role": "assistant", "content": words, "thinking": said.reasoning, "tool_calls": calls}
    whole = {"model": "m", "message": message, "done": True, "done_reason": "stop", **token}
    return {"ndjson": "".join(dumped(row) + "\n" for row in [*rows, end]).encode(), "json": dumped(whole).encode()}


def cohere(said: Said) -> Bodies:
    events: list[dict[str, Any]] = [{"type": "message-start", "delta": {"message": {"role": "assistant"}}}]

    def content(**part: str) -> dict[str, Any]:
        return {"type": "content-delta", "index": 0, "delta": {"message": {"content": part}}}

    events += [content(thinking=said.reasoning)] if said.reasoning else []
    if said.text:
        plan = {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": said.text}}}
        events.append(plan if said.calls else content(text=said.text))
    calls = []
    for at, (identifier, name, arguments) in enumerate(said.calls):
        begun = {"id": identifier, "type": "function", "function": {"name": name, "arguments": ""}}
        more = {"function": {"arguments": dumped(arguments)}}
        events += [
            {"type": "tool-call-start", "index": at, "delta": {"message": {"tool_calls": begun}}},
            {"type": "tool-call-delta", "index": at, "delta": {"message": {"tool_calls": more}}},
            {"type": "tool-call-end", "index": at},
        ]
        calls.append({**begun, "function": {"name": name, "arguments": dumped(arguments)}})
    reason = "TOOL_CALL" if calls else "ERROR_TOXIC" if said.refusal else "COMPLETE"
    events.append({"type": "message-end", "delta": {"finish_reason": reason}})
    parts = [{"type": "thinking", "thinking": said.reasoning}] if said.reasoning else []
    parts += [{"type": "text", "text": said.text}] if said.text and not calls else []
    message: dict[str, Any] = {"role": "assistant", "content": parts}
    message |= {"tool_calls": calls, "tool_plan": said.text} if calls else {}
    return {"sse": named(*events), "json": dumped({"message": message, "finish_reason": reason}).encode()}


def openai_responses(said: Said) -> Bodies:
    output: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []

    def item(whole: dict[str, Any], start: dict[str, Any], *deltas: dict[str, Any]) -> None:
        index = len(output)
        output.append(whole)
        events.append({"type": "response.output_item.added", "output_index": index, "item": start})
        events.extend({"output_index": index, **delta} for delta in deltas)
        events.append({"type": "response.output_item.done", "output_index": index, "item": whole})

    if said.reasoning or said.encrypted:
        summary = [{"type": "summary_text", "text": said.reasoning}] if said.reasoning else []
        thought = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": said.encrypted}
        delta = {"type": "response.reasoning_summary_text.delta", "delta": said.reasoning}
        item(thought, {"type": "reasoning", "id": "rs_1", "summary": []}, *([delta] if said.reasoning else []))
    if said.text or said.refusal:
        tokens = [TOKEN] if said.logprobs else []
        kind, field = ("refusal", "refusal") if said.refusal else ("output_text", "text")
        part = {"type": kind, field: said.refusal or said.text, **({"logprobs": tokens} if tokens else {})}
        message = {"type": "message", "role": "assistant", "content": [part]}
        begun = {
            "type": "response.content_part.added",
            "content_index": 0,
            "part": {**part, field: "", "annotations": []},
        }
        words = {"content_index": 0, "delta": said.refusal or said.text, "logprobs": tokens}
        item(message, {**message, "content": []}, begun, {"type": f"response.{kind}.delta", **words})
    for identifier, name, arguments in said.calls:
        begun = {"type": "function_call", "id": "fc_1", "call_id": identifier, "name": name, "arguments": ""}
        delta = {"type": "response.function_call_arguments.delta", "delta": dumped(arguments)}
        item({**begun, "arguments": dumped(arguments)}, begun, delta)
    whole = {"id": "resp_1", "object": "response", "status": "completed", "output": output}
    created = {"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}}
    return {
        "sse": named(created, *events, {"type": "response.completed", "response": whole}),
        "json": dumped(whole).encode(),
    }


ANSWERS: dict[str, Callable[[Said], Bodies]] = {
    "openai_chat": openai_chat,
    "mistral_chat": openai_chat,
    "openai_responses": openai_responses,
    "anthropic_messages": anthropic_messages,
    "gemini": gemini,
    "ollama": ollama,
    "cohere": cohere,
}
