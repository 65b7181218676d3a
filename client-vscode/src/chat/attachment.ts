// The code that goes with a question of the chat: what is selected.
import path from "node:path";
import type { TextEditor } from "vscode";

/** Undefined where nothing is selected. `key` is another for every other selection. */
export function selectedCode(editor: TextEditor | undefined): { label: string; key: string } | undefined {
  if (!editor || editor.selection.isEmpty) return undefined;
  const { document, selection } = editor;
  const first = selection.start.line + 1;
  // A selection that ends before the first character of a line has nothing of that line.
  const last = Math.max(first, selection.end.character > 0 ? selection.end.line + 1 : selection.end.line);
  const lines = first === last ? String(first) : `${first}–${last}`;
  const place = `${selection.start.line}:${selection.start.character}-${selection.end.line}:${selection.end.character}`;
  return { label: `${path.posix.basename(document.uri.path)}:${lines}`, key: `${document.uri.toString()} ${place}` };
}
