// The slash commands: those of the table that this client was built with, and those that the server tells of, among them the
// user's own.
import { EventEmitter, type Disposable } from "vscode";
import type { SlashCommand } from "./protocol";
import type { Session } from "./session";
import builtIn from "./slashCommands.json";

export class Commands implements Disposable {
  /** Every command that can be typed now. */
  all: SlashCommand[] = builtIn as SlashCommand[];
  private readonly changes = new EventEmitter<void>();
  readonly onChange = this.changes.event;

  constructor(private readonly session: Session) {}

  /** Asks the server. Without one, what is known stays. */
  async refresh(): Promise<SlashCommand[]> {
    try {
      this.all = await this.session.execute("picode.commands");
      this.changes.fire();
    } catch {
      // The built-in ones are known without a server, and it will be asked again.
    }
    return this.all;
  }

  /** The command that `text` begins with. */
  named(text: string): SlashCommand | undefined {
    const name = /^\s*\/([\w-]+)/.exec(text)?.[1]?.toLowerCase();
    return this.all.find((each) => each.name === name);
  }

  /** Whether the answer of the command of that name is to be read. */
  isProse(name: string): boolean {
    const output = this.all.find((each) => each.name === name)?.output ?? "prose";
    return output === "prose" || output === "local";
  }

  dispose(): void {
    this.changes.dispose();
  }
}

/** The commands that the palette has a row for. */
export const builtInCommands = builtIn as SlashCommand[];
