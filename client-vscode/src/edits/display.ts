// How a pending edit looks: lines that go are red where they stand, and below them a zone shows the diff. The document itself
// is not touched before the user accepts: saving it, also by itself, other extensions and undo never meet half an edit.
import {
  CodeLens,
  CommentMode,
  comments,
  CommentThreadCollapsibleState,
  EventEmitter,
  MarkdownString,
  OverviewRulerLane,
  Range,
  ThemeColor,
  Uri,
  window,
  type CodeLensProvider,
  type CommentThread,
  type Disposable,
  type TextDocument,
} from "vscode";
import { counts, diffHtml } from "./diff";
import { isReady, linesThatGo, partsOf, type PendingEdit } from "./pending";

export class EditDisplay implements CodeLensProvider, Disposable {
  private readonly controller = comments.createCommentController("picode.edits", "PiCode");
  private readonly threads = new Map<string, CommentThread>();
  private readonly lensChanges = new EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.lensChanges.event;
  private readonly going = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor("diffEditor.removedLineBackground"),
    overviewRulerColor: new ThemeColor("diffEditorOverview.removedForeground"),
    overviewRulerLane: OverviewRulerLane.Full,
  });

  constructor(private readonly edits: () => PendingEdit[]) {}

  /** The edit whose zone that is. */
  idOf(thread: unknown): string | undefined {
    return [...this.threads].find(([, each]) => each === thread)?.[0];
  }

  /** Draws an edit that is new, or different. */
  show(edit: PendingEdit): void {
    const { news } = edit;
    let thread = this.threads.get(news.id);
    if (!thread) {
      thread = this.controller.createCommentThread(Uri.parse(news.uri), rangeOf(edit), []);
      thread.canReply = false;
      thread.collapsibleState = CommentThreadCollapsibleState.Expanded;
      this.threads.set(news.id, thread);
    }
    thread.contextValue = news.state;
    thread.label = `${news.title} ${news.state === "streaming" ? "… " : ""}${counts(news.lines)}`.trim();
    const body = new MarkdownString(diffHtml(news.lines));
    body.supportHtml = true;
    const label = isReady(edit) ? "Alt+Enter accepts, Escape in its lines discards" : "";
    thread.comments = [{ author: { name: "PiCode" }, body, mode: CommentMode.Preview, ...(label && { label }) }];
    this.move(edit);
  }

  /** Its lines are elsewhere now. */
  move(edit: PendingEdit): void {
    const thread = this.threads.get(edit.news.id);
    const range = rangeOf(edit);
    if (thread && !thread.range?.isEqual(range)) thread.range = range;
    this.mark();
    this.lensChanges.fire();
  }

  remove(id: string): void {
    this.threads.get(id)?.dispose();
    this.threads.delete(id);
    this.mark();
    this.lensChanges.fire();
  }

  /** Colours the lines that go, in all editors. */
  mark(): void {
    for (const editor of window.visibleTextEditors) {
      const lines = this.edits().filter((edit) => isOf(edit, editor.document)).flatMap(linesThatGo);
      editor.setDecorations(this.going, lines.map((line) => new Range(line, 0, line, 0)));
    }
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    return this.edits()
      .filter((edit) => isOf(edit, document))
      .flatMap((edit) => {
        const { id, title, lines } = edit.news;
        const lens = (label: string, command: string) =>
          new CodeLens(new Range(edit.at.first, 0, edit.at.first, 0), { title: label, command, arguments: [id] });
        const parts = isReady(edit) && !edit.orphaned ? partsOf(edit) : [];
        const last = document.lineCount - 1;
        const ofParts = parts.flatMap((line, part) => {
          const range = new Range(Math.min(line, last), 0, Math.min(line, last), 0);
          const lensOf = (title: string, command: string) => new CodeLens(range, { title, command, arguments: [id, part] });
          return [lensOf(`$(check)\u00a0Change ${part + 1} of ${parts.length}`, "picode.edits.accept"), lensOf("$(close)\u00a0Leave It Out", "picode.edits.discard")];
        });
        return isReady(edit)
          ? [
              ...(parts.length > 1 ? ofParts : []),
              lens("$(check)\u00a0Accept", "picode.edits.accept"),
              lens("$(close)\u00a0Discard", "picode.edits.discard"),
              lens("Try Again", "picode.edits.again"),
              lens("Compare", "picode.edits.compare"),
            ]
          : [lens(`$(sync~spin)\u00a0${title} ${counts(lines)}`.trim(), ""), lens("Stop", "picode.edits.stop")];
      });
  }

  dispose(): void {
    this.controller.dispose();
    this.going.dispose();
    this.lensChanges.dispose();
  }
}

function rangeOf({ at }: PendingEdit): Range {
  return new Range(at.first, 0, at.last, 0);
}

export function isOf(edit: PendingEdit, document: TextDocument): boolean {
  return Uri.parse(edit.news.uri).toString() === document.uri.toString();
}
