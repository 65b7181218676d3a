// Messages of VS Code's language model API as the server takes them, and the pieces of its responses as parts of that API.
import { Buffer } from "node:buffer";
import type { CallPart, DataPart, LanguageModelMessage, ReasoningPart, ResultPart, TextPart } from "../messages.generated";
import type { ResponseNews, ResponseOptions } from "../protocol";
import { api, roles, type RequestMessage, type RequestOptions, type ThinkingPart } from "./api";

type Part = LanguageModelMessage["parts"][number];
type Piece = ResponseNews["parts"][number];

export function messageOf({ role, content }: RequestMessage): LanguageModelMessage {
  const parts = typeof content === "string" ? [text(content)] : content.flatMap((part) => partsOf(part));
  return { role: roles[role] ?? "user", parts };
}

/** What the caller asks for beside the messages, in the server's names. Those that begin with `_` are between VS Code and itself. */
export function optionsOf({ modelOptions, modelConfiguration }: RequestOptions): ResponseOptions {
  const given = Object.entries({ ...modelConfiguration, ...modelOptions }).filter(([name, value]) => !name.startsWith("_") && value != null);
  // The server refuses those that it does not know, by their names.
  return Object.fromEntries(given.map(([name, value]) => [name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value]));
}

/** A piece of a response as VS Code hands it to the caller; undefined where this VS Code has nothing for it. */
export function partOf(piece: Piece): unknown {
  switch (piece.type) {
    case "text":
      return api.LanguageModelTextPart && new api.LanguageModelTextPart(piece.text);
    case "call":
      return api.LanguageModelToolCallPart && new api.LanguageModelToolCallPart(piece.id, piece.name, JSON.parse(piece.arguments) as object);
    case "reasoning": {
      const proofs = { signature: piece.signature, encrypted_content: piece.encrypted, _completeThinking: piece.whole };
      const metadata = piece.signature || piece.encrypted ? proofs : undefined;
      return api.LanguageModelThinkingPart && new api.LanguageModelThinkingPart(piece.text, piece.id, metadata);
    }
  }
}

function partsOf(part: unknown): Part[] {
  if (typeof part === "string") return [text(part)];
  if (is(api.LanguageModelToolCallPart, part)) {
    const call: CallPart = { type: "call", id: part.callId, name: part.name, arguments: JSON.stringify(part.input ?? {}) };
    return [call];
  }
  if (is(api.LanguageModelToolResultPart, part)) {
    const result: ResultPart = { type: "result", call: part.callId, parts: part.content.flatMap((each) => shown(each)), error: part.isError === true };
    return [result];
  }
  return is(api.LanguageModelThinkingPart, part) ? [reasoning(part)] : shown(part);
}

/** Text and files, which a message can hold and the result of a tool, too. */
function shown(part: unknown): (TextPart | DataPart)[] {
  if (is(api.LanguageModelTextPart, part)) return [text(part.value)];
  if (is(api.LanguageModelDataPart, part)) {
    return [{ type: "data", mediaType: part.mimeType, data: Buffer.from(part.data).toString("base64") }];
  }
  return typeof part === "object" && part !== null && "value" in part ? [text(wordsOf(part.value))] : [];
}

/** The words in a value of `@vscode/prompt-tsx`, a tree whose leaves have a `text`; another value as JSON. */
function wordsOf(value: unknown): string {
  if (typeof value === "string") return value;
  const found: string[] = [];
  JSON.stringify(value, (key, inner: unknown) => {
    if (key === "text" && typeof inner === "string") found.push(inner);
    return inner;
  });
  return found.length > 0 ? found.join("") : JSON.stringify(value);
}

function reasoning({ value, id, metadata }: ThinkingPart): ReasoningPart {
  const proofs = { signature: metadata?.signature, encrypted: metadata?.encrypted_content, whole: metadata?._completeThinking };
  const given = Object.fromEntries(Object.entries({ id, ...proofs }).filter(([, each]) => typeof each === "string" && each));
  return { type: "reasoning", text: Array.isArray(value) ? value.join("") : value, ...given };
}

function text(value: string): TextPart {
  return { type: "text", text: value };
}

function is<Part>(kind: (new (...given: never[]) => Part) | undefined, part: unknown): part is Part {
  return kind !== undefined && part instanceof kind;
}
