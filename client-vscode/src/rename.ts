// Names that a model proposes for what stands at the cursor: the user chooses one, and the language's own support renames.
import { commands, window, workspace, type Position, type TextDocument, type WorkspaceEdit } from "vscode";
import type { Asker } from "./asking";
import type { SlashArguments, SlashResult } from "./protocol";

/** Asks for names and has one chosen. `given` is the request, which says where the name stands. */
export async function proposeNames(asker: Asker, given: SlashArguments): Promise<SlashResult | undefined> {
  const place = placeOf(asker, given);
  const result = await asker.runShown(given, "Propose Names", "notification");
  if (!place || !result || !["whole", "cut"].includes(result.state)) return result;
  const rows = (result.names ?? []).map(({ name, reason }) => ({ label: name, description: reason, name }));
  if (rows.length === 0) {
    void window.showInformationMessage("PiCode: The model proposed no other name.");
    return result;
  }
  const other = { label: "$(edit) Another name…", description: "", name: "", alwaysShow: true };
  const picked = await window.showQuickPick([...rows, other], { title: `PiCode: Rename ${place.name}`, placeHolder: "The new name", matchOnDescription: true });
  if (picked?.name) await rename(place, picked.name).catch((error: unknown) => asker.complain(error));
  else if (picked) await commands.executeCommand("editor.action.rename", [place.document.uri, place.position]);
  return result;
}

interface Place {
  document: TextDocument;
  position: Position;
  name: string;
}

function placeOf({ session }: Asker, { uri, range }: SlashArguments): Place | undefined {
  const client = session.running;
  const document = workspace.textDocuments.find((each) => client?.code2ProtocolConverter.asUri(each.uri) === uri);
  if (!client || !document || !range) return undefined;
  const position = client.protocol2CodeConverter.asPosition(range.start);
  return { document, position, name: nameAt(document, position) };
}

function nameAt(document: TextDocument, position: Position): string {
  const word = document.getWordRangeAtPosition(position);
  return word ? document.getText(word) : "";
}

/** Fails with a sentence for the user where the name has moved, or this language has no support that renames. */
async function rename({ document, position, name }: Place, chosen: string): Promise<void> {
  if (document.isClosed || nameAt(document, position) !== name) throw new Error(`${name} is not there any more: put the cursor on it and ask again.`);
  const edit = await commands
    .executeCommand<WorkspaceEdit | undefined>("vscode.executeDocumentRenameProvider", document.uri, position, chosen)
    .then(undefined, (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${name} was not renamed to ${chosen}. This language's support in VS Code says: ${reason}`);
    });
  if (!edit || edit.size === 0) throw new Error(`${name} was not renamed to ${chosen}: no extension here renames in ${document.languageId}.`);
  await workspace.applyEdit(edit, { isRefactoring: true });
}
