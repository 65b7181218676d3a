// The list of slash commands above the input box, while one is typed.
import type { SlashCommand } from "../protocol";

export class Completions {
  private commands: SlashCommand[] = [];
  private found: SlashCommand[] = [];
  private at = 0;

  constructor(
    private readonly list: HTMLElement,
    private readonly input: HTMLTextAreaElement,
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
    this.commands = commands;
  }

  /** The text of the input box has changed. */
  update(): void {
    const typed = /^\/([\w-]*)$/.exec(this.input.value)?.[1]?.toLowerCase();
    this.found = typed === undefined ? [] : this.commands.filter((each) => each.name.startsWith(typed));
    this.at = 0;
    this.draw();
  }

  /** Whether the key was for the list. */
  press(event: KeyboardEvent): boolean {
    if (this.found.length === 0) return false;
    const count = this.found.length;
    if (event.key === "ArrowDown") this.at = (this.at + 1) % count;
    else if (event.key === "ArrowUp") this.at = (this.at + count - 1) % count;
    else if (event.key === "Escape") this.found = [];
    else if (event.key === "Tab") this.take();
    else if (event.key === "Enter" && this.input.value.slice(1) !== this.found[this.at]?.name) this.take();
    else return false;
    this.draw();
    return true;
  }

  private hide(): void {
    this.found = [];
    this.draw();
  }

  private take(): void {
    const chosen = this.found[this.at];
    if (chosen) this.input.value = `/${chosen.name} `;
    this.hide();
  }

  private draw(): void {
    this.list.hidden = this.found.length === 0;
    this.list.replaceChildren(
      ...this.found.map((command, place) => {
        const row = document.createElement("li");
        row.id = `completion-${command.name}`;
        row.role = "option";
        row.ariaSelected = String(place === this.at);
        const name = Object.assign(document.createElement("b"), { textContent: `/${command.name}` });
        row.append(name, Object.assign(document.createElement("span"), { textContent: command.help }));
        return row;
      }),
    );
    const chosen = this.found[this.at];
    if (chosen) this.input.setAttribute("aria-activedescendant", `completion-${chosen.name}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }
}
