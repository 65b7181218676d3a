// The conversations that are kept: go on with one, rename, delete or export it.
import { Uri, window, workspace, type QuickPickItem, type QuickPickItemButtonEvent } from "vscode";
import { ThemeIcon } from "vscode";
import type { Asker } from "./asking";
import type { Chats } from "./chat/chats";
import { gone, readConversation, restored } from "./chat/kept";
import type { ChatView } from "./chat/view";
import type { ConversationRow } from "./protocol";

type Row = QuickPickItem & { row: ConversationRow };

const buttons = {
  rename: { iconPath: new ThemeIcon("edit"), tooltip: "Rename" },
  export: { iconPath: new ThemeIcon("export"), tooltip: "Export to Markdown" },
  delete: { iconPath: new ThemeIcon("trash"), tooltip: "Delete" },
};

export class ConversationList {
  constructor(
    private readonly asker: Asker,
    private readonly chats: Chats,
    private readonly view: ChatView,
  ) {}

  /** Opens the list. */
  async show(): Promise<void> {
    const list = window.createQuickPick<Row>();
    list.title = "PiCode: Conversations";
    list.placeholder = "Go on with a conversation";
    list.matchOnDescription = true;
    list.onDidHide(() => list.dispose());
    list.onDidAccept(() => {
      const chosen = list.selectedItems[0];
      list.hide();
      if (chosen) void this.attempt(() => this.resume(chosen.row));
    });
    list.onDidTriggerItemButton((event) => {
      list.hide();
      void this.attempt(() => this.press(event));
    });
    list.busy = true;
    list.show();
    await this.attempt(async () => {
      const rows = await this.asker.session.execute("picode.conversations", { limit: 200 });
      list.items = rows.map((row) => ({
        label: row.title || "Untitled",
        description: [when(row.changed), `${row.turns} turns`, row.cost ? `$${row.cost.toFixed(2)}` : ""].filter(Boolean).join(" · "),
        ...(row.folder && { detail: row.folder }),
        buttons: Object.values(buttons),
        row,
      }));
      if (rows.length === 0) list.placeholder = "There is no conversation yet";
    });
    list.busy = false;
  }

  private async resume(row: ConversationRow): Promise<void> {
    const remembered = this.chats.find(row.id);
    this.chats.show(remembered ?? restored(await readConversation(this.asker.session, row.id)));
    await this.view.reveal(true);
  }

  private async press({ button, item }: QuickPickItemButtonEvent<Row>): Promise<void> {
    const { row } = item;
    if (button === buttons.delete) await this.delete(row);
    else if (button === buttons.rename) await this.rename(row);
    else await this.export(row);
  }

  private async rename(row: ConversationRow): Promise<void> {
    const title = await window.showInputBox({ title: "PiCode: Rename Conversation", value: row.title });
    if (!title?.trim()) return;
    await this.asker.session.execute("picode.conversation.rename", { id: row.id, title: title.trim().slice(0, 200) });
    await this.show();
  }

  private async delete(row: ConversationRow): Promise<void> {
    const question = `Delete the conversation “${row.title}”?`;
    const agreed = await window.showWarningMessage(question, { modal: true, detail: "It can't be brought back." }, "Delete");
    if (agreed !== "Delete") return;
    await this.asker.session.execute("picode.conversation.delete", { id: row.id });
    this.chats.forget(row.id);
    await this.show();
  }

  private async export(row: ConversationRow): Promise<void> {
    const kept = await this.asker.session.execute("picode.conversation", { id: row.id, format: "markdown" });
    if (!kept) throw new Error(gone);
    const name = (row.title.replace(/[^\p{L}\p{N} _-]+/gu, "").trim() || "conversation").slice(0, 60);
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const target = await window.showSaveDialog({
      ...(folder && { defaultUri: Uri.joinPath(folder, `${name}.md`) }),
      filters: { Markdown: ["md"] },
    });
    if (!target) return;
    await workspace.fs.writeFile(target, new TextEncoder().encode(kept.text ?? ""));
    await window.showTextDocument(target);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.asker.complain(error);
    }
  }
}

function when(seconds: number): string {
  return seconds > 0 ? new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
}
