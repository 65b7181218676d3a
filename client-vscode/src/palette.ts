// Slash commands from the palette, the editor's menu, keys and the light bulb.
import { commands, window, type Disposable, type QuickPickItem } from "vscode";
import { currentEditor, progressOf, type Asker } from "./asking";
import type { ChatView } from "./chat/view";
import type { SlashArguments, SlashCommand, SlashResult } from "./protocol";
import { proposeNames } from "./rename";
import { builtInCommands, type Commands } from "./slash";

export interface PaletteParts {
  asker: Asker;
  slash: Commands;
  chat: ChatView;
}

/** Commands that have their own way here, in place of `picode.slash`. */
const own = ["model", "commit", "chat"];

export function registerPalette(parts: PaletteParts): Disposable[] {
  const { asker, chat } = parts;
  asker.session.intercepts.set("picode.slash", ([given]) => runGiven(parts, given as SlashArguments));
  return [
    ...builtInCommands
      .filter((row) => !own.includes(row.name))
      .map((row) => commands.registerCommand(`picode.${row.name}`, () => run(parts, row))),
    commands.registerCommand("picode.chat", () => chat.reveal(true)),
    commands.registerCommand("picode.runSlashCommand", () => pick(parts)),
    commands.registerCommand("picode.stop", () => asker.stop()),
  ];
}

/** A row of the palette. */
async function run(parts: PaletteParts, row: SlashCommand): Promise<void> {
  if (own.includes(row.name)) return runTyped(parts, `/${row.name}`);
  if (row.about === "code" && !currentEditor()) {
    void window.showInformationMessage("Open a file first: PiCode needs code for that.");
    return;
  }
  const words = row.mustSay ? await askForWords(row) : "";
  if (words !== undefined) await runTyped(parts, `/${row.name} ${words}`.trim());
}

/** What a code action, a lens or another extension has the server run: the user is asked for what is missing in it. */
async function runGiven(parts: PaletteParts, given: SlashArguments): Promise<SlashResult | undefined> {
  const row = parts.slash.named(given.text);
  let { text } = given;
  if (row?.mustSay && /^\s*\/\S+\s*$/.test(text)) {
    const words = await askForWords(row);
    if (words === undefined) return undefined;
    text = `${text.trim()} ${words}`;
  }
  return start(parts, { ...given, text }, row);
}

/** A command as the user would type it, about what they look at. */
async function runTyped(parts: PaletteParts, text: string): Promise<void> {
  const row = parts.slash.named(text);
  const rest = text.replace(/^\s*\/[\w-]+\s*/, "");
  if (row?.name === "commit") await commands.executeCommand("picode.commit", undefined, rest);
  else if (row && own.includes(row.name) && !rest) {
    await (row.name === "model" ? commands.executeCommand("picode.selectModel", "chat") : commands.executeCommand(`picode.${row.name}`));
  } else await start(parts, { text, ...parts.asker.here() }, row);
}

async function start(parts: PaletteParts, given: SlashArguments, row?: SlashCommand): Promise<SlashResult | undefined> {
  if (row?.output === "names") return proposeNames(parts.asker, given);
  const unit = given.unit ?? parts.asker.here()?.unit;
  if (!row || row.output === "prose" || row.output === "local") {
    parts.chat.spend();
    await parts.chat.reveal();
  }
  return parts.asker.runShown({ ...given, ...(unit && { unit }) }, row?.title ?? "Ask", row ? progressOf(row) : "none");
}

function askForWords(row: SlashCommand): Thenable<string | undefined> {
  const selected = currentEditor()?.selection.isEmpty === false;
  return window.showInputBox({
    title: `PiCode: ${row.title.replace("…", "")}`,
    prompt: `${row.help}${selected && row.about !== "changes" ? " It is about the selection." : ""}`,
    placeHolder: row.example.replace(/^\/\S+\s*/, ""),
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() ? undefined : { message: `Say ${row.words || "something"}, or press Escape.`, severity: 1 }),
  });
}

type Row = QuickPickItem & { row: SlashCommand };

/** All commands, the user's own among them; what was typed behind a command's name goes with it. */
async function pick(parts: PaletteParts): Promise<void> {
  const list = window.createQuickPick<Row>();
  list.title = "PiCode: Slash Command";
  list.placeholder = "/fix the loop, or a question";
  list.matchOnDescription = true;
  list.busy = true;
  const show = (rows: SlashCommand[]) => {
    list.items = rows.map((row) => ({
      label: `/${row.name}`,
      description: row.help,
      ...(row.source && { detail: row.source }),
      // With words behind it, the list no longer matches what is typed: its command is the only choice.
      alwaysShow: parts.slash.named(list.value)?.name === row.name,
      row,
    }));
  };
  show(parts.slash.all);
  list.onDidChangeValue(() => show(parts.slash.all));
  list.onDidAccept(() => {
    const typed = list.value.trim();
    const chosen = list.selectedItems[0];
    list.hide();
    const hasWords = /^\/\S+\s+\S/.test(typed) || !typed.startsWith("/");
    if (typed && hasWords && (!chosen || parts.slash.named(typed))) void runTyped(parts, typed);
    else if (chosen) void run(parts, chosen.row);
    else if (typed) void runTyped(parts, typed);
  });
  list.onDidHide(() => list.dispose());
  list.show();
  show(await parts.slash.refresh());
  list.busy = false;
}
