"""An answer as the parts that an editor hands to the program that asked: words, reasoning, whole tool calls."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from picode.assistant.routing.exchange import GatewayReply
from picode.core.content import Calls, Reasoning, ReasoningProof, Text, ToolCall, identified, of_kind
from picode.core.endings import explain_ending
from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish
from picode.core.reasoning import ReasoningSplitter, Split
from picode.providers.profiles import profile_of

ResponsePart = Text | Reasoning | ToolCall


class ResponseParts:
    """Reads one reply. `problem` says at its end why it is empty or not whole; empty if it is whole. `limited`: the program set
    the longest length itself, so that an answer of that length is what it asked for."""

    def __init__(self, reply: GatewayReply, *, limited: bool) -> None:
        self.problem = ""
        self._reply = reply
        self._limited = limited
        # What was handed over can't be taken back.
        self._splitter = ReasoningSplitter(holds=profile_of(reply.model).reasoning)
        self._calls = Calls()
        self._text, self._reasoning = "", ""
        self._block = ""
        """The reasoning since the last proof."""

    async def parts(self) -> AsyncGenerator[ResponsePart]:
        """The parts as they arrive, calls at the end. A proof of reasoning has the text that it is the proof of; the signature
        of a call comes before it, as a proof with the call's id. Closing it closes the connection. Raises `PiCodeError`s,
        `ServerFailure` among them for a call whose arguments are no JSON object."""
        async with aclosing(self._reply.chunks) as chunks:
            async for chunk in chunks:
                for part in self._read(chunk):
                    yield part
        for part in self._said(self._splitter.close()):
            yield part
        self.problem = self._explain()
        for call in map(self._sound, self._calls.whole()):
            if call.signature:
                yield Reasoning("", call.signature, id=call.id)
            yield call

    def _read(self, chunk: Chunk) -> Iterator[ResponsePart]:
        if chunk.reasoning:
            self._splitter.holds = False  # a dialect that has a field for it leaves none in the text
        yield from self._said(self._splitter.feed(chunk.text), chunk.reasoning)
        self._calls.add(chunk.deltas)
        for proof in of_kind(chunk.deltas, ReasoningProof):
            yield Reasoning(self._block, proof.signature, proof.encrypted, proof.id)
            self._block = ""

    def _said(self, split: Split, reasoning: str = "") -> Iterator[ResponsePart]:
        if reasoning := reasoning + split.reasoning:
            self._reasoning += reasoning
            self._block += reasoning
            yield Reasoning(reasoning)
        if split.text:
            self._text += split.text
            yield Text(split.text)

    def _explain(self) -> str:
        finish, calls = self._reply.finish, self._calls.whole()
        if finish is Finish.LENGTH and self._limited and self._text.strip():
            return ""
        said = "".join((self._text, *(call.name for call in calls)))
        return explain_ending(finish, said, self._reasoning, self._reply.usage.output_tokens)

    def _sound(self, call: ToolCall) -> ToolCall:
        """The call, with an id. A cut answer may end in the middle of its arguments."""
        try:
            sound = isinstance(json.loads(call.arguments), dict)
        except (ValueError, RecursionError):
            sound = False
        if not sound:
            problem = f"the arguments of its call of {call.name!r} are no JSON object."
            raise ServerFailure(self._reply.provider, problem, self.problem or "Try again, or choose another model.")
        return identified(call)
