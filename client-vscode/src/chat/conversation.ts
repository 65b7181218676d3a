// A conversation as the chat shows it: its turns, and how they grow by what the server tells.
import type { AnswerNews, Outcome, Remedy } from "../protocol";

export type TurnState = "asked" | "began" | "growing" | Outcome;

/** A question and its answer. `question`, `text` and `reasoning` are harmless Markdown; `problem` says what went wrong and what to do. */
export interface Turn {
  id: string;
  state: TurnState;
  question: string;
  /** What the user typed of it. */
  typed: string;
  text: string;
  reasoning: string;
  /** When the reasoning began, and when the answer did, in Unix milliseconds; 0 where it is not known. */
  thoughtFrom: number;
  thoughtTo: number;
  thinking: boolean;
  provider: string;
  model: string;
  note: string;
  shown: string[];
  problem: string;
  /** What helps against the problem. */
  remedy?: Remedy;
  tokens: number;
  cost: number | null;
  token?: string | number;
  /** The model is asked again at a moment (Unix milliseconds), and why. */
  wait?: { reason: string; until: number };
}

/** `id` is the store's, and empty until a model has begun to answer the first question. */
export interface Conversation {
  id: string;
  title: string;
  turns: Turn[];
}

export function newConversation(id = "", title = ""): Conversation {
  return { id, title, turns: [] };
}

export function newTurn(id: string, question: string): Turn {
  const empty = { text: "", reasoning: "", thoughtFrom: 0, thoughtTo: 0, thinking: false, provider: "", model: "", note: "", shown: [], problem: "", tokens: 0, cost: null };
  return { id, question, typed: question, state: "asked", ...empty };
}

export function isOver(turn: Turn): boolean {
  return !["asked", "began", "growing"].includes(turn.state);
}

/** Adds to `turn` what is new. */
export function grow(turn: Turn, news: AnswerNews): void {
  if (news.wait) turn.wait = { reason: news.wait.reason, until: Date.now() + 1000 * news.wait.seconds };
  else delete turn.wait;
  if (news.state !== "waiting") turn.state = news.state;
  turn.thinking = news.thinking === true;
  turn.text = news.text ?? turn.text + (news.delta ?? "");
  turn.reasoning = news.reasoning ?? turn.reasoning + (news.reasoningDelta ?? "");
  if (turn.reasoning) turn.thoughtFrom ||= Date.now();
  if (turn.thoughtFrom && (turn.text || isOver(turn))) turn.thoughtTo ||= Date.now();
  turn.provider = news.provider ?? turn.provider;
  turn.model = news.model ?? turn.model;
  turn.note = news.note ?? turn.note;
  turn.shown = news.shown ?? turn.shown;
  turn.problem = news.problem ?? turn.problem;
  if (news.remedy) turn.remedy = news.remedy;
  turn.cost = news.cost ?? turn.cost;
  if (news.usage) turn.tokens = news.usage.input + news.usage.output;
}

/** The server is gone: what had arrived stays, and says so. */
export function breakOff(turn: Turn): void {
  turn.state = "failed";
  turn.thinking = false;
  turn.problem = "The language server ended in the middle of the answer. What had arrived is kept; ask again for the rest.";
}
