// The list above the input box: slash commands while one is typed, and what can be named behind a number sign.
import type { Candidate } from "../chat/messages";
import type { SlashCommand } from "../protocol";

export class Completions {
  private commands: Candidate[] = [];
  private found: Candidate[] = [];
  private at = 0;

  /** `ask` has the extension look for what the text behind a number sign may mean. */
  constructor(
    private readonly list: HTMLElement,
    private readonly input: HTMLTextAreaElement,
    private readonly ask: (typed: string) => void,
  ) {
    list.addEventListener("mousedown", (event) => {
      const row = (event.target as HTMLElement).closest<HTMLElement>("li");
      if (!row) return;
      event.preventDefault();
      this.at = [...list.children].indexOf(row);
      this.take();
    });
    input.addEventListener("blur", () => this.hide());
  }

  know(commands: SlashCommand[]): void {
    this.commands = commands.map(({ name, help }) => ({ insert: `/${name}`, label: `/${name}`, detail: help }));
  }

  /** The text of the input box has changed. */
  update(): void {
    const typed = /^\/[\w-]*$/.exec(this.input.value)?.[0].toLowerCase();
    this.offer(typed === undefined ? [] : this.commands.filter((each) => each.label.startsWith(typed)));
    const named = this.named;
    if (named !== undefined) this.ask(named);
  }

  /** What may be meant by `typed`, unless something else is typed by now. */
  offerNamed(typed: string, candidates: Candidate[]): void {
    if (this.named === typed) this.offer(candidates);
  }

  /** Whether the key was for the list. */
  press(event: KeyboardEvent): boolean {
    if (this.found.length === 0) return false;
    const count = this.found.length;
    if (event.key === "ArrowDown") this.at = (this.at + 1) % count;
    else if (event.key === "ArrowUp") this.at = (this.at + count - 1) % count;
    else if (event.key === "Escape") this.found = [];
    else if (event.key === "Tab") this.take();
    else if (event.key === "Enter" && this.input.value !== this.found[this.at]?.insert) this.take();
    else return false;
    this.draw();
    return true;
  }

  /** The text behind a number sign before the cursor; undefined where there is none. */
  private get named(): string | undefined {
    return /(?:^|\s)#([^\s#"]*)$/.exec(this.input.value.slice(0, this.input.selectionStart))?.[1];
  }

  private offer(found: Candidate[]): void {
    this.found = found;
    this.at = 0;
    this.draw();
  }

  private hide(): void {
    this.offer([]);
  }

  private take(): void {
    const chosen = this.found[this.at];
    const { input, named } = this;
    if (chosen && named !== undefined) {
      const end = input.selectionStart;
      input.setRangeText(`${chosen.insert} `, end - named.length - 1, end, "end");
    } else if (chosen) input.value = `${chosen.insert} `;
    this.hide();
  }

  private draw(): void {
    this.list.hidden = this.found.length === 0;
    this.list.replaceChildren(
      ...this.found.map(({ label, detail }, place) => {
        const row = document.createElement("li");
        row.id = `completion-${place}`;
        row.role = "option";
        row.ariaSelected = String(place === this.at);
        row.append(Object.assign(document.createElement("b"), { textContent: label }), Object.assign(document.createElement("span"), { textContent: detail }));
        return row;
      }),
    );
    if (this.found.length > 0) this.input.setAttribute("aria-activedescendant", `completion-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }
}
