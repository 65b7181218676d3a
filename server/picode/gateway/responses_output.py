"""The output of a response, item by item, and the events of a stream of it.

Source: https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from picode.assistant.routing.exchange import GatewayReply
from picode.core.content import CallDelta, ReasoningProof, TokenLogprob, new_call_id, of_kind
from picode.core.messages import Chunk, Finish, Usage
from picode.gateway.api_errors import ApiError, as_openai
from picode.gateway.call_order import CallOrder
from picode.gateway.openai import encode_logprob, name_of
from picode.gateway.replies import Answer, new_id
from picode.gateway.responses_content import SIGNED, ClientTool

JsonBody = dict[str, Any]


@dataclass
class ResponseEvents:
    """Makes the events of one response, and its whole at the end, which `keep` is given. `echo` are the fields of the request
    that the API repeats, `tools` how the program calls each of its tools."""

    reply: GatewayReply
    created: int
    echo: JsonBody
    tools: Mapping[str, ClientTool]
    keep: Callable[[JsonBody], None]
    id: str = field(default_factory=lambda: f"resp_{new_id()}")
    output: list[JsonBody] = field(default_factory=list)
    _order: CallOrder = field(default_factory=CallOrder)
    _open: tuple[str, int] | None = None
    _written: list[str] = field(default_factory=list)
    """What has been written of the open item; it is put together when that ends."""
    _sent: int = 0

    # The stream

    def opening(self) -> bytes:
        return self._event("response.created", response=self.response("in_progress")) + self._event(
            "response.in_progress", response=self.response("in_progress")
        )

    def piece(self, chunk: Chunk) -> bytes:
        return b"".join(map(self._say, self._order.feed(chunk)))

    def _say(self, chunk: Chunk) -> bytes:
        said = self._thought(chunk.reasoning) if chunk.reasoning else b""
        for proof in of_kind(chunk.deltas, ReasoningProof):
            said += self._proof(proof)
        if chunk.text:
            tokens = [encode_logprob(each) for each in of_kind(chunk.deltas, TokenLogprob)]
            said += self._words(chunk.text, "refusal" if chunk.finish is Finish.REFUSED else "output_text", tokens)
        for call in of_kind(chunk.deltas, CallDelta):
            said += self._call(call)
        return said

    def closing(self, reply: GatewayReply) -> bytes:
        ended = b"".join(map(self._say, self._order.close())) + self._close()
        whole = self.ended(reply)
        return ended + self._event(f"response.{whole['status']}", response=whole)

    def failure(self, error: ApiError) -> bytes:
        fields = as_openai(error, "")["error"]
        problem = {"code": fields["code"] or fields["type"], "message": fields["message"]}
        self._settle()
        return self._event("response.failed", response={**self.response("failed"), "error": problem})

    # The whole

    def ended(self, reply: GatewayReply) -> JsonBody:
        """The response when the answer has ended, which is kept."""
        reasons = {Finish.LENGTH: "max_output_tokens", Finish.REFUSED: "content_filter"}
        refused = any(part["type"] == "refusal" for item in self.output for part in item.get("content") or ())
        reason = None if refused else reasons.get(reply.finish)
        whole = self.response("incomplete" if reason else "completed") | {"usage": _usage(reply.usage)}
        whole["incomplete_details"] = {"reason": reason} if reason else None
        self.keep(whole)
        return whole

    def whole(self, answer: Answer) -> JsonBody:
        """The response for an answer in one piece."""
        self._say(Chunk(reasoning=answer.reasoning, deltas=answer.proofs))
        if answer.text:
            self._say(Chunk(answer.text, deltas=answer.logprobs))
        if answer.refusal:
            self._say(Chunk(answer.refusal, finish=Finish.REFUSED))
        for at, call in enumerate(answer.calls):
            self._say(Chunk(deltas=(CallDelta(at, call.id, call.name, call.arguments),)))
        self._close()
        return self.ended(self.reply)

    def response(self, status: str) -> JsonBody:
        """The response as it is now."""
        head = {"id": self.id, "object": "response", "created_at": self.created, "status": status}
        tail = {"error": None, "incomplete_details": None, "usage": None}
        return {**self.echo, **head, **tail, "model": name_of(self.reply), "output": [*self.output]}

    # Items

    def _words(self, text: str, kind: str, tokens: list[JsonBody]) -> bytes:
        name = "refusal" if kind == "refusal" else "text"
        begun = b""
        if self._open is None or self._open[0] != "message" or self.output[-1]["content"][-1]["type"] != kind:
            begun = self._begin("message", {"role": "assistant", "content": []}, "msg")
            part: JsonBody = {"type": kind, name: ""} | (
                {"annotations": [], "logprobs": []} if kind == "output_text" else {}
            )
            self.output[-1]["content"].append(part)
            begun += self._of_item("response.content_part.added", content_index=0, part={**part})
        part = self.output[-1]["content"][-1]
        self._written.append(text)
        if tokens:
            part["logprobs"] += tokens
        more = {"logprobs": tokens} if kind == "output_text" else {}
        return begun + self._of_item(f"response.{kind}.delta", content_index=0, delta=text, **more)

    def _thought(self, text: str) -> bytes:
        begun = b""
        if self._open is None or self._open[0] != "reasoning":
            begun = self._begin("reasoning", {"summary": []}, "rs")
        if not self.output[-1]["summary"]:
            self.output[-1]["summary"].append({"type": "summary_text", "text": ""})
            part = {"type": "summary_text", "text": ""}
            begun += self._of_item("response.reasoning_summary_part.added", summary_index=0, part=part)
        self._written.append(text)
        return begun + self._of_item("response.reasoning_summary_text.delta", summary_index=0, delta=text)

    def _proof(self, proof: ReasoningProof) -> bytes:
        """The end of a block of reasoning. A signature travels as encrypted content, which clients bring back."""
        begun = b"" if self._open and self._open[0] == "reasoning" else self._begin("reasoning", {"summary": []}, "rs")
        self.output[-1]["encrypted_content"] = proof.encrypted or SIGNED + proof.signature
        if proof.id:
            self.output[-1]["id"] = proof.id
        return begun + self._close()

    def _call(self, delta: CallDelta) -> bytes:
        begun = b""
        if self._open != ("call", delta.index):
            identifier = delta.id or new_call_id()
            tool = self.tools.get(delta.name) or ClientTool(delta.name)
            fields = {"call_id": identifier, "name": tool.name}
            fields |= {"namespace": tool.namespace} if tool.namespace else {}
            if tool.free:
                begun = self._begin("custom_tool_call", {**fields, "input": ""}, "ctc")
            else:
                begun = self._begin("function_call", {**fields, "arguments": ""}, "fc")
            self._open = ("call", delta.index)
        self._written.append(delta.arguments)
        if self.output[-1]["type"] == "custom_tool_call" or not delta.arguments:
            return begun  # text that is within JSON is said when that is whole
        return begun + self._of_item("response.function_call_arguments.delta", delta=delta.arguments)

    def _begin(self, kind: str, fields: JsonBody, prefix: str) -> bytes:
        ended = self._close()
        item = {"type": kind, "id": f"{prefix}_{new_id()}", "status": "in_progress", **fields}
        if kind == "reasoning":
            del item["status"]
        self.output.append(item)
        self._open = (kind, len(self.output))
        return ended + self._event("response.output_item.added", output_index=len(self.output) - 1, item=_copy(item))

    def _close(self) -> bytes:
        """Ends the open item."""
        if self._open is None:
            return b""
        self._settle()
        self._open, item = None, self.output[-1]
        if "status" in item:
            item["status"] = "completed"
        return self._done(item) + self._event(
            "response.output_item.done", output_index=len(self.output) - 1, item=_copy(item)
        )

    def _settle(self) -> None:
        """Puts what was written into the open item."""
        if self._open is None or not self._written:
            return
        item = self.output[-1]
        place = (item.get("content") or item.get("summary") or [item])[-1]
        name = next(each for each in ("text", "refusal", "arguments", "input") if each in place)
        place[name] += "".join(self._written)
        self._written.clear()

    def _done(self, item: JsonBody) -> bytes:
        kind = item["type"]
        if kind == "message":
            part = item["content"][0]
            name = "refusal" if part["type"] == "refusal" else "text"
            more = {"logprobs": part["logprobs"]} if name == "text" else {}
            done = self._of_item(f"response.{part['type']}.done", content_index=0, **{name: part[name]}, **more)
            return done + self._of_item("response.content_part.done", content_index=0, part=part)
        if kind == "reasoning" and item["summary"]:
            part = item["summary"][0]
            done = self._of_item("response.reasoning_summary_text.done", summary_index=0, text=part["text"])
            return done + self._of_item("response.reasoning_summary_part.done", summary_index=0, part=part)
        if kind == "function_call":
            item["arguments"] = item["arguments"] or "{}"
            name, arguments = item["name"], item["arguments"]
            return self._of_item("response.function_call_arguments.done", name=name, arguments=arguments)
        if kind == "custom_tool_call":
            item["input"] = _free_text(item["input"])
            said = self._of_item("response.custom_tool_call_input.delta", delta=item["input"])
            return said + self._of_item("response.custom_tool_call_input.done", input=item["input"])
        return b""

    def _of_item(self, kind: str, **fields: Any) -> bytes:
        return self._event(kind, item_id=self.output[-1]["id"], output_index=len(self.output) - 1, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        number, self._sent = self._sent, self._sent + 1
        return f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': number, **fields})}\n\n".encode()


def _copy(item: JsonBody) -> JsonBody:
    copied: JsonBody = json.loads(json.dumps(item))
    return copied


def _free_text(arguments: str) -> str:
    """The free text in the arguments of a function that stands for a custom tool; models sometimes write the text itself."""
    try:
        value = json.loads(arguments)["input"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return arguments
    return value if isinstance(value, str) else arguments


def _usage(usage: Usage) -> JsonBody:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
