// The conversations of this window. They are kept here, not in the view, which VS Code throws away when it is hidden; and
// not in the server, which may be restarted in between (its store has them too).
import { EventEmitter, type Disposable } from "vscode";
import type { AnswerNews, Remedy } from "../protocol";
import { breakOff, grow, isOver, newConversation, newTurn, type Conversation, type Turn } from "./conversation";

/**
 * What has changed: another conversation is shown (`unasked`, if the user should look at it, and does not know yet), a turn is
 * new or different, or an answer has grown at its end.
 */
export type Change = { conversation: Conversation; unasked?: true } | { turn: Turn } | { turn: Turn; delta: string };

/** Conversations that are remembered beside the current one. */
const most = 20;

export class Chats implements Disposable {
  current: Conversation = newConversation();
  private readonly others: Conversation[] = [];
  /** Questions under way from the view, and where their answers belong. */
  private readonly expected = new Map<string | number, Conversation>();
  /** Answers that are not shown, because they are seen elsewhere: edits and messages, as long as all is well. */
  private readonly quiet = new Map<string, { news: AnswerNews; turn: Turn }>();
  private readonly changes = new EventEmitter<Change>();
  readonly onChange = this.changes.event;

  /** `isProse` tells whether a command's answer is to be read. */
  constructor(private readonly isProse: (command: string) => boolean) {}

  /** Shows `conversation`; without one, a new one. */
  show(conversation: Conversation = newConversation()): void {
    if (conversation === this.current) return;
    if (this.current.turns.length > 0) this.others.push(this.current);
    if (this.others.length > most) this.others.shift();
    const at = this.others.indexOf(conversation);
    if (at >= 0) this.others.splice(at, 1);
    this.current = conversation;
    this.changes.fire({ conversation });
  }

  /** Shows a new conversation with the first `count` turns of the current one, which stays as it is. */
  branch(count: number): Conversation {
    const branch = { ...newConversation("", this.current.title), turns: this.current.turns.slice(0, count) };
    this.show(branch);
    return branch;
  }

  /** Takes a turn that has no answer out of the conversation that is shown: it is asked again. */
  drop(turn: Turn): void {
    const at = this.current.turns.indexOf(turn);
    if (at < 0) return;
    this.current.turns.splice(at, 1);
    this.changes.fire({ conversation: this.current });
  }

  /** The conversation of that id, if it is remembered. */
  find(id: string): Conversation | undefined {
    return id === "" ? undefined : [this.current, ...this.others].find((each) => each.id === id);
  }

  /** The conversation was deleted. */
  forget(id: string): void {
    const at = this.others.findIndex((each) => each.id === id);
    if (at >= 0) this.others.splice(at, 1);
    if (this.current.id === id) {
      this.current = newConversation();
      this.changes.fire({ conversation: this.current });
    }
  }

  /** The answer to the request with that token belongs to `conversation`. */
  expect(token: string | number, conversation: Conversation): void {
    this.expected.set(token, conversation);
  }

  /** The request with that token was answered; a `problem` is what the user must know if there is no turn that tells it. */
  settle(token: string | number, question: string, problem = "", remedy?: Remedy): void {
    const conversation = this.expected.get(token);
    this.expected.delete(token);
    if (!conversation || !problem || conversation.turns.some((turn) => turn.token === token)) return;
    this.add(conversation, { ...newTurn(`failed ${String(token)}`, question), state: "failed", problem, ...(remedy && { remedy }) });
  }

  /** Takes in what the server tells. */
  take(news: AnswerNews): void {
    if (news.state === "asked") {
      if (this.isProse(news.command)) this.begin(news);
      else this.quiet.set(news.id, { news, turn: newTurn(news.id, news.question ?? "") });
      return;
    }
    const silent = this.quiet.get(news.id);
    if (silent) {
      grow(silent.turn, news);
      if (isOver(silent.turn)) this.settleQuiet(silent);
      return;
    }
    const [conversation, turn] = this.locate(news.id);
    if (!conversation || !turn) return;
    const before = turn.state;
    grow(turn, news);
    conversation.id ||= news.conversation;
    if (conversation !== this.current) return;
    const growsOnly =
      before === "growing" && news.state === "growing" && news.delta !== undefined && news.reasoningDelta === undefined;
    this.changes.fire(growsOnly ? { turn, delta: news.delta ?? "" } : { turn });
  }

  /** There is nothing to read in an answer, though it was no success. */
  silence(id: string): void {
    this.quiet.delete(id);
  }

  /** The server is gone. */
  breakOff(): void {
    this.quiet.clear();
    for (const conversation of [this.current, ...this.others]) {
      for (const turn of conversation.turns.filter((each) => !isOver(each))) {
        breakOff(turn);
        if (conversation === this.current) this.changes.fire({ turn });
      }
    }
  }

  dispose(): void {
    this.changes.dispose();
  }

  /** What could not be put to use can be read, so that nothing is lost. */
  private settleQuiet({ news, turn }: { news: AnswerNews; turn: Turn }): void {
    this.quiet.delete(news.id);
    if (!turn.problem || !turn.text.trim()) return;
    const conversation = this.find(news.conversation) ?? newConversation(news.conversation, news.title);
    conversation.turns.push(turn);
    this.show(conversation);
    this.changes.fire({ conversation, unasked: true });
  }

  private begin(news: AnswerNews): void {
    const expected = news.token === undefined ? undefined : this.expected.get(news.token);
    let conversation = expected ?? this.find(news.conversation);
    if (!conversation) {
      conversation = newConversation(news.conversation, news.title);
      this.show(conversation);
    }
    conversation.title ||= news.title;
    const turn = { ...newTurn(news.id, news.question ?? ""), typed: news.typed ?? "", ...(news.token !== undefined && { token: news.token }) };
    this.add(conversation, turn);
  }

  private add(conversation: Conversation, turn: Turn): void {
    conversation.turns.push(turn);
    if (conversation === this.current) this.changes.fire({ turn });
  }

  private locate(id: string): [Conversation, Turn] | [] {
    for (const conversation of [this.current, ...this.others]) {
      const turn = conversation.turns.find((each) => each.id === id);
      if (turn) return [conversation, turn];
    }
    return [];
  }
}
