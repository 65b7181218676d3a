// Commit messages, in the input box of the Git extension that comes with VS Code.
import { extensions, window, type SourceControl, type Uri } from "vscode";
import { currentEditor, currentFolder, type Asker } from "./asking";

/** The part of https://github.com/microsoft/vscode/blob/main/extensions/git/src/api/git.d.ts that is used here. */
interface Repository {
  readonly rootUri: Uri;
  readonly inputBox: { value: string };
  readonly ui: { readonly selected: boolean };
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): { readonly repositories: Repository[]; getRepository(uri: Uri): Repository | null };
}

/** Writes the message for what is staged, or where nothing is, for the working tree's changes. `source` is the repository whose button was pressed; `words` are the user's. */
export async function writeCommitMessage(asker: Asker, source?: Pick<SourceControl, "rootUri">, words = ""): Promise<void> {
  const repository = await chosenRepository(source?.rootUri);
  const folder = repository?.rootUri.fsPath ?? currentFolder();
  if (!folder) {
    void window.showInformationMessage("Open a folder with a Git repository first: the message is about its changes.");
    return;
  }
  const given = { text: `/commit ${words}`.trim(), folder };
  const result = await asker.runShown(given, "Write Commit Message", repository ? "scm" : "window");
  if (!result || !["whole", "cut"].includes(result.state) || !result.text) return;
  if (result.note) void window.showInformationMessage(`PiCode: ${result.note}`);
  // An answer is written over nothing that the user has written meanwhile without being there to be undone: VS Code keeps
  // the box's own undo.
  if (repository) repository.inputBox.value = result.text;
  else await showMessage(result.text);
}

async function chosenRepository(root: Uri | undefined): Promise<Repository | undefined> {
  const extension = extensions.getExtension<GitExtension>("vscode.git");
  const git = extension && (await extension.activate());
  if (!git?.enabled) return undefined;
  const api = git.getAPI(1);
  const uri = root ?? currentEditor()?.document.uri;
  const found = uri && api.getRepository(uri);
  return found ?? api.repositories.find((each) => each.ui.selected) ?? api.repositories[0];
}

/** Without the Git extension, the message is a document, to be copied. */
async function showMessage(content: string): Promise<void> {
  const { workspace } = await import("vscode");
  await window.showTextDocument(await workspace.openTextDocument({ language: "git-commit", content }));
}
