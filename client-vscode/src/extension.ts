// PiCode in VS Code: finds the language server, runs it, and shows how it is, what it answers and what it would edit.
// Suggestions are the server's business, and reach the editor through the standard protocol: nothing here makes one.
import { window, workspace, type ExtensionContext } from "vscode";
import { Asker } from "./asking";
import { Chat } from "./chat/chat";
import { registerCommands } from "./commands";
import { Edits } from "./edits/edits";
import { Keys } from "./keys";
import { registerLanguageModels } from "./languageModels/provider";
import { registerPalette } from "./palette";
import { chosenCommand } from "./server";
import { Session } from "./session";
import { Commands } from "./slash";
import { createStatusView } from "./status";

let session: Session | undefined;

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("PiCode", { log: true });
  const status = createStatusView();
  let chosen = JSON.stringify(chosenCommand());
  session = new Session(context, log, status);
  const asker = new Asker(session, log);
  const keys = new Keys(context, session);
  const slash = new Commands(session);
  const chat = new Chat(context, asker, slash);
  context.subscriptions.push(
    log,
    status,
    session,
    slash,
    chat,
    keys,
    new Edits(asker),
    ...registerCommands({ context, log, session, status, asker, keys }),
    ...registerLanguageModels(session, keys),
    ...registerPalette({ asker, slash, chat: chat.view }),
    workspace.onDidGrantWorkspaceTrust(() => session?.trustGranted()),
    workspace.onDidChangeConfiguration(() => {
      // Compared, not asked of the event: when trust is granted, every restricted setting counts as changed.
      if (JSON.stringify(chosenCommand()) !== chosen) void session?.restart();
      chosen = JSON.stringify(chosenCommand());
    }),
  );
  // Not awaited: VS Code need not wait for the server.
  void session.start();
}

export async function deactivate(): Promise<void> {
  await session?.stop();
}
