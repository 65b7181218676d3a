"""How VS Code's language model messages are translated, also in a VS Code that lacks some of them or all."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from e2e.vscode import install
from e2e.vscode.package import CLIENT

pytestmark = pytest.mark.editor

_RUN = r"""
import { build } from "esbuild";
const [parts, names] = JSON.parse(process.argv[1]);
const fake = `
  class Part { constructor(...given) { Object.assign(this, make[new.target.name](...given)); } }
  const make = {
    LanguageModelTextPart: (value) => ({ value }),
    LanguageModelToolCallPart: (callId, name, input) => ({ callId, name, input }),
    LanguageModelToolResultPart: (callId, content) => ({ callId, content }),
    LanguageModelDataPart: (data, mimeType) => ({ data, mimeType }),
    LanguageModelThinkingPart: (value, id, metadata) => ({ value, id, metadata }),
  };
  const classes = Object.fromEntries(Object.keys(make).map((name) => [name, { [name]: class extends Part {} }[name]]));
  globalThis.classes = classes;
  const names = ${JSON.stringify(names)};
  module.exports = { ...Object.fromEntries(names.map((name) => [name, classes[name]])), lm: {}, EventEmitter: class {} };
`;
const vscode = { name: "vscode", setup(run) {
  run.onResolve({ filter: /^vscode$/ }, () => ({ path: "vscode", namespace: "fake" }));
  run.onLoad({ filter: /.*/, namespace: "fake" }, () => ({ contents: fake }));
} };
const contents = `
  export * from "./src/languageModels/parts";
  export { registerLanguageModels } from "./src/languageModels/provider";
`;
const stdin = { contents, resolveDir: process.cwd() };
const built = await build({ stdin, bundle: true, write: false, format: "cjs", platform: "node", plugins: [vscode] });
const module = { exports: {} };
const { createRequire } = await import("node:module");
const run = new Function("module", "exports", "require", built.outputFiles[0].text);
run(module, module.exports, createRequire(import.meta.url));
const { messageOf, optionsOf, partOf, registerLanguageModels } = module.exports;
const made = (each) => {
  if (Array.isArray(each)) return each.map(made);
  if (each?.bytes) return Buffer.from(each.bytes);
  return each?.new ? new classes[each.new](...each.given.map(made)) : each;
};
const modelOptions = { _traceId: "1", max_tokens: 5, temperature: 0, seed: null };
const pieces = [{ type: "text", text: "a" }, { type: "reasoning", text: "", whole: "b", signature: "s" }];
console.log(JSON.stringify({
  registered: registerLanguageModels({}, {}).length,
  parts: parts.map((part) => messageOf({ role: 1, content: [made(part)] }).parts),
  options: optionsOf({ modelOptions, modelConfiguration: { reasoningEffort: "low" } }),
  pieces: pieces.map((piece) => partOf(piece) ?? null),
}));
"""

ALL = [f"LanguageModel{kind}Part" for kind in ("Text", "ToolCall", "ToolResult", "Data", "Thinking")]


def new(kind: str, *given: Any) -> dict[str, Any]:
    return {"new": f"LanguageModel{kind}Part", "given": list(given)}


TEXT = {"type": "text", "text": "x"}
CASES: list[tuple[Any, list[dict[str, Any]]]] = [
    (new("Text", "words"), [{"type": "text", "text": "words"}]),
    (
        new("ToolCall", "c1", "read", {"path": "a.py"}),
        [{"type": "call", "id": "c1", "name": "read", "arguments": '{"path":"a.py"}'}],
    ),
    (new("Data", {"bytes": [137, 80]}, "image/png"), [{"type": "data", "mediaType": "image/png", "data": "iVA="}]),
    (
        new("ToolResult", "c1", [new("Text", "x"), {"value": {"node": {"children": [{"text": "y"}, {"text": "z"}]}}}]),
        [{"type": "result", "call": "c1", "parts": [TEXT, {"type": "text", "text": "yz"}], "error": False}],
    ),
    (
        new("Thinking", ["a", "b"], "1", {"signature": "s", "_completeThinking": "ab"}),
        [{"type": "reasoning", "text": "ab", "id": "1", "signature": "s", "whole": "ab"}],
    ),
    (new("Thinking", "a"), [{"type": "reasoning", "text": "a"}]),
]


def run(names: list[str], parts: list[Any]) -> dict[str, Any]:
    """In a VS Code that has the classes of these `names`, and takes no providers of language models."""
    try:
        node = install.toolchain().node
    except install.NotHere as missing:
        pytest.skip(str(missing))
    command = [node, "--input-type=module", "-e", _RUN, json.dumps([parts, names])]
    done = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_every_kind_of_part_is_translated() -> None:
    found = run(ALL, [part for part, _ in CASES])
    assert found["parts"] == [expected for _, expected in CASES]
    assert found["options"] == {"reasoningEffort": "low", "maxTokens": 5, "temperature": 0}
    text, thought = found["pieces"]
    assert text == {"value": "a"}
    assert thought["metadata"] == {"signature": "s", "_completeThinking": "b"}


def test_an_older_vs_code_gets_what_it_knows_and_registers_nothing() -> None:
    found = run(ALL[:1], [new("Text", "words")])
    assert found["registered"] == 0
    assert found["parts"] == [[{"type": "text", "text": "words"}]]
    assert found["pieces"] == [{"value": "a"}, None]
