// Where a stretch of lines has come to, while the user goes on editing.
import { workspace, type Disposable, type TextDocument, type TextDocumentContentChangeEvent } from "vscode";

/** Lines, counted from zero; both belong to it. */
export interface Stretch {
  first: number;
  last: number;
}

type Change = Pick<TextDocumentContentChangeEvent, "text"> & { range: { start: { line: number }; end: { line: number } } };

/** The stretch after a change: moved by what came or went above it, longer or shorter by what did so inside. */
export function moved(stretch: Stretch, change: Change): Stretch {
  const [from, to] = [change.range.start.line, change.range.end.line];
  const more = change.text.split(/\r\n|\r|\n/).length - 1 - (to - from);
  if (from > stretch.last) return stretch;
  if (to < stretch.first) return { first: stretch.first + more, last: stretch.last + more };
  // A line end put at the very start of the stretch's first line would belong above; it is kept inside, which does no harm.
  const first = Math.min(stretch.first, from);
  return { first, last: Math.max(first, Math.max(stretch.last, to) + more) };
}

/** Changes that are remembered for a document. */
const most = 1000;

/** What was changed lately in each document, so that a place in an older version can be found in the newest. */
export class Places implements Disposable {
  private readonly changes = new Map<string, { version: number; change: Change }[]>();
  private readonly subscriptions = [
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const all = this.changes.get(document.uri.toString()) ?? [];
      all.push(...contentChanges.map((change) => ({ version: document.version, change })));
      this.changes.set(document.uri.toString(), all.slice(-most));
    }),
    workspace.onDidCloseTextDocument((document) => this.changes.delete(document.uri.toString())),
  ];

  /** Where the stretch of `version` is now. */
  now(uri: string, stretch: Stretch, version: number | null): Stretch {
    const later = (this.changes.get(uri) ?? []).filter((each) => version !== null && each.version > version);
    return later.reduce((at, { change }) => moved(at, change), stretch);
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }
}

/** The stretch, no longer than the document is. */
export function within(stretch: Stretch, document: TextDocument): Stretch {
  const end = document.lineCount - 1;
  return { first: Math.min(stretch.first, end), last: Math.min(stretch.last, end) };
}
