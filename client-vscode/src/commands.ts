// The commands of the palette, and the menu behind the status bar item.
import { commands, env, QuickPickItemKind, Selection, window, workspace, type Disposable, type QuickPickItem } from "vscode";
import type { ExtensionContext, LogOutputChannel, SourceControl } from "vscode";
import { installServer } from "./install";
import type { Asker } from "./asking";
import { registerExplanation } from "./explanation";
import type { Keys } from "./keys";
import { manageModels, selectModel, type Purpose } from "./models";
import { writeCommitMessage } from "./scm";
import type { Session } from "./session";
import { configuration, update } from "./settings";
import { summary, type StatusView } from "./status";

export interface Parts {
  context: ExtensionContext;
  log: LogOutputChannel;
  session: Session;
  status: StatusView;
  asker: Asker;
  keys: Keys;
}

/** Every command of the client but the slash commands (palette.ts). Those of the server are registered by the language client when the server names them. */
export function registerCommands(parts: Parts): Disposable[] {
  const { context, log, session, status, asker, keys } = parts;
  const explanation = registerExplanation(session);
  const actions: Record<string, (...given: never[]) => unknown> = {
    "picode.menu": () => showMenu(status),
    "picode.suggest": () => commands.executeCommand("editor.action.inlineSuggest.trigger"),
    "picode.toggle": toggle,
    "picode.toggleLanguage": toggleLanguage,
    "picode.selectModel": (purpose?: Purpose) => selectModel(session, keys, purpose),
    "picode.manageModels": manageModels,
    "picode.enterKey": (provider?: string) => keys.enter(provider).catch((error: unknown) => asker.complain(error)),
    "picode.trust": () => commands.executeCommand("workbench.trust.manage"),
    "picode.getStarted": () => commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`, false),
    "picode.example": openExample,
    "picode.snoozeSuggestions": () => snooze(session).catch((error: unknown) => asker.complain(error)),
    "picode.explainLastSuggestion": () => explanation.show().catch((error: unknown) => asker.complain(error)),
    "picode.commit": (source?: SourceControl, words?: string) => writeCommitMessage(asker, source, words),
    "picode.showLog": () => log.show(),
    "picode.restart": () => session.restart(),
    "picode.openSettings": () => openSettings(`@ext:${context.extension.id}`),
    "picode.chooseServer": chooseServer,
    "picode.install": async () => (await installServer(context, log)) && session.restart(),
  };
  return [explanation, ...Object.entries(actions).map(([name, action]) => commands.registerCommand(name, action))];
}

function openSettings(query: string): Thenable<unknown> {
  return commands.executeCommand("workbench.action.openSettings", query);
}

/** The setting belongs to the machine that the server runs on: with a remote one, it is on a page of its own. */
function chooseServer(): Thenable<unknown> {
  const query = "picode.server.command";
  return env.remoteName ? commands.executeCommand("workbench.action.openRemoteSettings", { query }) : openSettings(query);
}

async function toggle(): Promise<void> {
  const enabled = configuration().get("enabled", true);
  await update("enabled", () => !enabled);
}

async function toggleLanguage(): Promise<void> {
  const language = window.activeTextEditor?.document.languageId;
  if (!language) {
    void window.showInformationMessage("Open a file first: PiCode is turned on and off for its language.");
    return;
  }
  const enabled = languageEnabled(language);
  await update("inline.languages", (there) => ({ ...(there as object | undefined), [language]: !enabled }));
}

function languageEnabled(language: string): boolean {
  const languages = configuration(window.activeTextEditor?.document.uri).get<Record<string, boolean>>("inline.languages", {});
  return languages[language] ?? languages["*"] ?? true;
}

/** Suggestions pause for as long as the user says. */
async function snooze(session: Session): Promise<void> {
  const choices = [5, 15, 30, 60, 240].map((each) => ({ label: each < 60 ? `${each} minutes` : each === 60 ? "1 hour" : `${each / 60} hours`, minutes: each }));
  const chosen = await window.showQuickPick(choices, { title: "PiCode: Snooze Suggestions", placeHolder: "For how long" });
  if (chosen) await session.execute("picode.snooze", { minutes: chosen.minutes });
}

const example = `def fibonacci(n):
    """The n-th Fibonacci number."""
    if n < 2:
        return n
    return `;

/** A file to try a suggestion in, with the cursor where one belongs. */
async function openExample(): Promise<void> {
  const document = await workspace.openTextDocument({ language: "python", content: example });
  const editor = await window.showTextDocument(document, { preview: false });
  const end = document.positionAt(example.length);
  editor.selection = new Selection(end, end);
  await commands.executeCommand("editor.action.inlineSuggest.trigger");
}

type Entry = QuickPickItem & { run?: () => unknown };

async function showMenu(status: StatusView): Promise<void> {
  const { command: fix, ...now } = status.current;
  const language = window.activeTextEditor?.document.languageId;
  const entry = (label: string, command: string, description = ""): Entry => ({
    label,
    description,
    run: () => commands.executeCommand(command),
  });
  const onOff = (enabled: boolean, what: string, action: () => Promise<void>, description = ""): Entry => ({
    label: `${enabled ? "$(circle-slash) Disable" : "$(check) Enable"} ${what}`,
    description,
    run: () => action().then(() => commands.executeCommand("workbench.action.focusActiveEditorGroup")),
  });
  const enabled = configuration().get("enabled", true);
  const entries = [
    entry("$(comment-discussion) Chat…", "picode.chat"),
    entry("$(server) Select Model…", "picode.selectModel", now.model || now.provider),
    entry("$(question) Get Started", "picode.getStarted"),
    { label: "", kind: QuickPickItemKind.Separator },
  ];
  if (enabled) entries.push(entry("$(bell-slash) Snooze Suggestions…", "picode.snoozeSuggestions"));
  if (language) entries.push(onOff(languageEnabled(language), "for This Language", toggleLanguage, language));
  entries.push(
    onOff(enabled, "PiCode", toggle),
    { label: "", kind: QuickPickItemKind.Separator },
    entry("$(output) Show Log", "picode.showLog"),
    entry("$(debug-restart) Restart Language Server", "picode.restart"),
    entry("$(settings-gear) Open Settings", "picode.openSettings"),
  );
  if (fix) {
    const run = () => commands.executeCommand(fix.command, ...(fix.arguments ?? []));
    entries.unshift({ label: `$(wrench) ${fix.title}`, description: now.message, run }, { label: "", kind: QuickPickItemKind.Separator });
  }
  const picked = await window.showQuickPick(entries, { title: "PiCode", placeHolder: summary(status.current) });
  await picked?.run?.();
}
