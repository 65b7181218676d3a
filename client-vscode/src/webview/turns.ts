// The questions and answers of the conversation that is shown.
import type { Conversation, Turn } from "../chat/conversation";
import { rendered } from "./markdown";

/** What a button does; without a turn, it is about the model. */
export type Act = (action: "again" | "another" | "edit" | "log" | "model" | "regenerate" | "remedy", turn?: Turn) => void;

const endings: Partial<Record<Turn["state"], string>> = { stopped: "The answer was stopped here." };

export class Turns {
  private readonly turns = new Map<string, Turn>();
  private readonly stale = new Set<string>();
  private obstacle = { problem: "", button: "" };

  constructor(
    private readonly list: HTMLElement,
    private readonly act: Act,
  ) {}

  /** What the user has typed so far, the latest first. */
  get typed(): string[] {
    return [...new Set([...this.turns.values()].map((turn) => turn.typed).reverse())].filter(Boolean);
  }

  get last(): Turn | undefined {
    return [...this.turns.values()].at(-1);
  }

  /** Why no model answers questions, and the name of the button that helps; empty where one does. */
  showObstacle(problem: string, button: string): void {
    this.obstacle = { problem, button };
    if (this.turns.size === 0) this.list.replaceChildren(this.welcome());
  }

  show(conversation: Conversation): void {
    this.turns.clear();
    this.list.replaceChildren(...(conversation.turns.length === 0 ? [this.welcome()] : []));
    for (const turn of conversation.turns) this.update(turn);
  }

  update(turn: Turn): void {
    if (this.turns.size === 0) this.list.replaceChildren();
    this.turns.set(turn.id, turn);
    this.draw(turn.id);
  }

  grow(id: string, delta: string): void {
    const turn = this.turns.get(id);
    if (!turn) return;
    turn.text += delta;
    turn.thinking = false;
    this.draw(id);
  }

  /** Once a frame at most: pieces come faster than anybody reads. */
  private draw(id: string): void {
    if (this.stale.size === 0) {
      requestAnimationFrame(() => {
        const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
        const isNew = [...this.stale].some((each) => !this.element(each));
        for (const each of this.stale) this.drawNow(each);
        this.stale.clear();
        if (atEnd || isNew) this.list.scrollTop = this.list.scrollHeight;
      });
    }
    this.stale.add(id);
  }

  private drawNow(id: string): void {
    const turn = this.turns.get(id);
    if (!turn) return;
    let element = this.element(id);
    if (!element) {
      element = document.createElement("article");
      element.dataset["turn"] = id;
      const question = part("question", rendered(turn.question));
      question.append(this.action("Edit", "edit", turn, "Ask something else in this place"));
      // Long code in a question is there to look up, not to read again.
      element.append(question, reasoning(), part("answer"), part("end"));
      this.list.append(element);
    }
    element.dataset["state"] = turn.state;
    const [, thoughts, answer, end] = element.children;
    if (thoughts instanceof HTMLDetailsElement) showReasoning(thoughts, turn);
    if (answer) answer.innerHTML = rendered(turn.text);
    end?.replaceChildren(...this.ending(turn));
  }

  private element(id: string): HTMLElement | undefined {
    return [...this.list.querySelectorAll<HTMLElement>("article")].find((each) => each.dataset["turn"] === id);
  }

  private ending(turn: Turn): Node[] {
    const under = ["asked", "began", "growing"].includes(turn.state);
    if (under) return [text("working", turn.thinking ? "Thinking…" : turn.text ? "Answering…" : this.waiting(turn))];
    const nodes: Node[] = [];
    if (turn.problem) {
      const problem = sentence(turn.state === "failed" || !turn.text ? "problem" : "problem mild", turn.problem);
      problem.setAttribute("role", "alert");
      nodes.push(problem);
    }
    if (["failed", "cut", "refused", "stopped"].includes(turn.state)) {
      const buttons = part("buttons");
      if (turn.remedy) buttons.append(this.button(turn.remedy.title, "remedy", turn));
      buttons.append(this.button("Try Again", "again", turn));
      if (turn.state !== "stopped") {
        if (turn.remedy?.command !== "picode.selectModel") buttons.append(this.button("Select Model…", "model", turn));
        buttons.append(this.button("Show Log", "log", turn));
      }
      nodes.push(buttons);
    }
    const ending = endings[turn.state];
    if (ending) nodes.push(text("note", ending));
    if (turn.note) nodes.push(text("note", turn.note));
    const facts = [
      [turn.provider, turn.model].filter(Boolean).join(" · "),
      turn.tokens > 0 ? `${turn.tokens.toLocaleString("en")} tokens` : "",
      turn.cost === null ? "" : cost(turn.cost),
    ].filter(Boolean);
    if (facts.length > 0 && turn.shown.length === 0) nodes.push(text("facts", facts.join("  ·  ")));
    if (turn.shown.length > 0) {
      const details = document.createElement("details");
      details.className = "facts";
      const summary = document.createElement("summary");
      summary.textContent = facts.join("  ·  ") || "Shown to the model";
      const list = document.createElement("ul");
      list.append(...turn.shown.map((each) => Object.assign(document.createElement("li"), { textContent: each })));
      details.append(summary, text("", "The model was shown:"), list);
      nodes.push(details);
    }
    if (turn.text && turn.provider !== "picode") {
      const actions = part("actions");
      actions.append(this.action("Regenerate", "regenerate", turn, "Answer this question anew; this answer stays in its conversation"));
      actions.append(this.action("Other Model…", "another", turn, "Have another model answer this question"));
      nodes.push(actions);
    }
    return nodes;
  }

  /** Why nothing comes yet. What is left of a wait is counted down. */
  private waiting(turn: Turn): string {
    if (!turn.wait) return "Waiting for the model…";
    const left = Math.max(0, Math.ceil((turn.wait.until - Date.now()) / 1000));
    if (left > 0) setTimeout(() => turn.wait && this.draw(turn.id), 1000);
    return left > 0 ? `Waiting: ${turn.wait.reason}, ${left} s left` : "Waiting for the model…";
  }

  private action(label: string, action: Parameters<Act>[0], turn: Turn, title: string): HTMLButtonElement {
    return Object.assign(this.button(label, action, turn), { className: "quiet action", title });
  }

  private welcome(): HTMLElement {
    const page = part("welcome");
    const { problem, button } = this.obstacle;
    page.append(Object.assign(document.createElement("h2"), { textContent: "Ask about your code" }));
    page.append(sentence("", problem || "Select some, and ask about it, or let /explain, /review and /test begin. Answers come from the model named below."));
    if (!problem || !button) return page;
    const buttons = part("buttons");
    const help = this.button(button, "remedy");
    help.className = "primary";
    buttons.append(help);
    page.append(buttons);
    return page;
  }

  private button(label: string, action: Parameters<Act>[0], turn?: Turn): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => this.act(action, turn));
    return button;
  }
}

/** The fold for the model's reasoning, above the answer. */
function reasoning(): HTMLDetailsElement {
  const details = document.createElement("details");
  details.className = "reasoning";
  details.hidden = true;
  details.append(document.createElement("summary"), part("thoughts"));
  // Drawn only when it is opened: reasoning may be many times as long as the answer.
  details.addEventListener("toggle", () => drawThoughts(details));
  return details;
}

const thoughts = new WeakMap<HTMLDetailsElement, string>();

function showReasoning(details: HTMLDetailsElement, turn: Turn): void {
  details.hidden = turn.reasoning.trim() === "";
  thoughts.set(details, turn.reasoning);
  const seconds = Math.max(1, Math.round((turn.thoughtTo - turn.thoughtFrom) / 1000));
  const label = !turn.thoughtFrom ? "Reasoning" : turn.thoughtTo ? `Thought for ${seconds} s` : "Thinking…";
  const [summary] = details.children;
  if (summary && summary.textContent !== label) summary.textContent = label;
  drawThoughts(details);
}

function drawThoughts(details: HTMLDetailsElement): void {
  const [, body] = details.children;
  if (details.open && body) body.innerHTML = rendered(thoughts.get(details) ?? "");
}

function cost(dollars: number): string {
  if (dollars === 0) return "free";
  return dollars < 0.01 ? "less than 1 ¢" : `$${dollars.toFixed(2)}`;
}

function part(name: string, html = ""): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  element.innerHTML = html;
  return element;
}

/** A sentence of PiCode's or of a provider's; what stands in backticks is code. */
function sentence(name: string, content: string): HTMLElement {
  const element = part(name);
  element.append(...content.split(/`([^`\n]+)`/).map((each, at) => (at % 2 === 0 ? each : Object.assign(document.createElement("code"), { textContent: each }))));
  return element;
}

function text(name: string, content: string): HTMLElement {
  return Object.assign(document.createElement("div"), { className: name, textContent: content });
}
