// An edit that the user has not decided about.
import { EndOfLine, Range, workspace, WorkspaceEdit, type TextDocument } from "vscode";
import type { EditNews } from "../protocol";
import type { Stretch } from "./places";

export interface PendingEdit {
  news: EditNews;
  /** Where its lines are now. */
  at: Stretch;
  /** The server that made it is gone, and knows nothing of it. */
  orphaned: boolean;
}

export function isReady(edit: PendingEdit): boolean {
  return edit.news.state === "ready";
}

/** Its lines in the document: those that go, and those that are there before and after. */
export function linesThatGo(edit: PendingEdit): number[] {
  const there = edit.news.lines.filter((line) => line.kind !== "+");
  return there.flatMap((line, place) => (line.kind === "-" ? [edit.at.first + place] : []));
}

/** Applies it without the server. Returns whether the document still says what the edit was made for. */
export async function applyHere(edit: PendingEdit, document: TextDocument): Promise<boolean> {
  const { lines } = edit.news;
  const before = lines.filter((line) => line.kind !== "+").map((line) => line.text);
  const { first, last } = edit.at;
  const there = Array.from({ length: last - first + 1 }, (_, at) => document.lineAt(first + at).text);
  if (there.join("\n") !== before.join("\n")) return false;
  const after = lines.filter((line) => line.kind !== "-").map((line) => line.text);
  const change = new WorkspaceEdit();
  const whole = new Range(first, 0, last, document.lineAt(last).text.length);
  change.replace(document.uri, whole, after.join(document.eol === EndOfLine.CRLF ? "\r\n" : "\n"));
  return workspace.applyEdit(change);
}
