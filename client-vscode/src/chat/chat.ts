// The chat: what the server tells, the conversations, the view and the list of what is kept, put together.
import { commands, workspace, type Disposable, type ExtensionContext } from "vscode";
import type { Asker } from "../asking";
import { ConversationList } from "../conversations";
import type { Commands } from "../slash";
import { Chats } from "./chats";
import { isOver } from "./conversation";
import { readConversation, restored } from "./kept";
import { ChatView } from "./view";

/** Where the window remembers which conversation was shown. */
const memory = "conversation";

export class Chat implements Disposable {
  readonly chats: Chats;
  readonly view: ChatView;
  private readonly subscriptions: Disposable[];

  constructor(
    private readonly context: ExtensionContext,
    private readonly asker: Asker,
    slash: Commands,
  ) {
    this.chats = new Chats((name) => slash.isProse(name));
    this.view = new ChatView(context, asker, this.chats, slash);
    const list = new ConversationList(asker, this.chats, this.view);
    const { session } = asker;
    this.subscriptions = [
      this.chats,
      this.view,
      session.onAnswer((news) => this.chats.take(news)),
      session.onEnd(() => this.chats.breakOff()),
      session.onStart(() => void this.started(slash)),
      session.onEdit(({ id, state }) => void (state === "unchanged" && this.chats.silence(id))),
      session.onObstacle(() => void this.showModel()),
      this.chats.onChange((change) => {
        if (!("delta" in change)) this.remember();
        if ("unasked" in change) void this.view.reveal();
      }),
      workspace.onDidChangeConfiguration((event) => {
        // The server hears of the change first.
        if (event.affectsConfiguration("picode")) setTimeout(() => void this.showModel(), 200);
      }),
      commands.registerCommand("picode.newChat", () => {
        this.chats.show();
        this.view.unspend();
        return this.view.reveal(true);
      }),
      commands.registerCommand("picode.showConversations", () => list.show()),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  private async started(slash: Commands): Promise<void> {
    void this.showModel();
    await slash.refresh();
    const id = this.context.workspaceState.get<string>(memory);
    if (!id || this.chats.current.turns.length > 0) return;
    const kept = await readConversation(this.asker.session, id).catch(() => undefined);
    // A question that was asked meanwhile is not interrupted.
    if (kept && this.chats.current.turns.length === 0) this.chats.show(restored(kept));
  }

  private remember(): void {
    const { id } = this.chats.current;
    if (id !== this.context.workspaceState.get(memory, "")) void this.context.workspaceState.update(memory, id);
    const last = this.chats.current.turns.at(-1);
    if (!last || isOver(last)) void this.showModel(); // a question may have been which model to ask
  }

  /** The model that answers the next question, or why none does. */
  private async showModel(): Promise<void> {
    const { obstacle, running } = this.asker.session;
    if (obstacle) return this.view.showModel({ label: "", problem: obstacle.problem }, obstacle.remedy);
    if (!running) return;
    const found = await this.asker.session.execute("picode.chat.model").catch(() => undefined);
    if (found) this.view.showModel({ label: found.model || found.title, problem: found.problem }, found.command);
  }
}
