// The edits that wait for the user: what the server tells of them, and what the user decides.
import { commands, languages, Uri, window, workspace, type Disposable } from "vscode";
import type { Asker } from "../asking";
import type { EditNews, EditResult, SlashResult } from "../protocol";
import { EditDisplay, isOf } from "./display";
import { applyHere, isReady, located, type PendingEdit } from "./pending";
import { moved, Places } from "./places";

/** The argument of a key that is about the edit at the cursor alone. Its `when` clause may lag behind the cursor. */
const atCursor = "at the cursor";

export class Edits implements Disposable {
  private readonly pending = new Map<string, PendingEdit>();
  private readonly tokens = new Map<string, string | number>();
  private readonly display = new EditDisplay(() => [...this.pending.values()]);
  private readonly places = new Places();
  private readonly subscriptions: Disposable[];

  constructor(private readonly asker: Asker) {
    const { session } = asker;
    session.intercepts.set("picode.edit.compare", ([given]) => this.compare((given as { id: string }).id));
    session.intercepts.set("picode.edit.again", ([given]) => this.again((given as { id: string }).id));
    const on = (name: string, action: (id: string, part?: number) => unknown) =>
      commands.registerCommand(`picode.edits.${name}`, (given: unknown, part: unknown) => {
        const id = given === atCursor ? this.atCursor()?.news.id : typeof given === "string" ? given : (this.display.idOf(given) ?? this.nearest()?.news.id);
        return id === undefined ? undefined : action(id, typeof part === "number" ? part : undefined);
      });
    this.subscriptions = [
      this.display,
      this.places,
      session.onEdit((news) => this.take(news)),
      session.onAnswer(({ id, token }) => void (token !== undefined && this.tokens.set(id, token))),
      session.onEnd(() => this.orphan()),
      languages.registerCodeLensProvider([{ scheme: "file" }, { scheme: "untitled" }], this.display),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const here = [...this.pending.values()].filter((edit) => isOf(edit, document));
        for (const edit of contentChanges.length > 0 ? here : []) {
          edit.at = contentChanges.reduce(moved, edit.at);
          edit.at = located(edit, document);
          this.display.move(edit);
        }
      }),
      window.onDidChangeVisibleTextEditors(() => this.display.mark()),
      window.onDidChangeTextEditorSelection(() => this.tellWhere()),
      window.onDidChangeActiveTextEditor(() => this.tellWhere()),
      on("accept", (id, part) => this.accept(id, part)),
      on("discard", (id, part) => this.discard(id, part)),
      on("again", (id) => this.again(id)),
      on("compare", (id) => this.compare(id)),
      on("stop", (id) => asker.stop(this.tokens.get(id))),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  private take(news: EditNews): void {
    const there = this.pending.get(news.id);
    if (news.state !== "streaming" && news.state !== "ready") {
      this.remove(news.id); // the server tells the user why
      return;
    }
    const stretch = { first: news.range.start.line, last: news.range.end.line };
    const at = there?.at ?? this.places.now(Uri.parse(news.uri).toString(), stretch, news.version);
    const edit = { news, at, orphaned: false };
    const document = workspace.textDocuments.find((each) => isOf(edit, each));
    if (document && (!there || news.state === "ready")) edit.at = located(edit, document);
    this.pending.set(news.id, edit);
    this.display.show(edit);
    this.tellWhere();
  }

  private remove(id: string): void {
    if (!this.pending.delete(id)) return;
    this.tokens.delete(id);
    this.display.remove(id);
    this.tellWhere();
  }

  private async accept(id: string, part?: number): Promise<void> {
    const edit = this.pending.get(id);
    if (!edit || !isReady(edit)) return;
    const which = { id, ...(part !== undefined && { part }) };
    try {
      const { applied, reason, left } = edit.orphaned ? await this.acceptHere(edit) : await this.asker.session.execute("picode.edit.accept", which);
      if (applied && !left) this.remove(id);
      else if (applied) return;
      else void window.showWarningMessage(`PiCode: the code was not changed. ${reason}`);
    } catch (error) {
      this.asker.complain(error);
    }
  }

  /** What the server would do, which is gone. */
  private async acceptHere(edit: PendingEdit): Promise<EditResult> {
    const { confirm } = edit.news;
    if (confirm) {
      const apply = `Edit ${confirm}`;
      const detail = `${confirm} is run by other programs without a question.`;
      const chosen = await window.showWarningMessage("Apply the edit, which a model wrote?", { modal: true, detail }, apply);
      if (chosen !== apply) return { applied: false, reason: "You did not confirm the edit of this file." };
    }
    const document = await workspace.openTextDocument(Uri.parse(edit.news.uri));
    const applied = await applyHere(edit, document);
    return { applied, reason: "It says something else by now. Ask again." };
  }

  private async discard(id: string, part?: number): Promise<void> {
    const edit = this.pending.get(id);
    const which = { id, ...(part !== undefined && { part }) };
    if (part === undefined) this.remove(id);
    if (edit && !edit.orphaned) await this.asker.session.execute("picode.edit.discard", which).catch((error: unknown) => this.asker.complain(error));
  }

  private async again(id: string): Promise<SlashResult | undefined> {
    this.remove(id);
    try {
      const workDoneToken = this.asker.newToken();
      const again = { id, workDoneToken };
      return await this.asker.track(workDoneToken, () => this.asker.session.execute("picode.edit.again", again));
    } catch (error) {
      this.asker.complain(error);
      return undefined;
    }
  }

  private async compare(id: string): Promise<void> {
    try {
      const { before, after, title } = await this.asker.session.execute("picode.edit.compare", { id });
      await commands.executeCommand("vscode.diff", Uri.parse(before), Uri.parse(after), title);
    } catch (error) {
      this.asker.complain(error);
    }
  }

  /** What was being written is lost, and the user is told; what is whole can still be accepted. */
  private orphan(): void {
    for (const edit of [...this.pending.values()]) {
      edit.orphaned = true;
      if (isReady(edit)) continue;
      this.remove(edit.news.id);
      void window.showWarningMessage(`PiCode: the language server ended before the edit was whole. The code was not changed; ask again.`);
    }
  }

  /** The edits of the document that the user works in, if they can be accepted. */
  private get here(): PendingEdit[] {
    const editor = window.activeTextEditor;
    return [...this.pending.values()].filter((edit) => editor && isOf(edit, editor.document) && isReady(edit));
  }

  private atCursor(): PendingEdit | undefined {
    const line = window.activeTextEditor?.selection.active.line ?? -1;
    return this.here.find((edit) => edit.at.first <= line && line <= edit.at.last);
  }

  /** The edit that a command is about: the one at the cursor, or the only one in the document. */
  private nearest(): PendingEdit | undefined {
    return this.atCursor() ?? (this.here.length === 1 ? this.here[0] : undefined);
  }

  private tellWhere(): void {
    void commands.executeCommand("setContext", "picode.editReady", this.nearest() !== undefined);
    void commands.executeCommand("setContext", "picode.editHere", this.atCursor() !== undefined);
  }
}
