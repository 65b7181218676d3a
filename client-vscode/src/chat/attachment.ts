// The code that goes with a question of the chat: what is selected, else what is on the screen.
import path from "node:path";
import { Range, type TextEditor } from "vscode";

/** `key` is another for everything else that could go with a question. */
export interface Code {
  label: string;
  key: string;
  kind: "selection" | "visible";
  range: Range;
}

/** What would go with a question; undefined where nothing is open. */
export function codeOf(editor: TextEditor | undefined): Code | undefined {
  if (!editor) return undefined;
  const { document, selection, visibleRanges } = editor;
  const kind = selection.isEmpty ? "visible" : "selection";
  const [top, bottom] = [visibleRanges[0], visibleRanges.at(-1)];
  const range = kind === "selection" || !top || !bottom ? new Range(selection.start, selection.end) : new Range(top.start, bottom.end);
  if (kind === "visible" && document.getText(range).trim() === "") return undefined;
  const first = range.start.line + 1;
  // A selection that ends before the first character of a line has nothing of that line.
  const last = Math.max(first, range.end.character > 0 || kind === "visible" ? range.end.line + 1 : range.end.line);
  const lines = first === last ? String(first) : `${first}–${last}`;
  const place = `${range.start.line}:${range.start.character}-${range.end.line}:${range.end.character}`;
  return { label: `${path.posix.basename(document.uri.path)}:${lines}`, key: `${kind} ${document.uri.toString()} ${kind === "visible" ? document.version : ""} ${place}`, kind, range };
}
