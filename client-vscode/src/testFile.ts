// The new file that the answer of `/test` is proposed as: beside the project's other tests, opened and not saved.
import path from "node:path";
import { Uri, window, workspace, WorkspaceEdit, Position } from "vscode";
import { testFileFor } from "./testFileName";

const excluded = "**/{node_modules,.git,.venv,venv,target,dist,build,out}/**";
const tests = "**/{test_*,*_test,*.test,*.spec,*_spec,*Test,*Tests,*Spec}.*";

/** Opens the code of `answer`, which are tests for the file at `uri`. Nothing happens where there is no code in it. */
export async function proposeTestFile(uri: string, answer: string): Promise<void> {
  const source = Uri.parse(uri);
  const code = longestBlock(answer);
  if (!code || source.scheme !== "file") return;
  const found = await workspace.findFiles(tests, excluded, 500);
  const folder = workspace.getWorkspaceFolder(source)?.uri.path ?? path.posix.dirname(source.path);
  const name = testFileFor(source.path, found.map((each) => each.path), folder);
  const target = await free(source.with({ scheme: "untitled", path: name }));
  const document = await workspace.openTextDocument(target);
  const edit = new WorkspaceEdit();
  edit.insert(target, new Position(0, 0), code);
  await workspace.applyEdit(edit);
  await window.showTextDocument(document, { preview: false });
}

/** The longest fenced block. */
function longestBlock(answer: string): string {
  const blocks = [...answer.matchAll(/^([ \t]*)(`{3,}|~{3,})[^\n]*\n([\s\S]*?)\n?^[ \t]*\2[ \t]*$/gm)].map((found) => found[3] ?? "");
  const longest = blocks.sort((one, other) => other.length - one.length)[0];
  return longest ? `${longest.trimEnd()}\n` : "";
}

/** An address of which no file is there: with a number, if need be. */
async function free(target: Uri): Promise<Uri> {
  const { dir, name, ext } = path.posix.parse(target.path);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? target : target.with({ path: `${dir}/${name}_${number}${ext}` });
    const there = await workspace.fs.stat(candidate.with({ scheme: "file" })).then(() => true, () => false);
    const open = workspace.textDocuments.some((each) => each.uri.path === candidate.path && each.getText() !== "");
    if (!there && !open) return candidate;
  }
}
