// Places that an answer names: files of the workspace, and nothing outside of it.
import path from "node:path";
import { Range, Uri, window, workspace } from "vscode";

/** Opens a file of the workspace at a line, which counts from one. */
export async function openPlace(file: string, line: number): Promise<void> {
  const uri = await find(file);
  if (!uri) {
    void window.showInformationMessage(`PiCode: there is no file ${file} in this workspace.`);
    return;
  }
  const at = Math.max(0, line - 1);
  await window.showTextDocument(uri, { preview: true, ...(line > 0 && { selection: new Range(at, 0, at, 0) }) });
}

async function find(file: string): Promise<Uri | undefined> {
  const relative = path.posix.normalize(file.replaceAll("\\", "/"));
  if (path.posix.isAbsolute(relative) || /^[a-z]:/i.test(relative) || relative.split("/").includes("..")) return undefined;
  for (const folder of workspace.workspaceFolders ?? []) {
    const inFolder = relative.startsWith(`${folder.name}/`) ? [relative, relative.slice(folder.name.length + 1)] : [relative];
    for (const each of inFolder) {
      const uri = Uri.joinPath(folder.uri, each);
      if (await workspace.fs.stat(uri).then(() => true, () => false)) return uri;
    }
  }
  // A model often names only the end of a path.
  return (await workspace.findFiles(`**/${relative.replace(/[[\]{}*?!]/g, "?")}`, "**/{node_modules,.git,.venv}/**", 1))[0];
}
