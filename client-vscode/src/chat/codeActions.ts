// What can be done with a block of code in an answer, beside copying it.
import { env, window, workspace, type TextEditor } from "vscode";
import { unitOf, type Asker } from "../asking";
import { languageOf } from "../languages";
import type { CodeAction } from "./messages";

const noFile = "Open a file first: the code goes to its cursor.";

/** Does it, for the editor that the user worked in last. */
export async function actOnCode(action: CodeAction, code: string, language: string, asker: Asker, editor: TextEditor | undefined): Promise<void> {
  switch (action) {
    case "copy":
      return env.clipboard.writeText(code);
    case "insert":
      return insert(code, editor);
    case "apply":
      return apply(code, asker, editor);
    case "newFile":
      await window.showTextDocument(await workspace.openTextDocument({ content: `${code}\n`, language: await languageOf(language) }));
      return;
    case "terminal":
      return typeInTerminal(code);
  }
}

/** At the cursor, where a selection ends: what is selected stays. */
async function insert(code: string, editor: TextEditor | undefined): Promise<void> {
  const done = await editor?.edit((edit) => edit.insert(editor.selection.active, code));
  if (!editor || !done) void window.showInformationMessage(noFile);
  else await window.showTextDocument(editor.document, { viewColumn: editor.viewColumn ?? 1 });
}

/** As an edit that the user accepts or discards; the server finds where the code belongs. */
async function apply(code: string, asker: Asker, editor: TextEditor | undefined): Promise<void> {
  const here = asker.here(editor);
  if (!editor || !here?.uri || !here.range) {
    void window.showInformationMessage(noFile);
    return;
  }
  await window.showTextDocument(editor.document, { viewColumn: editor.viewColumn ?? 1 });
  const { uri, range } = here;
  await asker.session.execute("picode.edit.propose", { code, uri, range, unit: unitOf(editor) });
}

/** Into the terminal's line, to be looked at: the user runs it. */
async function typeInTerminal(code: string): Promise<void> {
  const terminal = window.activeTerminal ?? window.createTerminal();
  terminal.show();
  // A prompt in front of a command is no part of it.
  const lines = code.replace(/^[$%>] /gm, "").trimEnd().split("\n");
  if (lines.length > 1 && process.platform === "win32") {
    // Windows' shells would run every line but the last.
    await env.clipboard.writeText(lines.join("\n"));
    void window.showInformationMessage("The commands are in the clipboard: paste them into the terminal.");
    return;
  }
  // As a bracketed paste, so that the shell waits for the user with several lines, too.
  terminal.sendText(lines.length > 1 ? `\x1b[200~${lines.join("\n")}\x1b[201~` : (lines[0] ?? ""), false);
}
