// A conversation of the store, as the chat shows it.
import type { KeptConversation } from "../protocol";
import type { Session } from "../session";
import { newConversation, newTurn, type Conversation, type TurnState } from "./conversation";

export const gone = "That conversation is gone.";

/** All that the server keeps of a conversation. Fails where there is none of that id. */
export async function readConversation(session: Session, id: string): Promise<KeptConversation> {
  const found = await session.execute("picode.conversation", { id, format: "json" });
  if (!found?.conversation) throw new Error(gone);
  return found.conversation;
}

const states: Record<string, TurnState> = { whole: "whole", partial: "stopped", failed: "failed" };

export function restored(kept: KeptConversation): Conversation {
  const conversation = newConversation(kept.id, kept.title);
  for (const [at, each] of kept.turns.entries()) {
    if (each.role === "user") conversation.turns.push({ ...newTurn(`${kept.id} ${at}`, each.text), typed: each.typed ?? each.text, state: "whole" });
    const turn = conversation.turns.at(-1);
    if (each.role !== "assistant" || !turn) continue;
    const { text, reasoning = "", provider, model, cost, problem, shown } = each;
    const tokens = each.usage.inputTokens + each.usage.outputTokens;
    Object.assign(turn, { text, reasoning, provider, model, cost, problem, shown, tokens, state: states[each.state] ?? "whole" });
  }
  return conversation;
}
