// An edit that the user has not decided about.
import { EndOfLine, Range, workspace, WorkspaceEdit, type TextDocument } from "vscode";
import type { EditNews } from "../protocol";
import { within, type Stretch } from "./places";

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

/** The lines of the document that go. */
export function linesThatGo(edit: PendingEdit): number[] {
  const there = edit.news.lines.filter((line) => line.kind !== "+");
  return there.flatMap((line, place) => (line.kind === "-" ? [edit.at.first + place] : []));
}

/** Where its parts stand: the document's first line of each stretch of changed lines. */
export function partsOf(edit: PendingEdit): number[] {
  const parts: number[] = [];
  let line = edit.at.first;
  let inside = false;
  for (const { kind } of edit.news.lines) {
    const changes = kind === "+" || kind === "-";
    if (changes && !inside) parts.push(line);
    inside = changes;
    if (kind !== "+") line += 1;
  }
  return parts;
}

/** Its lines as they were when the model was asked. */
function linesBefore(edit: PendingEdit): string[] {
  return edit.news.lines.filter((line) => line.kind !== "+").map((line) => line.text);
}

/** Where its lines are in the document: where they are thought to be, else at the nearest place that says the same. */
export function located(edit: PendingEdit, document: TextDocument): Stretch {
  const before = linesBefore(edit);
  const isAt = (first: number) =>
    first >= 0 && first + before.length <= document.lineCount && before.every((line, at) => document.lineAt(first + at).text === line);
  for (let distance = 0; distance <= document.lineCount; distance += 1) {
    const first = [edit.at.first - distance, edit.at.first + distance].find(isAt);
    if (first !== undefined) return { first, last: first + before.length - 1 };
  }
  return within(edit.at, document);
}

/** Applies it without the server. Returns whether the document still says what the edit was made for. */
export async function applyHere(edit: PendingEdit, document: TextDocument): Promise<boolean> {
  const { lines } = edit.news;
  const before = linesBefore(edit);
  const { first, last } = located(edit, document);
  const there = Array.from({ length: last - first + 1 }, (_, at) => document.lineAt(first + at).text);
  if (there.join("\n") !== before.join("\n")) return false;
  const after = lines.filter((line) => line.kind !== "-").map((line) => line.text);
  const change = new WorkspaceEdit();
  const whole = new Range(first, 0, last, document.lineAt(last).text.length);
  change.replace(document.uri, whole, after.join(document.eol === EndOfLine.CRLF ? "\r\n" : "\n"));
  return workspace.applyEdit(change);
}
