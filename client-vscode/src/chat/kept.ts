// A conversation of the store, as the chat shows it.
import { newConversation, newTurn, type Conversation, type TurnState } from "./conversation";

/** The JSON of `picode.conversation`. */
export interface Kept {
  turns?: {
    role: string;
    text: string;
    provider: string;
    model: string;
    usage: { inputTokens: number; outputTokens: number };
    cost: number | null;
    state: "whole" | "partial" | "failed";
    problem: string;
    shown: string[];
  }[];
}

const states: Record<string, TurnState> = { whole: "whole", partial: "stopped", failed: "failed" };

export function restored(id: string, kept: Kept, title: string): Conversation {
  const conversation = newConversation(id, title);
  for (const [at, each] of (kept.turns ?? []).entries()) {
    if (each.role === "user") conversation.turns.push({ ...newTurn(`${id} ${at}`, each.text), state: "whole" });
    const turn = conversation.turns.at(-1);
    if (each.role !== "assistant" || !turn) continue;
    const { text, provider, model, cost, problem, shown } = each;
    const tokens = each.usage.inputTokens + each.usage.outputTokens;
    Object.assign(turn, { text, provider, model, cost, problem, shown, tokens, state: states[each.state] ?? "whole" });
  }
  return conversation;
}
